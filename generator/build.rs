//! Puts the bootstrap stub into the program when `GANGWAY_STUB_FILE` names one, as `cargo xtask dist`
//! does. A build without it takes the stub from a file, see `pipeline/stub.rs`.

use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-env-changed=GANGWAY_STUB_FILE");
    println!("cargo::rustc-check-cfg=cfg(has_stub)");
    let Some(stub) = env::var_os("GANGWAY_STUB_FILE").filter(|path| !path.is_empty()) else {
        return;
    };
    println!("cargo::rerun-if-changed={}", stub.display());
    let folder = env::var_os("OUT_DIR").unwrap_or_default();
    match fs::copy(&stub, Path::new(&folder).join("stub.exe")) {
        Ok(_) => println!("cargo::rustc-cfg=has_stub"),
        Err(error) => println!("cargo::error=copy `{}`: {error}", stub.display()),
    }
}
