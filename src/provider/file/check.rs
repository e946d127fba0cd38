//! What a provider's file gets wrong although it can be read: names that nothing bears, rules that cannot work.

use super::{File, InboundRule, Many, MediaRule, Mistake, Numbers, Path, Send};
use crate::provider::{COMMON, grant, link, scheme, signer};
use http::HeaderName;
use regex::Regex;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

/// Names of settings and secrets wherever they stand: in templates and in conditions.
static NAMES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(cfg|secret)\.([A-Za-z0-9_-]+)").expect("read by its test"));

/// Everything that is wrong, each with its place. O(bytes of the file).
pub(super) fn mistakes(file: &File, text: &str) -> Vec<Mistake> {
    let mut check = Check { text, found: Vec::new() };
    check.names(file);
    if let Some(link) = &file.link {
        for (at, what, hint) in link::mistakes(link, file) {
            let at = check.place(&at);
            check.found.push(Mistake { at, what, hint });
        }
        return check.found;
    }
    check.verify(file);
    for handshake in &file.handshake {
        let paths = handshake.when.keys().chain(&handshake.echo).chain(&handshake.visit);
        paths.for_each(|path| check.one(path));
        if handshake.echo.is_none() && handshake.visit.is_none() {
            check.wrong(
                "[[handshake]]",
                "a handshake gives a value back by `echo`, or visits an address by `visit`",
            );
        }
    }
    file.inbound.iter().for_each(|rule| check.inbound(rule));
    for rule in &file.receipt {
        check.some(&rule.id, "[[receipt]]", "a receipt", "id");
        check.some(&rule.state, "[[receipt]]", "a receipt", "state");
        rule.when.keys().chain(&*rule.code).for_each(|path| check.one(path));
    }
    for rule in &file.opt_out {
        check.some(&rule.from, "[[opt_out]]", "an opt-out", "from");
        check.some(&rule.to, "[[opt_out]]", "an opt-out", "to");
        rule.when.keys().for_each(|path| check.one(path));
    }
    check.sends(file);
    check.found
}

struct Check<'t> {
    text: &'t str,
    found: Vec<Mistake>,
}

impl Check<'_> {
    /// Where some words stand, outside comments; the top of the file where they do not.
    fn place(&self, words: &str) -> Range<usize> {
        self.lines()
            .find_map(|(start, line)| line.find(words).map(|at| start + at..start + at + words.len()))
            .unwrap_or(0..self.text.lines().next().map_or(0, str::len))
    }

    /// Lines that are no comments, each with where it begins.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut start = 0;
        let lines = self.text.split_inclusive('\n').map(move |line| {
            start += line.len();
            (start - line.len(), line)
        });
        lines.filter(|(_, line)| !line.trim_start().starts_with('#'))
    }

    fn wrong(&mut self, at: &str, what: impl Into<String>) {
        let at = self.place(at);
        self.found.push(Mistake { at, what: what.into(), hint: None });
    }

    fn wrong_of(&mut self, at: &str, what: String, known: &[&str]) {
        let at = self.place(at);
        self.found.push(Mistake { at, what, hint: Some(format!("there are {}", known.join(", "))) });
    }

    /// Settings and secrets that are named are declared, once, and under no name that means something else.
    fn names(&mut self, file: &File) {
        let mut unknown = Vec::new();
        for (start, line) in self.lines() {
            for name in NAMES.captures_iter(line) {
                let of = if &name[1] == "cfg" { &file.settings } else { &file.secrets };
                if !of.contains_key(&name[2]) {
                    let whole = name.get(0).map_or(0..0, |whole| start + whole.start()..start + whole.end());
                    unknown.push((whole, name[1].to_owned(), name[2].to_owned()));
                }
            }
        }
        for (at, of, name) in unknown {
            let table = if of == "cfg" { "settings" } else { "secrets" };
            let what = format!("`[{table}]` declares no `{name}`");
            let hint = Some(format!("add `{name} = {{ about = \"…\" }}` there"));
            self.found.push(Mistake { at, what, hint });
        }
        for name in file.settings.keys().chain(file.secrets.keys()) {
            if COMMON.contains(&name.as_str()) {
                self.wrong(name, format!("every account has a setting `{name}` of its own"));
            } else if file.settings.contains_key(name) && file.secrets.contains_key(name) {
                self.wrong(name, format!("`{name}` is a setting or a secret, not both"));
            }
        }
        if file.inbound.iter().any(|rule| rule.numbers == Numbers::National)
            && !file.settings.contains_key("country")
        {
            self.wrong("national", "national numbers need a setting `country`, such as `US`");
        }
    }

    fn verify(&mut self, file: &File) {
        if file.verify.is_empty() {
            self.wrong(
                "verify",
                "nothing says how it proves who calls; where it signs nothing, take the scheme `token`",
            );
        }
        for keys in &file.verify {
            let name = keys.get("scheme").and_then(|scheme| scheme.words()).unwrap_or_default();
            let Some(scheme) = scheme::by_name(name) else {
                let known: Vec<_> = scheme::ALL.iter().map(|scheme| scheme.name).collect();
                let at = if name.is_empty() { "verify" } else { name };
                self.wrong_of(at, format!("there is no scheme `{name}`"), &known);
                continue;
            };
            for missing in scheme.needs.iter().filter(|need| !keys.contains_key(**need)) {
                self.wrong(name, format!("the scheme `{name}` needs the key `{missing}`"));
            }
            let known: Vec<_> = scheme.needs.iter().chain(scheme.takes).copied().chain(["scheme"]).collect();
            for key in keys.keys().filter(|key| !known.contains(&key.as_str())) {
                self.wrong_of(key, format!("the scheme `{name}` has no key `{key}`"), &known);
            }
        }
    }

    fn inbound(&mut self, rule: &InboundRule) {
        self.some(&rule.from, "[[inbound]]", "a text", "from");
        self.some(&rule.to, "[[inbound]]", "a text", "to");
        let octets = rule.octets.iter().flat_map(|octets| [&octets.hex, &octets.coding]);
        let hint = rule.hint.iter().map(|hint| &hint.path);
        let paths = rule.when.keys().chain(&*rule.id).chain(&*rule.text).chain(&rule.sent_at);
        let part = rule.part.iter().flat_map(|part| [&part.reference, &part.number, &part.total]);
        paths.chain(octets).chain(hint).chain(part).for_each(|path| self.one(path));
        if let Some(media) = &rule.media {
            self.media(media);
        }
    }

    fn media(&mut self, media: &MediaRule) {
        let numbered = media.url.as_ref().is_some_and(|url| url.contains("{n}"));
        match (&media.list, &media.count) {
            (Some(_), None) if !numbered => {}
            (None, Some(_)) if numbered => {}
            _ => self.wrong(
                "media",
                "pictures stand in a `list`, or are `count`ed with an `url` that holds `{n}`",
            ),
        }
        for name in media.url.iter().chain(&media.kind) {
            if let Err(what) = name.replace("{n}", "0").parse::<Path>() {
                self.wrong(name, what);
            }
        }
    }

    /// A list of places that may not be empty.
    fn some(&mut self, paths: &Many<Path>, at: &str, of: &str, key: &str) {
        if paths.is_empty() {
            self.wrong(at, format!("{of} needs a place for `{key}`"));
        }
        paths.iter().for_each(|path| self.one(path));
    }

    fn one(&mut self, path: &Path) {
        if path.is_several() {
            let written = path.to_string();
            self.wrong(&written, format!("`{written}` means several values; `[]` stands only in `each`"));
        }
    }

    fn sends(&mut self, file: &File) {
        for send in &file.send {
            self.send(send);
        }
        let Some(last) = file.send.last() else {
            if file.answer.replies.is_none() {
                self.wrong(
                    "[answer]",
                    "nothing says how a message leaves: add `[[send]]`, or `replies` to `[answer]`",
                );
            }
            return;
        };
        if let Some(condition) = last.when.iter().find(|condition| !condition.contains('.')) {
            self.wrong(
                condition,
                "the last `[[send]]` takes every message that those before it leave: it has no conditions on messages",
            );
        }
    }

    fn send(&mut self, send: &Send) {
        for condition in &send.when {
            let bare = condition.strip_prefix('!').unwrap_or(condition);
            let named = bare.starts_with("cfg.") || bare.starts_with("secret.");
            if !named && !matches!(bare, "media" | "gsm7" | "short_code") {
                let known = ["media", "gsm7", "short_code", "cfg.NAME", "secret.NAME"];
                self.wrong_of(bare, format!("`{bare}` is no condition"), &known);
            }
        }
        if !matches!(send.method.as_str(), "GET" | "POST" | "PUT") {
            self.wrong_of(&send.method, format!("`{}` sends nothing", send.method), &["POST", "GET", "PUT"]);
        }
        let bodies = [!send.form.is_empty(), send.json.is_some(), send.xml.is_some()];
        if bodies.into_iter().filter(|is_there| *is_there).count() > 1 {
            self.wrong("[[send]]", "a request has one body: a form, JSON or XML");
        }
        for name in send.headers.keys() {
            if HeaderName::from_bytes(name.as_bytes()).is_err() {
                self.wrong(name, format!("`{name}` is no name of a header"));
            }
        }
        send.accepted.when.keys().chain(&*send.accepted.id).for_each(|path| self.one(path));
        if let Some(keys) = &send.sign {
            let find = |name: &str| signer::by_name(name).map(|signer| (signer.needs, &[][..]));
            self.block("sign =", "signer", keys, &signer::ALL.map(|signer| signer.name), find);
        }
        if let Some(keys) = &send.token {
            let find = |name: &str| grant::by_name(name).map(|grant| (grant.needs, grant.takes));
            self.block("token =", "grant", keys, &grant::ALL.map(|grant| grant.name), find);
            let header = send.headers.keys().any(|name| name.eq_ignore_ascii_case("authorization"));
            if header || send.bearer.is_some() || send.basic.is_some() || send.sign.is_some() {
                self.wrong(
                    "token =",
                    "a request says in one way who we are: `basic`, `bearer`, `sign`, `token`, or a header of its own",
                );
            }
        }
    }

    /// A building block that is named by `by`, with its keys.
    fn block(
        &mut self,
        at: &str,
        what: &str,
        keys: &BTreeMap<String, super::Template>,
        all: &[&str],
        find: impl Fn(&str) -> Option<(&'static [&'static str], &'static [&'static str])>,
    ) {
        let name = keys.get("by").and_then(|by| by.words()).unwrap_or_default();
        let Some((needs, takes)) = find(name) else {
            let at = if name.is_empty() { at } else { name };
            return self.wrong_of(at, format!("there is no {what} `{name}`"), all);
        };
        for missing in needs.iter().filter(|need| !keys.contains_key(**need)) {
            self.wrong(name, format!("the {what} `{name}` needs the key `{missing}`"));
        }
        let known: Vec<_> = needs.iter().chain(takes).copied().chain(["by"]).collect();
        for key in keys.keys().filter(|key| !known.contains(&key.as_str())) {
            self.wrong_of(key, format!("the {what} `{name}` has no key `{key}`"), &known);
        }
    }
}
