//! State of a Windows feature, by the one tool that every Windows has for it.

use std::time::Duration;

use gangway_contract::Fact;
use gangway_contract::facts::FeatureState;

use super::inquiry::{Inquiry, ask};
use crate::probe::feature_state_of;

/// It answers within seconds; a component store that is being worked on makes it wait.
const LIMIT: Duration = Duration::from_secs(60);
/// Exit code for a feature that this Windows does not have (`CBS_E_UNKNOWN_UPDATE`).
const UNKNOWN_FEATURE: u32 = 0x800f_080c;

/// Asks for the state of `Windows-Defender`.
pub(super) fn feature_state() -> Fact<FeatureState> {
    let told = ask(&Inquiry {
        program: "dism.exe",
        arguments: &[
            "/English",
            "/Online",
            "/Get-FeatureInfo",
            "/FeatureName:Windows-Defender",
        ],
        limit: LIMIT,
    });
    match told {
        Ok(told) if told.code == UNKNOWN_FEATURE => Fact::Absent,
        Ok(told) if told.code == 0 => feature_state_of(&String::from_utf8_lossy(&told.output)),
        Ok(told) => Fact::unknown(format!("`dism.exe` ended with code {:x}", told.code)),
        Err(why) => Fact::Unreadable { why },
    }
}
