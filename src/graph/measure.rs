//! How wide words are, and where they break. A guess: which font draws them is known where the picture is looked at. It leans
//! to the wide side of the usual ones without serifs.

/// The width of some words in pixels, rounded up, at a size of the font in pixels.
pub(super) fn width(words: &str, size: i32) -> i32 {
    let thousandths: i32 = words.chars().map(letter).sum();
    (thousandths * size + 999) / 1000
}

/// The width of a letter in thousandths of the font's size.
fn letter(c: char) -> i32 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' => 300,
        ' ' | '.' | ',' | ':' | ';' | '!' | 'I' => 340,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '/' | '\\' | '-' => 410,
        '"' | '*' | '`' => 460,
        'c' | 's' | 'k' | 'z' | 'v' | 'x' | 'y' | 'J' | '?' => 560,
        'm' | 'M' | 'w' | 'W' | '@' | '%' => 980,
        '<' | '>' | '=' | '+' | '~' => 800,
        'A'..='Z' | '&' => 720,
        ' '..='~' => 625,
        '\u{300}'..='\u{36f}' => 0,
        '\u{80}'..='\u{2ff}' => 640,
        '\u{370}'..='\u{10ff}' => 700,
        _ => 1000, // ideographs, signs, pictures
    }
}

/// Breaks a text into at most `lines` lines of at most `room` pixels; the last one ends in `…` where something is left out.
pub(super) fn lines(text: &str, size: i32, room: i32, lines: usize) -> Vec<String> {
    let mut broken: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.peek() {
        let fits = |line: &String| width(line, size) + letter(' ') * size / 1000 + width(word, size) <= room;
        if let Some(line) = broken.last_mut().filter(|line| fits(line)) {
            line.push(' ');
            line.push_str(word);
        } else if broken.len() < lines {
            broken.push((*word).to_owned());
        } else {
            break;
        }
        words.next();
    }
    let more = words.peek().is_some();
    let last = broken.len().saturating_sub(1);
    for (at, line) in broken.iter_mut().enumerate() {
        shorten(line, size, room, more && at == last);
    }
    broken
}

/// Cuts a line to its room; `…` stands for what is left out.
fn shorten(line: &mut String, size: i32, room: i32, more: bool) {
    if !more && width(line, size) <= room {
        return;
    }
    while width(line, size) + letter('…') * size / 1000 > room && line.pop().is_some() {}
    line.truncate(line.trim_end().len());
    line.push('…');
}
