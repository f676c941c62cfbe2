//! Gates on what the loader must find before the first instruction runs.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use object::LittleEndian as LE;
use object::pe;
use object::read::pe::Import;

use super::{Expectation, Stub};
use crate::workspace;

/// The DLLs that a stub may import. They are mapped into every process from the system
/// folder; any other would be looked for first in the folder of the exe, which on a share
/// is where someone could plant one.
pub(crate) const ALLOWED_DLLS: [&str; 4] =
    ["kernel32.dll", "ntdll.dll", "advapi32.dll", "msvcrt.dll"];

/// The checked-in table, made by `cargo xtask import-floor`.
pub(crate) const FLOOR_FILE: &str = "runner/import-floor.txt";

/// Functions that the metadata gives no version, each looked at by a person.
const ALLOWED_FILE: &str = "runner/import-floor.allowed.txt";

/// Version of Windows as (major, minor, build).
type Version = (u32, u32, u32);

/// Server 2008 R2, the oldest that the bootstrap must load on.
const SERVER_2008_R2: Version = (6, 1, u32::MAX);

/// Which function exists since which Windows.
#[derive(Debug, Default)]
pub(crate) struct Floor {
    /// Lowest Windows by DLL and function.
    functions: BTreeMap<(String, String), Version>,
    /// Functions without a version that are known to be old enough.
    allowed: Vec<(String, String)>,
}

impl Floor {
    /// Reads both tables of the checkout.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let read = |name: &str| -> Result<String> {
            let bytes = workspace::read_file(&root.join(name))?;
            String::from_utf8(bytes).with_context(|| format!("`{name}` is not UTF-8"))
        };
        Self::parse(&read(FLOOR_FILE)?, &read(ALLOWED_FILE)?)
    }

    /// `table` has lines `dll function version`, `allowed` has lines `dll function`; both
    /// may have comments from `#` on.
    pub(super) fn parse(table: &str, allowed: &str) -> Result<Self> {
        let mut floor = Self::default();
        for (number, words) in lines(table) {
            let [dll, function, windows] = words[..] else {
                bail!("{FLOOR_FILE}:{number}: expected `dll function version`");
            };
            let version = version(windows)
                .with_context(|| format!("{FLOOR_FILE}:{number}: no Windows `{windows}`"))?;
            let key = (dll.to_owned(), function.to_owned());
            floor.functions.insert(key, version);
        }
        for (number, words) in lines(allowed) {
            let [dll, function] = words[..] else {
                bail!("{ALLOWED_FILE}:{number}: expected `dll function`");
            };
            floor.allowed.push((dll.to_owned(), function.to_owned()));
        }
        Ok(floor)
    }

    /// Why a function may not be imported; none when it may.
    fn objection(&self, dll: &str, function: &str) -> Option<String> {
        let key = (dll.to_owned(), function.to_owned());
        // Some functions are declared under the DLL that forwards to the real one.
        let known = self.functions.get(&key).or_else(|| {
            let mut same_name = self.functions.iter();
            same_name
                .find(|((_, name), _)| name == function)
                .map(|(_, version)| version)
        });
        match known {
            Some(version) if *version <= SERVER_2008_R2 => None,
            Some((major, minor, _)) => Some(format!(
                "{dll} {function} exists since Windows {major}.{minor}, expected 6.1 or older"
            )),
            None if self.allowed.contains(&key) => None,
            None => Some(format!(
                "{dll} {function} is in neither `{FLOOR_FILE}` nor `{ALLOWED_FILE}`"
            )),
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<&str> = line.split_whitespace().collect();
        (!words.is_empty()).then_some((index + 1, words))
    })
}

/// `windows6.1` or `windows10.0.10240`; server editions by their year.
fn version(text: &str) -> Option<Version> {
    let text = text.strip_prefix("windows")?;
    if text == "server2003" {
        return Some((5, 2, 0));
    }
    let mut numbers = text.split('.').map(str::parse);
    let major = numbers.next()?.ok()?;
    let minor = numbers.next()?.ok()?;
    let build = numbers.next().transpose().ok()?.unwrap_or(0);
    numbers.next().is_none().then_some((major, minor, build))
}

/// Every import as (DLL in lower case, function); none when the table cannot be read.
fn imports(stub: &Stub<'_>) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let Ok(table) = stub.pe.import_table() else {
        return None;
    };
    let Some(table) = table else {
        return Some(found);
    };
    let mut descriptors = table.descriptors().ok()?;
    while let Some(descriptor) = descriptors.next().ok()? {
        let dll = table.name(descriptor.name.get(LE)).ok()?;
        let dll = String::from_utf8_lossy(dll).to_ascii_lowercase();
        let mut thunks = table.thunks(descriptor.original_first_thunk.get(LE)).ok()?;
        while let Some(thunk) = thunks.next::<pe::ImageNtHeaders64>().ok()? {
            let function = match table.import::<pe::ImageNtHeaders64>(thunk).ok()? {
                Import::Ordinal(ordinal) => format!("#{ordinal}"),
                Import::Name(_, name) => String::from_utf8_lossy(name).into_owned(),
            };
            found.push((dll.clone(), function));
        }
    }
    Some(found)
}

/// No function that Server 2008 R2 lacks: the loader would refuse the whole file.
pub(super) fn floor(stub: &Stub<'_>, expectation: &Expectation<'_>) -> Vec<String> {
    let Some(imports) = imports(stub) else {
        return vec!["the import table cannot be read".to_owned()];
    };
    let objections = imports
        .iter()
        .filter_map(|(dll, function)| expectation.floor.objection(dll, function));
    objections.collect()
}

/// No DLL that could be planted beside the exe.
pub(super) fn static_imports(stub: &Stub<'_>, _: &Expectation<'_>) -> Vec<String> {
    let mut findings = Vec::new();
    let mut dlls: Vec<String> = imports(stub)
        .into_iter()
        .flatten()
        .map(|(dll, _)| dll)
        .collect();
    dlls.dedup();
    for dll in dlls {
        if !ALLOWED_DLLS.contains(&dll.as_str()) {
            findings.push(format!(
                "{dll} is imported statically, expected only {}",
                ALLOWED_DLLS.join(", ")
            ));
        }
    }
    if stub.has_directory(pe::IMAGE_DIRECTORY_ENTRY_DELAY_IMPORT) {
        findings.push("a DLL is imported with delay, expected none".to_owned());
    }
    findings
}
