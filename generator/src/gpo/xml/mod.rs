//! A bounded XML tree: what every Group Policy document is read into and written from.
//!
//! Keeps elements, attributes and their order, text and CDATA sections. Comments, processing
//! instructions and white space between elements carry no meaning in these formats and are
//! dropped.

mod encoding;
mod read;
mod well_formed;
mod write;

pub use encoding::odd_encoding;
pub use read::{MAX_BYTES, MAX_DEPTH, MAX_NODES, ReadError, read};
pub use write::{Declaration, WriteError, write};

/// One node below an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A child element.
    Element(Element),
    /// Character data, entities resolved.
    Text(String),
    /// A CDATA section, as GPMC writes texts in its backups.
    CData(String),
}

/// An element with its attributes in document order.
///
/// Two elements are equal when names, attributes, order and text are; where they stood in
/// their files does not count.
#[derive(Debug, Clone, Default)]
pub struct Element {
    /// Qualified name as written, prefix included.
    pub name: String,
    /// Name and value, in document order; names are unique in what [`read`] returns.
    pub attributes: Vec<(String, String)>,
    /// Children in document order.
    pub children: Vec<Node>,
    /// Line of the start tag, from 1; 0 when the element was not read from a file.
    pub line: u32,
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.attributes == other.attributes
            && self.children == other.children
    }
}

impl Eq for Element {}

impl Element {
    /// An empty element.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// An element that holds nothing but text.
    pub fn with_text(name: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        let mut element = Self::new(name);
        if !text.is_empty() {
            element.children.push(Node::Text(text));
        }
        element
    }

    /// An element that holds one CDATA section.
    pub fn with_cdata(name: &str, text: impl Into<String>) -> Self {
        let mut element = Self::new(name);
        element.children.push(Node::CData(text.into()));
        element
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl Into<String>) -> Self {
        self.attributes.push((name.to_owned(), value.into()));
        self
    }

    /// Adds an attribute when there is a value.
    #[must_use]
    pub fn optional_attribute(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    /// Adds a child element.
    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(Node::Element(child));
        self
    }

    /// Adds child elements.
    #[must_use]
    pub fn extend(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children
            .extend(children.into_iter().map(Node::Element));
        self
    }

    /// Adds a child element that holds only text, when there is one.
    #[must_use]
    pub fn optional_text(self, name: &str, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.child(Self::with_text(name, text)),
            None => self,
        }
    }

    /// Value of an attribute, by its exact name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Child elements in document order.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) | Node::CData(_) => None,
        })
    }

    /// First child element with this name.
    pub fn find(&self, name: &str) -> Option<&Self> {
        self.elements().find(|element| element.name == name)
    }

    /// All character data directly in this element.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for node in &self.children {
            match node {
                Node::Text(part) | Node::CData(part) => text.push_str(part),
                Node::Element(_) => {}
            }
        }
        text
    }

    /// Text of the first child element with this name.
    pub fn text_of(&self, name: &str) -> Option<String> {
        self.find(name).map(Self::text)
    }

    /// Is this the same element but for the order of attributes, which XML leaves open, and
    /// for the choice between text and CDATA?
    pub fn same_as(&self, other: &Self) -> bool {
        let sorted = |element: &Self| {
            let mut attributes = element.attributes.clone();
            attributes.sort();
            attributes
        };
        self.name == other.name && sorted(self) == sorted(other) && {
            let mine: Vec<&Node> = self.significant().collect();
            let theirs: Vec<&Node> = other.significant().collect();
            mine.len() == theirs.len()
                && mine.iter().zip(theirs).all(|pair| match pair {
                    (Node::Element(a), Node::Element(b)) => a.same_as(b),
                    (Node::Text(a) | Node::CData(a), Node::Text(b) | Node::CData(b)) => a == b,
                    _ => false,
                })
        }
    }

    /// Children without empty character data (`<a></a>` and `<a><![CDATA[]]></a>` say the same).
    fn significant(&self) -> impl Iterator<Item = &Node> {
        self.children.iter().filter(|node| match node {
            Node::Element(_) => true,
            Node::Text(text) | Node::CData(text) => !text.is_empty(),
        })
    }
}
