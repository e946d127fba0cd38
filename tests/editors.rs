//! The files in `editors/`: what they name is there, and their colours know every word of the languages. The words are
//! asked of the parsers, and read off the pages for people and the example brands.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used)]

use fancy_regex::Regex;
use sayso::diagnostic::{Diagnostics, Sources};
use sayso::flow::{brand, syntax};
use sayso::grammar::syntax as grammar;
use sayso::outline::Reader;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("editors/vscode")
}

fn json(path: &str) -> Value {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

// ── reading colours as an editor does ───────────────────────────────────────────────────────────

/// A grammar of colours (`*.tmLanguage.json`), with its expressions compiled.
struct Colours {
    rules: Value,
    compiled: BTreeMap<String, Regex>,
}

/// A block that is open across lines.
struct Open<'c> {
    rule: &'c Value,
    scopes: Vec<String>,
}

/// Which scopes each byte of a line has, the outer first.
type Painted = Vec<Vec<String>>;

impl Colours {
    fn of(language: &str) -> Self {
        let rules = json(&format!("syntaxes/{language}.tmLanguage.json"));
        let mut compiled = BTreeMap::new();
        compile(&rules, &mut compiled);
        assert!(compiled.len() > 5, "{language} has hardly any rules");
        Self { rules, compiled }
    }

    /// The lines of a text, each with its scopes.
    fn paint(&self, text: &str) -> Vec<(String, Painted)> {
        let mut open = vec![Open { rule: &self.rules, scopes: Vec::new() }];
        let mut lines = Vec::new();
        for line in text.lines() {
            let mut painted = vec![Vec::new(); line.len()];
            self.line(line, 0..line.len(), &mut open, &mut painted);
            lines.push((line.to_owned(), painted));
        }
        lines
    }

    /// Paints a stretch of a line by the innermost open rule, and opens and closes rules on the way.
    fn line<'c>(&'c self, line: &str, within: Range<usize>, open: &mut Vec<Open<'c>>, painted: &mut Painted) {
        let mut at = within.start;
        let mut empty_at = None;
        loop {
            let innermost = open.last().unwrap();
            let end = innermost.rule["end"].as_str().and_then(|end| self.find(end, line, &within, at));
            let next = self.next(&innermost.rule["patterns"], line, &within, at);
            let scopes = innermost.scopes.clone();
            // Where both begin at one place, the end comes first.
            let ends = end
                .as_ref()
                .is_some_and(|end| next.as_ref().is_none_or(|(_, found)| start(end) <= start(found)));
            let found = if ends { end } else { next.as_ref().map(|(_, found)| found.clone()) };
            let Some(found) = found else {
                paint(painted, at..within.end, &scopes);
                return;
            };
            let whole = found[0].clone().unwrap();
            paint(painted, at..whole.start, &scopes);
            if ends {
                let closed = open.pop().unwrap();
                let outer = open.last().map(|outer| outer.scopes.clone()).unwrap_or_default();
                paint_groups(line, &closed.rule["endCaptures"], &found, &outer, painted);
            } else if let Some((rule, _)) = next {
                let mut scopes = scopes;
                scopes.extend(rule["name"].as_str().map(str::to_owned));
                let captures = if rule["match"].is_string() { "captures" } else { "beginCaptures" };
                paint(painted, whole.clone(), &scopes);
                paint_groups(line, &rule[captures], &found, &scopes, painted);
                if rule["begin"].is_string() {
                    scopes.extend(rule["contentName"].as_str().map(str::to_owned));
                    open.push(Open { rule, scopes });
                }
            }
            // Two empty matches at one place would go on for ever.
            if whole.is_empty() && empty_at.replace(whole.start) == Some(whole.start) {
                paint(painted, whole.start..within.end, &open.last().unwrap().scopes.clone());
                return;
            }
            at = whole.end;
        }
    }

    /// The rule that matches first, and of several at one place the one that is written first.
    fn next<'c>(
        &'c self,
        patterns: &'c Value,
        line: &str,
        within: &Range<usize>,
        at: usize,
    ) -> Option<(&'c Value, Groups)> {
        let mut best: Option<(&Value, Groups)> = None;
        for rule in patterns.as_array().into_iter().flatten() {
            let found = if let Some(name) = rule["include"].as_str() {
                let included = &self.rules["repository"][name.trim_start_matches('#')];
                assert!(!included.is_null(), "`{name}` is included and not there");
                if included["patterns"].is_array() && included["begin"].is_null() {
                    self.next(&included["patterns"], line, within, at)
                } else {
                    expression(included).and_then(|e| Some((included, self.find(e, line, within, at)?)))
                }
            } else {
                expression(rule).and_then(|e| Some((rule, self.find(e, line, within, at)?)))
            };
            if let Some(found) = found
                && best.as_ref().is_none_or(|(_, best)| start(&found.1) < start(best))
            {
                best = Some(found);
            }
        }
        best
    }

    fn find(&self, expression: &str, line: &str, within: &Range<usize>, at: usize) -> Option<Groups> {
        let found = self.compiled[expression].captures_from_pos(&line[..within.end], at).unwrap()?;
        Some((0..found.len()).map(|group| found.get(group).map(|found| found.range())).collect())
    }
}

/// The whole match, and its groups.
type Groups = Vec<Option<Range<usize>>>;

/// What a rule looks for.
fn expression(rule: &Value) -> Option<&str> {
    rule["match"].as_str().or_else(|| rule["begin"].as_str())
}

fn start(found: &Groups) -> Option<usize> {
    found[0].as_ref().map(|whole| whole.start)
}

/// Paints the groups of a match.
fn paint_groups(line: &str, captures: &Value, found: &Groups, outer: &[String], painted: &mut Painted) {
    for (group, capture) in captures.as_object().into_iter().flatten() {
        let Some(Some(range)) = found.get(group.parse::<usize>().unwrap()).cloned() else { continue };
        let mut scopes = outer.to_vec();
        scopes.extend(capture["name"].as_str().map(str::to_owned));
        paint(painted, range.clone(), &scopes);
        assert!(capture["patterns"].is_null(), "patterns inside captures are not read here: {line}");
    }
}

fn paint(painted: &mut Painted, range: Range<usize>, scopes: &[String]) {
    painted[range].fill(scopes.to_vec());
}

/// Compiles all expressions of a rule and the rules in it.
fn compile(rule: &Value, compiled: &mut BTreeMap<String, Regex>) {
    match rule {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value.as_str()) {
                    ("match" | "begin" | "end", Some(expression)) => {
                        let regex = Regex::new(expression);
                        let regex = regex.unwrap_or_else(|error| panic!("`{expression}`: {error}"));
                        compiled.insert(expression.to_owned(), regex);
                    }
                    _ => compile(value, compiled),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| compile(value, compiled)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Words of a line with their innermost scope, without `.sayso`.
fn words<'l>(line: &'l str, painted: &Painted) -> Vec<(&'l str, String)> {
    let mut words: Vec<(&str, String)> = Vec::new();
    let mut start = 0;
    for at in 1..=line.len() {
        if at == line.len() || painted[at] != painted[start] {
            let scope = painted[start].last().map(|scope| scope.trim_end_matches(".sayso").to_owned());
            if !line[start..at].trim().is_empty() {
                words.push((line[start..at].trim(), scope.unwrap_or_default()));
            }
            start = at;
        }
    }
    words
}

/// The scope of the first word of the last line of a text.
fn first_scope(colours: &Colours, text: &str) -> String {
    let (line, painted) = colours.paint(text).pop().unwrap();
    words(&line, &painted).first().map(|(_, scope)| scope.clone()).unwrap_or_default()
}

// ── the tests ───────────────────────────────────────────────────────────────────────────────────

#[test]
fn everything_that_the_extension_names_is_there() {
    let package = json("package.json");
    let contributes = &package["contributes"];
    let languages = contributes["languages"].as_array().unwrap();
    let endings: Vec<&str> = languages.iter().map(|one| one["extensions"][0].as_str().unwrap()).collect();
    assert_eq!(endings, [".flow", ".grammar", ".chat"]);
    for language in languages {
        let configuration = json(language["configuration"].as_str().unwrap());
        assert_eq!(configuration["comments"]["lineComment"], "#");
        assert_eq!(configuration["folding"]["offSide"], true);
        for rule in configuration["onEnterRules"].as_array().unwrap() {
            Regex::new(rule["beforeText"].as_str().unwrap()).unwrap();
        }
    }
    for grammar in contributes["grammars"].as_array().unwrap() {
        let colours = json(grammar["path"].as_str().unwrap());
        assert_eq!(colours["scopeName"], grammar["scopeName"]);
        assert!(languages.iter().any(|language| language["id"] == grammar["language"]));
    }
    let extension = std::fs::read_to_string(root().join(package["main"].as_str().unwrap())).unwrap();
    for language in languages {
        assert!(
            extension.contains(language["id"].as_str().unwrap()),
            "the server is not asked about {language}"
        );
    }
    assert!(contributes["configuration"]["properties"]["sayso.path"].is_object());
    assert!(extension.contains("getConfiguration(\"sayso\").get(\"path\""));
}

/// The words that the parsers would take in place of a `?` in a text.
fn known(file: &str, text: &str) -> Vec<String> {
    let mut found = Diagnostics::default();
    let reader = &mut Reader::new(Sources::default().add(file, ""), &mut found);
    match file {
        "brand.flow" => drop(brand::parse(text, reader)),
        "a.flow" => drop(syntax::parse(text, reader)),
        _ => drop(grammar::parse(text, reader)),
    }
    let at = text.find('?').unwrap();
    let here = found.iter().filter(|found| found.place.range().start == at);
    here.flat_map(|found| found.known.clone()).collect()
}

#[test]
fn every_word_that_the_parsers_know_has_a_colour() {
    // Where lines can stand: `?` is the place, and the words are put there in its stead.
    let places = [
        ("a.flow", "?"),
        ("a.flow", "flow a\n  ?"),
        ("a.flow", "flow a\n\nnode a\n  ?"),
        ("a.flow", "flow a\n\nnode a\n  ask x\n    ?"),
        ("a.flow", "flow a\n\nnode a\n  choose\n    ?"),
        ("a.flow", "flow a\n\nnode a\n  choose\n    option x -> a\n      ?"),
        ("a.flow", "flow a\n\nnode a\n  lookup x\n    ?"),
        ("a.flow", "flow a\n\nnode a\n  handoff x\n    ?"),
        ("a.flow", "flow a\n\nnode a\n  consent ask\n    ?"),
        ("a.flow", "flow a\n\nnode a\n  age at least 21\n    ?"),
        ("a.flow", "flow a\n\nnode a\n  vote x\n    ?"),
        ("a.flow", "flow a\n\nnode a\n  contest x\n    ?"),
        ("brand.flow", "?"),
        ("brand.flow", "brand A\n  ?"),
        ("brand.flow", "media a\n  ?"),
        ("brand.flow", "team a\n  ?"),
        ("brand.flow", "webhook a\n  ?"),
        ("brand.flow", "lookup a\n  ?"),
        ("brand.flow", "contest a\n  ?"),
        ("brand.flow", "tag a\n  ?"),
        ("a.grammar", "?"),
    ];
    let colours = [("flow", Colours::of("flow")), ("grammar", Colours::of("grammar"))];
    let mut plain = Vec::new();
    for (file, text) in places {
        let known = known(file, text);
        assert!(!known.is_empty(), "the parsers have no words for {file}:\n{text}");
        let (_, colours) = colours.iter().find(|(ending, _)| file.ends_with(ending)).unwrap();
        for word in known {
            let scope = first_scope(colours, &text.replace('?', &word));
            if !scope.starts_with("keyword") && !scope.starts_with("storage") {
                plain.push(format!("{file}: `{word}` is {scope:?} in {:?}", text.replace('?', &word)));
            }
        }
    }
    assert!(plain.is_empty(), "words without colour:\n{}", plain.join("\n"));
}

#[test]
fn every_line_of_the_pages_and_the_examples_begins_with_a_colour() {
    let mut plain = Vec::new();
    let colours = ["flow", "grammar", "chat"].map(|language| (language, Colours::of(language)));
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut check = |name: &str, language: &str, text: &str| {
        let language = if language == "brand" { "flow" } else { language };
        let Some((_, colours)) = colours.iter().find(|(known, _)| *known == language) else { return };
        for (line, painted) in colours.paint(text) {
            // A pattern is plain words: only its signs have colours.
            let is_pattern = language == "grammar" && line.starts_with(' ');
            let first = words(&line, &painted).into_iter().next();
            if first.is_some_and(|(_, scope)| scope.is_empty()) && !is_pattern {
                plain.push(format!("{name}: {line}"));
            }
        }
    };
    for page in files(&repository.join("docs"), "md") {
        let text = std::fs::read_to_string(&page).unwrap();
        for (kind, body) in blocks(&text) {
            check(&page.display().to_string(), &kind, &body);
        }
    }
    for folder in ["flows", "grammars"] {
        for ending in ["flow", "grammar", "chat"] {
            for file in files(&repository.join(folder), ending) {
                check(&file.display().to_string(), ending, &std::fs::read_to_string(&file).unwrap());
            }
        }
    }
    assert!(plain.is_empty(), "lines without colour:\n{}", plain.join("\n"));
}

/// All files below a folder with that ending.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push(path);
        }
    }
    found
}

/// The fenced blocks of a page: what each is, and its text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    for (number, part) in page.split("```").enumerate().filter(|(number, _)| number % 2 == 1) {
        let (kind, body) = part.split_once('\n').unwrap_or_else(|| panic!("block {number} has no line"));
        blocks.push((kind.split_whitespace().next().unwrap_or_default().to_owned(), body.to_owned()));
    }
    blocks
}

/// A line of a language, and its words with their scopes.
fn painted(language: &str, text: &str, wanted: &[(&str, &str)]) {
    let (line, painted) = Colours::of(language).paint(text).pop().unwrap();
    let found = words(&line, &painted);
    let found: Vec<(&str, &str)> = found.iter().map(|(word, scope)| (*word, scope.as_str())).collect();
    assert_eq!(found, wanted, "{line}");
}

#[test]
fn a_text_is_a_text_and_what_is_in_braces_is_not() {
    painted(
        "flow",
        "  say.es Hola {name else \"amigo\"}, {{ya}}",
        &[
            ("say", "keyword.control.say"),
            (".", "punctuation.accessor"),
            ("es", "constant.language"),
            ("Hola", "string.unquoted"),
            ("{", "punctuation.section.embedded.begin"),
            ("name", "variable.other"),
            ("else", "keyword.operator.word"),
            ("\"amigo\"", "string.quoted.double"),
            ("}", "punctuation.section.embedded.end"),
            (",", "string.unquoted"),
            ("{{", "constant.character.escape"),
            ("ya", "string.unquoted"),
            ("}}", "constant.character.escape"),
        ],
    );
    painted(
        "flow",
        "  say # is no comment -> here",
        &[("say", "keyword.control.say"), ("# is no comment -> here", "string.unquoted")],
    );
}

#[test]
fn ways_and_conditions_are_told_apart() {
    painted(
        "flow",
        "  when drink = tea and not known zip-code -> tea-time",
        &[
            ("when", "keyword.control"),
            ("drink", "variable.other"),
            ("=", "keyword.operator"),
            ("tea", "variable.other"),
            ("and", "keyword.operator.word"),
            ("not", "keyword.operator.word"),
            ("known", "keyword.operator.word"),
            ("zip-code", "variable.other"),
            ("->", "keyword.operator.arrow"),
            ("tea-time", "entity.name.function"),
        ],
    );
    painted(
        "flow",
        "    silent 2d -> rest",
        &[
            ("silent", "keyword.control"),
            ("2d", "constant.numeric"),
            ("->", "keyword.operator.arrow"),
            ("rest", "entity.name.function"),
        ],
    );
    painted(
        "flow",
        "personal field name: one of",
        &[
            ("personal", "storage.modifier"),
            ("field", "storage.type"),
            ("name", "variable.other.field"),
            (":", "punctuation.separator"),
            ("one of", "support.type"),
        ],
    );
}

#[test]
fn patterns_samples_and_values_are_told_apart() {
    painted(
        "grammar",
        "intent order replace priority 5\n  [a] {size: number} <polite> \\[ ... \\]",
        &[
            ("[", "keyword.operator"),
            ("a", ""),
            ("]", "keyword.operator"),
            ("{", "punctuation.section.embedded.begin"),
            ("size", "variable.parameter"),
            (":", "punctuation.separator"),
            ("number", "support.type"),
            ("}", "punctuation.section.embedded.end"),
            ("<polite>", "entity.name.type"),
            ("\\[", "constant.character.escape"),
            ("...", "keyword.operator.gap"),
            ("\\]", "constant.character.escape"),
        ],
    );
    painted(
        "grammar",
        "intent order\n# between\n  > two [cones] please",
        &[(">", "keyword.operator.sample"), ("two [cones] please", "string.unquoted")],
    );
    painted(
        "grammar",
        "list size\n  small: s, little | es chico",
        &[
            ("small", "constant.other.value"),
            (":", "punctuation.separator"),
            ("s", "string.unquoted"),
            (",", "punctuation.separator"),
            ("little", "string.unquoted"),
            ("|", "punctuation.separator"),
            ("es", "constant.language"),
            ("chico", "string.unquoted"),
        ],
    );
}

#[test]
fn conversations_have_speakers() {
    for (word, said) in
        [("from", "+14045550124"), ("deliver", "late"), ("tap", "👍"), ("node", "welcome.hello")]
    {
        let wanted = [(word, "storage.type"), (said, "constant.other")];
        painted("chat", &format!("{word} {said}"), &wanted);
    }
    painted("chat", "< Hi \\* *\n  and more", &[("and more", "string.unquoted")]);
    painted(
        "chat",
        "< Hi *",
        &[("<", "keyword.operator"), ("Hi", "string.unquoted"), ("*", "keyword.operator.wildcard")],
    );
    painted(
        "chat",
        "= at welcome.hello",
        &[
            ("=", "keyword.operator"),
            ("at", "keyword.control"),
            ("welcome", "entity.name.type"),
            (".", "punctuation.accessor"),
            ("hello", "entity.name.function"),
        ],
    );
}
