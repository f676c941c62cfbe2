//! The seeds and past findings of the fuzz targets, run through the same functions.
//!
//! `generator/fuzz/findings/TARGET/` holds one file for each input that once broke a reader.

#[expect(unreachable_pub, reason = "public for the fuzz targets")]
#[path = "../../fuzz/src/lib.rs"]
mod fuzz;

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
fn every_seed_and_finding_comes_back() {
    for (target, run, seeds) in fuzz::targets() {
        replay(target, &seeds(), *run);
    }
}

#[test]
fn every_target_has_its_own_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut programs: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder of the programs")
        .map(|entry| entry.expect("a readable folder").path())
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    programs.sort();
    let mut targets: Vec<&str> = fuzz::targets().map(|(target, ..)| *target).collect();
    targets.sort_unstable();
    assert_eq!(programs, targets);
}
