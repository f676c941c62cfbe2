//! Cabinets are read back by a reader of a few lines that takes them as the specification has them,
//! and by the product's own; the suite `packages` lets others judge.

use std::io::Cursor;

use flate2::{Decompress, FlushDecompress};

use super::block::header;
use super::*;
use crate::formats::cabinet::list_files;

const TIME: i64 = 1_772_442_000;

fn written(files: &[(&str, Vec<u8>)], packing: Packing) -> Result<Vec<u8>, CabinetError> {
    let mut sources: Vec<Cursor<&Vec<u8>>> = files
        .iter()
        .map(|(_, content)| Cursor::new(content))
        .collect();
    let mut members: Vec<Member<'_>> = files
        .iter()
        .zip(&mut sources)
        .map(|((name, content), source)| Member {
            name,
            size: content.len() as u64,
            source,
        })
        .collect();
    let mut out = Cursor::new(Vec::new());
    let done = write_hashed(&mut out, &mut members, packing, DosTime::at(TIME))?;
    let out = out.into_inner();
    for member in &mut members {
        member.source.rewind().unwrap();
    }
    let mut again = Cursor::new(Vec::new());
    let unhashed = write(&mut again, &mut members, packing, DosTime::at(TIME))?;
    assert_eq!(again.into_inner(), out);
    assert_eq!(
        unhashed,
        Written {
            sha256: None,
            ..done.clone()
        }
    );
    assert_eq!(done.size, out.len() as u64);
    let digests: Vec<Sha256> = files
        .iter()
        .map(|(_, content)| Sha256::of(content))
        .collect();
    assert_eq!(done.digests, digests);
    assert!(done.sha256.is_none_or(|sha256| sha256 == Sha256::of(&out)));
    Ok(out)
}

fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u16_at(bytes, at) | u16_at(bytes, at + 2) << 16
}

/// Content of every folder, each block held against its checksum.
fn folders(cabinet: &[u8]) -> Vec<Vec<u8>> {
    let folder = |number: usize| {
        let at = 36 + 8 * number;
        let mut place = u32_at(cabinet, at);
        let mut content = Vec::new();
        for _ in 0..u16_at(cabinet, at + 4) {
            let (packed, plain) = (u16_at(cabinet, place + 4), u16_at(cabinet, place + 6));
            let bytes = &cabinet[place + 8..place + 8 + packed];
            assert_eq!(cabinet[place..place + 8], header(bytes, plain));
            match u16_at(cabinet, at + 6) {
                0 => content.extend(bytes),
                _ => {
                    assert_eq!(&bytes[..2], b"CK");
                    let mut out = Vec::with_capacity(BLOCK_BYTES);
                    let ended = Decompress::new(false)
                        .decompress_vec(&bytes[2..], &mut out, FlushDecompress::Finish)
                        .unwrap();
                    assert_eq!(ended, flate2::Status::StreamEnd);
                    assert_eq!(out.len(), plain);
                    content.extend(out);
                }
            }
            place += 8 + packed;
        }
        content
    };
    (0..u16_at(cabinet, 26)).map(folder).collect()
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 7u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(length)
    .collect()
}

/// What deflate has trouble with: one byte, short periods, the borders of blocks, noise.
fn contents() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for length in [
        1, 2, 3, 255, 32_767, 32_768, 32_769, 65_536, 65_537, 2_097_152, 2_097_153,
    ] {
        all.push((format!("one-{length}"), vec![b'a'; length]));
        all.push((format!("noise-{length}"), noise(length)));
    }
    for period in [2, 3, 4, 7, 258, 259, 1000] {
        let piece = noise(period);
        let content = piece.iter().copied().cycle().take(100_000).collect();
        all.push((format!("period-{period}"), content));
    }
    all
}

#[test]
fn every_content_reads_back() {
    let all = contents();
    let files: Vec<(&str, Vec<u8>)> = all
        .iter()
        .map(|(name, content)| (name.as_str(), content.clone()))
        .collect();
    for packing in [Packing::Stored, Packing::Mszip, Packing::Smaller] {
        let cabinet = written(&files, packing).unwrap();
        let listed = list_files(&mut Cursor::new(&cabinet)).unwrap();
        assert_eq!(listed.len(), files.len());
        let found = folders(&cabinet);
        for (((name, content), listed), found) in files.iter().zip(&listed).zip(&found) {
            assert_eq!(
                (listed.name.as_str(), content),
                (*name, found),
                "{packing:?}"
            );
        }
    }
}

#[test]
fn files_without_content_take_no_folder_of_their_own() {
    let full = |name| (name, b"content".to_vec());
    let empty = |name| (name, Vec::new());
    for (files, count) in [
        (vec![empty("a")], 1),
        (vec![empty("a"), empty("b")], 1),
        (vec![full("a"), empty("b"), empty("c"), full("d")], 2),
        (vec![empty("a"), full("b")], 1),
    ] {
        let cabinet = written(&files, Packing::Smaller).unwrap();
        let found = folders(&cabinet);
        assert_eq!(found.len(), count, "{files:?}");
        let listed = list_files(&mut Cursor::new(&cabinet)).unwrap();
        assert_eq!(listed.len(), files.len());
    }
}

#[test]
fn what_does_not_shrink_is_stored_and_the_rest_is_packed() {
    let text = b"a line of text that is like the next one\r\n".repeat(4000);
    let noise = noise(200_000);
    let plain = written(&[("t", text.clone())], Packing::Smaller).unwrap();
    assert!(plain.len() < text.len() / 10, "{}", plain.len());
    let stored = written(&[("n", noise.clone())], Packing::Smaller).unwrap();
    assert_eq!(u16_at(&stored, 36 + 6), 0, "stored");
    assert_eq!(stored.len(), 36 + 8 + 18 + noise.len() + 8 * 7);
}

#[test]
fn the_bytes_do_not_depend_on_the_number_of_threads() {
    let content = [noise(3_000_000), vec![0; 3_000_000]].concat();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| written(&[("f", content.clone())], Packing::Mszip).unwrap())
    };
    let one = with(1);
    assert!(one == with(2) && one == with(5));
}

#[test]
fn what_has_no_place_in_a_cabinet_is_refused() {
    for name in ["", "a\\b", "a/b", "..", "ä", "x\0y", "nul"] {
        let refused = written(&[(name, b"x".to_vec())], Packing::Stored).unwrap_err();
        assert!(matches!(refused, CabinetError::Name { .. }), "{name}");
    }
    let none = written(&[], Packing::Stored).unwrap_err();
    assert!(matches!(none, CabinetError::Count { count: 0 }));
}

#[test]
fn a_file_of_another_size_than_told_is_refused() {
    for size in [2, 4] {
        for packing in [Packing::Stored, Packing::Mszip] {
            let mut source = Cursor::new(b"abc");
            let mut members = [Member {
                name: "a",
                size,
                source: &mut source,
            }];
            let out = &mut Cursor::new(Vec::new());
            let refused = write(out, &mut members, packing, DosTime::at(TIME)).unwrap_err();
            assert!(matches!(refused, CabinetError::Size { .. }), "{refused}");
        }
    }
}

#[test]
fn more_than_a_cabinet_holds_is_refused_before_anything_is_read() {
    let mut source = Cursor::new(b"");
    let mut members = [Member {
        name: "a",
        size: MAX_CABINET_BYTES + 1,
        source: &mut source,
    }];
    let mut out = Cursor::new(Vec::new());
    let refused = write(&mut out, &mut members, Packing::Stored, DosTime::at(TIME));
    assert!(matches!(refused, Err(CabinetError::TooLarge)));
    assert!(out.into_inner().is_empty());
}

#[test]
fn files_are_shared_out_to_as_many_cabinets_as_they_need() {
    // A block of content takes 32 783 bytes at most, a file 316 more.
    let block = BLOCK_BYTES as u64;
    let one = block + 15 + 316;
    for (sizes, most, expected) in [
        (vec![], one, Ok(vec![])),
        (vec![block], one, Ok(vec![1])),
        (vec![block, block], 2 * one, Ok(vec![2])),
        (vec![block, block], 2 * one - 1, Ok(vec![1, 2])),
        (vec![0, block, 0, block], one + 316, Ok(vec![2, 4])),
        (vec![block, block, block], 2 * one, Ok(vec![2, 3])),
        (vec![1, block + 1, 1], one, Err(1)),
        (vec![u64::MAX], u64::MAX, Err(0)),
        // More blocks than a folder counts.
        (vec![65_536 * block], u64::MAX, Err(0)),
    ] {
        let volumes = volumes(&sizes, most);
        let ends = volumes.map(|volumes| volumes.iter().map(|files| files.end).collect());
        assert_eq!(ends, expected, "{sizes:?} in {most}");
    }
}

#[test]
fn what_is_shared_out_fits_whatever_it_is() {
    let files: Vec<(String, Vec<u8>)> = (0..40)
        .map(|number| (format!("{number}"), noise(number * 3001)))
        .collect();
    let sizes: Vec<u64> = files.iter().map(|(_, bytes)| bytes.len() as u64).collect();
    let most = 300_000;
    let volumes = volumes(&sizes, most).unwrap();
    assert!(volumes.len() > 5, "{volumes:?}");
    for volume in volumes {
        let part: Vec<(&str, Vec<u8>)> = files[volume]
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes.clone()))
            .collect();
        for packing in [Packing::Stored, Packing::Mszip] {
            let size = written(&part, packing).unwrap().len() as u64;
            assert!(size <= most, "{size}");
        }
    }
}
