//! Output for a person, when there is one.

use std::io::Write as _;

use gangway_contract::printable;
use windows_sys::Win32::System::Console::SetConsoleOutputCP;

/// Code page of UTF-8.
const CP_UTF8: u32 = 65_001;

/// Sets the console to UTF-8; without a console nothing happens.
pub fn attach() {
    // SAFETY: takes a number.
    unsafe { SetConsoleOutputCP(CP_UTF8) };
}

/// Prints a text, which may hold what others wrote: it moves no cursor. There may be nobody to
/// read it, which is no error.
pub fn print(text: &str, to_error: bool) {
    let text = printable::on_lines(text);
    let _ = if to_error {
        std::io::stderr().lock().write_all(text.as_bytes())
    } else {
        std::io::stdout().lock().write_all(text.as_bytes())
    };
}
