//! Text from a vendor made fit to write, to compare and to show.
//!
//! Everything that ServiceTitan's users type may hold control characters, line breaks and marks that turn the reading
//! direction; none of them belongs into a name, a street or a message.

/// How many characters of a vendor's text a message quotes.
const QUOTED_CHARS_MAX: usize = 60;

/// How many characters of a single-line field are written; Odoo has no limit of its own, and a person reads less.
const LINE_CHARS_MAX: usize = 512;

/// How many characters of a text of several lines are written.
const TEXT_CHARS_MAX: usize = 4_000;

/// How many characters of HTML are read.
const HTML_CHARS_MAX: usize = 40_000;

/// One line: control characters and line breaks become single spaces, the ends are trimmed, the length is bounded.
#[must_use]
pub fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut chars = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control() || turns_direction(c)) {
        if word.is_empty() {
            continue;
        }
        if chars > 0 {
            line.push(' ');
            chars += 1;
        }
        let room = LINE_CHARS_MAX.saturating_sub(chars);
        line.extend(word.chars().take(room));
        chars += word.chars().count().min(room);
        if chars >= LINE_CHARS_MAX {
            break;
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// Several lines: each without control characters, its ends trimmed; no more than one empty line in a row, none at the
/// ends; the length is bounded.
#[must_use]
pub fn text(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut room = TEXT_CHARS_MAX;
    for given in text.lines() {
        let line: String = line(given).chars().take(room).collect();
        if line.is_empty() && lines.last().is_none_or(String::is_empty) {
            continue;
        }
        room -= line.chars().count();
        lines.push(line);
        if room == 0 {
            break;
        }
    }
    lines.join("\n").trim_end().to_owned()
}

/// The text of HTML, as [`text`].
#[must_use]
pub fn text_of_html(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return text(html);
    }
    let bounded: String = html.chars().take(HTML_CHARS_MAX).collect();
    if is_nested_beyond_sense(&bounded) {
        return text(&without_tags(&bounded));
    }
    let plain = html2text::config::plain_no_decorate()
        .string_from_read(bounded.as_bytes(), TEXT_CHARS_MAX)
        .unwrap_or(bounded);
    text(&plain)
}

/// How deep elements may stand in each other. Laying out takes time by the square of it.
const HTML_DEPTH_MAX: usize = 100;

/// Elements that hold nothing, and are never closed.
const VOID: [&str; 6] = ["br", "hr", "img", "input", "link", "meta"];

/// Whether more elements are open somewhere than anybody writes.
fn is_nested_beyond_sense(html: &str) -> bool {
    let mut depth = 0_usize;
    for tag in html.split('<').skip(1) {
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
            continue;
        }
        let name: String = tag
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        if !name.is_empty() && !VOID.contains(&name.to_ascii_lowercase().as_str()) {
            depth += 1;
        }
        if depth > HTML_DEPTH_MAX {
            return true;
        }
    }
    false
}

/// What stands between tags.
fn without_tags(html: &str) -> String {
    let pieces = html.split('<').enumerate();
    let pieces = pieces.map(|(n, piece)| match piece.split_once('>') {
        Some((_, after)) if n > 0 => after,
        _ if n > 0 => "",
        _ => piece,
    });
    pieces.collect::<Vec<_>>().join(" ")
}

/// A text as HTML that shows it as it is: an empty line ends a paragraph, every other line a line.
#[must_use]
pub fn html(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut html = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
    let html = html.replace("\n\n", "</p><p>").replace('\n', "<br>");
    format!("<p>{html}</p>")
}

/// A vendor's text in quotation marks, for a message: one line, bounded.
#[must_use]
pub fn quoted(text: &str) -> String {
    let line = line(text);
    match line.char_indices().nth(QUOTED_CHARS_MAX) {
        Some((end, _)) => format!("\"{}…\"", &line[..end]),
        None => format!("\"{line}\""),
    }
}

/// Marks that change the direction of the text around them: invisible, and used to disguise names.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_that_nobody_writes_is_not_laid_out() {
        let deep = format!("before{}x</li> after", "<ul><li>".repeat(200));
        assert_eq!(text_of_html(&deep), "before x after");
        let flat = "<p>a</p>".repeat(300);
        assert_eq!(text_of_html(&flat).matches('a').count(), 300);
        let lines = format!("a{}b", "<br>".repeat(300));
        assert_eq!(text_of_html(&lines), "a\n\nb");
    }

    #[test]
    fn breaks_and_controls_become_single_spaces() {
        assert_eq!(line("  Ann\r\n\u{202e}B.\t \0 Lee "), "Ann B. Lee");
    }

    #[test]
    fn a_quotation_is_bounded() {
        assert_eq!(quoted(&"x".repeat(61)), format!("\"{}…\"", "x".repeat(60)));
    }

    #[test]
    fn a_text_becomes_html_that_says_nothing_else() {
        assert_eq!(html(""), "");
        assert_eq!(
            html("1 <b> & \"Co\"\nline\n\nend"),
            "<p>1 &lt;b&gt; &amp; &quot;Co&quot;<br>line</p><p>end</p>"
        );
    }

    #[test]
    fn html_becomes_lines() {
        let html = "<p>Condenser <b>3&nbsp;t</b> &amp; pad</p><ul><li>R-410A</li></ul><script>x()</script>";
        assert_eq!(text_of_html(html), "Condenser 3 t & pad\n* R-410A");
        assert_eq!(text_of_html(" a\r\n\n\n b  c "), "a\n\nb c");
    }

    proptest! {
        #[test]
        fn a_text_is_a_fixed_point(given in any::<String>()) {
            let once = text_of_html(&given);
            prop_assert_eq!(&text(&once), &once);
            prop_assert!(once.chars().count() <= TEXT_CHARS_MAX);
        }

        #[test]
        fn as_html_a_text_shows_what_it_said(given in any::<String>()) {
            let shown = html(&text(&given));
            let marks = ["<p>", "</p>", "<br>"];
            let rest = marks.iter().fold(shown.clone(), |rest, mark| rest.replace(mark, ""));
            prop_assert!(!rest.contains(['<', '>', '"']), "{}", shown);
        }

        #[test]
        fn a_line_is_a_fixed_point(text in any::<String>()) {
            let once = line(&text);
            prop_assert_eq!(&line(&once), &once);
            prop_assert!(once.chars().count() <= LINE_CHARS_MAX);
        }
    }
}
