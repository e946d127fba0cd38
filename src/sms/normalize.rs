//! From what a person typed to the tokens that are compared, every token knowing the bytes it came from.
//!
//! Folding, character by character: UTF-8 that was read as Windows-1252 on its way is read again (donâ€™t); ignorables go (zero-width, soft hyphen, variation selectors); compatibility
//! forms are taken apart (NFKD: full-width, mathematical letters, ligatures, circled digits); marks go (é → e);
//! a small table for letters that do not come apart (ł, ø …); digits of any script become ASCII; case is folded
//! (ß → ss, final ς → σ); apostrophes inside a word go (don't → dont). What is stored is always the original.
//!
//! Cost: O(bytes). A text that is all ASCII takes a path without any table.

mod look_alike;
mod mojibake;

use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Tokens that are looked at; a text of 1,600 characters has at most 800 of them that are longer than a letter,
/// and no pattern needs more.
pub const TOKENS_MAX: usize = 800;

/// Bytes of folded forms after which a text is not read on: three times the longest body, as every script needs that
/// people write (Korean comes apart into letters). Only signs that are whole sentences (ﷺ) need more.
const FOLDED_BYTES_MAX: usize = 3 * super::BODY_BYTES_MAX;

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Letters, perhaps with digits.
    Word,
    /// Digits only.
    Number,
    /// One pictogram, its skin tone folded away.
    Emoji,
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Where its folded form stands in [`Text::folded`].
    folded: Range<u32>,
    /// The bytes of the original that it came from.
    span: Range<u32>,
    /// What it is made of.
    pub kind: TokenKind,
}

/// A word that stands for tokens of a text: for [`Text::rebuilt`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The word, folded.
    pub word: String,
    /// The tokens it stands for.
    pub tokens: Range<usize>,
}

/// A body as it was typed, and its tokens. Punctuation and spaces part tokens and are no tokens themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    original: String,
    folded: String,
    tokens: Vec<Token>,
}

impl Text {
    /// Reads a body; what is longer than [`super::BODY_BYTES_MAX`] is cut at a character.
    #[must_use]
    pub fn new(body: &str) -> Self {
        let mut end = body.len().min(super::BODY_BYTES_MAX);
        while !body.is_char_boundary(end) {
            end -= 1;
        }
        let body = &body[..end];
        let mut text = Self {
            original: body.to_owned(),
            folded: String::with_capacity(body.len()),
            tokens: Vec::with_capacity(body.len() / 5 + 1),
        };
        if body.is_ascii() {
            text.read_ascii();
        } else {
            text.read_unicode();
        }
        text.tokens.truncate(TOKENS_MAX);
        text
    }

    /// The body as typed.
    #[must_use]
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The tokens in order.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The folded form of token `index`.
    ///
    /// # Panics
    /// When there is no such token.
    #[must_use]
    pub fn token(&self, index: usize) -> &str {
        let range = &self.tokens[index].folded;
        &self.folded[range.start as usize..range.end as usize]
    }

    /// All folded forms in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        (0..self.tokens.len()).map(|index| self.token(index))
    }

    /// The bytes of the original that tokens `range` came from, with what stands between them.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Range<usize> {
        match (self.tokens.get(range.start), self.tokens.get(range.end.wrapping_sub(1))) {
            (Some(first), Some(last)) if range.start < range.end => {
                first.span.start as usize..last.span.end as usize
            }
            _ => 0..0,
        }
    }

    /// What the person typed between token `at` and the one before it: from the start of the text for the first, to its
    /// end behind the last.
    #[must_use]
    pub fn gap(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.span(before..at).end);
        let end = if at < self.tokens.len() { self.span(at..at + 1).start } else { self.original.len() };
        self.original.get(start..end).unwrap_or_default()
    }

    /// What the person typed for tokens `range`.
    #[must_use]
    pub fn typed(&self, range: Range<usize>) -> &str {
        &self.original[self.span(range)]
    }

    /// The same body read as other words, each standing for the bytes of the tokens that it takes the place of.
    #[must_use]
    pub fn rebuilt(&self, pieces: Vec<Piece>) -> Self {
        let mut text = Self { original: self.original.clone(), ..Self::default() };
        let mut last = 0;
        let mut pieces = pieces.into_iter().peekable();
        while let Some(piece) = pieces.next() {
            let start = text.folded.len();
            text.folded.push_str(&piece.word);
            let whole = self.span(piece.tokens.clone());
            let mut span = whole.start.max(last)..whole.end.max(last);
            // Words out of one token: each has the bytes that it was written with.
            if pieces.peek().is_some_and(|next| next.tokens == piece.tokens) {
                span.end = span.start + written(&self.original[span.clone()], &piece.word);
            }
            last = span.end;
            let mut rebuilt = token(start, &text.folded, span);
            // A word that stands for itself is what it was: a pictogram stays one.
            if piece.tokens.len() == 1 && self.token(piece.tokens.start) == piece.word {
                rebuilt.kind = self.tokens[piece.tokens.start].kind;
            }
            text.tokens.push(rebuilt);
        }
        text
    }

    /// The same body with letters that only look Latin taken for those they look like ("ЅТОР", "jоin" with a Cyrillic о), if
    /// there are any. A second key, for texts that mean nothing as they stand: Russian and Greek are never read by it first.
    #[must_use]
    pub fn latinized(&self) -> Option<Self> {
        if self.original.is_ascii() {
            return None;
        }
        let mut changed = false;
        let pieces = (0..self.tokens.len()).map(|at| {
            let latin = look_alike::latin(self.typed(at..at + 1));
            changed |= latin.is_some();
            Piece { word: latin.unwrap_or_else(|| self.token(at).to_owned()), tokens: at..at + 1 }
        });
        let pieces = pieces.collect();
        changed.then(|| self.rebuilt(pieces))
    }

    /// All folded tokens, parted by blanks.
    #[must_use]
    pub fn phrase(&self) -> String {
        self.words().collect::<Vec<_>>().join(" ")
    }

    /// All folded tokens in one string without anything between them: "s t o p" is `stop`.
    #[must_use]
    pub fn joined(&self) -> String {
        self.words().collect()
    }

    fn read_ascii(&mut self) {
        let bytes = self.original.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if !bytes[at].is_ascii_alphanumeric() {
                at += 1;
                continue;
            }
            let (start, folded_start) = (at, self.folded.len());
            while at < bytes.len() && continues_word(bytes, at) {
                if bytes[at] != b'\'' {
                    self.folded.push(bytes[at].to_ascii_lowercase() as char);
                }
                at += 1;
            }
            self.tokens.push(token(folded_start, &self.folded, start..at));
        }
    }

    fn read_unicode(&mut self) {
        let original = std::mem::take(&mut self.original);
        let mut open: Option<(usize, usize, usize)> = None; // folded start, original start, original end
        let mut after = 0;
        while let Some((c, bytes)) = mojibake::first_char(&original[after..]) {
            let at = after;
            after += bytes;
            if self.folded.len() > FOLDED_BYTES_MAX {
                break;
            }
            if is_ignorable(c) {
                continue;
            }
            if is_apostrophe(c) {
                let goes_on = |next: char| next.is_alphanumeric() && !is_apostrophe(next);
                if !original[after..].starts_with(goes_on) {
                    self.close(&mut open);
                }
                continue;
            }
            // A mark of its own belongs to the letter before it: phones send "é" in one piece or in two.
            if let (true, Some((_, _, end))) =
                (is_combining_mark(c) && !is_spacing_script_mark(c), open.as_mut())
            {
                *end = after;
                continue;
            }
            let before = self.folded.len();
            fold_into(c, &mut self.folded);
            if self.folded.len() > before {
                let (folded_start, start, _) = open.unwrap_or((before, at, after));
                open = Some((folded_start, start, after));
                continue;
            }
            self.close(&mut open);
            if is_emoji(c) {
                self.folded.push(c);
                self.tokens.push(Token {
                    folded: narrow(before..self.folded.len()),
                    span: narrow(at..after),
                    kind: TokenKind::Emoji,
                });
            }
        }
        self.close(&mut open);
        self.original = original;
    }

    fn close(&mut self, open: &mut Option<(usize, usize, usize)>) {
        if let Some((folded_start, start, end)) = open.take() {
            self.tokens.push(token(folded_start, &self.folded, start..end));
        }
    }
}

/// Whether the word that is being read goes on at `at`: a letter, a digit, or an apostrophe between two of them.
fn continues_word(bytes: &[u8], at: usize) -> bool {
    bytes[at].is_ascii_alphanumeric()
        || bytes[at] == b'\'' && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)
}

fn token(folded_start: usize, folded: &str, span: Range<usize>) -> Token {
    let digits = folded[folded_start..].bytes().all(|b| b.is_ascii_digit());
    Token {
        folded: narrow(folded_start..folded.len()),
        span: narrow(span),
        kind: if digits { TokenKind::Number } else { TokenKind::Word },
    }
}

/// Bodies are cut at [`super::BODY_BYTES_MAX`] and one character folds to at most 18, so 32 bits are plenty.
fn narrow(range: Range<usize>) -> Range<u32> {
    let small = |n: usize| u32::try_from(n).expect("bodies are cut far below 4 GiB");
    small(range.start)..small(range.end)
}

/// Also those that Unicode counts among the letters (ʼ): no word begins or ends with one.
fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | '＇')
}

/// Characters that show nothing: they are typed by keyboards and filters, not by people.
fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{1F3FB}'..='\u{1F3FF}'
            | '\u{E0100}'..='\u{E01EF}'
    )
}

/// Pictograms, by block: enough to tell them from letters and punctuation.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}' | '\u{2B00}'..='\u{2BFF}' | '\u{2190}'..='\u{21FF}'
        | '\u{2300}'..='\u{23FF}' | '\u{3030}' | '\u{00A9}' | '\u{00AE}')
        && !matches!(c, '\u{1F3FB}'..='\u{1F3FF}')
}

/// How many bytes of `typed` fold to `word`, with which it begins. A character that folds to more belongs to what follows.
fn written(typed: &str, word: &str) -> usize {
    let mut folded = String::with_capacity(word.len());
    for (at, c) in typed.char_indices() {
        let before = folded.len();
        fold_into(c, &mut folded);
        if at > 0 && folded.len() > before && folded.len() > word.len() {
            return at;
        }
    }
    typed.len()
}

/// Appends the folded letters and digits of `c`; nothing for all else.
fn fold_into(c: char, out: &mut String) {
    if c.is_ascii() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        }
        return;
    }
    for part in c.nfkd() {
        if is_apostrophe(part) || is_combining_mark(part) && !is_spacing_script_mark(part) {
            continue; // ŉ is an apostrophe and an n
        }
        if let Some(digit) = digit_of_any_script(part) {
            out.push(digit);
        } else if let Some(plain) = plain_letters(part) {
            out.push_str(plain);
        } else if part.is_alphanumeric() || is_spacing_script_mark(part) {
            let low =
                part.to_lowercase().filter(|low| !is_combining_mark(*low) || is_spacing_script_mark(*low));
            for low in low {
                match stylised(low) {
                    Some(plain) => out.push_str(plain),
                    None => out.push(low),
                }
            }
        }
    }
}

/// Vowel signs of the Indian and south-east Asian scripts are letters of their words, not accents.
fn is_spacing_script_mark(c: char) -> bool {
    matches!(c, '\u{0900}'..='\u{0DFF}' | '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}')
        && is_combining_mark(c)
}

/// Letters that NFKD leaves whole, and case folding beyond lower-casing.
fn plain_letters(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' | 'ẞ' => "ss",
        'ς' => "σ",
        'ł' | 'Ł' => "l",
        'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'ø' | 'Ø' => "o",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'þ' | 'Þ' => "th",
        'ħ' | 'Ħ' => "h",
        'ı' => "i",
        c => return stylised(c),
    })
}

/// Letters that only a generator of styles writes: small capitals ("ꜱᴛᴏᴘ"), and letters in filled circles and squares.
fn stylised(c: char) -> Option<&'static str> {
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
    const SMALL_CAPITALS: &str = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡ᙮ʏᴢ";
    let at = match c {
        '🅐'..='🅩' => usize::try_from(u32::from(c) - u32::from('🅐')).ok()?,
        '🅰'..='🆉' => usize::try_from(u32::from(c) - u32::from('🅰')).ok()?,
        'ɢ'..='ꟿ' => SMALL_CAPITALS.chars().position(|small| small == c)?,
        _ => return None,
    };
    LETTERS.get(at..=at)
}

/// Starts of the runs of ten decimal digits in Unicode (general category Nd) that phones type.
const DIGIT_ZEROS: [u32; 14] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50,
    0x0ED0,
];

fn digit_of_any_script(c: char) -> Option<char> {
    let code = u32::from(c);
    let zero = DIGIT_ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(body: &str) -> Vec<String> {
        Text::new(body).words().map(str::to_owned).collect()
    }

    #[test]
    fn what_people_type_folds_to_what_they_mean() {
        let cases: [(&str, &[&str]); 19] = [
            ("Hi, JOIN please!", &["hi", "join", "please"]),
            ("don't", &["dont"]),
            ("Don’t", &["dont"]),
            ("'stop'", &["stop"]),
            ("ＪＯＩＮ １２３", &["join", "123"]),
            ("𝓢𝓽𝓸𝓹", &["stop"]),
            ("st\u{200b}op", &["stop"]),
            ("so\u{ad}ft", &["soft"]),
            ("Arrêt", &["arret"]),
            ("ꜱᴛᴏᴘ 🅢🅣🅞🅟 🆂🆃🅾🅿", &["stop", "stop", "stop"]),
            ("Nguye\u{302}\u{303}n", &["nguyen"]),
            ("Straße Łódź", &["strasse", "lodz"]),
            ("٣٤", &["34"]),
            ("ʼhello yʼall catsʼ aʼʼb", &["hello", "yall", "cats", "a", "b"]),
            ("👍🏽 ok", &["👍", "ok"]),
            ("日本 привет مرحبا", &["日本", "привет", "مرحبا"]),
            ("donâ€™t cafÃ© Â¡Hola", &["dont", "cafe", "hola"]),
            ("ðŸ‘\u{8d} ok", &["👍", "ok"]),
            ("?! ...", &[]),
        ];
        for (body, expected) in cases {
            assert_eq!(words(body), expected, "{body}");
        }
    }

    /// Proofs write texts of folded words and read them again.
    #[test]
    fn what_is_folded_stays_as_it_is() {
        let characters = ('\0'..='\u{1FFFF}').chain('\u{2F800}'..='\u{2FA1F}'); // the others are what they are
        let bodies = characters.map(|c| format!("{c} a{c}b {c}{c}"));
        let folded = bodies.map(|body| words(&body).join(" "));
        let changed: Vec<_> = folded.filter(|folded| words(folded).join(" ") != *folded).collect();
        assert!(changed.is_empty(), "{changed:?}");
    }

    #[test]
    fn signs_that_are_sentences_do_not_make_a_text_endless() {
        let text = Text::new(&"ﷺ".repeat(1_600));
        assert!(text.joined().len() <= FOLDED_BYTES_MAX + 36);
        assert_eq!(text.tokens().len(), 1);
        let hangul = "각".repeat(1_600);
        assert_eq!(Text::new(&hangul).typed(0..1), hangul, "what people write is read to its end");
    }

    #[test]
    fn spans_lead_back_to_what_was_typed() {
        let text = Text::new("I’m  Ána López!");
        assert_eq!(text.typed(1..3), "Ána López");
        assert_eq!(text.typed(0..1), "I’m");
        assert_eq!(text.span(2..2), 0..0);
    }

    #[test]
    fn look_alikes_are_a_second_key() {
        let latin = |body: &str| Some(Text::new(body).latinized()?.phrase());
        for (body, meant) in [
            ("ЅТОР", Some("stop")),
            ("jоin nоw", Some("join now")),
            ("ϳοιn ΝΟW", Some("join now")),
            ("Привет", None),
            ("привет jоin", Some("привет join")),
            ("café", None),
            ("join", None),
            ("日本", None),
        ] {
            assert_eq!(latin(body).as_deref(), meant, "{body}");
        }
        let text = Text::new("jоin!").latinized().expect("a look-alike");
        assert_eq!(text.typed(0..1), "jоin");
    }

    proptest! {
        #[test]
        fn any_text_is_read_and_its_spans_are_in_order(body in "\\PC{0,200}") {
            let text = Text::new(&body);
            let mut last = 0;
            for index in 0..text.tokens().len() {
                let span = text.span(index..index + 1);
                prop_assert!(span.start >= last && span.end > span.start);
                prop_assert!(!text.token(index).is_empty());
                prop_assert!(text.original().get(span.clone()).is_some());
                last = span.end;
            }
        }

        #[test]
        fn both_paths_read_ascii_alike(body in "[ -~]{0,80}") {
            let fast = Text::new(&body);
            let mut slow = Text { original: body, ..Text::default() };
            slow.read_unicode();
            prop_assert_eq!(fast.words().collect::<Vec<_>>(), slow.words().collect::<Vec<_>>());
        }
    }
}
