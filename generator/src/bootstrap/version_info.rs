//! `VS_VERSIONINFO`: what Explorer, inventories and allow-list rules read from the exe.
//!
//! Layout: Microsoft's documentation of `VS_VERSIONINFO`; every block starts on a 32-bit
//! boundary, lengths exclude the padding after the block, text is UTF-16LE.

/// The texts that vary.
pub(super) struct Strings<'a> {
    pub(super) description: &'a str,
    pub(super) original_filename: &'a str,
    /// `major.minor.patch`.
    pub(super) version: &'a str,
    pub(super) comments: &'a str,
}

/// US English, Unicode: the pair that string tables are looked up by.
const LANGUAGE: u16 = 0x0409;
const CODE_PAGE: u16 = 0x04B0;

/// Encodes the whole resource.
pub(super) fn encode(strings: &Strings<'_>) -> Vec<u8> {
    let table: Vec<u8> = [
        ("Comments", strings.comments),
        ("CompanyName", "Gangway"),
        ("FileDescription", strings.description),
        ("FileVersion", strings.version),
        ("InternalName", "gangway-runner"),
        ("OriginalFilename", strings.original_filename),
        ("ProductName", "Gangway"),
        ("ProductVersion", strings.version),
    ]
    .iter()
    .fold(Vec::new(), |mut table, (key, value)| {
        align(&mut table);
        table.extend(text_block(key, value));
        table
    });
    let string_table = block(
        &format!("{LANGUAGE:04x}{CODE_PAGE:04x}"),
        &Value::None,
        &table,
    );
    let string_file_info = block("StringFileInfo", &Value::None, &string_table);
    let mut translation = Vec::new();
    translation.extend(LANGUAGE.to_le_bytes());
    translation.extend(CODE_PAGE.to_le_bytes());
    let translation = block("Translation", &Value::Binary(&translation), &[]);
    let mut children = string_file_info;
    align(&mut children);
    children.extend(block("VarFileInfo", &Value::None, &translation));
    block(
        "VS_VERSION_INFO",
        &Value::Binary(&fixed_info(strings.version)),
        &children,
    )
}

/// `VS_FIXEDFILEINFO`: signature, structure version, file and product version, no flags,
/// Windows NT, application.
fn fixed_info(version: &str) -> Vec<u8> {
    let mut parts = version
        .split(['.', '-', '+'])
        .map(|part| part.parse::<u16>().unwrap_or(0));
    let mut next = || u32::from(parts.next().unwrap_or(0));
    let (major, minor, patch) = (next(), next(), next());
    let high = (major << 16) | minor;
    let low = patch << 16;
    let words: [u32; 13] = [
        0xFEEF_04BD,
        0x0001_0000,
        high,
        low,
        high,
        low,
        0x3F,
        0,
        0x0004_0004,
        1,
        0,
        0,
        0,
    ];
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

enum Value<'a> {
    None,
    Binary(&'a [u8]),
    Text(&'a str),
}

fn text_block(key: &str, value: &str) -> Vec<u8> {
    block(key, &Value::Text(value), &[])
}

/// One block: length, value length (in characters for text), type, key, value, children.
fn block(key: &str, value: &Value<'_>, children: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 6];
    out.extend(utf16_with_zero(key));
    align(&mut out);
    let (value_length, is_text) = match value {
        Value::None => (0, true),
        Value::Binary(bytes) => {
            out.extend(*bytes);
            (bytes.len(), false)
        }
        Value::Text(text) => {
            let encoded = utf16_with_zero(text);
            out.extend(&encoded);
            (encoded.len() / 2, true)
        }
    };
    if !children.is_empty() {
        align(&mut out);
        out.extend(children);
    }
    let header = [
        saturating_u16(out.len()),
        saturating_u16(value_length),
        u16::from(is_text),
    ];
    for (index, word) in header.iter().enumerate() {
        out[index * 2..index * 2 + 2].copy_from_slice(&word.to_le_bytes());
    }
    out
}

/// All our texts are short; a longer one would be cut visibly rather than wrap around.
fn saturating_u16(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

fn utf16_with_zero(text: &str) -> Vec<u8> {
    text.encode_utf16()
        .chain([0])
        .flat_map(u16::to_le_bytes)
        .collect()
}

fn align(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}
