//! Entries that are one file.

use std::collections::HashMap;

use super::EntryName;
use super::fault::MAX_NAME;

/// Pairs of entries that cannot both be unpacked, or are one file to some reader: equal names,
/// names that differ only in letter case, in the kind of separator or in a final one, and a file
/// that is a folder of another entry.
pub fn collisions(names: &[EntryName]) -> Vec<(usize, usize)> {
    let keys: Vec<&str> = names
        .iter()
        .map(|name| name.key.trim_end_matches('/'))
        .collect();
    let mut first: HashMap<&str, usize> = HashMap::with_capacity(names.len());
    let mut found = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        match first.get(key) {
            Some(&earlier) => found.push((earlier, index)),
            None => {
                first.insert(key, index);
            }
        }
    }
    for (index, key) in keys.iter().enumerate() {
        // Longer names are refused, and would be looked up once for each of their parts.
        let parts = key.match_indices('/').filter(|_| key.len() <= 4 * MAX_NAME);
        let file = parts
            .filter_map(|(end, _)| first.get(key.get(..end)?))
            .find(|&&folder| names.get(folder).is_some_and(|name| !name.is_folder));
        found.extend(file.map(|&file| (file, index)));
    }
    found
}
