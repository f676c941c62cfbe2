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
    /// Members of the group of this distinguished name, also by groups in it (MS-ADTS 3.1.1.3.4.4.3,
    /// `LDAP_MATCHING_RULE_TRANSITIVE_EVAL`). Nobody's primary group is found by it.
    MembersOf(&'a str),
}
