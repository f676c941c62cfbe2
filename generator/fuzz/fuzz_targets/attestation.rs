#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| gangway_fuzz::documents::attestation(data));
