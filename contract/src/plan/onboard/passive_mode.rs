//! Should Defender Antivirus be passive, and who says so?

use crate::fact::Fact;
use crate::facts::{Facts, RunningMode};
use crate::history::History;
use crate::manifest::{AntivirusMode, Manifest, Mode};
use crate::plan::{Stop, steps};
use crate::reason::Reason;
use crate::step::{Step, StepKind};

/// Times that the passive mode policy is written before somebody else is suspected of
/// writing it back.
const CONTESTED_AFTER: u32 = 2;

/// A later change has another cause than a refresh of Group Policy.
const CONTESTED_WITHIN_S: i64 = 86_400;

/// Should Defender Antivirus be passive?
///
/// With `auto` a passive mode that somebody else asked for stays: they may know of an
/// antivirus that this program does not recognise, and two active ones do harm.
pub(super) fn wants_passive(
    manifest: &Manifest,
    facts: &Facts,
    history: &History,
) -> Result<bool, Stop> {
    match manifest.settings.antivirus_mode {
        AntivirusMode::AlwaysPassive => Ok(true),
        AntivirusMode::NeverPassive => Ok(false),
        AntivirusMode::Auto => {
            let others = match &facts.antivirus.others {
                Fact::Value(others) => !others.is_empty(),
                Fact::Absent => false,
                unreadable @ Fact::Unreadable { .. } => {
                    return Err(Stop::unreadable("antivirus.others", unreadable));
                }
            };
            let own = history
                .of(StepKind::WritePassiveMode)
                .is_some_and(|tries| tries.done > 0);
            Ok(others || (facts.antivirus.passive_policy.is(&1) && !own))
        }
    }
}

/// The step that writes the passive mode policy, when one is due.
pub(super) fn mode_steps(
    manifest: &Manifest,
    facts: &Facts,
    history: &History,
    onboarded: bool,
    passive: Result<bool, Stop>,
) -> Result<Vec<Step>, Stop> {
    let passive = passive?;
    let antivirus = &facts.antivirus;
    if passive
        && onboarded
        && antivirus.mode.is(&RunningMode::Active)
        && antivirus.tamper_protection.holds()
    {
        return Err(Stop::new(
            Reason::TamperProtection,
            "Defender Antivirus is active and should be passive",
        ));
    }
    let policy = match &antivirus.passive_policy {
        Fact::Value(value) => *value == 1,
        Fact::Absent => false,
        unreadable @ Fact::Unreadable { .. } => {
            return Err(Stop::unreadable("antivirus.passive_policy", unreadable));
        }
    };
    if policy == passive {
        return Ok(Vec::new());
    }
    let why = format!(
        "`ForceDefenderPassiveMode` asks for {}, wanted is {}",
        if policy { "passive" } else { "active" },
        if passive { "passive" } else { "active" },
    );
    if manifest.settings.antivirus_mode != AntivirusMode::Auto {
        // The policy that sets it comes with the onboarding: no obstacle of a precheck.
        if manifest.mode == Mode::Precheck {
            return Ok(Vec::new());
        }
        return Err(Stop::new(Reason::SettingsNotApplied, why));
    }
    if let Some(tries) = history.of(StepKind::WritePassiveMode)
        && let (Some(last), Some(now)) = (tries.last_end, facts.host.now.value())
        && tries.done >= CONTESTED_AFTER
        && (0..CONTESTED_WITHIN_S).contains(&now.since(last))
    {
        return Err(Stop::new(
            Reason::PassivePolicyContested,
            format!(
                "written {} times, last {last}, and found changed again",
                tries.done
            ),
        ));
    }
    Ok(vec![steps::write_passive_mode(passive, why)])
}
