//! The seeds and past findings of the fuzz targets, run through the same functions.
//!
//! `generator/fuzz/findings/TARGET/` holds one file for each input that once broke a reader.

#[expect(unreachable_pub, reason = "public for the fuzz targets")]
#[path = "../../fuzz/src/formats.rs"]
mod formats;
#[expect(unreachable_pub, reason = "public for the fuzz targets")]
#[path = "../../fuzz/src/formats_seeds.rs"]
mod formats_seeds;

use std::path::Path;

fn replay(target: &str, seeds: &[(String, Vec<u8>)], run: fn(&[u8])) {
    assert!(!seeds.is_empty(), "`{target}` has no seeds");
    for (_, bytes) in seeds {
        run(bytes);
        // Every seed cut in the middle and with one byte changed reaches the error paths.
        run(&bytes[..bytes.len() / 2]);
        let mut changed = bytes.clone();
        changed[bytes.len() / 3] ^= 0x40;
        run(&changed);
    }
    let findings = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/findings")
        .join(target);
    let entries = std::fs::read_dir(findings).into_iter().flatten();
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        run(&std::fs::read(path).expect("a readable file"));
    }
}

#[test]
fn every_seed_and_finding_of_the_format_readers_comes_back() {
    for (target, run) in formats::TARGETS {
        replay(target, &formats_seeds::seeds(target), *run);
    }
}
