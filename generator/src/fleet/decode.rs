//! From the bytes of a list that tools of Windows or people wrote to its text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes that are looked at to tell UTF-16 without its mark; a list's header is longer.
const LOOKED_AT: usize = 64;

/// Bytes that are no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoText {
    /// What they are instead.
    pub(super) found: &'static str,
}

/// The text of a list, and whether its bytes are known to be what its writer meant.
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    /// The bytes are no Unicode but a code page that nobody named. Letters and digits of ASCII
    /// and the separators mean the same in all of Windows' code pages; everything else does
    /// not, and stands here as one character for each byte.
    pub(super) code_page: bool,
}

/// Decodes UTF-8 and UTF-16 with or without a mark. Windows PowerShell's `>` writes UTF-16,
/// its `-Encoding UTF8` a mark; `csvde -u` writes UTF-16, and editors take the mark away.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, NoText> {
    if bytes.starts_with(b"\xFF\xFE\0\0") || bytes.starts_with(b"\0\0\xFE\xFF") {
        return Err(NoText { found: "UTF-32" });
    }
    let (encoding, marked) = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => (encoding, true),
        None => (guess(bytes), false),
    };
    let (text, has_faults) = encoding.decode_with_bom_removal(bytes);
    let decoded = match (has_faults, encoding == UTF_8 && !marked) {
        (false, _) => Decoded {
            text,
            code_page: false,
        },
        (true, true) => Decoded {
            text: bytes.iter().map(|&byte| char::from(byte)).collect(),
            code_page: true,
        },
        (true, false) => {
            return Err(NoText {
                found: "a damaged text",
            });
        }
    };
    if decoded.text.contains('\0') {
        return Err(NoText {
            found: "a text with NUL characters",
        });
    }
    Ok(decoded)
}

/// UTF-16 shows by its zeros: names and headers are ASCII.
fn guess(bytes: &[u8]) -> &'static Encoding {
    let head = bytes
        .get(..LOOKED_AT.min(bytes.len() & !1))
        .unwrap_or_default();
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).all(|&byte| byte == 0);
    match (head.len() >= 4, zeros(1), zeros(0)) {
        (true, true, false) => UTF_16LE,
        (true, false, true) => UTF_16BE,
        _ => UTF_8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_of_windows_gives_the_same_text() {
        let text = "DNSHostName\r\nsrv1.contoso.com\r\n";
        let wide = |mark: Option<u16>, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let units = mark.into_iter().chain(text.encode_utf16());
            units.flat_map(order).collect()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            wide(Some(0xFEFF), u16::to_le_bytes),
            wide(Some(0xFEFF), u16::to_be_bytes),
            wide(None, u16::to_le_bytes),
            wide(None, u16::to_be_bytes),
        ] {
            let decoded = decode(&bytes).unwrap();
            assert_eq!((decoded.text.as_ref(), decoded.code_page), (text, false));
        }
    }

    #[test]
    fn a_code_page_keeps_what_is_ascii() {
        let decoded = decode(b"\"srv1.contoso.com\",\"\x93\x8C\x8B\x9E\"").unwrap();
        assert!(decoded.code_page);
        assert!(decoded.text.starts_with("\"srv1.contoso.com\",\""));
    }

    #[test]
    fn what_no_tool_of_windows_writes_is_refused_by_name() {
        for (bytes, named) in [
            (&b"\xFF\xFE\0\0a\0\0\0"[..], "UTF-32"),
            (b"srv1\0\0\0.contoso.com", "NUL"),
            (b"\xFF\xFEa\0\0\xD8", "damaged"),
        ] {
            let Err(NoText { found }) = decode(bytes) else {
                panic!("{bytes:?}");
            };
            assert!(found.contains(named), "{found}");
        }
    }
}
