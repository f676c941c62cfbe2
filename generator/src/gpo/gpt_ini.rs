//! `GPT.INI`: the version of a GPO's SYSVOL half.
//!
//! ANSI text, `[General]` and `Version=N`; N is the user part in the high word and the machine
//! part in the low word, equal to `versionNumber` in the directory. Source: MS-GPOL 2.2.4.

use std::num::NonZeroU16;

use super::ini::Ini;

/// Version counters of the two sides of a GPO.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Version {
    /// Machine part, low word.
    pub machine: u16,
    /// User part, high word.
    pub user: u16,
}

impl Version {
    /// A GPO whose machine side alone was written this often.
    pub fn of_machine(machine: NonZeroU16) -> Self {
        Self {
            machine: machine.get(),
            user: 0,
        }
    }

    /// From the number in the file or the directory.
    pub fn from_number(number: u32) -> Self {
        let [user_high, user_low, machine_high, machine_low] = number.to_be_bytes();
        Self {
            machine: u16::from_be_bytes([machine_high, machine_low]),
            user: u16::from_be_bytes([user_high, user_low]),
        }
    }

    /// The number in the file and the directory.
    pub fn number(self) -> u32 {
        (u32::from(self.user) << 16) | u32::from(self.machine)
    }

    /// After one more change of the machine side: 65535 goes to 1, never to 0, because 0 means
    /// an empty side that clients skip.
    #[must_use]
    pub fn with_machine_raised(self) -> Self {
        let machine = self.machine.checked_add(1).unwrap_or(1);
        Self { machine, ..self }
    }
}

/// What `GPT.INI` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GptIni {
    /// `Version`: both sides in one number, which clients compare.
    pub version: Version,
    /// `displayName`, which some versions of Windows add.
    pub display_name: Option<String>,
}

/// Why a file is no `GPT.INI`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedGptIni {
    /// Larger than any real one.
    #[error("the file has {size} bytes, at most {MAX_BYTES} are read")]
    TooLarge {
        /// Bytes found.
        size: usize,
    },
    /// No usable version.
    #[error("section `[General]` has no `Version=` with a whole number below 2^32")]
    NoVersion,
    /// A version that is no number, or none of 32 bits.
    #[error(
        "`Version={found}` is no whole number below 2^32 (user half times 65536, and machine half)"
    )]
    Version {
        /// What stands there.
        found: String,
    },
    /// A mark that Windows takes for part of the first line.
    #[error(
        "the file begins with the mark of UTF-8, which hides the section `[General]` from Windows"
    )]
    Marked,
}

const MAX_BYTES: usize = 1 << 16;

impl GptIni {
    /// The file's bytes.
    pub fn write(&self) -> Vec<u8> {
        let mut text = format!("[General]\r\nVersion={}\r\n", self.version.number());
        if let Some(name) = &self.display_name {
            text.push_str(&format!("displayName={name}\r\n"));
        }
        text.into_bytes()
    }

    /// Reads the file as clients do (see [`Ini`]); Samba's restore writes blanks around `=`.
    ///
    /// # Errors
    /// A file without a usable version.
    pub fn read(bytes: &[u8]) -> Result<Self, MalformedGptIni> {
        if bytes.len() > MAX_BYTES {
            return Err(MalformedGptIni::TooLarge { size: bytes.len() });
        }
        let file = Ini::read(bytes);
        let Some(version) = file.value("General", "Version") else {
            let is_marked = bytes.starts_with("\u{FEFF}".as_bytes());
            return Err(if is_marked {
                MalformedGptIni::Marked
            } else {
                MalformedGptIni::NoVersion
            });
        };
        // Digits alone: a sign is nothing that the consoles or `versionNumber` have.
        let is_number = version.bytes().all(|byte| byte.is_ascii_digit());
        let number = version.parse().ok().filter(|_| is_number);
        let number = number.ok_or_else(|| MalformedGptIni::Version {
            found: version.chars().take(40).collect(),
        })?;
        Ok(Self {
            version: Version::from_number(number),
            display_name: file.value("General", "displayName").map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_part_is_the_low_word() {
        let version = Version::from_number(65_537);
        assert_eq!(
            version,
            Version {
                machine: 1,
                user: 1
            }
        );
        assert_eq!(version.number(), 65_537);
    }

    #[test]
    fn the_machine_part_never_becomes_zero() {
        for (before, after) in [(0, 1), (1, 2), (u16::MAX, 1)] {
            let raised = Version {
                machine: before,
                user: 7,
            }
            .with_machine_raised();
            assert_eq!(
                raised,
                Version {
                    machine: after,
                    user: 7
                }
            );
        }
    }

    #[test]
    fn the_file_round_trips() {
        for display_name in [None, Some("New Group Policy Object".to_owned())] {
            let version = Version {
                machine: 3,
                user: 0,
            };
            let file = GptIni {
                version,
                display_name,
            };
            assert_eq!(GptIni::read(&file.write()), Ok(file));
        }
    }

    #[test]
    fn other_spellings_that_clients_accept_are_read() {
        for text in [
            "[General]\r\nVersion=65537\r\n",
            "[general]\nversion = 65537\n",
            "[Other]\r\nVersion=1\r\n[General]\r\nVersion=65537",
            "[General]\r\nVersion=65537\r\nVersion=1\r\n[General]\r\nVersion=2\r\n",
            "; made by hand\r\n[General]\r\n;Version=1\r\nVersion=\"65537\"\r\n",
        ] {
            let read = GptIni::read(text.as_bytes()).unwrap();
            assert_eq!(read.version.number(), 65_537, "{text}");
        }
    }

    #[test]
    fn a_file_in_utf_16_is_read() {
        let text = "\u{FEFF}[General]\r\nVersion=65537\r\n";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(GptIni::read(&bytes).unwrap().version.number(), 65_537);
    }

    #[test]
    fn a_file_without_a_version_is_refused() {
        let version = |found: &str| MalformedGptIni::Version {
            found: found.to_owned(),
        };
        for (text, expected) in [
            ("", MalformedGptIni::NoVersion),
            ("Version=1", MalformedGptIni::NoVersion),
            ("[General]\r\n", MalformedGptIni::NoVersion),
            ("[General]\r\nVersion=x", version("x")),
            ("[General]\r\nVersion=-1", version("-1")),
            ("[General]\r\nVersion=+1", version("+1")),
            ("[General]\r\nVersion=0x10001", version("0x10001")),
            ("[General]\r\nVersion=1.1", version("1.1")),
            ("[General]\r\nVersion=4294967296", version("4294967296")),
            ("[General]\r\nVersion=\r\nVersion=1", version("")),
            // The mark becomes part of the first line, which then is no heading.
            ("\u{FEFF}[General]\r\nVersion=1", MalformedGptIni::Marked),
        ] {
            assert_eq!(GptIni::read(text.as_bytes()), Err(expected), "{text}");
        }
        let largest = GptIni::read(b"[General]\r\nVersion=4294967295").unwrap();
        assert_eq!(
            largest.version,
            Version {
                machine: u16::MAX,
                user: u16::MAX
            }
        );
    }
}
