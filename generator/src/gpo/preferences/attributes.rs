//! Reading an element piece by piece, so that what is left over is noticed.

use std::str::FromStr;

use super::super::guid::Guid;
use super::super::xml::Element;

/// Something in a file that the model has no place for: an unknown attribute, a value that is
/// none of those allowed. Clients ignore most of them without a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// Line of the element; 0 when it was not read from a file.
    pub line: u32,
    /// Element that it is about.
    pub element: String,
    /// What is odd, with literals in backticks.
    pub what: String,
    /// Does the Task Scheduler refuse the whole task for it?
    pub is_refused: bool,
}

impl Oddity {
    /// An oddity of this element.
    pub fn new(element: &Element, what: impl Into<String>) -> Self {
        Self {
            line: element.line,
            element: element.name.clone(),
            what: what.into(),
            is_refused: false,
        }
    }

    /// An oddity of this element that leaves the task it belongs to unregistered.
    pub fn refused(element: &Element, what: impl Into<String>) -> Self {
        Self {
            is_refused: true,
            ..Self::new(element, what)
        }
    }
}

/// Reads the attributes of one element and reports those that nobody asked for.
#[derive(Debug)]
pub struct Attributes<'a> {
    element: &'a Element,
    known: Vec<&'static str>,
    oddities: Vec<Oddity>,
}

impl<'a> Attributes<'a> {
    /// Starts with an element.
    pub fn of(element: &'a Element) -> Self {
        Self {
            element,
            known: Vec::new(),
            oddities: Vec::new(),
        }
    }

    /// The attribute as it stands; none where it is left out.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        self.element.get(name).map(str::to_owned)
    }

    /// `0` or `1`.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        self.known.push(name);
        match self.element.get(name)? {
            "0" => Some(false),
            "1" => Some(true),
            other => {
                self.odd(name, other, "`0` or `1`");
                None
            }
        }
    }

    /// A whole number.
    pub fn number<N: FromStr>(&mut self, name: &'static str) -> Option<N> {
        self.known.push(name);
        let text = self.element.get(name)?;
        let number = text.parse().ok();
        if number.is_none() {
            self.odd(name, text, "a small whole number");
        }
        number
    }

    /// A GUID in braces.
    pub fn guid(&mut self, name: &'static str) -> Option<Guid> {
        self.known.push(name);
        let text = self.element.get(name)?;
        let guid = text.parse().ok();
        if guid.is_none() {
            self.odd(name, text, "a GUID in braces");
        }
        guid
    }

    fn odd(&mut self, name: &str, found: &str, expected: &str) {
        let what = format!("`{name}` is `{found}` where {expected} belongs");
        self.oddities.push(Oddity::new(self.element, what));
    }

    /// Hands over what was odd, unknown attributes included.
    pub fn finish(mut self, oddities: &mut Vec<Oddity>) {
        for (name, _) in &self.element.attributes {
            if !self.known.contains(&name.as_str()) {
                let what = format!("unknown attribute `{name}`");
                self.oddities.push(Oddity::new(self.element, what));
            }
        }
        oddities.append(&mut self.oddities);
    }
}

/// Reads the children of one element and reports those that nobody asked for.
#[derive(Debug)]
pub struct Children<'a> {
    element: &'a Element,
    known: Vec<&'static str>,
    oddities: Vec<Oddity>,
}

impl<'a> Children<'a> {
    /// Starts with an element.
    pub fn of(element: &'a Element) -> Self {
        Self {
            element,
            known: Vec::new(),
            oddities: Vec::new(),
        }
    }

    /// A child element; more than one is odd.
    pub fn take(&mut self, name: &'static str) -> Option<&'a Element> {
        self.known.push(name);
        let mut found = self.element.elements().filter(|child| child.name == name);
        let first = found.next();
        if let Some(second) = found.next() {
            let what = format!("a second `{name}`");
            self.oddities.push(Oddity::new(second, what));
        }
        first
    }

    /// Children that are valid and that no rule looks into, as they stand.
    pub fn keep(&mut self, names: &[&'static str]) -> Vec<Element> {
        let kept = names.iter().filter_map(|name| self.take(name).cloned());
        kept.collect()
    }

    /// Text of a child element.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.take(name).map(Element::text)
    }

    /// A child element with a boolean of XML Schema.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        let child = self.take(name)?;
        match child.text().trim() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            other => {
                let what = format!("`{other}` where `true` or `false` belongs");
                self.oddities.push(Oddity::new(child, what));
                None
            }
        }
    }

    /// Hands over what was odd, unknown children included.
    pub fn finish(mut self, oddities: &mut Vec<Oddity>) {
        for child in self.element.elements() {
            if !self.known.contains(&child.name.as_str()) {
                let what = format!("unknown element in `{}`", self.element.name);
                self.oddities.push(Oddity::new(child, what));
            }
        }
        oddities.append(&mut self.oddities);
    }
}
