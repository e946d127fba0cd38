//! XML, read into the values that paths lead through, and written.
//!
//! An element is an object: its attributes under `@name`, the elements within it under their names, its own text under
//! `#text`. Elements of one name are a list. Names are without their prefixes: a prefix stands for a namespace, and who
//! sends the document chooses it anew each time.
//!
//! A document with a DTD is refused, so there are no entities but the five of XML: none is fetched, and none grows.

use super::{Template, text_of};
use roxmltree::{Document, Error, Node, ParsingOptions};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::slice;

/// Where the text of an element stands in its object. Names of XML hold no such sign.
const TEXT: &str = "#text";
/// How deep elements lie within one another, at most; JSON is read as deep.
const DEPTH_MAX: usize = 128;
/// Elements and texts of a document: a batch of 1,000 messages has some ten fields each.
const NODES_MAX: u32 = 32 * 1024;
/// What a document that we write begins with.
const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

// ── reading ─────────────────────────────────────────────────────────────────────────────────────

/// A document as an object that holds its one outermost element; otherwise why it is none. O(bytes), and O(n²) for the
/// namespaces that are declared within one another.
pub(in crate::provider) fn read(text: &str) -> Result<Value, String> {
    let document = document(text)?;
    let root = document.root_element();
    Ok(Map::from_iter([(root.tag_name().name().to_owned(), value_of(root, DEPTH_MAX)?)]).into())
}

fn document(text: &str) -> Result<Document<'_>, String> {
    let options = ParsingOptions { nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| {
        let is_dtd = matches!(error, Error::DtdDetected);
        if is_dtd {
            "a DTD is refused: what it declares could fetch, or grow".to_owned()
        } else {
            error.to_string()
        }
    })
}

fn value_of(element: Node<'_, '_>, depth: usize) -> Result<Value, String> {
    let depth = depth
        .checked_sub(1)
        .ok_or_else(|| format!("more than {DEPTH_MAX} elements lie within one another"))?;
    let mut fields = Map::new();
    for attribute in element.attributes() {
        fields.entry(format!("@{}", attribute.name())).or_insert_with(|| attribute.value().into());
    }
    for inner in element.children().filter(Node::is_element) {
        let value = value_of(inner, depth)?;
        match fields.get_mut(inner.tag_name().name()) {
            Some(Value::Array(list)) => list.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
            None => drop(fields.insert(inner.tag_name().name().to_owned(), value)),
        }
    }
    let text: String = element.children().filter_map(|node| node.text().filter(|_| node.is_text())).collect();
    // Between elements stands the white space of whoever made it look nice.
    let text = if element.children().any(|node| node.is_element()) { text.trim() } else { &text };
    fields.insert(TEXT.to_owned(), text.into());
    Ok(fields.into())
}

/// The text of an element, if it is one.
pub(super) fn text(value: &Value) -> Option<&str> {
    value.as_object()?.get(TEXT)?.as_str()
}

/// Whether it is an element that holds nothing: no text, no attribute, no element.
pub(in crate::provider) fn is_empty(value: &Value) -> bool {
    text(value) == Some("") && value.as_object().is_some_and(|fields| fields.len() == 1)
}

/// Where elements of one name stand in a row, the first of them: another one beside it takes nothing from it.
pub(super) fn first(value: &Value) -> &Value {
    value.as_array().and_then(|list| list.first()).filter(|first| text(first).is_some()).unwrap_or(value)
}

/// The items of a list; an element that has no other of its name beside it is a list of one.
pub(in crate::provider) fn items(value: &Value) -> &[Value] {
    let list = value.as_array().map(Vec::as_slice);
    list.or_else(|| text(value).map(|_| slice::from_ref(value))).unwrap_or_default()
}

// ── writing ─────────────────────────────────────────────────────────────────────────────────────

/// Puts a text where an element may stand that has attributes already.
pub(super) fn put_text(within: &mut Value, value: Value) {
    match within.as_object_mut() {
        Some(fields) if fields.keys().any(|name| name.starts_with('@')) => {
            fields.insert(TEXT.to_owned(), value);
        }
        Some(_) | None => *within = value,
    }
}

/// What becomes an object because a field of that name is to stand in it: a text stays beside its attributes.
pub(super) fn opened(before: Value, name: &str) -> Value {
    let text = Some(before).filter(|before| name.starts_with('@') && before.is_string());
    Value::Object(text.map(|text| (TEXT.to_owned(), text)).into_iter().collect())
}

/// The document that [`read`] reads as this value. Elements come in the order of their names.
pub(in crate::provider) fn write(value: &Value) -> String {
    let mut written = DECLARATION.to_owned();
    for (name, value) in value.as_object().into_iter().flatten() {
        write_element(name, value, &mut written);
    }
    written
}

fn write_element(name: &str, value: &Value, written: &mut String) {
    if let Value::Array(list) = value {
        return list.iter().for_each(|one| write_element(name, one, written));
    }
    let fields = || value.as_object().into_iter().flatten();
    let attributes = fields().filter_map(|(name, value)| Some((name.strip_prefix('@')?, text_of(value)?)));
    open_tag(name, attributes, written);
    written.push_str(&escaped(&text_of(value).unwrap_or_default()));
    for (name, value) in fields().filter(|(name, _)| !name.starts_with(['@', '#'])) {
        write_element(name, value, written);
    }
    close_tag(name, written);
}

fn open_tag<N: AsRef<str>>(name: &str, attributes: impl Iterator<Item = (N, String)>, written: &mut String) {
    written.extend(["<", name]);
    for (name, value) in attributes {
        written.extend([" ", name.as_ref(), "=\"", &escaped(&value), "\""]);
    }
    written.push('>');
}

fn close_tag(name: &str, written: &mut String) {
    written.extend(["</", name, ">"]);
}

/// A text such that it means itself, between tags and in an attribute. What XML 1.0 has no way to say is left out: control
/// characters, which nobody sees.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // Readers make spaces and line feeds of these where they stand as themselves.
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A body in XML whose texts and attributes have holes. It was read as XML before any was filled, so what fills one stays
/// where the hole was, whatever it says. An attribute that cannot be filled is left out, and so is an element whose text
/// cannot be, or that held nothing else.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Xml(Element);

#[derive(Debug)]
struct Element {
    /// As it is written, with its prefix.
    name: String,
    /// With the namespaces that are declared here.
    attributes: Vec<(String, Template)>,
    content: Vec<Content>,
}

#[derive(Debug)]
enum Content {
    Text(Template),
    Element(Element),
}

impl TryFrom<String> for Xml {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        let document = document(written.trim()).map_err(|error| format!("this is no XML: {error}"))?;
        Element::of(document.root_element(), DEPTH_MAX).map(Self)
    }
}

impl Element {
    fn of(node: Node<'_, '_>, depth: usize) -> Result<Self, String> {
        let depth = depth.checked_sub(1).ok_or("this is no XML: elements lie too deep within one another")?;
        let source = node.document().input_text();
        let tag = &source[node.range()][1..];
        let name =
            &tag[..tag.find(|sign: char| sign.is_whitespace() || "/>".contains(sign)).unwrap_or(tag.len())];
        let around = node.parent_element();
        let is_new = |space: &&roxmltree::Namespace<'_>| {
            let known = around.is_some_and(|around| around.namespaces().any(|known| known == *space));
            !known && space.name() != Some("xml")
        };
        let mut attributes = Vec::new();
        for space in node.namespaces().filter(is_new) {
            let name = space.name().map_or("xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
            attributes.push((name, space.uri().parse()?));
        }
        for attribute in node.attributes() {
            attributes.push((source[attribute.range_qname()].to_owned(), attribute.value().parse()?));
        }
        let holds_elements = node.children().any(|inner| inner.is_element());
        let mut content = Vec::new();
        for inner in node.children() {
            let text = inner.text().filter(|_| inner.is_text());
            match text.filter(|text| !holds_elements || !text.trim().is_empty()) {
                Some(text) => content.push(Content::Text(text.parse()?)),
                None if inner.is_element() => content.push(Content::Element(Self::of(inner, depth)?)),
                None => {}
            }
        }
        Ok(Self { name: name.to_owned(), attributes, content })
    }

    /// The templates that stand in it and in no element of it.
    fn own(&self) -> impl Iterator<Item = &Template> {
        let texts = self.content.iter().filter_map(|content| match content {
            Content::Text(template) => Some(template),
            Content::Element(_) => None,
        });
        self.attributes.iter().map(|(_, template)| template).chain(texts)
    }

    fn any(&self, holds: &impl Fn(&Template) -> bool) -> bool {
        let inner = self.content.iter().any(|content| match content {
            Content::Text(_) => false,
            Content::Element(element) => element.any(holds),
        });
        inner || self.own().any(holds)
    }
}

/// What fills the holes of a body.
pub(in crate::provider) struct Values<'v> {
    /// What a template says, if all of it is set.
    pub(in crate::provider) fill: &'v dyn Fn(&Template) -> Option<String>,
    /// The addresses of pictures. An element that says `{media}` and nothing beside it is there for each of them.
    pub(in crate::provider) media: &'v [String],
}

impl Values<'_> {
    fn of(&self, template: &Template) -> Option<String> {
        if template.is_media() { self.media.first().cloned() } else { (self.fill)(template) }
    }
}

impl Xml {
    /// Whether one of its templates is as wanted.
    pub(in crate::provider) fn any(&self, holds: impl Fn(&Template) -> bool) -> bool {
        self.0.any(&holds)
    }

    /// The document, with its holes filled. O(bytes).
    pub(in crate::provider) fn filled(&self, values: &Values<'_>) -> String {
        let mut written = DECLARATION.to_owned();
        self.0.write(values, &mut written);
        written
    }
}

impl Element {
    /// Writes it once, or for each picture; whether anything was written.
    fn write(&self, values: &Values<'_>, written: &mut String) -> bool {
        if !self.own().any(Template::is_media) {
            return self.write_once(values, written);
        }
        for address in values.media {
            self.write_once(&Values { media: slice::from_ref(address), ..*values }, written);
        }
        !values.media.is_empty()
    }

    fn write_once(&self, values: &Values<'_>, written: &mut String) -> bool {
        let start = written.len();
        let filled = |(name, value): &'_ (String, Template)| Some((name.clone(), values.of(value)?));
        let attributes: Vec<(String, String)> = self.attributes.iter().filter_map(filled).collect();
        let is_bare = self.attributes.is_empty() && self.content.is_empty();
        let mut holds = is_bare || !attributes.is_empty();
        open_tag(&self.name, attributes.into_iter(), written);
        for content in &self.content {
            let text = match content {
                Content::Element(inner) => {
                    holds |= inner.write(values, written);
                    continue;
                }
                Content::Text(template) => values.of(template),
            };
            let Some(text) = text else {
                holds = false;
                break;
            };
            written.push_str(&escaped(&text));
            holds = true;
        }
        if holds {
            close_tag(&self.name, written);
        } else {
            written.truncate(start);
        }
        holds
    }
}

#[cfg(test)]
mod tests {
    use super::super::path::tests::all as at;
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn elements_attributes_and_texts_are_found_by_their_local_names() {
        let value = read(
            "\u{feff}<?xml version='1.0'?><!-- theirs --><s:Envelope xmlns:s='urn:s' xmlns='urn:d'><s:Body>
               <message id='1' s:id='other'><to>+1</to><to>+2</to><text lang='en'>a &lt; b &amp; <![CDATA[<c>]]>&#33;</text></message>
               <message id='2'><to>+3</to><text>  hi\n</text><status/></message>
             </s:Body></s:Envelope>",
        )
        .expect("XML");
        let body = |path: &str| at(&format!("Envelope.Body.{path}"), &value);
        assert_eq!(body("message[].@id"), ["1", "2"]);
        assert_eq!(body("message[].to"), ["+1", "+3"], "the first of several");
        assert_eq!(body("message[].to[]"), ["+1", "+2", "+3"], "one alone is a list of one");
        assert_eq!(body("message.to[1]"), ["+2"]);
        assert_eq!(body("message[1].to[0]"), ["+3"]);
        assert_eq!(body("message[].text"), ["a < b & <c>!", "  hi\n"], "as it was written");
        assert_eq!(
            (body("message.text.@lang"), body("message[1].status")),
            (vec!["en".into()], vec![String::new()])
        );
        for nothing in ["message.@none", "s:message", "message[2].to", "message.to.text"] {
            assert_eq!(body(nothing), Vec::<String>::new(), "{nothing}");
        }
        let form = json!({ "XMLDATA": "<in><from>+1</from></in>", "no": "<in>" });
        assert_eq!(
            (at("XMLDATA.(xml).in.from", &form), at("no.(xml).in", &form)),
            (vec!["+1".into()], vec![])
        );
    }

    #[test]
    fn no_entity_is_fetched_and_none_grows() {
        let external = r#"<!DOCTYPE in [<!ENTITY x SYSTEM "file:///etc/passwd">]><in><text>&x;</text></in>"#;
        let parameter = r#"<!DOCTYPE in [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]><in/>"#;
        let elsewhere = r#"<!DOCTYPE in SYSTEM "http://127.0.0.1/in.dtd"><in/>"#;
        let mut laughs = r#"<!DOCTYPE in [<!ENTITY l0 "ha">"#.to_owned();
        for n in 1..10 {
            let before = format!("&l{};", n - 1).repeat(10);
            laughs.extend(["<!ENTITY l", &n.to_string(), " \"", &before, "\">"]);
        }
        laughs.push_str("]><in><text>&l9;</text></in>");
        for bomb in [external, parameter, elsewhere, &laughs] {
            let why = read(bomb).expect_err("a DTD");
            assert!(why.contains("DTD"), "{why}");
        }
        assert!(read("<in><text>&x;</text></in>").is_err(), "nobody has said what `x` is");
    }

    #[test]
    fn what_is_too_deep_too_much_or_no_xml_is_told() {
        let deep = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(read(&deep(DEPTH_MAX)).is_ok());
        let far_too_deep = [deep(DEPTH_MAX + 1), deep(9_000), "<a>".repeat(9_000)];
        let many = format!("<a>{}</a>", "<b/>".repeat(NODES_MAX as usize));
        let wrong = [
            "",
            "hi",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a b=1/>",
            "<a b='1' b='2'/>",
            "<p:a/>",
            "<a>\u{1}</a>",
            "{}",
        ];
        for wrong in far_too_deep.iter().chain([&many]).map(String::as_str).chain(wrong) {
            assert!(read(wrong).is_err(), "{}", &wrong[..wrong.len().min(40)]);
        }
    }

    fn filled(template: &str, text: &str, media: &[String]) -> String {
        let xml = Xml::try_from(template.to_owned()).expect("a template");
        let fill = |template: &Template| {
            template.fill(|| true, |hole| (*hole == super::super::Hole::Text).then(|| text.to_owned().into()))
        };
        let written = xml.filled(&Values { fill: &fill, media });
        written.strip_prefix(DECLARATION).expect("it begins so").to_owned()
    }

    #[test]
    fn a_template_keeps_its_order_names_and_namespaces() {
        let template = r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <s:Envelope xmlns:s="urn:s">
              <!-- to be read by people -->
              <s:Body z="1" s:a="{text}"><send xmlns="urn:d" xml:lang="en"><to>{{}}</to><body>&lt;{text}&gt;</body><empty/></send></s:Body>
            </s:Envelope>"#;
        let expected = r#"<s:Envelope xmlns:s="urn:s"><s:Body z="1" s:a="hi"><send xmlns="urn:d" xml:lang="en"><to>{}</to><body>&lt;hi&gt;</body><empty></empty></send></s:Body></s:Envelope>"#;
        assert_eq!(filled(template, "hi", &[]), expected);
    }

    #[test]
    fn what_cannot_be_filled_is_left_out_and_pictures_repeat_their_element() {
        let template = r#"<m><a>{callback}</a><b x="1">to {callback}</b><c x="{callback}" y="2"/><d x="{callback}"/><e><f>{id}</f></e><g>{media}</g><h><i url="{media}"/></h>{text}</m>"#;
        assert_eq!(filled(template, "hi", &[]), r#"<m><c y="2"></c>hi</m>"#);
        let media = ["https://a.example/?1&2".to_owned(), "https://b.example/".to_owned()];
        assert_eq!(
            filled(template, "", &media),
            r#"<m><c y="2"></c><g>https://a.example/?1&amp;2</g><g>https://b.example/</g><h><i url="https://a.example/?1&amp;2"></i><i url="https://b.example/"></i></h></m>"#
        );
    }

    #[test]
    fn what_is_no_template_is_told() {
        let wrong = [
            "",
            "{text}",
            "<a>",
            "<{text}/>",
            "<a>{txt}</a>",
            "<a b=\"{\"/>",
            "<!DOCTYPE a><a/>",
            "<a>&b;</a>",
            "<p:a/>",
        ];
        for wrong in wrong.map(str::to_owned).into_iter().chain([format!(
            "{}{}",
            "<a>".repeat(200),
            "</a>".repeat(200)
        )]) {
            assert!(Xml::try_from(wrong.clone()).is_err(), "{wrong}");
        }
    }

    proptest! {
        /// No words of anybody become elements, attributes, entities or templates.
        #[test]
        fn what_fills_a_hole_is_read_back_as_it_was(text in r#"([<>&"'{}!\[\]/?a-c\r\n\t#;-]|\PC|<!\[CDATA\[|\]\]>|&lt;|\{id\}|<!--){0,40}"#) {
            let written = filled(r#"<m a="{text}"><t>{text}</t></m>"#, &text, &[]);
            let value = read(&written).expect("XML");
            prop_assert_eq!(&value, &json!({ "m": { "@a": text, "t": { "#text": text }, "#text": "" } }));
            let again = write(&value);
            prop_assert_eq!(read(&again).expect("XML"), value);
        }
    }

    #[test]
    fn what_xml_cannot_say_is_left_out() {
        assert_eq!(filled("<m>{text}</m>", "a\0b\u{8}c\u{ffff}d\u{7f}🙂", &[]), "<m>abcd\u{7f}🙂</m>");
    }
}
