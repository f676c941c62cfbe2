//! What the products themselves say of the mode that Defender Antivirus runs in: the class
//! behind `Get-MpComputerStatus`, and the sensor's event 84.

use std::time::Duration;

use super::inquiry::{Inquiry, ask};
use crate::told::{ToldByProduct, mode_event_of, status_of};

/// Both answer within seconds; the management service of a busy server takes longer.
const LIMIT: Duration = Duration::from_secs(30);

/// The class by itself: it needs no module of the server's. `Get-WmiObject` is in every Windows
/// PowerShell, and gives times as text that no language changes.
const STATUS: &str = "$s = Get-WmiObject -Namespace root\\Microsoft\\Windows\\Defender \
    -Class MSFT_MpComputerStatus; \
    'AMRunningMode=' + $s.AMRunningMode; \
    'RealTimeProtectionEnabled=' + $s.RealTimeProtectionEnabled; \
    'AntivirusSignatureLastUpdated=' + $s.AntivirusSignatureLastUpdated";

/// Asks both.
pub(super) fn told_by_product() -> ToldByProduct {
    let mut told = status_of(
        ask(&Inquiry {
            program: r"WindowsPowerShell\v1.0\powershell.exe",
            arguments: &["-NoProfile", "-NonInteractive", "-Command", STATUS],
            limit: LIMIT,
        })
        .map(|told| String::from_utf8_lossy(&told.output).into_owned()),
    );
    told.mode_event = mode_event_of(
        ask(&Inquiry {
            program: "wevtutil.exe",
            arguments: &[
                "qe",
                "Microsoft-Windows-SENSE/Operational",
                "/q:*[System[(EventID=84)]]",
                "/c:1",
                "/rd:true",
                "/f:xml",
            ],
            limit: LIMIT,
        })
        .map(|told| String::from_utf8_lossy(&told.output).into_owned()),
    );
    told
}
