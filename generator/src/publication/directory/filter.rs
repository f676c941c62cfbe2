//! Which objects a search of the directory finds.

/// One condition: nothing that goes into it can end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter<'a> {
    /// Every object.
    All,
    /// An attribute has this value.
    Equals(&'a str, &'a str),
    /// A value of an attribute holds this text.
    Contains(&'a str, &'a str),
}
