//! `comment.cmtx`: comments on single policies, beside `Registry.pol`. UTF-8 with byte order
//! mark. Source: real files.

use super::xml::{self, Declaration, Element};

const NAMESPACE: &str = "http://www.microsoft.com/GroupPolicy/CommentDefinitions";

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PolicyComments {
    /// Prefix and policy namespace.
    pub namespaces: Vec<(String, String)>,
    /// `prefix:policy` and the id of the text.
    pub comments: Vec<(String, String)>,
    /// Id and text.
    pub strings: Vec<(String, String)>,
    /// Kept when the model does not say all that the source says.
    source: Option<Element>,
}

/// Why a file is no `comment.cmtx`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not XML.
    #[error(transparent)]
    Xml(#[from] xml::ReadError),
    /// Another document.
    #[error("the root element is `{found}`, expected `policyComments`")]
    Root {
        /// Name found.
        found: String,
    },
}

impl PolicyComments {
    /// Reads the file; nothing but comments and white space is lost.
    ///
    /// # Errors
    /// Not well-formed, over a bound, or another root element.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let root = xml::read(bytes)?;
        if root.name != "policyComments" {
            return Err(ReadError::Root { found: root.name });
        }
        let below = |path: &[&str]| {
            path.iter()
                .try_fold(&root, |element, name| element.find(name))
        };
        let pairs = |parent: Option<&Element>, first: &str, second: &str| {
            let children = parent.into_iter().flat_map(Element::elements);
            children
                .filter_map(|child| {
                    let second = child.get(second).map(str::to_owned);
                    let second = second.unwrap_or_else(|| child.text());
                    Some((child.get(first)?.to_owned(), second))
                })
                .collect()
        };
        let mut comments = Self {
            namespaces: pairs(below(&["policyNamespaces"]), "prefix", "namespace"),
            comments: pairs(
                below(&["comments", "admTemplate"]),
                "policyRef",
                "commentText",
            ),
            strings: pairs(below(&["resources", "stringTable"]), "id", ""),
            source: None,
        };
        for (_, text) in &mut comments.comments {
            let id = text
                .strip_prefix("$(resource.")
                .and_then(|text| text.strip_suffix(')'))
                .map(str::to_owned);
            if let Some(id) = id {
                *text = id;
            }
        }
        if !comments.to_element().same_as(&root) {
            comments.source = Some(root);
        }
        Ok(comments)
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// A text with a character that XML cannot express.
    pub fn write(&self) -> Result<Vec<u8>, xml::WriteError> {
        xml::write(&self.to_element(), Declaration::Utf8WithMark)
    }

    /// The root element.
    pub fn to_element(&self) -> Element {
        if let Some(source) = &self.source {
            return source.clone();
        }
        let using = self.namespaces.iter().map(|(prefix, namespace)| {
            Element::new("using")
                .attribute("prefix", prefix)
                .attribute("namespace", namespace)
        });
        let comments = self.comments.iter().map(|(policy, id)| {
            Element::new("comment")
                .attribute("policyRef", policy)
                .attribute("commentText", format!("$(resource.{id})"))
        });
        let strings = self
            .strings
            .iter()
            .map(|(id, text)| Element::with_text("string", text).attribute("id", id));
        Element::new("policyComments")
            .attribute("xmlns:xsd", "http://www.w3.org/2001/XMLSchema")
            .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
            .attribute("revision", "1.0")
            .attribute("schemaVersion", "1.0")
            .attribute("xmlns", NAMESPACE)
            .child(Element::new("policyNamespaces").extend(using))
            .child(Element::new("comments").child(Element::new("admTemplate").extend(comments)))
            .child(
                Element::new("resources")
                    .attribute("minRequiredRevision", "1.0")
                    .child(Element::new("stringTable").extend(strings)),
            )
    }

    /// The comment on a policy, when there is one.
    pub fn text(&self, policy: &str) -> Option<&str> {
        let (_, id) = self.comments.iter().find(|(name, _)| name == policy)?;
        let (_, text) = self.strings.iter().find(|(name, _)| name == id)?;
        Some(text)
    }
}
