//! What is in a domain, read without the product: objects from `ldbsearch`, files from the
//! server's own disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use walkdir::WalkDir;

/// Attributes of an object, values in the server's order.
pub type Attributes = BTreeMap<String, Vec<String>>;
/// Objects by distinguished name.
pub type Objects = BTreeMap<String, Attributes>;

/// Every file below a folder, by path with `/`, and every folder with no content.
///
/// # Errors
/// It cannot be read.
pub fn tree(folder: &Path) -> Result<BTreeMap<String, Option<Vec<u8>>>> {
    let mut tree = BTreeMap::new();
    if !folder.exists() {
        return Ok(tree);
    }
    for entry in WalkDir::new(folder).min_depth(1) {
        let entry = entry.with_context(|| format!("list `{}`", folder.display()))?;
        let name = entry.path().strip_prefix(folder)?.display().to_string();
        let content = if entry.file_type().is_dir() {
            None
        } else {
            let bytes = fs::read(entry.path());
            Some(bytes.with_context(|| format!("read `{}`", entry.path().display()))?)
        };
        tree.insert(name, content);
    }
    Ok(tree)
}

/// Blocks of `name: value`, long values folded (RFC 2849).
pub(super) fn read_ldif(text: &str) -> Objects {
    let mut objects = Objects::new();
    let mut current = None;
    for line in text.replace("\n ", "").lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim_start_matches([':', ' ']).to_owned();
        if name == "dn" {
            current = Some(value.clone());
            objects.entry(value).or_default();
        } else if let Some(object) = current.as_ref().and_then(|dn| objects.get_mut(dn))
            && !name.starts_with('#')
        {
            object.entry(name.to_owned()).or_default().push(value);
        }
    }
    objects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_lines_and_several_values_are_read() {
        let text = "# record 1\ndn: CN=a,\n DC=b\ncn: a\nlink: x\nlink: y\nsd:: AAA\n BBB\n\n# 1 entries\n";
        let objects = read_ldif(text);
        let object = &objects["CN=a,DC=b"];
        assert_eq!(object["link"], ["x", "y"]);
        assert_eq!(object["sd"], ["AAABBB"]);
    }
}
