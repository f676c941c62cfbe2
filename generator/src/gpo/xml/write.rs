//! Tree to bytes. Everything is escaped by where it stands; characters that XML 1.0 forbids
//! are refused, because no escape can carry them.

use quick_xml::events::{BytesCData, BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::writer::Writer;

use super::read::is_xml_char;
use super::{Element, Node};

/// How a document begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declaration {
    /// No declaration, as in `bkupInfo.xml` and `manifest.xml`.
    None,
    /// `<?xml version="1.0" encoding="utf-8"?>` and CRLF, as the policy editor writes.
    Utf8,
    /// Byte order mark, then the same declaration, as in `comment.cmtx`.
    Utf8WithMark,
}

/// Why a tree cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// XML 1.0 has no way to express the character.
    #[error("{place} holds the character U+{code:04X}, which XML cannot express")]
    ForbiddenCharacter {
        /// Element and attribute.
        place: String,
        /// The character's number.
        code: u32,
    },
    /// The writer failed; with a buffer in memory this means a defect.
    #[error("cannot write `{element}`: {why}")]
    Writer {
        /// Root of the document.
        element: String,
        /// What the writer says.
        why: String,
    },
}

/// Writes a document in one line after its declaration, as the policy editor does.
///
/// # Errors
/// Names the first element or attribute with a character that XML cannot express.
pub fn write(root: &Element, declaration: Declaration) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::new();
    if declaration == Declaration::Utf8WithMark {
        bytes.extend_from_slice(b"\xEF\xBB\xBF");
    }
    let mut writer = Writer::new(bytes);
    let failed = |error: std::io::Error| WriteError::Writer {
        element: root.name.clone(),
        why: error.to_string(),
    };
    if declaration != Declaration::None {
        let line = Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None));
        writer.write_event(line).map_err(failed)?;
        writer.get_mut().extend_from_slice(b"\r\n");
    }
    write_element(&mut writer, root)?;
    Ok(writer.into_inner())
}

fn write_element(writer: &mut Writer<Vec<u8>>, element: &Element) -> Result<(), WriteError> {
    let failed = |error: std::io::Error| WriteError::Writer {
        element: element.name.clone(),
        why: error.to_string(),
    };
    let mut tag = BytesStart::new(element.name.as_str());
    for (name, value) in &element.attributes {
        check(value, || {
            format!("attribute `{name}` of `{}`", element.name)
        })?;
        tag.push_attribute((name.as_str(), value.as_str()));
    }
    if element.children.is_empty() {
        return writer.write_event(Event::Empty(tag)).map_err(failed);
    }
    writer.write_event(Event::Start(tag)).map_err(failed)?;
    for child in &element.children {
        match child {
            Node::Element(child) => write_element(writer, child)?,
            Node::Text(text) => {
                check(text, || format!("the text of `{}`", element.name))?;
                let text = BytesText::from_escaped(quick_xml::escape::partial_escape(text));
                writer.write_event(Event::Text(text)).map_err(failed)?;
            }
            Node::CData(text) => {
                check(text, || format!("the text of `{}`", element.name))?;
                for section in BytesCData::escaped(text) {
                    writer.write_event(Event::CData(section)).map_err(failed)?;
                }
            }
        }
    }
    let end = BytesEnd::new(element.name.as_str());
    writer.write_event(Event::End(end)).map_err(failed)
}

fn check(text: &str, place: impl Fn() -> String) -> Result<(), WriteError> {
    match text.chars().find(|c| !is_xml_char(*c)) {
        None => Ok(()),
        Some(character) => Err(WriteError::ForbiddenCharacter {
            place: place(),
            code: u32::from(character),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    #[test]
    fn every_text_that_xml_can_express_reads_back_equal() {
        for text in [
            "a & b < c > d \"e\" 'f'",
            "%LocalTimeXmlEx% 100%",
            "]]> ]]>",
            "防御 server é 𝄞",
            "tab\tline\nreturn\r\n end ",
            " ",
        ] {
            let root = Element::new("a")
                .attribute("b", text)
                .child(Element::with_text("t", text))
                .child(Element::with_cdata("c", text.replace('\r', "")));
            let bytes = write(&root, Declaration::Utf8).unwrap();
            assert_eq!(read(&bytes).as_ref(), Ok(&root), "{text:?}");
        }
    }

    #[test]
    fn characters_that_xml_forbids_are_refused_with_their_place() {
        for (root, wanted) in [
            (
                Element::new("a").attribute("b", "x\0"),
                "attribute `b` of `a` holds the character U+0000",
            ),
            (
                Element::with_text("a", "\u{FFFE}"),
                "the text of `a` holds the character U+FFFE",
            ),
            (
                Element::with_cdata("a", "\u{B}"),
                "the text of `a` holds the character U+000B",
            ),
        ] {
            let error = write(&root, Declaration::None).unwrap_err().to_string();
            assert!(error.starts_with(wanted), "{error}");
        }
    }

    #[test]
    fn declarations_are_those_of_the_policy_editor() {
        let root = Element::new("a");
        assert_eq!(write(&root, Declaration::None).unwrap(), b"<a/>");
        assert_eq!(
            write(&root, Declaration::Utf8).unwrap(),
            b"<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<a/>"
        );
        let marked = write(&root, Declaration::Utf8WithMark).unwrap();
        assert!(marked.starts_with(b"\xEF\xBB\xBF<?xml"));
    }
}
