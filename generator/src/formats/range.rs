//! Hashing parts of a file, streamed.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::digest::{DigestAlgorithm, Hasher};

const BUFFER_BYTES: usize = 256 * 1024;

/// Hashes the given byte ranges of `source` one after the other, with every algorithm at once,
/// and then `zeros` zero bytes. Algorithms that cannot be computed are left out.
///
/// Errors: a range that is not wholly in the file, or cannot be read.
pub fn hash_ranges<S: Read + Seek>(
    source: &mut S,
    ranges: &[Range<u64>],
    zeros: usize,
    algorithms: &[DigestAlgorithm],
) -> io::Result<Vec<(DigestAlgorithm, Vec<u8>)>> {
    let mut hashers: Vec<(DigestAlgorithm, Hasher)> = algorithms
        .iter()
        .filter_map(|&algorithm| Some((algorithm, algorithm.hasher()?)))
        .collect();
    let mut buffer = vec![0; BUFFER_BYTES];
    for range in ranges {
        source.seek(SeekFrom::Start(range.start))?;
        let mut left = range.end.saturating_sub(range.start);
        while left > 0 {
            let length = usize::try_from(left).map_or(BUFFER_BYTES, |left| left.min(BUFFER_BYTES));
            let piece = buffer.get_mut(..length).unwrap_or_default();
            source.read_exact(piece)?;
            for (_, hasher) in &mut hashers {
                hasher.update(piece);
            }
            left = left.saturating_sub(length as u64);
        }
    }
    for (_, hasher) in &mut hashers {
        hasher.update(&vec![0; zeros]);
    }
    Ok(hashers
        .into_iter()
        .map(|(algorithm, hasher)| (algorithm, hasher.finish()))
        .collect())
}
