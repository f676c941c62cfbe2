//! The encoding that a document's declaration names.

/// The encodings of MSXML by name: those that it has itself and those that it asks Windows for, as
/// Microsoft's article KB 275883 lists them. It says that there may be more, by the registry of a machine.
const OF_MSXML: [&str; 27] = [
    "utf-8",
    "utf-16",
    "ucs-2",
    "ucs-4",
    "iso-10646-ucs-2",
    "unicode-1-1-utf-8",
    "unicode-2-0-utf-16",
    "unicode-2-0-utf-8",
    "us-ascii",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-9",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
];

/// The name of an encoding in the declaration that other readers take and MSXML is not known to:
/// `utf8` is one.
pub fn odd_encoding(bytes: &[u8]) -> Option<String> {
    let encoding = encoding_rs::Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let head = bytes.get(..bytes.len().min(2 * MAX_DECLARATION))?;
    let (text, _) = encoding
        .unwrap_or(encoding_rs::WINDOWS_1252)
        .decode_with_bom_removal(head);
    let label = declared(text.as_bytes())?;
    let is_known = |known: &str| known.eq_ignore_ascii_case(&label);
    let is_taken = encoding_rs::Encoding::for_label(label.as_bytes()).is_some();
    (is_taken && !OF_MSXML.iter().any(|known| is_known(known))).then_some(label)
}

/// Longer than any declaration with version, encoding and `standalone`.
const MAX_DECLARATION: usize = 256;

/// The encoding that the declaration at the very start names.
pub(super) fn declared(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(MAX_DECLARATION))?;
    let rest = head.strip_prefix(b"<?xml")?;
    let end = memchr::memmem::find(rest, b"?>")?;
    let declaration = std::str::from_utf8(rest.get(..end)?).ok()?;
    let (_, after) = declaration.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (label, _) = value.get(1..)?.split_once(quote)?;
    Some(label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_only_other_readers_take_are_odd() {
        for (label, is_odd) in [
            ("utf-8", false),
            ("UTF-8", false),
            ("Windows-1252", false),
            ("utf8", true),
            ("UTF8", true),
            ("latin1", true),
            // No reader takes it, which is told as that.
            ("klingon", false),
        ] {
            let text = format!("<?xml version=\"1.0\" encoding='{label}'?><a/>");
            let marked = format!("\u{FEFF}{text}");
            let wide: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let expected = is_odd.then(|| label.to_owned());
            for bytes in [text.as_bytes(), marked.as_bytes(), &wide] {
                assert_eq!(odd_encoding(bytes), expected, "{label}");
            }
        }
        assert_eq!(odd_encoding(b"<a/>"), None);
    }
}
