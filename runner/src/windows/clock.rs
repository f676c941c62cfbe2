//! Clocks: now, local time, start of Windows.

use gangway_contract::{Fact, UtcTime};
use windows_sys::Wdk::System::SystemInformation::{
    NtQuerySystemInformation, SystemTimeOfDayInformation,
};
use windows_sys::Win32::Foundation::{FILETIME, SYSTEMTIME};
use windows_sys::Win32::System::SystemInformation::{GetLocalTime, GetSystemTimeAsFileTime};
use windows_sys::Win32::System::Time::{
    FileTimeToSystemTime, SystemTimeToFileTime, SystemTimeToTzSpecificLocalTime,
};

use super::last_failure;
use crate::probe::BootTime;

/// The clock.
pub(super) fn now() -> UtcTime {
    let mut time = FILETIME::default();
    // SAFETY: the time is written to a local.
    unsafe { GetSystemTimeAsFileTime(&mut time) };
    UtcTime::from_filetime(number_of(time))
}

pub(super) fn number_of(time: FILETIME) -> u64 {
    (u64::from(time.dwHighDateTime) << 32) | u64::from(time.dwLowDateTime)
}

/// A moment as the system counts it.
pub(super) fn filetime_at(time: UtcTime) -> FILETIME {
    filetime_of(time.to_filetime())
}

fn filetime_of(number: u64) -> FILETIME {
    let [a, b, c, d, e, f, g, h] = number.to_le_bytes();
    FILETIME {
        dwLowDateTime: u32::from_le_bytes([a, b, c, d]),
        dwHighDateTime: u32::from_le_bytes([e, f, g, h]),
    }
}

/// Minutes since local midnight.
pub(super) fn local_minute() -> u16 {
    let mut time = SYSTEMTIME::default();
    // SAFETY: the time is written to a local.
    unsafe { GetLocalTime(&mut time) };
    time.wHour * 60 + time.wMinute
}

/// The structure of `SystemTimeOfDayInformation`.
#[repr(C)]
#[derive(Default)]
struct TimeOfDay {
    boot_time: i64,
    current_time: i64,
    time_zone_bias: i64,
    time_zone_id: u32,
    reserved: u32,
    boot_time_bias: u64,
    sleep_time_bias: u64,
}

/// Start of Windows as the kernel keeps it, right also after the clock was set. It is what WMI
/// tells as `LastBootUpTime`, and so what `Install.ps1` writes down; now minus the time that
/// Windows has been running would drift away from it.
pub(super) fn boot_time() -> Fact<BootTime> {
    let mut answer = TimeOfDay::default();
    let size = u32::try_from(size_of::<TimeOfDay>()).unwrap_or(0);
    // SAFETY: the size is that of the structure; the length is not wanted.
    let status = unsafe {
        NtQuerySystemInformation(
            SystemTimeOfDayInformation,
            (&raw mut answer).cast(),
            size,
            core::ptr::null_mut(),
        )
    };
    let boot = u64::try_from(answer.boot_time).unwrap_or(0);
    if status != 0 || boot == 0 {
        return Fact::unknown(format!("start of Windows: status {status:#010x}"));
    }
    let (mut utc, mut local, mut result) = (
        SYSTEMTIME::default(),
        SYSTEMTIME::default(),
        FILETIME::default(),
    );
    // SAFETY: all are locals; no time zone means the current one.
    let converted = unsafe {
        FileTimeToSystemTime(&filetime_of(boot), &mut utc) != 0
            && SystemTimeToTzSpecificLocalTime(core::ptr::null(), &utc, &mut local) != 0
            && SystemTimeToFileTime(&local, &mut result) != 0
    };
    if !converted {
        return Fact::unknown(last_failure("convert the start time").to_string());
    }
    Fact::Value(BootTime {
        utc: UtcTime::from_filetime(boot),
        local: UtcTime::from_filetime(number_of(result)),
    })
}
