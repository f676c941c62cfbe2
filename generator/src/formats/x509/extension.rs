//! Extensions of certificates, revocation lists and their entries (RFC 5280 4.2, 5.2, 5.3).

use crate::formats::der::{DerError, Reader, tag};

/// More than any real certificate or list has.
const MAX_EXTENSIONS: usize = 64;

pub(super) struct Extension<'a> {
    /// What it says something about.
    pub(super) oid: String,
    /// Must whoever does not understand it refuse the whole?
    pub(super) critical: bool,
    /// DER inside the octet string.
    pub(super) value: &'a [u8],
}

/// Reads a list of extensions to its end.
///
/// # Errors
/// Malformed, too many, or two of one kind, of which readers could believe either.
pub(super) fn extensions<'a>(list: &mut Reader<'a>) -> Result<Vec<Extension<'a>>, DerError> {
    let mut found: Vec<Extension<'a>> = Vec::new();
    while !list.is_empty() {
        let mut fields = list.sequence()?;
        let oid = fields.oid()?;
        let critical = match fields.optional(tag::BOOLEAN)? {
            Some(flag) => flag.boolean()?,
            None => false,
        };
        let value = fields.expect(tag::OCTET_STRING)?.value;
        fields.finish()?;
        let is_double = found.iter().any(|earlier| earlier.oid == oid);
        if is_double || found.len() >= MAX_EXTENSIONS {
            return Err(DerError::Value("the list of extensions"));
        }
        found.push(Extension {
            oid,
            critical,
            value,
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An extension of the kind 2.5.29.`last`, as DER.
    fn extension(last: u8) -> Vec<u8> {
        let mut bytes = vec![0x30, 0x0A, 0x06, 0x03, 0x55, 0x1D, last];
        bytes.extend([0x01, 0x01, 0xFF, 0x04, 0x00]);
        bytes
    }

    #[test]
    fn each_kind_stands_once_and_their_number_is_bounded() {
        for (kinds, good) in [
            (vec![], true),
            (vec![14, 15], true),
            (vec![14, 15, 14], false),
            ((0..64).collect(), true),
            ((0..65).collect(), false),
        ] {
            let bytes: Vec<u8> = kinds.iter().flat_map(|kind| extension(*kind)).collect();
            let read = extensions(&mut Reader::new(&bytes));
            assert_eq!(read.is_ok(), good, "{kinds:?}");
            if let Ok(read) = read {
                assert_eq!(read.len(), kinds.len());
                assert!(read.iter().all(|one| one.critical && one.value.is_empty()));
            }
        }
    }
}
