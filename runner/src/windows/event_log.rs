//! Lines in the Application log, source `Gangway`.

use core::ptr::{null, null_mut};

use gangway_contract::Fact;
use windows_sys::Win32::System::EventLog::{
    DeregisterEventSource, EVENTLOG_ERROR_TYPE, EVENTLOG_INFORMATION_TYPE, EVENTLOG_WARNING_TYPE,
    RegisterEventSourceW, ReportEventW,
};

use super::{registry, system_folder, wide};
use crate::machine::{Event, Level};
use crate::probe::Value;

const SOURCE: &str = "Gangway";
const KEY: &str = r"SYSTEM\CurrentControlSet\Services\EventLog\Application\Gangway";

/// Longest text of an event in UTF-16 units (31,839 is the documented limit).
const MAX_TEXT: usize = 16_000;

/// Writes a line; registers the source when it is not there.
pub(super) fn write(event: &Event) {
    register();
    let kind = match event.level {
        Level::Information => EVENTLOG_INFORMATION_TYPE,
        Level::Warning => EVENTLOG_WARNING_TYPE,
        Level::Error => EVENTLOG_ERROR_TYPE,
    };
    let source = wide(SOURCE);
    let mut text: Vec<u16> = event.text.encode_utf16().take(MAX_TEXT).collect();
    text.push(0);
    let texts = [text.as_ptr()];
    // SAFETY: all texts end with a zero and outlive the calls; one text is announced.
    unsafe {
        let log = RegisterEventSourceW(null(), source.as_ptr());
        if log.is_null() {
            return;
        }
        ReportEventW(
            log,
            kind,
            0,
            event.id,
            null_mut(),
            1,
            0,
            texts.as_ptr(),
            null(),
        );
        DeregisterEventSource(log);
    }
}

/// Texts come from the message file of `eventcreate`, whose messages 1 to 1000 are one
/// insertion each.
fn register() {
    if matches!(registry::value(KEY, "EventMessageFile"), Fact::Value(_)) {
        return;
    }
    let file = format!(r"{}\EventCreate.exe", system_folder::system_folder());
    // All three kinds of events.
    const TYPES: u64 = 7;
    // An event without its source is shown without its text, and nothing worse.
    let _ = registry::write(KEY, "EventMessageFile", &Value::Text(file));
    let _ = registry::write(KEY, "TypesSupported", &Value::Number(TYPES));
}
