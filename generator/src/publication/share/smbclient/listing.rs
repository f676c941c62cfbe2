//! What `smbclient` prints for `ls`, one name a line: name, attributes, size, and the time in five
//! words. Names may hold blanks, so a line is read from its end; a folder that shows its size in
//! blocks ends with a line that has no time.

use std::collections::BTreeMap;

use super::Listed;

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

#[cfg(test)]
mod tests {
    use super::*;

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
