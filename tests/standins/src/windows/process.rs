//! What Windows counted for a child process.
#![expect(unsafe_code, reason = "process information functions of kernel32")]

use std::os::windows::io::AsRawHandle as _;

use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};

/// Largest working set of `child` so far, in bytes; none when it cannot be read. Wine says 0 of
/// a process that has ended, which is no measurement.
pub fn peak_memory(child: &std::process::Child) -> Option<usize> {
    let size = u32::try_from(size_of::<PROCESS_MEMORY_COUNTERS>()).ok()?;
    let mut counters = PROCESS_MEMORY_COUNTERS {
        cb: size,
        ..Default::default()
    };
    // SAFETY: the handle is open as long as `child` lives, also after the process ended, and
    // `size` is the size of the structure.
    let read = unsafe { K32GetProcessMemoryInfo(child.as_raw_handle(), &raw mut counters, size) };
    (read != 0 && counters.PeakWorkingSetSize > 0).then_some(counters.PeakWorkingSetSize)
}
