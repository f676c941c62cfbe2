//! The Unicode name in an extra field (APPNOTE 4.6.9) beside the stored one.

/// Does the stored name say the same as the Unicode name wherever that is ASCII? What lies
/// between may be anything: each archiver writes it in its own code page, or as `?` or `_`.
pub(super) fn same_where_ascii(raw: &[u8], unicode: &[u8]) -> bool {
    let mut literals = unicode
        .split(|byte| !byte.is_ascii())
        .filter(|literal| !literal.is_empty());
    if unicode.is_ascii() {
        return raw == unicode;
    }
    let mut rest = raw;
    if unicode.first().is_some_and(u8::is_ascii) {
        let Some(after) = literals.next().and_then(|first| rest.strip_prefix(first)) else {
            return false;
        };
        rest = after;
    }
    if unicode.last().is_some_and(u8::is_ascii) {
        let Some(before) = literals
            .next_back()
            .and_then(|last| rest.strip_suffix(last))
        else {
            return false;
        };
        rest = before;
    }
    literals.all(|literal| {
        let at = rest
            .windows(literal.len())
            .position(|window| window == literal);
        match at.and_then(|at| rest.get(at + literal.len()..)) {
            Some(after) => {
                rest = after;
                true
            }
            None => false,
        }
    })
}
