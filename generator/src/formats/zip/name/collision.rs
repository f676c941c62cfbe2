//! Entries that are one file.

use std::collections::HashMap;

use super::EntryName;
use super::fault::MAX_NAME;

/// Pairs of entries that cannot both be unpacked, or are one file to some reader: equal names,
/// names that differ only in letter case, in the kind of separator, in a final one or in what
/// Windows drops, and a file that is a folder of another entry. A folder that is named twice is one
/// folder to all (`zip` writes that when folder and content are both named to it).
pub fn collisions(names: &[EntryName]) -> Vec<(usize, usize)> {
    let keys: Vec<&str> = names.iter().map(|name| name.key.as_str()).collect();
    let is_folder = |index: usize| names.get(index).is_some_and(|name| name.is_folder);
    let mut first: HashMap<&str, usize> = HashMap::with_capacity(names.len());
    let mut found = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        match first.get(key) {
            Some(&earlier) if is_folder(earlier) && is_folder(index) => {}
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
            .find(|&&folder| !is_folder(folder));
        found.extend(file.map(|&file| (file, index)));
    }
    found
}
