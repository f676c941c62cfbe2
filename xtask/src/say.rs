//! Everything that xtask prints goes through here.

/// Prints a line about what was done.
#[expect(clippy::print_stdout, reason = "the one place that prints results")]
pub(crate) fn line(text: impl AsRef<str>) {
    println!("{}", text.as_ref());
}

/// Prints a heading for a stage that takes a while.
pub(crate) fn stage(text: impl AsRef<str>) {
    line(format!("==> {}", text.as_ref()));
}

/// Prints something that is not an error but that a person should see.
#[expect(clippy::print_stderr, reason = "the one place that prints warnings")]
pub(crate) fn warning(text: impl AsRef<str>) {
    eprintln!("warning: {}", text.as_ref());
}

/// Prints an error with each of its causes once.
#[expect(clippy::print_stderr, reason = "the one place that prints errors")]
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("caused by: {cause}");
    }
}
