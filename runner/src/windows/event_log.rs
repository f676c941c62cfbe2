//! Lines in the Application log.

use core::ptr::{null, null_mut};

use gangway_contract::Fact;
use gangway_contract::events::SOURCES;
use windows_sys::Win32::System::EventLog::{
    DeregisterEventSource, EVENTLOG_ERROR_TYPE, EVENTLOG_INFORMATION_TYPE, EVENTLOG_WARNING_TYPE,
    RegisterEventSourceW, ReportEventW,
};

use super::registry::Content;
use super::{last_failure, registry, wide};
use crate::failure::Failure;
use crate::machine::{Event, Level};

/// Longest text of an event in UTF-16 units (31,839 is the documented limit).
const MAX_TEXT: usize = 16_000;

/// Writes a line; registers the source when it is not there.
pub(super) fn write(event: &Event) -> Result<(), Failure> {
    let what = || format!("write event {} of source `{}`", event.id, event.source);
    register(event.source);
    let kind = match event.level {
        Level::Information => EVENTLOG_INFORMATION_TYPE,
        Level::Warning => EVENTLOG_WARNING_TYPE,
        Level::Error => EVENTLOG_ERROR_TYPE,
    };
    let source = wide(event.source);
    let mut text: Vec<u16> = event.text.encode_utf16().take(MAX_TEXT).collect();
    text.push(0);
    let texts = [text.as_ptr()];
    // SAFETY: the text ends with a zero.
    let log = unsafe { RegisterEventSourceW(null(), source.as_ptr()) };
    if log.is_null() {
        return Err(last_failure(what()));
    }
    // SAFETY: the log is open, the text ends with a zero and is the one that is announced.
    let written = unsafe {
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
        )
    };
    let result = if written == 0 {
        Err(last_failure(what()))
    } else {
        Ok(())
    };
    // SAFETY: the log is open and closed once.
    unsafe { DeregisterEventSource(log) };
    result
}

/// Texts come from the message file of `eventcreate`, whose messages 1 to 1000 are one
/// insertion each. The values are those that `eventcreate` itself writes: without the last one
/// it would refuse the source to the portal's scripts later.
fn register(source: &str) {
    let key = format!(r"{SOURCES}\{source}");
    if matches!(registry::value(&key, "EventMessageFile"), Fact::Value(_)) {
        return;
    }
    // All three kinds of events.
    const TYPES: u64 = 7;
    for (name, content) in [
        (
            "EventMessageFile",
            Content::Expandable(r"%SystemRoot%\System32\EventCreate.exe"),
        ),
        ("TypesSupported", Content::Number(TYPES)),
        ("CustomSource", Content::Number(1)),
    ] {
        // An event without its source is shown without its text, and nothing worse.
        let _ = registry::write(&key, name, &content);
    }
}
