//! XML as the wire needs it: a tree read from a request body, and text made safe for an answer.

use quick_xml::Reader;
use quick_xml::events::Event;

/// An element without its namespace prefix.
#[derive(Debug, Default, Clone)]
pub(super) struct Element {
    pub name: String,
    pub text: String,
    pub children: Vec<Element>,
}

impl Element {
    /// Reads the document element; None when it is not well-formed.
    pub fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    open.push(Self { name: start.local_name().as_ref().to_owned(), ..Self::default() })
                }
                Event::Empty(empty) => {
                    let child = Self { name: empty.local_name().as_ref().to_owned(), ..Self::default() };
                    open.last_mut()?.children.push(child);
                }
                Event::End(_) => {
                    let done = open.pop()?;
                    open.last_mut()?.children.push(done);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(text.xml10_content().as_ref()),
                Event::CData(text) => open.last_mut()?.text.push_str(&text),
                Event::GeneralRef(reference) => {
                    let known = match reference.resolve_char_ref().ok()? {
                        Some(character) => character,
                        None => match &*reference {
                            "lt" => '<',
                            "gt" => '>',
                            "amp" => '&',
                            "quot" => '"',
                            "apos" => '\'',
                            _ => return None,
                        },
                    };
                    open.last_mut()?.text.push(known);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        if open.len() != 1 { None } else { open.pop()?.children.pop() }
    }
}

/// Text for the inside of an element.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#xD;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{Element, escape};

    #[test]
    fn a_document_is_read_as_a_tree() {
        let text = "<?xml version=\"1.0\"?>\n<a:Root xmlns:a=\"x\"><Value>1 &lt; &#50; &amp; <![CDATA[<3>]]></Value><Empty/></a:Root>";
        let root = Element::parse(text).expect("well-formed");
        assert_eq!((root.name.as_str(), root.children.len()), ("Root", 2));
        assert_eq!(root.children[0].text, "1 < 2 & <3>");
        assert!(Element::parse("<a><b></a>").is_none());
        assert_eq!(escape("<&>"), "&lt;&amp;&gt;");
    }
}
