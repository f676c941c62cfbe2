//! Every gate is provoked: a good file passes all of them, and each single change is seen
//! by the gate that is there for it.

mod sample;

use sample::{Sample, field};

use super::content::{STUB_MARKER, TEST_HOOK_MARKER};
use super::imports::Floor;
use super::{Expectation, inspect};

const TABLE: &str = "\
# comment
kernel32.dll CloseHandle windows5.0
kernel32.dll GetTickCount64 windows6.0.6000
kernel32.dll GetSystemTimePreciseAsFileTime windows8.0
kernel32.dll CopyFile2 windows10.0.10240
api-ms-win-core-synch-l1-2-0.dll WaitOnAddress windows8.0
";
const ALLOWED: &str = "msvcrt.dll malloc # part of Windows since 2000";

/// Names of the gates that object, in order, each once.
fn objections(bytes: &[u8], test_hooks: bool) -> Vec<&'static str> {
    let floor = Floor::parse(TABLE, ALLOWED).unwrap();
    let expectation = Expectation {
        floor: &floor,
        private_texts: &["/home/builder/".to_owned()],
        test_hooks,
    };
    let mut gates: Vec<_> = inspect(bytes, &expectation)
        .iter()
        .map(|finding| finding.gate)
        .collect();
    gates.dedup();
    gates
}

/// The good file after `change`, with a right checksum, is refused by exactly `gate`.
#[track_caller]
fn refused_by(gate: &str, change: impl FnOnce(&mut Sample)) {
    let mut sample = Sample::good();
    change(&mut sample);
    assert_eq!(objections(&sample.bytes(), false), [gate]);
}

#[test]
fn a_good_file_passes_every_gate() {
    assert!(objections(&Sample::good().bytes(), false).is_empty());
}

#[test]
fn what_is_no_64_bit_program_is_refused() {
    for bytes in [&b""[..], b"MZ", &[0; 4096]] {
        assert_eq!(objections(bytes, false), ["format"]);
    }
}

#[test]
fn a_function_newer_than_the_floor_is_refused() {
    for function in ["GetSystemTimePreciseAsFileTime", "CopyFile2"] {
        refused_by("import floor", |sample| {
            sample.import("KERNEL32.dll", function);
        });
    }
}

#[test]
fn a_function_known_under_another_dll_is_judged_by_its_name() {
    refused_by("import floor", |sample| {
        sample.import("kernel32.dll", "WaitOnAddress");
    });
}

#[test]
fn a_function_in_no_table_is_refused() {
    refused_by("import floor", |sample| {
        sample.import("ntdll.dll", "NtUnknown");
    });
}

#[test]
fn a_dll_that_could_be_planted_is_refused() {
    refused_by("static imports", |sample| {
        sample.import("winhttp.dll", "CloseHandle");
    });
}

#[test]
fn a_delayed_import_is_refused() {
    refused_by("static imports", |sample| sample.set_directory(13));
}

#[test]
fn another_windows_version_is_refused() {
    for offset in [
        field::SUBSYSTEM_MAJOR,
        field::SUBSYSTEM_MINOR,
        field::SYSTEM_MAJOR,
        field::SYSTEM_MINOR,
    ] {
        refused_by("windows version", |sample| sample.set_u16(offset, 2));
    }
    refused_by("windows version", |sample| {
        sample.set_u16(field::SUBSYSTEM, 2);
    });
}

#[test]
fn each_missing_hardening_flag_is_refused() {
    for flag in [0x0020, 0x0040, 0x0100] {
        refused_by("hardening", |sample| {
            sample.set_u16(field::DLL_CHARACTERISTICS, 0x8160 & !flag);
        });
    }
    refused_by("hardening", |sample| sample.clear_directory(5));
    refused_by("hardening", Sample::make_first_section_writable);
}

#[test]
fn a_time_stamp_is_refused() {
    refused_by("time stamp", |sample| sample.set_u32(field::TIME, 1));
}

#[test]
fn a_wrong_checksum_is_refused() {
    let mut bytes = Sample::good().bytes();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert_eq!(objections(&bytes, false), ["checksum"]);
}

#[test]
fn bytes_after_the_last_section_are_refused() {
    refused_by("overlay", |sample| sample.append(b"more"));
}

#[test]
fn a_symbol_table_is_refused() {
    refused_by("symbol table", |sample| sample.set_u32(field::SYMBOLS, 1));
}

#[test]
fn resources_are_refused() {
    refused_by("resources", |sample| sample.set_directory(2));
}

#[test]
fn a_signature_is_refused() {
    refused_by("signature", |sample| sample.set_directory(4));
}

#[test]
fn a_full_section_table_is_refused() {
    refused_by("section room", |sample| {
        let table_end = sample.section_table_end();
        sample.set_u32(field::SIZE_OF_HEADERS, table_end + 39);
    });
}

#[test]
fn a_file_above_the_size_is_refused() {
    refused_by("size", |sample| sample.grow_last_section(1024 * 1024));
}

#[test]
fn a_path_of_the_building_machine_is_refused_in_both_encodings() {
    let wide: Vec<u8> = "/home/builder/x"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for text in [&b"/home/builder/x"[..], &wide] {
        refused_by("build paths", |sample| sample.put_text(text));
    }
}

#[test]
fn test_hooks_are_refused_unless_asked_for() {
    refused_by("test hooks", |sample| {
        sample.put_text(TEST_HOOK_MARKER.as_bytes());
    });
    let mut sample = Sample::good();
    sample.put_text(TEST_HOOK_MARKER.as_bytes());
    assert!(objections(&sample.bytes(), true).is_empty());
}

#[test]
fn a_build_with_hooks_that_the_gate_would_miss_is_refused() {
    assert_eq!(objections(&Sample::good().bytes(), true), ["test hooks"]);
}

#[test]
fn a_file_with_another_number_of_markers_than_one_is_refused() {
    refused_by("stub marker", |sample| {
        sample.put_text(STUB_MARKER.as_bytes());
    });
    refused_by("stub marker", |sample| sample.erase(STUB_MARKER.as_bytes()));
}

#[test]
fn a_malformed_table_is_refused_with_its_line() {
    for (table, allowed) in [
        ("kernel32.dll CloseHandle", ""),
        ("kernel32.dll CloseHandle windows", ""),
        ("kernel32.dll CloseHandle solaris5.0", ""),
        ("", "msvcrt.dll"),
    ] {
        let error = Floor::parse(table, allowed).unwrap_err().to_string();
        assert!(error.contains(":1: "), "{error}");
    }
}
