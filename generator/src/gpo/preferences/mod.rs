//! Group Policy Preferences: typed items, read from and written to the files below
//! `Machine\Preferences`. Source: MS-GPPREF 2.2.1 and real files.
//!
//! Readers are lenient, because the linter must see what is wrong: what does not fit the model
//! becomes an [`Oddity`], and the item keeps its source and is written back unchanged.

mod attributes;
mod contents;
mod file;
pub mod files;
pub mod filter;
pub mod registry;
pub mod scheduled_tasks;
pub mod task;
mod task_schema;

pub use attributes::{Attributes, Children, Oddity};
pub use contents::{Contents, Folder, Placed};
pub use file::{Entry, PreferenceFile, ReadError};
pub use filter::Filter;

use super::guid::Guid;
use super::xml::Element;

/// What every preference item carries, whatever it is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemAttributes {
    /// Shown in the editor; equal to the name in the properties of tasks.
    pub name: String,
    /// Display only.
    pub status: Option<String>,
    /// Icon.
    pub image: Option<u8>,
    /// `YYYY-MM-DD HH:MM:SS`, UTC by convention.
    pub changed: Option<String>,
    /// Identity of the item; one of its own per item.
    pub uid: Option<Guid>,
    /// Comment.
    pub desc: Option<String>,
    /// Comment as the registry wizard spells it.
    pub descr: Option<String>,
    /// Go on with later items if this one fails.
    pub bypass_errors: Option<bool>,
    /// Apply as the logged-on user.
    pub user_context: Option<bool>,
    /// Undo when the GPO no longer applies.
    pub remove_policy: Option<bool>,
    /// Switched off.
    pub disabled: Option<bool>,
}

/// The properties of one kind of item: how they are read and written.
pub trait Properties: Sized + Clone {
    /// Root element of the file.
    const ROOT: &'static str;
    /// Class id of the root.
    const ROOT_CLSID: &'static str;
    /// Elements of the items that the model knows.
    const ITEMS: &'static [&'static str];
    /// Elements of items that clients know and the model does not.
    const OTHER_ITEMS: &'static [&'static str] = &[];

    /// Element and class id of the item itself.
    fn item_element(&self) -> (&'static str, &'static str);

    /// Reads the `Properties` element of an item whose element is `item`.
    fn read(item: &Element, properties: &Element, oddities: &mut Vec<Oddity>) -> Self;

    /// The `Properties` element.
    fn write(&self) -> Element;
}

/// One preference item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item<P> {
    /// What every item carries.
    pub attributes: ItemAttributes,
    /// What it does.
    pub properties: P,
    /// Item-level targeting, evaluated left to right.
    pub filters: Vec<Filter>,
    /// Kept when the model does not say all that the source says.
    source: Option<Source>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    element: Element,
    oddities: Vec<Oddity>,
}

impl<P: Properties> Item<P> {
    /// A new item.
    pub fn new(attributes: ItemAttributes, properties: P, filters: Vec<Filter>) -> Self {
        Self {
            attributes,
            properties,
            filters,
            source: None,
        }
    }

    /// Reads an item; nothing is lost, see [`Item::oddities`].
    pub fn read(element: &Element) -> Self {
        let mut oddities = Vec::new();
        let mut reader = Attributes::of(element);
        let clsid = reader.text("clsid");
        let attributes = ItemAttributes {
            name: reader.text("name").unwrap_or_default(),
            status: reader.text("status"),
            image: reader.number("image"),
            changed: reader.text("changed"),
            uid: reader.guid("uid"),
            desc: reader.text("desc"),
            descr: reader.text("descr"),
            bypass_errors: reader.flag("bypassErrors"),
            user_context: reader.flag("userContext"),
            remove_policy: reader.flag("removePolicy"),
            disabled: reader.flag("disabled"),
        };
        reader.finish(&mut oddities);
        let mut children = Children::of(element);
        let properties = children.take("Properties");
        let filters = children.take("Filters");
        children.finish(&mut oddities);
        if properties.is_none() {
            oddities.push(Oddity::new(element, "there is no `Properties`"));
        }
        let empty = Element::new("Properties");
        let properties = P::read(element, properties.unwrap_or(&empty), &mut oddities);
        let (_, expected) = properties.item_element();
        if clsid.as_deref() != Some(expected) {
            let found = clsid.unwrap_or_default();
            let what = format!("class id `{found}` where `{expected}` belongs");
            oddities.push(Oddity::new(element, what));
        }
        let filters = filters.map_or_else(Vec::new, |element| {
            filter::read_filters(element, &mut oddities)
        });
        let mut item = Self::new(attributes, properties, filters);
        if !oddities.is_empty() || !item.write().same_as(element) {
            let element = without_password(element);
            item.source = Some(Source { element, oddities });
        }
        item
    }

    /// The item's element.
    pub fn write(&self) -> Element {
        if let Some(source) = &self.source {
            return source.element.clone();
        }
        let flag = |value: Option<bool>| value.map(|on| if on { "1" } else { "0" });
        let (name, clsid) = self.properties.item_element();
        let own = &self.attributes;
        let element = Element::new(name)
            .attribute("clsid", clsid)
            .attribute("name", own.name.clone())
            .optional_attribute("status", own.status.clone())
            .optional_attribute("image", own.image.map(|image| image.to_string()))
            .optional_attribute("changed", own.changed.clone())
            .optional_attribute("uid", own.uid.map(|uid| uid.to_string()))
            .optional_attribute("desc", own.desc.clone())
            .optional_attribute("descr", own.descr.clone())
            .optional_attribute("bypassErrors", flag(own.bypass_errors))
            .optional_attribute("userContext", flag(own.user_context))
            .optional_attribute("removePolicy", flag(own.remove_policy))
            .optional_attribute("disabled", flag(own.disabled))
            .child(self.properties.write());
        if self.filters.is_empty() {
            element
        } else {
            element.child(filter::write_filters(&self.filters))
        }
    }

    /// What the reader did not understand.
    pub fn oddities(&self) -> &[Oddity] {
        match &self.source {
            Some(source) => &source.oddities,
            None => &[],
        }
    }
}

/// The element with the text of every `cpassword` replaced: it is encrypted under a published
/// key (MS14-025), so it must go into no copy that we make. An empty one, as the editor writes for an
/// account without a password, stays empty.
fn without_password(element: &Element) -> Element {
    let mut copy = element.clone();
    let mut todo = vec![&mut copy];
    while let Some(element) = todo.pop() {
        for (name, value) in &mut element.attributes {
            if name == "cpassword" && !value.is_empty() {
                *value = "removed".to_owned();
            }
        }
        todo.extend(element.children.iter_mut().filter_map(|node| match node {
            super::xml::Node::Element(child) => Some(child),
            super::xml::Node::Text(_) | super::xml::Node::CData(_) => None,
        }));
    }
    copy
}
