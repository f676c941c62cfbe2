//! `Registry.pol`: registry policy of one side of a GPO. Source: MS-GPREG 2.2.1.
//!
//! `PReg`, version 1, then records `[key;value;type;size;data]` without separators; brackets
//! and semicolons are UTF-16LE characters, strings UTF-16LE with a terminating zero, type and
//! size little-endian DWORDs. Data may hold the delimiters, so it is read by size.

mod record;

use record::terminated;
pub use record::{Effect, Record, kind};

/// Name of the file in backups, and below `Machine` in SYSVOL.
pub const FILE_NAME: &str = "registry.pol";

const HEADER: [u8; 8] = *b"PReg\x01\0\0\0";

/// Largest file that is read, in bytes.
const MAX_BYTES: usize = 16 << 20;

/// Largest data of one record, in bytes (MS-GPREG 2.2.1).
pub const MAX_DATA: usize = 65_535;

/// The whole file; order counts, a later record wins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RegistryPolicy {
    /// Records in file order.
    pub records: Vec<Record>,
}

/// Why a file cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A name that would end early on the client.
    #[error("`{found}` holds a NUL character, which ends a name in `Registry.pol`")]
    Nul {
        /// Key or value name.
        found: String,
    },
    /// More data than the format counts.
    #[error("value `{value}` of `{key}` has {size} bytes of data, at most {MAX_DATA} fit")]
    TooLong {
        /// Key below the hive of the policy.
        key: String,
        /// Value name.
        value: String,
        /// Bytes.
        size: usize,
    },
}

/// Why a file was not read; clients skip the whole file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Larger than the bound.
    #[error("the file has {size} bytes, at most {MAX_BYTES} are read")]
    TooLarge {
        /// Bytes found.
        size: usize,
    },
    /// Not `PReg`, version 1.
    #[error("the header is not `PReg`, version 1")]
    Header,
    /// A record that is not in the form.
    #[error("the record at byte {at} is malformed: {why}")]
    Record {
        /// Offset of the record.
        at: usize,
        /// Which part.
        why: &'static str,
    },
}

impl RegistryPolicy {
    /// The file's bytes.
    ///
    /// # Errors
    /// A name with a NUL, or too much data.
    pub fn write(&self) -> Result<Vec<u8>, WriteError> {
        let mut bytes = HEADER.to_vec();
        for record in &self.records {
            for name in [&record.key, &record.value] {
                if name.contains('\0') {
                    let found = name.replace('\0', "\\0");
                    return Err(WriteError::Nul { found });
                }
            }
            let size = record.data.len();
            let counted = u32::try_from(size).ok().filter(|_| size <= MAX_DATA);
            let Some(counted) = counted else {
                return Err(WriteError::TooLong {
                    key: record.key.clone(),
                    value: record.value.clone(),
                    size,
                });
            };
            bytes.extend_from_slice(b"[\0");
            bytes.extend(terminated(&record.key));
            bytes.extend_from_slice(b";\0");
            bytes.extend(terminated(&record.value));
            bytes.extend_from_slice(b";\0");
            bytes.extend(record.kind.to_le_bytes());
            bytes.extend_from_slice(b";\0");
            bytes.extend(counted.to_le_bytes());
            bytes.extend_from_slice(b";\0");
            bytes.extend_from_slice(&record.data);
            bytes.extend_from_slice(b"]\0");
        }
        Ok(bytes)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// The header, or the first malformed record with its offset.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        if bytes.len() > MAX_BYTES {
            return Err(ReadError::TooLarge { size: bytes.len() });
        }
        let mut rest = bytes.strip_prefix(&HEADER).ok_or(ReadError::Header)?;
        let mut records = Vec::new();
        while !rest.is_empty() {
            let at = bytes.len() - rest.len();
            let (record, after) = read_record(rest).map_err(|why| ReadError::Record { at, why })?;
            records.push(record);
            rest = after;
        }
        Ok(Self { records })
    }
}

fn read_record(bytes: &[u8]) -> Result<(Record, &[u8]), &'static str> {
    let rest = delimiter(bytes, b'[', "`[` is missing")?;
    let (key, rest) = read_text(rest)?;
    let rest = delimiter(rest, b';', "`;` after the key is missing")?;
    let (value, rest) = read_text(rest)?;
    let rest = delimiter(rest, b';', "`;` after the value name is missing")?;
    let (kind, rest) = read_number(rest)?;
    let rest = delimiter(rest, b';', "`;` after the type is missing")?;
    let (size, rest) = read_number(rest)?;
    let rest = delimiter(rest, b';', "`;` after the size is missing")?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size > MAX_DATA {
        return Err("the size is over 65535");
    }
    let (data, rest) = rest
        .split_at_checked(size)
        .ok_or("the data reaches beyond the end")?;
    let rest = delimiter(rest, b']', "`]` is missing")?;
    let data = data.to_vec();
    Ok((
        Record {
            key,
            value,
            kind,
            data,
        },
        rest,
    ))
}

fn delimiter<'a>(
    bytes: &'a [u8],
    character: u8,
    why: &'static str,
) -> Result<&'a [u8], &'static str> {
    bytes.strip_prefix(&[character, 0]).ok_or(why)
}

fn read_number(bytes: &[u8]) -> Result<(u32, &[u8]), &'static str> {
    let (number, rest) = bytes.split_first_chunk().ok_or("a number is cut off")?;
    Ok((u32::from_le_bytes(*number), rest))
}

fn read_text(bytes: &[u8]) -> Result<(String, &[u8]), &'static str> {
    let (units, _) = bytes.as_chunks::<2>();
    let length = units
        .iter()
        .position(|unit| *unit == [0, 0])
        .ok_or("a name has no end")?;
    let units = units.iter().take(length);
    let units: Vec<u16> = units.map(|unit| u16::from_le_bytes(*unit)).collect();
    let text = String::from_utf16(&units).map_err(|_| "a name is not UTF-16")?;
    let rest = bytes.get(length * 2 + 2..).unwrap_or_default();
    Ok((text, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> RegistryPolicy {
        RegistryPolicy {
            records: vec![
                Record::dword(r"Software\Policies\A", "B", 1),
                Record::text(r"Software\Policies\Ä", "日本", "]\0[;"),
                Record {
                    key: "K".to_owned(),
                    value: "bin".to_owned(),
                    kind: kind::BINARY,
                    data: b"]\0[\0;\0".to_vec(),
                },
                Record {
                    key: "K".to_owned(),
                    value: String::new(),
                    kind: kind::NONE,
                    data: Vec::new(),
                },
            ],
        }
    }

    #[test]
    fn a_policy_round_trips_with_delimiters_in_its_data() {
        let policy = sample();
        assert_eq!(RegistryPolicy::read(&policy.write().unwrap()), Ok(policy));
    }

    #[test]
    fn the_header_alone_is_an_empty_policy() {
        assert_eq!(RegistryPolicy::default().write().unwrap(), HEADER);
        assert_eq!(RegistryPolicy::read(&HEADER), Ok(RegistryPolicy::default()));
    }

    #[test]
    fn one_record_has_exactly_the_specified_bytes() {
        let policy = RegistryPolicy {
            records: vec![Record::dword("K", "V", 1)],
        };
        let bytes = policy.write().unwrap();
        assert_eq!(
            bytes[8..],
            *b"[\0K\0\0\0;\0V\0\0\0;\0\x04\0\0\0;\0\x04\0\0\0;\0\x01\0\0\0]\0"
        );
    }

    #[test]
    fn every_cut_and_every_wrong_byte_of_structure_is_refused() {
        let policy = RegistryPolicy {
            records: vec![Record::dword("K", "V", 1)],
        };
        let bytes = policy.write().unwrap();
        for length in (0..bytes.len()).filter(|length| *length != HEADER.len()) {
            assert!(RegistryPolicy::read(&bytes[..length]).is_err(), "{length}");
        }
        for at in [0, 4, 8, 14, 20, 26, 32, 38] {
            let mut bad = bytes.clone();
            bad[at] = b'x';
            assert!(RegistryPolicy::read(&bad).is_err(), "{at}");
        }
        let mut huge = bytes;
        huge[28..32].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(RegistryPolicy::read(&huge).is_err());
    }

    #[test]
    fn instructions_are_told_from_values_without_case() {
        for (value, effect) in [
            ("Name", Effect::Set("Name")),
            ("**del.Name", Effect::Delete("Name")),
            ("**DEL.Name", Effect::Delete("Name")),
            ("**delvals.", Effect::DeleteAllValues),
            ("**DeleteValues", Effect::DeleteValues),
            ("**DeleteKeys", Effect::DeleteKeys),
            ("**soft.Name", Effect::SetIfAbsent("Name")),
            ("**SecureKey", Effect::SecureKey),
            ("**日本", Effect::Set("**日本")),
        ] {
            assert_eq!(Record::dword("K", value, 1).effect(), effect, "{value}");
        }
        assert_eq!(sample().records[3].effect(), Effect::CreateKey);
    }

    #[test]
    fn names_that_would_end_early_and_oversized_data_are_refused() {
        let nul = RegistryPolicy {
            records: vec![Record::dword("K\0L", "V", 1)],
        };
        assert!(matches!(nul.write(), Err(WriteError::Nul { .. })));
        let long = RegistryPolicy {
            records: vec![Record::text("K", "V", &"x".repeat(40_000))],
        };
        assert!(matches!(long.write(), Err(WriteError::TooLong { .. })));
    }
}
