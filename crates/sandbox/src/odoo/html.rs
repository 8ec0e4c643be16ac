//! What Odoo's sanitiser makes of the HTML in a `comment`.
//!
//! Only as far as the text of a connector goes: scripts, styles, comments and event attributes vanish, void elements
//! lose their slash, open elements are closed, characters are escaped in one way. A text that begins without an element
//! is wrapped in a `<span>`, so that reading a note back gives something else than was written, which a client must
//! expect.

const VOID: [&str; 4] = ["br", "hr", "img", "input"];
const DROPPED: [&str; 2] = ["script", "style"];

enum Piece<'a> {
    Text(&'a str),
    /// Name in lower case, the text of the attributes.
    Open(String, &'a str),
    Close(String),
}

/// The stored form.
pub(super) fn sanitised(source: &str) -> String {
    let mut out = String::new();
    let mut open: Vec<String> = Vec::new();
    let mut dropping: Option<String> = None;
    let mut removed = false;
    let mut begins_with_text = false;
    for piece in pieces(source.trim_start()) {
        if let Some(name) = &dropping {
            if matches!(&piece, Piece::Close(closed) if closed == name) {
                dropping = None;
            }
            continue;
        }
        match piece {
            Piece::Text(text) => {
                begins_with_text |= out.is_empty() && !removed;
                out.push_str(&escape(&unescape(text)));
            }
            Piece::Open(name, _) if DROPPED.contains(&name.as_str()) => {
                dropping = Some(name);
                removed = true;
            }
            Piece::Open(name, attributes) => {
                out.push('<');
                out.push_str(&name);
                push_attributes(&mut out, attributes);
                out.push('>');
                if !VOID.contains(&name.as_str()) {
                    open.push(name);
                }
            }
            Piece::Close(name) => {
                if let Some(at) = open.iter().rposition(|o| *o == name) {
                    for name in open.drain(at..).rev() {
                        close(&mut out, &name);
                    }
                }
            }
        }
    }
    for name in open.drain(..).rev() {
        close(&mut out, &name);
    }
    if begins_with_text {
        format!("<span>{out}</span>")
    } else {
        out
    }
}

fn close(out: &mut String, name: &str) {
    out.extend(["</", name, ">"]);
}

fn pieces(source: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut rest = source;
    while !rest.is_empty() {
        let tag = rest.char_indices().find(|(at, c)| {
            *c == '<'
                && rest[at + 1..]
                    .starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!')
        });
        let Some((at, _)) = tag else {
            out.push(Piece::Text(rest));
            break;
        };
        if at > 0 {
            out.push(Piece::Text(&rest[..at]));
        }
        let inside = &rest[at + 1..];
        // A tag that never ends takes the rest of the text with it.
        let end = inside.find('>').unwrap_or(inside.len());
        rest = inside.get(end + 1..).unwrap_or_default();
        let inside = &inside[..end];
        if let Some(name) = inside.strip_prefix('/') {
            out.push(Piece::Close(name.trim().to_lowercase()));
        } else if end < inside.len() + 1 && !inside.starts_with('!') && closes(source, inside) {
            let inside = inside.trim_end().trim_end_matches('/').trim_end();
            let (name, attributes) = inside
                .split_once(char::is_whitespace)
                .unwrap_or((inside, ""));
            out.push(Piece::Open(name.to_lowercase(), attributes));
        }
    }
    out
}

/// Whether the tag was closed by a `>` at all.
fn closes(source: &str, inside: &str) -> bool {
    let end = inside.as_ptr() as usize - source.as_ptr() as usize + inside.len();
    source.as_bytes().get(end) == Some(&b'>')
}

fn push_attributes(out: &mut String, attributes: &str) {
    let mut rest = attributes.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').unwrap_or((rest, ""));
        let name = name.trim().to_lowercase();
        let after = after.trim_start();
        let (value, next) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = &after[1..];
                let end = inner.find(quote).unwrap_or(inner.len());
                (&inner[..end], inner.get(end + 1..).unwrap_or_default())
            }
            _ => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        rest = next.trim_start();
        if name.starts_with("on") || name.contains(char::is_whitespace) {
            continue;
        }
        let value = unescape(value);
        let safe = if value.trim_start().to_lowercase().starts_with("javascript:") {
            ""
        } else {
            &value
        };
        let value = escape(safe).replace('"', "&quot;");
        out.extend([" ", &name, "=\"", &value, "\""]);
    }
}

fn unescape(text: &str) -> String {
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&nbsp;", "\u{a0}"),
        ("&amp;", "&"),
    ];
    named
        .into_iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\u{a0}', "&nbsp;")
}

#[cfg(test)]
mod tests {
    use super::sanitised;

    /// Each pair was read back from an Odoo 19.
    #[test]
    fn notes_come_back_as_odoo_stores_them() {
        let measured = [
            ("hello", "<span>hello</span>"),
            ("line one\nline two", "<span>line one\nline two</span>"),
            ("<b>x</b>", "<b>x</b>"),
            ("x <br/> y", "<span>x <br> y</span>"),
            ("<p>a</p>tail", "<p>a</p>tail"),
            ("a<b c", "<span>a</span>"),
            ("5 < 6", "<span>5 &lt; 6</span>"),
            ("x & y &amp; z", "<span>x &amp; y &amp; z</span>"),
            ("<script>alert(1)</script>hi", "hi"),
            ("<p onclick='x()'>a</p>", "<p>a</p>"),
            ("<a href='javascript:x'>l</a>", "<a href=\"\">l</a>"),
            ("<style>p{}</style><p>x</p>", "<p>x</p>"),
            ("<p>unclosed", "<p>unclosed</p>"),
            ("\n<p>a</p>\n", "<p>a</p>\n"),
            ("don't \"quote\" é ☃", "<span>don't \"quote\" é ☃</span>"),
            ("&nbsp;x", "<span>&nbsp;x</span>"),
            ("<p>a &lt; b</p>", "<p>a &lt; b</p>"),
            ("<p>html</p><script>x</script>", "<p>html</p>"),
            ("<p>Line <br/>two</p>", "<p>Line <br>two</p>"),
            (
                "Gate code 12 & <b>dog</b>",
                "<span>Gate code 12 &amp; <b>dog</b></span>",
            ),
        ];
        for (source, stored) in measured {
            assert_eq!(sanitised(source), stored, "{source:?}");
        }
    }
}
