//! How stream names of a package are packed: two characters of a 64-letter alphabet into one
//! UTF-16 unit from U+3800 on, single ones from U+4800 on; tables start with U+4840.
//! Observed; the same in Wine and in libmsi.

const ALPHABET: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";
const TABLE_PREFIX: char = '\u{4840}';

/// The packed name of a table's stream.
pub fn of_table(name: &str) -> String {
    let mut packed = of_stream(name);
    packed.insert(0, TABLE_PREFIX);
    packed
}

/// The packed name of any other stream, such as a cabinet's.
pub fn of_stream(name: &str) -> String {
    let mut packed = String::new();
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let Some(low) = position(letter) else {
            packed.push(letter);
            continue;
        };
        let high = letters.peek().copied().and_then(position);
        let unit = match high {
            Some(high) => {
                letters.next();
                0x3800 + (high << 6) + low
            }
            None => 0x4800 + low,
        };
        packed.extend(char::from_u32(unit));
    }
    packed
}

fn position(letter: char) -> Option<u32> {
    let found = ALPHABET
        .iter()
        .position(|&known| char::from(known) == letter);
    found.and_then(|index| u32::try_from(index).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_names_are_packed_as_windows_installer_packs_them() {
        for (name, packed) in [
            (
                "_StringPool",
                "\u{4840}\u{3f3f}\u{4577}\u{446c}\u{3e6a}\u{44b2}\u{482f}",
            ),
            ("File", "\u{4840}\u{430f}\u{422f}"),
            ("Property", "\u{4840}\u{4559}\u{44f2}\u{4568}\u{4737}"),
        ] {
            assert_eq!(of_table(name), packed, "{name}");
        }
    }
}
