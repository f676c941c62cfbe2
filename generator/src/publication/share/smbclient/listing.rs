//! What `smbclient` prints for `ls`, one name a line: name, attributes, size, and the time in five
//! words. Names may hold blanks, so a line is read from its end; a folder that shows its size in
//! blocks ends with a line that has no time.

use std::collections::BTreeMap;

use super::{AccessEntry, Listed};

/// Words of the time, as `Sun Nov 29 04:12:58 2026`.
const WORDS_OF_TIME: usize = 5;

/// Names and what they are; lines of another form are no entries.
pub(super) fn read(listing: &str) -> BTreeMap<String, Listed> {
    listing.lines().filter_map(entry).collect()
}

fn entry(line: &str) -> Option<(String, Listed)> {
    let mut rest = line.strip_prefix("  ")?;
    for word in 0..WORDS_OF_TIME {
        let (before, last) = rest.trim_end().rsplit_once(' ')?;
        if word == 0 && !last.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        rest = before;
    }
    let (before, size) = rest.trim_end().rsplit_once(' ')?;
    let size = size.parse().ok()?;
    let before = before.trim_end();
    // A file with no attribute at all has none there; a name that ends in such letters is followed by
    // more blanks than one, for the columns are set.
    let (name, attributes) = match before.rsplit_once(' ') {
        Some((name, letters))
            if letters
                .bytes()
                .all(|letter| b"DAHSRNTCVIO".contains(&letter)) =>
        {
            (name, letters)
        }
        _ => (before, ""),
    };
    let name = name.trim_end();
    if name.is_empty() || name == "." || name == ".." {
        return None;
    }
    let listed = if attributes.contains('D') {
        Listed::Folder
    } else {
        Listed::File(size)
    };
    Some((name.to_owned(), listed))
}

/// The entries that `smbcacls --numeric` prints: `ACL:S-1-5-18:0/0x3/0x001f01ff`, where 0 allows and 1
/// denies.
pub(super) fn access(said: &str) -> Vec<AccessEntry> {
    let entry = |line: &str| {
        let (sid, rest) = line.strip_prefix("ACL:")?.rsplit_once(':')?;
        let mut parts = rest.trim().split('/');
        let denies = parts.next()? != "0";
        let hex = |text: &str| u32::from_str_radix(text.strip_prefix("0x")?, 16).ok();
        let flags = u8::try_from(hex(parts.next()?)?).ok()?;
        Some(AccessEntry {
            sid: sid.to_owned(),
            denies,
            flags,
            mask: hex(parts.next()?)?,
        })
    };
    said.lines().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_a_list_of_permissions_are_read() {
        let said = "REVISION:1\nCONTROL:0x9404\nOWNER:S-1-5-32-544\nGROUP:S-1-5-32-544\n\
                    ACL:S-1-5-18:0/0x3/0x001f01ff\nACL:S-1-3-4:1/0xb/0x001301bf\nACL:x\n";
        let of = |sid: &str, denies, flags, mask| AccessEntry {
            sid: sid.to_owned(),
            denies,
            flags,
            mask,
        };
        let expected = [
            of("S-1-5-18", false, 3, 0x001f_01ff),
            of("S-1-3-4", true, 11, 0x0013_01bf),
        ];
        assert_eq!(access(said), expected);
    }

    #[test]
    fn names_sizes_and_folders_are_read_from_the_end_of_each_line() {
        let listing = "  .                                   D        0  Sun Nov 29 04:12:58 2026\n\
                       \x20 ..                                  D        0  Sun Nov  1 04:12:58 2026\n\
                       \x20 releases                            D        0  Sun Nov 29 04:12:58 2026\n\
                       \x20 control.json                        A       83  Sun Nov 29 04:12:58 2026\n\
                       \x20 md4ws.msi.gangway-part              N 104857600  Sun Nov 29 04:12:58 2026\n\
                       \x20 two words A                       AHR        7  Sun Nov 29 04:12:58 2026\n\
                       \x20 plain                                        7  Sun Nov 29 04:12:58 2026\n\
                       \n\t\t8192 blocks of size 1024. 4096 blocks available\n";
        let found = read(listing);
        let expected = [
            ("control.json", Listed::File(83)),
            ("md4ws.msi.gangway-part", Listed::File(104_857_600)),
            ("plain", Listed::File(7)),
            ("releases", Listed::Folder),
            ("two words A", Listed::File(7)),
        ];
        let expected = expected.map(|(name, listed)| (name.to_owned(), listed));
        assert_eq!(found, BTreeMap::from(expected));
    }
}
