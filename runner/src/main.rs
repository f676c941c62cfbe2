//! Entry point: the real machine in, an exit code out.

#[cfg(windows)]
mod start;

/// Tells the generator which manifests this stub reads.
#[used]
static MARKER: &str = gangway_contract::stub::MARKER;

#[cfg(windows)]
fn main() -> std::process::ExitCode {
    start::main()
}

/// Elsewhere than on Windows there is nothing to onboard.
#[cfg(not(windows))]
fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(u8::from(MARKER.is_empty()) + 69)
}
