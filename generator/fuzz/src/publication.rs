//! What a domain answers while a bundle is published: LDAP messages, lists of links, and the
//! archive that `smbclient` gives of a folder.

use gangway::publication::plan::GpLink;
use gangway::publication::{is_answer, read_archive};

use super::{Seeds, Target};

/// The targets of this file.
pub const TARGETS: &[Target] = &[
    ("directory", directory, directory_seeds),
    ("tree", tree, tree_seeds),
];

/// The folder that the archives are of.
const FOLDER: &str = "contoso.com/Policies";

/// One message of a directory, and a value of `gPLink`: what is read is written as it was.
///
/// # Panics
/// It is written as another one.
pub fn directory(data: &[u8]) {
    let _ = is_answer(data);
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(links) = GpLink::parse(text)
    {
        assert_eq!(links.write(), text.trim());
    }
}

/// A folder of SYSVOL as a tar archive.
pub fn tree(data: &[u8]) {
    let _ = read_archive(data, FOLDER);
}

fn named(name: &str, bytes: impl Into<Vec<u8>>) -> (String, Vec<u8>) {
    (name.to_owned(), bytes.into())
}

/// Messages as RFC 4511 writes them: a refused bind, an entry, the end of a search.
pub fn directory_seeds() -> Seeds {
    let refused = b"\x30\x18\x02\x01\x02\x61\x13\x0a\x01\x31\x04\x00\x04\x0c, data 52e, v".to_vec();
    let entry = b"\x30\x1c\x02\x01\x02\x64\x17\x04\x04CN=x\x30\x0f\x30\x0d\x04\x02cn\x31\x07\x04\x01a\x04\x02bc"
        .to_vec();
    let done = b"\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00".to_vec();
    vec![
        named("refused", refused),
        named("entry", entry),
        named("done", done),
        named(
            "links",
            "[LDAP://CN={31B2F340-016D-11D2-945F-00C04FB984F9},CN=Policies,DC=a;0][LDAP://cn=b;3]",
        ),
    ]
}

/// A folder with a file in it.
pub fn tree_seeds() -> Seeds {
    let entry = |name: &str, kind: u8, content: &[u8]| {
        let mut header = vec![0_u8; 512];
        let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
        put(0, name.as_bytes());
        put(100, b"0000644\0");
        put(124, format!("{:011o}\0", content.len()).as_bytes());
        put(148, b"        ");
        put(156, &[kind]);
        put(257, b"ustar\x0000");
        let sum: u32 = header.iter().copied().map(u32::from).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        header.extend_from_slice(content);
        header.resize(header.len().next_multiple_of(512), 0);
        header
    };
    let folder = entry(&format!("{FOLDER}/"), b'5', b"");
    let file = entry(
        &format!("{FOLDER}/GPT.INI"),
        b'0',
        b"[General]\r\nVersion=1\r\n",
    );
    let link = entry(&format!("{FOLDER}/link"), b'2', b"");
    vec![
        named(
            "folder-and-file",
            [folder.clone(), file, vec![0; 1024]].concat(),
        ),
        named("link", [folder, link, vec![0; 1024]].concat()),
    ]
}
