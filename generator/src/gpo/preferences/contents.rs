//! The items of a preference file with the folders around them, whose switch and filters hold for each item
//! inside.

use super::super::guid::Guid;
use super::super::xml::Element;
use super::filter::{Filter, read_filters};
use super::{Attributes, Item, Oddity, Properties};

/// Element of a folder of items.
pub(super) const COLLECTION: &str = "Collection";

/// What is in a file, in the order of application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents<P> {
    /// Folders, each before those in it.
    pub folders: Vec<Folder>,
    /// Items of known kinds.
    pub items: Vec<Placed<P>>,
}

/// A folder of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The folder around it, by its place in [`Contents::folders`].
    pub parent: Option<usize>,
    /// Shown in the editor.
    pub name: String,
    /// Identity, where it has one.
    pub uid: Option<Guid>,
    /// Switched off by itself.
    pub disabled: Option<bool>,
    /// Switched off by itself, by a folder around it or with the file.
    pub is_off: bool,
    /// Asked for every item in it, before those of the item.
    pub filters: Vec<Filter>,
    /// What the reader did not understand about its filters.
    pub oddities: Vec<Oddity>,
}

/// An item in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<P> {
    /// The item, with its own filters.
    pub item: Item<P>,
    /// The folder around it, by its place in [`Contents::folders`].
    pub folder: Option<usize>,
    /// Switched off by itself, by a folder around it or with the file.
    pub is_off: bool,
}

impl<P> Default for Contents<P> {
    fn default() -> Self {
        Self {
            folders: Vec::new(),
            items: Vec::new(),
        }
    }
}

impl<P> Contents<P> {
    /// For each folder: do its filters, or those of a folder around it, answer the question with yes?
    pub fn folders_where(&self, question: impl Fn(&[Filter]) -> bool) -> Vec<bool> {
        let mut answers: Vec<bool> = Vec::new();
        for folder in &self.folders {
            let above = folder.parent.and_then(|parent| answers.get(parent));
            let is_so = above == Some(&true) || question(&folder.filters);
            answers.push(is_so);
        }
        answers
    }
}

impl<P: Properties> Contents<P> {
    pub(super) fn add(&mut self, item: Item<P>, folder: Option<usize>, is_inside_off: bool) {
        let is_off = is_inside_off || item.attributes.disabled == Some(true);
        self.items.push(Placed {
            item,
            folder,
            is_off,
        });
    }

    /// Adds what is in an element, if it is a folder.
    pub(super) fn add_folder(&mut self, element: &Element, is_inside_off: bool) {
        self.descend(element, None, is_inside_off);
    }

    /// The depth is bounded by the XML reader.
    fn descend(&mut self, element: &Element, parent: Option<usize>, is_inside_off: bool) {
        if element.name != COLLECTION {
            return;
        }
        let folder = Folder::read(element, parent, is_inside_off);
        let is_off = folder.is_off;
        let own = Some(self.folders.len());
        self.folders.push(folder);
        for child in element.elements() {
            if P::ITEMS.contains(&child.name.as_str()) {
                self.add(Item::read(child), own, is_off);
            } else {
                self.descend(child, own, is_off);
            }
        }
    }
}

impl Folder {
    fn read(element: &Element, parent: Option<usize>, is_inside_off: bool) -> Self {
        let mut oddities = Vec::new();
        // The editor's other attributes say nothing to a client, so they are not held against it.
        let mut reader = Attributes::of(element);
        let disabled = reader.flag("disabled");
        let filters = element.find("Filters");
        Self {
            parent,
            name: element.get("name").unwrap_or_default().to_owned(),
            uid: element.get("uid").and_then(|uid| uid.parse().ok()),
            disabled,
            is_off: is_inside_off || disabled == Some(true),
            filters: filters.map_or_else(Vec::new, |filters| read_filters(filters, &mut oddities)),
            oddities,
        }
    }
}
