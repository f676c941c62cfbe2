//! One preference file: a root with items of one kind.

use super::super::xml::{self, Declaration, Element};
use super::contents::{COLLECTION, Contents};
use super::{Attributes, Item, Oddity, Properties};

/// The whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferenceFile<P> {
    /// The whole file is switched off.
    pub disabled: Option<bool>,
    /// Entries in the order in which clients apply them.
    pub entries: Vec<Entry<P>>,
    /// What the reader did not understand about the root.
    pub oddities: Vec<Oddity>,
}

/// One entry of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry<P> {
    /// An item of a kind that the model knows.
    Item(Box<Item<P>>),
    /// A folder of items, an XP-style task, or whatever else stands there: kept, never written
    /// by us.
    Foreign(Element),
}

/// Why a preference file was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not XML.
    #[error(transparent)]
    Xml(#[from] xml::ReadError),
    /// Another document.
    #[error("the root element is `{found}`, expected `{expected}`")]
    Root {
        /// Name found.
        found: String,
        /// Name expected.
        expected: &'static str,
    },
}

impl<P: Properties> PreferenceFile<P> {
    /// A file with these items.
    pub fn new(items: Vec<Item<P>>) -> Self {
        Self {
            disabled: None,
            entries: items
                .into_iter()
                .map(|item| Entry::Item(Box::new(item)))
                .collect(),
            oddities: Vec::new(),
        }
    }

    /// Reads a file; nothing but comments and white space is lost.
    ///
    /// # Errors
    /// Not well-formed, over a bound, or another root element.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let root = xml::read(bytes)?;
        if root.name != P::ROOT {
            return Err(ReadError::Root {
                found: root.name,
                expected: P::ROOT,
            });
        }
        let mut oddities = Vec::new();
        let mut reader = Attributes::of(&root);
        let clsid = reader.text("clsid").unwrap_or_default();
        if clsid != P::ROOT_CLSID {
            let what = format!("class id `{clsid}` where `{}` belongs", P::ROOT_CLSID);
            oddities.push(Oddity::new(&root, what));
        }
        let disabled = reader.flag("disabled");
        reader.finish(&mut oddities);
        let entries = root
            .elements()
            .map(|element| {
                if P::ITEMS.contains(&element.name.as_str()) {
                    Entry::Item(Box::new(Item::read(element)))
                } else {
                    Entry::Foreign(super::without_password(element))
                }
            })
            .collect();
        Ok(Self {
            disabled,
            entries,
            oddities,
        })
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// A text with a character that XML cannot express.
    pub fn write(&self) -> Result<Vec<u8>, xml::WriteError> {
        xml::write(&self.to_element(), Declaration::Utf8)
    }

    /// The root element.
    pub fn to_element(&self) -> Element {
        let disabled = self.disabled.map(|on| if on { "1" } else { "0" });
        Element::new(P::ROOT)
            .attribute("clsid", P::ROOT_CLSID)
            .optional_attribute("disabled", disabled)
            .extend(self.entries.iter().map(|entry| match entry {
                Entry::Item(item) => item.write(),
                Entry::Foreign(element) => element.clone(),
            }))
    }

    /// The items of known kinds at the top of the file, in order.
    pub fn items(&self) -> impl Iterator<Item = &Item<P>> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Item(item) => Some(item.as_ref()),
            Entry::Foreign(_) => None,
        })
    }

    /// Elements that stand where items belong, those in folders included, and are none that clients
    /// know: they pass them over without a word.
    pub fn unknown_items(&self) -> Vec<&Element> {
        let mut unknown = Vec::new();
        let mut todo: Vec<&Element> = Vec::new();
        for entry in self.entries.iter().rev() {
            if let Entry::Foreign(element) = entry {
                todo.push(element);
            }
        }
        while let Some(element) = todo.pop() {
            let name = element.name.as_str();
            if name == COLLECTION {
                // A folder has a filter of its own, as an item has.
                let inner: Vec<&Element> = element.elements().collect();
                let items = inner.into_iter().rev();
                todo.extend(items.filter(|inner| inner.name != "Filters"));
            } else if !P::ITEMS.contains(&name) && !P::OTHER_ITEMS.contains(&name) {
                unknown.push(element);
            }
        }
        unknown
    }

    /// Names of the items that clients know.
    pub fn known_items(&self) -> impl Iterator<Item = &'static str> {
        P::ITEMS.iter().chain(P::OTHER_ITEMS).copied()
    }

    /// Does it hold anything? The consoles leave an empty file behind when the last item goes.
    pub fn has_items(&self) -> bool {
        !self.entries.is_empty()
    }

    /// The items of known kinds, those in folders included, in the order of application.
    pub fn all_items(&self) -> Vec<Item<P>> {
        let items = self.contents().items.into_iter();
        items.map(|placed| placed.item).collect()
    }

    /// The items of known kinds that clients apply: those that are switched off by themselves, by a folder
    /// around them or with the whole file left out.
    pub fn applied_items(&self) -> Vec<Item<P>> {
        let items = self.contents().items.into_iter();
        items
            .filter(|placed| !placed.is_off)
            .map(|placed| placed.item)
            .collect()
    }

    /// The items of known kinds and the folders around them, in the order of application.
    pub fn contents(&self) -> Contents<P> {
        let mut contents = Contents::default();
        let is_off = self.disabled == Some(true);
        for entry in &self.entries {
            match entry {
                Entry::Item(item) => contents.add(item.as_ref().clone(), None, is_off),
                Entry::Foreign(element) => contents.add_folder(element, is_off),
            }
        }
        contents
    }
}
