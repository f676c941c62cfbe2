//! PowerShell scripts: the signature block at their end, and the text before it.
//!
//! Nothing protects the block's own lines, and the interpreter runs the whole file. So the
//! block is parsed strictly: whatever a signer would not write there makes the file invalid.

use std::io::{Read, Seek, SeekFrom};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encoding_rs::WINDOWS_1252;

use super::carrier::{
    Carrier, Failure, Found, MAX_SIGNATURE_BYTES, Meaning, Reading, padding_warning,
};
use super::kind::FileKind;
use super::reason::InvalidReason;
use super::verdict::Warning;
use crate::formats::digest::{DigestAlgorithm, Hasher};

/// The largest signed script seen has 340 KB.
const MAX_SCRIPT_BYTES: u64 = 4 << 20;

/// The line that begins the signature block of a script.
pub const BEGIN: &str = "# SIG # Begin signature block";
/// Last line of the block.
pub const END: &str = "# SIG # End signature block";
/// What stands before the base64 of a line.
pub const LINE_PREFIX: &str = "# ";
/// Most letters of base64 in a line, which every line but the last one has.
pub const MAX_BASE64_PER_LINE: usize = 64;

const LF: u16 = 0x0a;
const CR: u16 = 0x0d;

pub(super) struct ScriptCarrier {
    text: Text,
    /// Number of code units before the block and the line break that precedes it.
    content_units: usize,
    /// The first line of the block that does not end with CR LF, from 1.
    bare_line_break: Option<u64>,
    signatures: Vec<Found>,
    uncovered_bytes: u64,
}

/// The signature block: indices of its first and last line, and what stands between them.
struct Block {
    begin: usize,
    end: usize,
    base64: String,
}

impl Block {
    /// Finds it in a script; none when no line begins one.
    fn read(lines: &[Line<'_>]) -> Result<Option<Self>, InvalidReason> {
        let marker = |line: &Line<'_>| Marker::of(line.units);
        let Some(begin) = lines.iter().position(|line| marker(line).is_some()) else {
            return Ok(None);
        };
        let mut base64 = String::new();
        let mut end = None;
        for (index, line) in lines.iter().enumerate().skip(begin) {
            match (marker(line), end) {
                (Some(Marker::Begin), None) if index == begin => {}
                (Some(Marker::Begin), _) => {
                    return Err(InvalidReason::ScriptSecondBlock {
                        line: number(index),
                    });
                }
                (Some(Marker::End), None) if index > begin => end = Some(index),
                (Some(Marker::Inexact), None) => {
                    return Err(malformed(index, "the marker is not spelled exactly"));
                }
                (Some(Marker::End), None) => {
                    return Err(malformed(index, "the block ends before it begins"));
                }
                (None, None) => base64.push_str(
                    base64_of(line.units)
                        .ok_or_else(|| {
                            malformed(index, "it is not `# ` and at most 64 base64 characters")
                        })?
                        .as_str(),
                ),
                (_, Some(_)) if line.units.iter().all(|&unit| is_blank(unit)) => {}
                (_, Some(_)) => {
                    return Err(InvalidReason::ScriptTextAfterBlock {
                        line: number(index),
                    });
                }
            }
        }
        match end {
            Some(end) => Ok(Some(Self { begin, end, base64 })),
            None => Err(malformed(
                lines.len().saturating_sub(1),
                "the block has no end",
            )),
        }
    }
}

fn malformed(index: usize, what: &str) -> InvalidReason {
    InvalidReason::ScriptBlockMalformed {
        line: number(index),
        what: what.to_owned(),
    }
}

/// A script as UTF-16 code units, without byte order mark.
struct Text {
    units: Vec<u16>,
    has_byte_order_mark: bool,
    /// The file's bytes when they have no byte order mark and one of them is above 7F: then
    /// the reading depends on the system.
    ambiguous: Option<Vec<u8>>,
}

impl ScriptCarrier {
    pub(super) fn open<S: Read + Seek>(source: &mut S) -> Result<Self, Failure> {
        let size = source.seek(SeekFrom::End(0))?;
        if size > MAX_SCRIPT_BYTES {
            return Err(InvalidReason::ScriptTooLarge {
                size,
                limit: MAX_SCRIPT_BYTES,
            }
            .into());
        }
        source.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        source.take(MAX_SCRIPT_BYTES).read_to_end(&mut bytes)?;
        let text = Text::decode(bytes)?;
        let mut carrier = Self {
            content_units: text.units.len(),
            text,
            bare_line_break: None,
            signatures: Vec::new(),
            uncovered_bytes: 0,
        };
        carrier.find_block()?;
        Ok(carrier)
    }

    fn find_block(&mut self) -> Result<(), InvalidReason> {
        let lines = lines(&self.text.units);
        let Some(block) = Block::read(&lines)? else {
            return Ok(());
        };
        let begin = block.begin;
        let Some(before) = begin.checked_sub(1).and_then(|index| lines.get(index)) else {
            return Err(malformed(begin, "a block cannot be the first line"));
        };
        // The line break before the block belongs to it.
        let mut inside = lines.iter().enumerate().take(block.end.saturating_add(1));
        let bare = inside.position(|(index, line)| {
            index.saturating_add(1) >= begin && line.ending != Ending::CrLf
        });
        self.bare_line_break = bare.map(number);
        self.content_units = before.start.saturating_add(before.units.len());
        let limit = MAX_SIGNATURE_BYTES;
        let size = u64::try_from(block.base64.len()).unwrap_or(u64::MAX) / 4 * 3;
        if size > limit {
            return Err(InvalidReason::SignatureTooLarge { size, limit });
        }
        let bytes = STANDARD
            .decode(block.base64)
            .map_err(|_| malformed(begin, "the block is not base64"))?;
        let (found, uncovered_bytes) = Found::from_padded(0, &bytes);
        self.signatures.push(found);
        self.uncovered_bytes = uncovered_bytes;
        Ok(())
    }

    /// The content by each way to read it, with the meaning of a match.
    fn interpretations(&self) -> Vec<(Vec<u16>, Meaning)> {
        let content = self
            .text
            .units
            .get(..self.content_units)
            .unwrap_or_default();
        // Bytes and code units correspond one to one where there is no byte order mark.
        let as_utf8 = self
            .text
            .ambiguous
            .as_ref()
            .and_then(|bytes| bytes.get(..self.content_units))
            .and_then(|bytes| core::str::from_utf8(bytes).ok())
            .map(|text| text.encode_utf16().collect::<Vec<u16>>());
        let locale = |code_page| match self.text.ambiguous {
            Some(_) => Meaning::AsSignedIf(Warning::LocaleDependent { code_page }),
            None => Meaning::AsSigned,
        };
        let mut readings = vec![(content.to_vec(), locale("windows-1252"))];
        readings.extend(as_utf8.map(|units| (units, locale("utf-8"))));
        // The block too must have CR LF endings as it stands.
        if let Some(line) = self.bare_line_break {
            for (_, meaning) in &mut readings {
                *meaning = Meaning::Not(InvalidReason::ScriptBlockMalformed {
                    line,
                    what: "it does not end with CR LF".to_owned(),
                });
            }
        }
        let restored: Vec<_> = readings
            .iter()
            .filter_map(|(units, _)| with_crlf(units))
            .map(|units| (units, Meaning::Not(InvalidReason::ScriptLineEndingsChanged)))
            .collect();
        readings.extend(restored);
        readings
    }
}

impl Carrier for ScriptCarrier {
    fn kind(&self) -> FileKind {
        FileKind::Script
    }

    fn signatures(&self) -> &[Found] {
        &self.signatures
    }

    fn uncovered_bytes(&self) -> u64 {
        self.uncovered_bytes
    }

    fn readings(&mut self, algorithms: &[DigestAlgorithm]) -> Result<Vec<Reading>, Failure> {
        let interpretations = self.interpretations();
        let mut readings = Vec::new();
        for &algorithm in algorithms {
            for (units, meaning) in &interpretations {
                let Some(mut hasher) = algorithm.hasher() else {
                    continue;
                };
                if self.text.has_byte_order_mark {
                    hasher.update(&[0xff, 0xfe]);
                }
                hash_units(units, &mut hasher);
                readings.push(Reading {
                    algorithm,
                    digest: hasher.finish(),
                    meaning: meaning.clone(),
                });
            }
        }
        Ok(readings)
    }

    fn warnings(&mut self) -> Result<Vec<Warning>, Failure> {
        Ok(padding_warning(self.uncovered_bytes))
    }
}

impl Text {
    fn decode(bytes: Vec<u8>) -> Result<Self, InvalidReason> {
        let marked = |units| Self {
            units,
            has_byte_order_mark: true,
            ambiguous: None,
        };
        if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
            let text = core::str::from_utf8(rest)
                .map_err(|_| InvalidReason::ScriptEncoding { encoding: "UTF-8" })?;
            return Ok(marked(text.encode_utf16().collect()));
        }
        for (mark, from_bytes) in [
            (b"\xff\xfe", u16::from_le_bytes as fn([u8; 2]) -> u16),
            (b"\xfe\xff", u16::from_be_bytes),
        ] {
            if let Some(rest) = bytes.strip_prefix(mark) {
                if rest.len() % 2 != 0 {
                    return Err(InvalidReason::ScriptEncoding { encoding: "UTF-16" });
                }
                let pairs = rest.chunks_exact(2);
                return Ok(marked(
                    pairs.map(|pair| from_bytes([pair[0], pair[1]])).collect(),
                ));
            }
        }
        // Windows reads such a file in its ANSI code page. Windows-1252 maps each byte to one
        // code unit; its five undefined bytes become the C1 controls of the same number.
        let (text, _) = WINDOWS_1252.decode_without_bom_handling(&bytes);
        let units = text.encode_utf16().collect();
        Ok(Self {
            units,
            has_byte_order_mark: false,
            ambiguous: (!bytes.is_ascii()).then_some(bytes),
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    CrLf,
    Other,
    EndOfFile,
}

struct Line<'a> {
    units: &'a [u16],
    /// Position of its first code unit.
    start: usize,
    ending: Ending,
}

/// Splits at CR LF, LF and CR, as the interpreter does.
fn lines(units: &[u16]) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    let mut start = 0_usize;
    let mut rest = units;
    while !rest.is_empty() {
        let length = rest
            .iter()
            .position(|&unit| unit == LF || unit == CR)
            .unwrap_or(rest.len());
        let (line, after) = rest.split_at(length);
        let (ending, after) = match after {
            [] => (Ending::EndOfFile, after),
            [CR, LF, after @ ..] => (Ending::CrLf, after),
            [_, after @ ..] => (Ending::Other, after),
        };
        lines.push(Line {
            units: line,
            start,
            ending,
        });
        start = units.len().saturating_sub(after.len());
        rest = after;
    }
    lines
}

fn number(index: usize) -> u64 {
    u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    Begin,
    End,
    /// A marker but for case or surrounding space: some reader may take it for one.
    Inexact,
}

impl Marker {
    fn of(line: &[u16]) -> Option<Self> {
        // The longest marker with some space around it.
        if line.len() > 256 {
            return None;
        }
        let text = String::from_utf16_lossy(line);
        let trimmed = text.trim();
        match text.as_str() {
            BEGIN => Some(Self::Begin),
            END => Some(Self::End),
            _ if trimmed.eq_ignore_ascii_case(BEGIN) || trimmed.eq_ignore_ascii_case(END) => {
                Some(Self::Inexact)
            }
            _ => None,
        }
    }
}

/// The base64 characters of a line of the block.
fn base64_of(line: &[u16]) -> Option<String> {
    let text = String::from_utf16(line).ok()?;
    let packed = text.strip_prefix(LINE_PREFIX)?;
    let fits = (1..=MAX_BASE64_PER_LINE).contains(&packed.len());
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    (fits && packed.bytes().all(is_base64)).then(|| packed.to_owned())
}

fn is_blank(unit: u16) -> bool {
    matches!(unit, 0x20 | 0x09)
}

/// The text with CR before every LF that has none; `None` when there is no such LF.
fn with_crlf(units: &[u16]) -> Option<Vec<u16>> {
    let mut restored = Vec::with_capacity(units.len());
    let mut previous = 0;
    for &unit in units {
        if unit == LF && previous != CR {
            restored.push(CR);
        }
        restored.push(unit);
        previous = unit;
    }
    (restored.len() > units.len()).then_some(restored)
}

fn hash_units(units: &[u16], hasher: &mut Hasher) {
    for piece in units.chunks(4096) {
        let bytes: Vec<u8> = piece.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        hasher.update(&bytes);
    }
}

/// Does a file end with the marker of a script's signature block?
pub(super) fn is_signed<S: Read + Seek>(source: &mut S) -> std::io::Result<bool> {
    // The end marker, some blank lines, in UTF-16.
    const TAIL_BYTES: u64 = 256;
    let size = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(size.saturating_sub(TAIL_BYTES)))?;
    let mut tail = Vec::new();
    source.take(TAIL_BYTES).read_to_end(&mut tail)?;
    tail.retain(|&byte| byte != 0);
    Ok(tail
        .windows(END.len())
        .any(|window| window == END.as_bytes()))
}
