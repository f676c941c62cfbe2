//! Bytes to tree. Refuses document type declarations (and with them all custom entities) and
//! everything that is not well-formed; bounded in size, depth and number of nodes.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{QName, ResolveResult};
use quick_xml::reader::NsReader;

use super::{Element, Node, encoding, well_formed};

/// Largest document, in bytes. The largest real preference file seen has 200 KiB; reports of
/// GPMC reach some MiB.
pub const MAX_BYTES: usize = 16 << 20;
/// Deepest nesting of elements. Real documents stay below 12.
pub const MAX_DEPTH: usize = 64;
/// Most elements, attributes and texts in one document.
pub const MAX_NODES: usize = 400_000;

/// Why a document was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// More bytes than [`MAX_BYTES`].
    #[error("the document has {size} bytes, the limit is {MAX_BYTES}")]
    TooLarge {
        /// Bytes found.
        size: usize,
    },
    /// A bound that keeps hostile documents from eating memory.
    #[error("line {line}: more than {limit} {what}")]
    TooMuch {
        /// Line of the node that was too much.
        line: u32,
        /// What is counted.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// Neither UTF-8 nor UTF-16 with a byte order mark.
    #[error("the document is not valid {encoding}")]
    Encoding {
        /// The encoding that was tried.
        encoding: &'static str,
    },
    /// The declaration names an encoding that the bytes are not in. MSXML refuses to switch between
    /// one and two bytes for a character.
    #[error("the declaration says `{declared}` and the bytes are {found}")]
    OtherEncoding {
        /// Name in the declaration.
        declared: String,
        /// What mark or bytes say.
        found: &'static str,
    },
    /// A document type declaration; no policy file has one, and entities are a danger.
    #[error("line {line}: document type declarations are refused")]
    Doctype {
        /// Where it stands.
        line: u32,
    },
    /// Not well-formed.
    #[error("line {line}: {why}")]
    Malformed {
        /// Where it was noticed.
        line: u32,
        /// What is wrong.
        why: String,
    },
}

/// Reads a document into its root element.
///
/// UTF-8 with or without byte order mark, and UTF-16 with one (GPMC's reports), are read.
///
/// # Errors
/// Names the line and what is wrong there.
pub fn read(bytes: &[u8]) -> Result<Element, ReadError> {
    if bytes.len() > MAX_BYTES {
        return Err(ReadError::TooLarge { size: bytes.len() });
    }
    let text = decode(bytes)?;
    Parser::new(&text).run()
}

fn decode(bytes: &[u8]) -> Result<std::borrow::Cow<'_, str>, ReadError> {
    let marked = encoding_rs::Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let declared = match marked {
        // Read as what the mark says; the declaration is compared when the reader meets it.
        Some(_) => None,
        None => encoding::declared(bytes),
    };
    let encoding = match (marked, &declared) {
        (Some(encoding), _) => encoding,
        (None, None) => encoding_rs::UTF_8,
        (None, Some(label)) => match encoding_rs::Encoding::for_label(label.as_bytes()) {
            Some(encoding) if encoding.is_ascii_compatible() => encoding,
            Some(_) => {
                return Err(ReadError::OtherEncoding {
                    declared: label.clone(),
                    found: "one-byte text without a mark",
                });
            }
            None => {
                return Err(ReadError::OtherEncoding {
                    declared: label.clone(),
                    found: "in no encoding of that name",
                });
            }
        },
    };
    let (text, had_errors) = encoding.decode_with_bom_removal(bytes);
    if had_errors {
        return Err(ReadError::Encoding {
            encoding: encoding.name(),
        });
    }
    if let Some(marked) = marked
        && let Some(label) = encoding::declared(text.as_bytes())
        && let Some(declared) = encoding_rs::Encoding::for_label(label.as_bytes())
        && declared.is_ascii_compatible() != marked.is_ascii_compatible()
    {
        return Err(ReadError::OtherEncoding {
            declared: label,
            found: marked.name(),
        });
    }
    Ok(text)
}

struct Parser<'a> {
    text: &'a str,
    reader: NsReader<&'a [u8]>,
    /// Open elements, outermost first.
    open: Vec<Element>,
    root: Option<Element>,
    nodes: usize,
    /// Byte offset up to which lines were counted, and the line there.
    counted: (usize, u32),
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            reader: NsReader::from_str(text),
            open: Vec::new(),
            root: None,
            nodes: 0,
            counted: (0, 1),
        }
    }

    fn run(mut self) -> Result<Element, ReadError> {
        loop {
            let line = self.line();
            let begin = self.reader.buffer_position();
            let event = self.reader.read_event().map_err(|error| {
                let why = error.to_string();
                ReadError::Malformed { line, why }
            })?;
            match event {
                Event::Start(tag) => self.start(&tag, line)?,
                Event::Empty(tag) => {
                    self.start(&tag, line)?;
                    self.end();
                }
                Event::End(_) => self.end(),
                Event::Text(text) => {
                    well_formed::text(&text).map_err(|why| malformed(line, why))?;
                    self.characters(&text.xml10_content(), line)?;
                }
                Event::CData(text) => self.cdata(&text.xml10_content(), line)?,
                Event::GeneralRef(reference) => {
                    let resolved = resolve(&reference).ok_or_else(|| {
                        malformed(line, format!("unknown entity `&{};`", &*reference))
                    })?;
                    self.characters(&resolved, line)?;
                }
                Event::DocType(_) => return Err(ReadError::Doctype { line }),
                other @ (Event::Decl(_) | Event::PI(_) | Event::Comment(_)) => {
                    self.aside(&other, begin == 0, line)?;
                }
                Event::Eof => break,
            }
        }
        let line = self.line();
        match (self.open.last(), self.root) {
            (Some(element), _) => Err(ReadError::Malformed {
                line,
                why: format!("the document ends inside `{}`", element.name),
            }),
            (None, None) => Err(ReadError::Malformed {
                line,
                why: "there is no element".to_owned(),
            }),
            (None, Some(root)) => Ok(root),
        }
    }

    /// What carries no meaning, and is well-formed all the same or the file is refused.
    fn aside(&self, event: &Event<'_>, is_start: bool, line: u32) -> Result<(), ReadError> {
        match event {
            // XML 1.0, 2.8: a declaration stands at the very start or nowhere; MSXML refuses
            // the whole file otherwise.
            Event::Decl(_) if !is_start => {
                Err("an XML declaration that is not the start of the file".to_owned())
            }
            Event::Decl(declaration) => {
                let behind_name = declaration.strip_prefix("xml").unwrap_or_default();
                well_formed::declaration(behind_name)
            }
            Event::PI(instruction) => {
                self.check_characters(instruction, line)?;
                well_formed::instruction(instruction.target())
            }
            Event::Comment(comment) => {
                self.check_characters(comment, line)?;
                well_formed::comment(comment)
            }
            _ => Ok(()),
        }
        .map_err(|why| malformed(line, why))
    }

    /// Line at the reader's position; each byte is looked at once.
    fn line(&mut self) -> u32 {
        let position = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        let position = position.min(self.text.len());
        let (from, line) = self.counted;
        let between = self.text.as_bytes().get(from..position).unwrap_or_default();
        let breaks = between.iter().filter(|byte| **byte == b'\n').count();
        let line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.counted = (position.max(from), line);
        line
    }

    fn count(&mut self, line: u32) -> Result<(), ReadError> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let what = "nodes";
            let limit = MAX_NODES;
            return Err(ReadError::TooMuch { line, what, limit });
        }
        Ok(())
    }

    fn start(&mut self, tag: &BytesStart<'_>, line: u32) -> Result<(), ReadError> {
        self.count(line)?;
        if self.open.len() >= MAX_DEPTH {
            let what = "nested elements";
            let limit = MAX_DEPTH;
            return Err(ReadError::TooMuch { line, what, limit });
        }
        if self.open.is_empty() && self.root.is_some() {
            let why = "a second root element".to_owned();
            return Err(ReadError::Malformed { line, why });
        }
        let name: &str = tag.name().0;
        self.check_name(tag.name(), true, line)?;
        well_formed::attributes(tag.attributes_raw()).map_err(|why| malformed(line, why))?;
        let mut element = Element::new(name);
        element.line = line;
        for attribute in tag.attributes() {
            self.count(line)?;
            let malformed = |why: String| ReadError::Malformed { line, why };
            let attribute = attribute.map_err(|error| malformed(error.to_string()))?;
            self.check_name(attribute.key, false, line)?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| malformed(error.to_string()))?;
            if let Some(character) = value.chars().find(|c| !is_xml_char(*c)) {
                return Err(malformed(format!(
                    "character U+{:04X} is not allowed in XML",
                    u32::from(character)
                )));
            }
            element
                .attributes
                .push((attribute.key.0.to_owned(), value.into_owned()));
        }
        self.open.push(element);
        Ok(())
    }

    /// A name of XML whose prefix, if it has one, is declared (Namespaces in XML, section 5).
    fn check_name(&self, name: QName<'_>, is_element: bool, line: u32) -> Result<(), ReadError> {
        well_formed::name(name.0).map_err(|why| malformed(line, why))?;
        // The names that declare are bound to nothing themselves.
        if name.as_namespace_binding().is_some() {
            return Ok(());
        }
        let resolver = self.reader.resolver();
        match resolver.resolve_prefix(name.prefix(), is_element) {
            ResolveResult::Unknown(prefix) => {
                let why = format!("the prefix `{prefix}` of `{}` is not declared", name.0);
                Err(malformed(line, why))
            }
            ResolveResult::Bound(_) | ResolveResult::Unbound => Ok(()),
        }
    }

    /// Closes the innermost element; the reader has already matched the names.
    fn end(&mut self) {
        let Some(mut element) = self.open.pop() else {
            return;
        };
        if element.elements().next().is_some() {
            element
                .children
                .retain(|node| !matches!(node, Node::Text(text) if is_blank(text)));
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
    }

    fn characters(&mut self, text: &str, line: u32) -> Result<(), ReadError> {
        self.check_characters(text, line)?;
        let Some(parent) = self.open.last_mut() else {
            return if is_blank(text) {
                Ok(())
            } else {
                let why = "text outside the root element".to_owned();
                Err(ReadError::Malformed { line, why })
            };
        };
        if let Some(Node::Text(previous)) = parent.children.last_mut() {
            previous.push_str(text);
            return Ok(());
        }
        parent.children.push(Node::Text(text.to_owned()));
        self.count(line)
    }

    /// Adjoining sections are one: `]]>` can only be written by splitting it over two.
    fn cdata(&mut self, text: &str, line: u32) -> Result<(), ReadError> {
        self.check_characters(text, line)?;
        let Some(parent) = self.open.last_mut() else {
            let why = "text outside the root element".to_owned();
            return Err(ReadError::Malformed { line, why });
        };
        if let Some(Node::CData(previous)) = parent.children.last_mut() {
            previous.push_str(text);
            return Ok(());
        }
        parent.children.push(Node::CData(text.to_owned()));
        self.count(line)
    }

    fn check_characters(&self, text: &str, line: u32) -> Result<(), ReadError> {
        match text.chars().find(|c| !is_xml_char(*c)) {
            None => Ok(()),
            Some(character) => Err(ReadError::Malformed {
                line,
                why: format!(
                    "character U+{:04X} is not allowed in XML",
                    u32::from(character)
                ),
            }),
        }
    }
}

fn malformed(line: u32, why: String) -> ReadError {
    ReadError::Malformed { line, why }
}

/// The text of a character reference or of one of the five entities that XML has without a
/// document type.
fn resolve(reference: &BytesRef<'_>) -> Option<String> {
    if reference.is_char_ref() {
        let character = reference.resolve_char_ref().ok().flatten();
        character.filter(|c| is_xml_char(*c)).map(String::from)
    } else {
        resolve_predefined_entity(reference).map(str::to_owned)
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

/// The production `Char` of XML 1.0, section 2.2.
pub(super) fn is_xml_char(character: char) -> bool {
    matches!(character,
        '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}'
        | '\u{10000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_attributes_and_text_are_kept_in_order() {
        let root = read(b"<a x=\"1\" b='2'>\n <c/>\n <d>t &amp; &#x41;</d></a>").unwrap();
        assert_eq!(
            root.attributes,
            [
                ("x".to_owned(), "1".to_owned()),
                ("b".to_owned(), "2".to_owned())
            ]
        );
        let names: Vec<&str> = root.elements().map(|e| e.name.as_str()).collect();
        assert_eq!(names, ["c", "d"]);
        assert_eq!(root.text_of("d").as_deref(), Some("t & A"));
        assert_eq!(root.find("d").unwrap().line, 3);
    }

    #[test]
    fn white_space_counts_only_where_there_is_nothing_else() {
        let root = read(b"<a> <b> </b> </a>").unwrap();
        assert_eq!(root.children.len(), 1);
        assert_eq!(root.text_of("b").as_deref(), Some(" "));
    }

    #[test]
    fn utf_8_with_a_mark_and_utf_16_are_read() {
        let utf16: Vec<u8> = [0xFEFF]
            .into_iter()
            .chain("<?xml version=\"1.0\" encoding=\"utf-16\"?><a>é</a>".encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read(&utf16).unwrap().text(), "é");
        assert_eq!(read("\u{FEFF}<a>é</a>".as_bytes()).unwrap().text(), "é");
    }

    #[test]
    fn a_declared_encoding_is_used_and_held_to_the_bytes() {
        let latin = b"<?xml version=\"1.0\" encoding='windows-1252'?><a>\xE9</a>";
        assert_eq!(read(latin).unwrap().text(), "\u{e9}");
        let utf16 = |text: &str| -> Vec<u8> {
            let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        };
        let declared = |label: &str| format!("<?xml version=\"1.0\" encoding=\"{label}\"?><a/>");
        for (bytes, right) in [
            (declared("utf-8").into_bytes(), true),
            (declared("UTF-16").into_bytes(), false),
            (declared("klingon").into_bytes(), false),
            (format!("\u{FEFF}{}", declared("utf-8")).into_bytes(), true),
            (
                format!("\u{FEFF}{}", declared("utf-16")).into_bytes(),
                false,
            ),
            (utf16(&declared("utf-16")), true),
            (utf16(&declared("unicode")), true),
            (utf16(&declared("utf-8")), false),
            (utf16("<a/>"), true),
        ] {
            let found = read(&bytes);
            assert_eq!(found.is_ok(), right, "{found:?} {}", bytes.escape_ascii());
        }
    }

    #[test]
    fn documents_that_are_not_well_formed_are_refused_with_their_line() {
        for (text, wanted) in [
            ("", "no element"),
            ("\n<a>", "line 2: the document ends inside `a`"),
            ("<a></b>", "line 1"),
            ("<a/><b/>", "second root"),
            ("<a/>x", "outside the root"),
            ("<a b='1' b='2'/>", "duplicated"),
            ("<a>&nbsp;</a>", "unknown entity `&nbsp;`"),
            ("<a>&#1;</a>", "unknown entity `&#1;`"),
            ("<a b='&#1;'/>", "U+0001"),
            ("<a>\u{1}</a>", "U+0001"),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type"),
            ("<a b=1/>", "line 1"),
            (" <?xml version='1.0'?><a/>", "not the start"),
            (
                "<?xml version='1.0'?><?xml version='1.0'?><a/>",
                "not the start",
            ),
            ("<a/>\n<?xml version='1.0'?>", "line 2: an XML declaration"),
            ("<a><![CDATA[x</a>", "line 1"),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
        assert!(matches!(
            read(&[b'<', 0xFF, b'>']),
            Err(ReadError::Encoding { .. })
        ));
    }

    #[test]
    fn what_msxml_refuses_and_the_library_does_not_is_refused() {
        for (text, wanted) in [
            ("<!-- a -- b --><a/>", "`--` inside a comment"),
            ("<a>\n<!-- a --->\n</a>", "line 2: `--` inside a comment"),
            ("<!--\u{1}--><a/>", "U+0001"),
            ("<a>x ]]> y</a>", "`]]>` in a text"),
            ("<1a/>", "`1a` is no name"),
            ("<a><b@c/></a>", "`b@c` is no name"),
            ("<a 1b='2'/>", "`1b` is no name"),
            ("<a b@c='2'/>", "`b@c` is no name"),
            ("<a:/>", "`a:` is no name"),
            ("<a:b:c xmlns:a='x'/>", "`a:b:c` is no name"),
            ("<a b='1'c='2'/>", "without white space"),
            ("<a b='1<2'/>", "`<` in an attribute's value"),
            ("<p:a/>", "the prefix `p` of `p:a` is not declared"),
            ("<a p:b='1'/>", "the prefix `p` of `p:b` is not declared"),
            ("<a><b xmlns:p='x'/><p:c/></a>", "is not declared"),
            ("<?XML version='1.0'?><a/>", "`XML`"),
            ("<a><?xMl b?></a>", "`xMl`"),
            ("<?1?><a/>", "`1` is no name"),
            (
                "<?xml encoding='utf-8' version='1.0'?><a/>",
                "begin with `version`",
            ),
            ("<?xml encoding='utf-8'?><a/>", "begin with `version`"),
            ("<?xml version='1.0'encoding='utf-8'?><a/>", "white space"),
            (
                "<?xml version='1.0' standalone='yes' encoding='utf-8'?><a/>",
                "order",
            ),
            (
                "<?xml version='1.0' standalone='maybe'?><a/>",
                "neither `yes` nor",
            ),
            ("<?xml version='1.0' colour='red'?><a/>", "order"),
            ("<?xml version='2.0'?><a/>", "the version"),
            ("<?xml version=''?><a/>", "the version"),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }

    #[test]
    fn documents_that_are_well_formed_are_read() {
        for text in [
            "<?xml version='1.0' encoding=\"utf-8\" standalone='no' ?><a/>",
            "<?xml\n version = '1.0'?>\n<a/>",
            "<?xml-stylesheet href='x'?><a/>",
            "<!-- a - b --><a/><!----><?b?>",
            "<a>]] > ]]&gt; ></a>",
            "<a b = '1'\n\tc=\"'>\" />",
            "<a b=''/>",
            "<p:a xmlns:p='x' p:b='1'><p:c/></p:a>",
            "<a p:b='1' xmlns:p='x'/>",
            "<a xmlns='x' xml:space='preserve'><b/></a>",
            "<é.1-_·/>",
        ] {
            assert!(
                read(text.as_bytes()).is_ok(),
                "{text}: {:?}",
                read(text.as_bytes())
            );
        }
    }

    #[test]
    fn depth_size_and_number_of_nodes_are_bounded() {
        let deep = "<a>".repeat(MAX_DEPTH + 1);
        let wide = format!("<a>{}</a>", "<b/>".repeat(MAX_NODES));
        for text in [deep, wide] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(matches!(error, ReadError::TooMuch { .. }), "{error}");
        }
        let large = vec![b' '; MAX_BYTES + 1];
        assert!(matches!(read(&large), Err(ReadError::TooLarge { .. })));
    }
}
