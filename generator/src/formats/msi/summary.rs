//! The summary information stream: a property set (MS-OLEPS) with one section.

use std::io::{Read, Seek};

use serde::Serialize;

use super::MsiError;
use super::database::encoding;
use crate::formats::compound::CompoundFile;

const STREAM: &str = "\u{5}SummaryInformation";
const MAX_BYTES: u64 = 64 << 10;
const MAX_PROPERTIES: u32 = 64;

const CODE_PAGE: u32 = 1;
const TITLE: u32 = 2;
const SUBJECT: u32 = 3;
const AUTHOR: u32 = 4;
const TEMPLATE: u32 = 7;
const REVISION: u32 = 9;

/// What the summary information says; empty where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Usually `Installation Database`.
    pub title: String,
    /// Usually the product's name.
    pub subject: String,
    /// Usually the manufacturer.
    pub author: String,
    /// Platform of the template: `x64`, `Intel`, `Arm64`.
    pub platform: String,
    /// Languages of the template, as numbers with commas.
    pub languages: String,
    /// Package code: GUID of this very file, in braces.
    pub package_code: String,
}

impl Summary {
    /// Reads the summary; a package without one gives an empty one.
    pub(super) fn read<S: Read + Seek>(
        container: &mut CompoundFile<'_, S>,
    ) -> Result<Self, MsiError> {
        let Some(id) = container.root_stream(STREAM) else {
            return Ok(Self::default());
        };
        let bytes = container.stream_to_vec(id, MAX_BYTES)?;
        Self::parse(&bytes).ok_or_else(|| MsiError::TableDamaged {
            table: "SummaryInformation".to_owned(),
            what: "a property lies outside of it".to_owned(),
        })
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let number = |at: usize| {
            let four = bytes.get(at..)?.first_chunk()?;
            Some(u32::from_le_bytes(*four))
        };
        // Header of 28 bytes, then class and offset of the only section.
        let section = usize::try_from(number(44)?).ok()?;
        let count = number(section.checked_add(4)?)?.min(MAX_PROPERTIES);
        let mut properties = Vec::new();
        for index in 0..usize::try_from(count).ok()? {
            let entry = section.checked_add(8)?.checked_add(index.checked_mul(8)?)?;
            let offset = usize::try_from(number(entry.checked_add(4)?)?).ok()?;
            properties.push((number(entry)?, section.checked_add(offset)?));
        }
        let find = |wanted: u32| {
            let found = properties.iter().find(|(id, _)| *id == wanted);
            found.map(|(_, at)| *at)
        };
        // Type 2 (VT_I2); a package without code page is Western.
        let code_page = find(CODE_PAGE)
            .and_then(|at| number(at.checked_add(4)?))
            .map_or(1252, |value| value & 0xffff);
        let text = |wanted: u32| -> Option<String> {
            const VT_LPSTR: u32 = 30;
            let Some(at) = find(wanted) else {
                return Some(String::new());
            };
            if number(at)? != VT_LPSTR {
                return Some(String::new());
            }
            let length = usize::try_from(number(at.checked_add(4)?)?).ok()?;
            let start = at.checked_add(8)?;
            let raw = bytes.get(start..start.checked_add(length)?)?;
            let end = raw.iter().position(|&byte| byte == 0).unwrap_or(raw.len());
            let (text, _) = encoding(code_page).decode_without_bom_handling(raw.get(..end)?);
            Some(text.into_owned())
        };
        let template = text(TEMPLATE)?;
        let (platform, languages) = template.split_once(';').unwrap_or((&template, ""));
        Some(Self {
            title: text(TITLE)?,
            subject: text(SUBJECT)?,
            author: text(AUTHOR)?,
            platform: platform.to_owned(),
            languages: languages.to_owned(),
            package_code: text(REVISION)?,
        })
    }
}
