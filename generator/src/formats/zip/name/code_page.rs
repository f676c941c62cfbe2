//! Names in the code page of the machine that made the archive, which no field tells.

use crate::printable::deceives;

/// A byte of such a name.
///
/// In the double-byte code pages of Windows (932, 936, 949, 950) the second byte of a character
/// may be `\`, `|` or a letter (WHATWG Encoding Standard, indexes jis0208, gb18030, euc-kr, big5),
/// so behind a byte above 7F these are taken for no separator and for no letter with two cases.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    byte: u8,
    behind_high: bool,
}

impl Unit {
    fn is_told(self) -> bool {
        self.byte.is_ascii() && !(self.behind_high && matches!(self.byte, b'\\' | b'|'))
    }

    /// What stands for it while the name is judged.
    pub(super) fn stand_in(self) -> char {
        if self.is_told() {
            char::from(self.byte)
        } else {
            char::REPLACEMENT_CHARACTER
        }
    }

    /// As it is shown: `<83>` where nobody can say which character it is. No other name has
    /// these brackets, which Windows forbids.
    pub(super) fn push_shown(self, out: &mut String) {
        let character = char::from(self.byte);
        if !self.is_told() {
            out.push_str(&format!("<{:02x}>", self.byte));
        } else if character == '\\' {
            out.push('/');
        } else if deceives(character) {
            out.push(char::REPLACEMENT_CHARACTER);
        } else {
            out.push(character);
        }
    }

    /// The same for bytes that are one character, in either case, to every reader.
    pub(super) fn push_key(self, out: &mut String) {
        if self.is_told() && !self.behind_high {
            Self {
                byte: self.byte.to_ascii_lowercase(),
                ..self
            }
            .push_shown(out);
        } else {
            self.push_shown(out);
        }
    }
}

/// The bytes of a name, each with what stands before it.
pub(super) fn units(raw: &[u8]) -> impl Iterator<Item = Unit> + '_ {
    let before = core::iter::once(0).chain(raw.iter().copied());
    raw.iter().zip(before).map(|(&byte, before)| Unit {
        byte,
        behind_high: !before.is_ascii(),
    })
}
