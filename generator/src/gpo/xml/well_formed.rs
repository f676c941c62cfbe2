//! What the reader's library lets pass and XML 1.0 does not: MSXML refuses a whole file for any of
//! it. Sources: the sections of XML 1.0 (fifth edition) and of Namespaces in XML that are named.

/// Why text is not well-formed, without the line.
pub(super) type Fault = String;

/// The production `NameStartChar` (2.3), without the colon that Namespaces in XML keeps for
/// prefixes.
fn starts_name(character: char) -> bool {
    matches!(character,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}'
        | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}'
        | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}')
}

/// The production `NameChar` (2.3), without the colon.
fn continues_name(character: char) -> bool {
    starts_name(character)
        || matches!(character,
            '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

fn is_simple_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(starts_name) && characters.all(continues_name)
}

/// The name of an element or attribute: `QName` of Namespaces in XML, section 4.
pub(super) fn name(text: &str) -> Result<(), Fault> {
    let (prefix, local) = text.split_once(':').unwrap_or(("_", text));
    if is_simple_name(prefix) && is_simple_name(local) {
        Ok(())
    } else {
        Err(format!("`{}` is no name in XML", text.escape_debug()))
    }
}

/// A processing instruction (2.6): its target is a name, and `xml` in no spelling.
pub(super) fn instruction(target: &str) -> Result<(), Fault> {
    if target.eq_ignore_ascii_case("xml") {
        return Err(format!(
            "a processing instruction `{target}`: the name is kept for the declaration"
        ));
    }
    if is_simple_name(target) {
        Ok(())
    } else {
        Err(format!("`{}` is no name in XML", target.escape_debug()))
    }
}

/// What stands between the brackets of a comment (2.5).
pub(super) fn comment(text: &str) -> Result<(), Fault> {
    if text.contains("--") || text.ends_with('-') {
        Err("`--` inside a comment".to_owned())
    } else {
        Ok(())
    }
}

/// Character data as it is written (2.4).
pub(super) fn text(text: &str) -> Result<(), Fault> {
    if text.contains("]]>") {
        Err("`]]>` in a text; write `]]&gt;`".to_owned())
    } else {
        Ok(())
    }
}

/// A start tag's attributes as they are written (3.1): white space before each, and no `<` in a
/// value. Quotes and equals signs are the library's to check.
pub(super) fn attributes(raw: &str) -> Result<(), Fault> {
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once(['"', '\'']) {
        if !before.starts_with(is_space) {
            return Err("attributes without white space between them".to_owned());
        }
        // The quote that was found is one byte long.
        let quote = rest.get(before.len()..).and_then(|at| at.chars().next());
        let Some((value, behind)) = after.split_once(quote.unwrap_or('"')) else {
            return Err("an attribute's value has no end".to_owned());
        };
        if value.contains('<') {
            return Err("`<` in an attribute's value; write `&lt;`".to_owned());
        }
        rest = behind;
    }
    Ok(())
}

/// The declaration's text behind `<?xml` (2.8): version, then encoding, then `standalone`.
pub(super) fn declaration(raw: &str) -> Result<(), Fault> {
    let fault = |why: &str| Err(format!("the XML declaration is malformed: {why}"));
    if attributes(raw).is_err() {
        return fault("white space is missing");
    }
    let mut rest = raw;
    let mut take = |name: &str| {
        let after = rest.trim_start_matches(is_space).strip_prefix(name)?;
        let after = after.trim_start_matches(is_space).strip_prefix('=')?;
        let after = after.trim_start_matches(is_space);
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, behind) = after.get(1..)?.split_once(quote)?;
        rest = behind;
        Some(value)
    };
    let Some(version) = take("version") else {
        return fault("it does not begin with `version`");
    };
    let encoding = take("encoding");
    let standalone = take("standalone");
    if !rest.chars().all(is_space) {
        return fault("`encoding` and `standalone` follow the version, in this order");
    }
    let minor = version.strip_prefix("1.").unwrap_or_default();
    if minor.is_empty() || !minor.bytes().all(|byte| byte.is_ascii_digit()) {
        return fault("the version is not `1.0`");
    }
    if encoding.is_some_and(|label| !is_encoding(label)) {
        return fault("the encoding has no name");
    }
    if standalone.is_some_and(|value| !matches!(value, "yes" | "no")) {
        return fault("`standalone` is neither `yes` nor `no`");
    }
    Ok(())
}

/// The production `EncName` (4.3.3).
fn is_encoding(label: &str) -> bool {
    label.starts_with(|c: char| c.is_ascii_alphabetic())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}
