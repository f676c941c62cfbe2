//! What may withhold steps that are otherwise due: failures of late, pending restarts, the
//! share's switch, the rollout ring, the maintenance window, room on the disk.

use crate::control::ring_position;
use crate::fact::Fact;
use crate::facts::{Facts, ProductType};
use crate::history::{History, Tries};
use crate::manifest::{Manifest, Mode, RebootRule};
use crate::reason::Reason;
use crate::rollout::Present;
use crate::step::{Step, StepKind};
use crate::time::UtcTime;

use super::{Obstacles, Stop, needs_feature_state, steps};

/// Longest pause between two tries of a failing step.
const LONGEST_RETRY_WAIT_S: i64 = 86_400;
/// Starts of one step without an end before it is suspected: an update night or a power cut
/// explains one or two.
const CUT_SHORT_LIMIT: u32 = 3;

/// Names what withholds the steps. A restart that has to come first is one of those obstacles,
/// and a step of its own when it is the first of them.
pub(super) fn pass(
    manifest: &Manifest,
    facts: &Facts,
    history: &History,
    due: &[Step],
    obstacles: &mut Obstacles,
) -> Option<Step> {
    if let Some(running) = &history.in_flight {
        obstacles.push(Stop::new(
            Reason::StillRunning,
            format!(
                "step `{}` since {}, process {}",
                running.step, running.started_at, running.process
            ),
        ));
    }
    // A precheck looks for what stands in the way of a server, not of the rollout.
    let rollout = manifest.mode != Mode::Precheck;
    if rollout {
        obstacles.met(switch(manifest, facts));
        obstacles.met(ring(manifest, facts));
        obstacles.met(window(manifest, facts));
    }
    let mut first = None;
    let bears = |step: &Step| bears_restart(step, facts);
    if restart_due(manifest, facts) && !due.iter().all(bears) {
        let is_first = obstacles.is_empty();
        if let Some(restart) = obstacles.met(restart(manifest, facts, history)) {
            let detail = "restarting as the manifest allows";
            obstacles.push(Stop::new(Reason::RebootPending, detail));
            first = Some(restart).filter(|_| is_first);
        }
    } else if rollout && let Some(step) = due.first() {
        obstacles.met(retry(manifest, facts, history, step.kind()));
    }
    obstacles.met(room(manifest, facts, due));
    first
}

/// Does the step go well although a restart is pending? What Windows Update waits for does not
/// touch a sensor that is there: only installers would trip over it. Component servicing may be
/// about to replace the sensor itself.
fn bears_restart(step: &Step, facts: &Facts) -> bool {
    let restart = &facts.restart;
    let only_windows_update = restart.windows_update.holds()
        && !restart.servicing.holds()
        && !restart.install_script.holds()
        && !restart.own.holds();
    let applies_blob = matches!(
        step.kind(),
        StepKind::ApplyOnboarding | StepKind::RunOnboardingScript
    );
    bears_pending_restart(step)
        || applies_blob && only_windows_update && facts.sensor.service.value().is_some()
}

/// Steps that touch nothing a restart would finish. Offboarding is among them because its
/// package ends within days.
fn bears_pending_restart(step: &Step) -> bool {
    matches!(
        step.kind(),
        StepKind::StartSensor
            | StepKind::WritePassiveMode
            | StepKind::WriteIdentity
            | StepKind::WriteVdiTag
            | StepKind::RemoveWorkspaces
            | StepKind::ApplyOffboarding
            | StepKind::RunOffboardingScript
    )
}

/// What the share says. Before it was asked, and for payloads that are given by hand, nothing.
fn present(facts: &Facts) -> Present<'_> {
    Present {
        control: facts.gangway.control.value(),
        decided: facts.gangway.rollout.value(),
    }
}

fn switch(manifest: &Manifest, facts: &Facts) -> Result<(), Stop> {
    let share = &facts.gangway;
    let unreadable = share.control.unreadable().or(share.rollout.unreadable());
    if let Some(why) = unreadable {
        return Err(Stop::new(Reason::ControlUnreadable, why));
    }
    let present = present(facts);
    if present.paused() {
        return Err(Stop::new(Reason::Paused, ""));
    }
    if manifest.sequence < present.min_sequence() {
        return Err(Stop::new(
            Reason::SequenceWithheld,
            format!(
                "this bundle has sequence {}, the share asks for {}",
                manifest.sequence,
                present.min_sequence()
            ),
        ));
    }
    Ok(())
}

fn ring(manifest: &Manifest, facts: &Facts) -> Result<(), Stop> {
    let start = manifest.settings.ring_percent;
    let percent = present(facts).ring_percent(manifest.sequence, start);
    if percent >= 100 {
        return Ok(());
    }
    // The account's SID first: all domain controllers of a domain share one machine SID.
    let sids = [&facts.host.account_sid, &facts.host.machine_sid];
    let Some(sid) = sids.into_iter().find_map(Fact::value) else {
        return Err(Stop::unreadable(
            "host.machine_sid",
            &facts.host.machine_sid,
        ));
    };
    let position = ring_position(sid);
    if position < percent {
        Ok(())
    } else {
        Err(Stop::new(
            Reason::RingNotReached,
            format!("position {position}, the ring takes those below {percent}"),
        ))
    }
}

fn window(manifest: &Manifest, facts: &Facts) -> Result<(), Stop> {
    let Some(window) = manifest.settings.window else {
        return Ok(());
    };
    let Fact::Value(minute) = facts.host.local_minute else {
        return Err(Stop::unreadable(
            "host.local_minute",
            &facts.host.local_minute,
        ));
    };
    if window.contains(minute) {
        return Ok(());
    }
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    Err(Stop::new(
        Reason::WindowClosed,
        format!(
            "local time {}, the window is {} to {}",
            clock(minute),
            clock(window.from_minute),
            clock(window.to_minute)
        ),
    ))
}

/// The role that forbids restarting this server, if any.
fn protected_role(facts: &Facts) -> Option<&'static str> {
    let roles = &facts.roles;
    [
        (
            facts.os.product_type.is(&ProductType::DomainController),
            "domain controller",
        ),
        (roles.cluster_node.holds(), "cluster node"),
        (roles.hyper_v.holds(), "Hyper-V host"),
        (roles.exchange.holds(), "Exchange server"),
    ]
    .into_iter()
    .find_map(|(has, role)| has.then_some(role))
}

/// Does anything here wait for a restart? DISM tells of a feature that waits even where
/// nothing else does any more.
fn restart_due(manifest: &Manifest, facts: &Facts) -> bool {
    facts.restart.blocks() || feature_waits(manifest, facts)
}

fn feature_waits(manifest: &Manifest, facts: &Facts) -> bool {
    needs_feature_state(manifest, facts) && facts.antivirus.feature_waits()
}

fn restart(manifest: &Manifest, facts: &Facts, history: &History) -> Result<Step, Stop> {
    let pending = &facts.restart;
    let who: Vec<&str> = [
        (pending.servicing.holds(), "component servicing"),
        (pending.windows_update.holds(), "Windows Update"),
        (pending.install_script.holds(), "`Install.ps1`"),
        (pending.own.holds(), "a step of this bootstrap"),
        (feature_waits(manifest, facts), "feature `Windows-Defender`"),
    ]
    .into_iter()
    .filter_map(|(asks, name)| asks.then_some(name))
    .collect();
    let who = format!("asked for by {}", who.join(", "));
    if let Some(role) = protected_role(facts) {
        return Err(Stop::new(
            Reason::RebootNeededByOwner,
            format!("{role}; {who}"),
        ));
    }
    if manifest.settings.reboot == RebootRule::Never {
        return Err(Stop::new(Reason::RebootPending, who));
    }
    if let Some(earlier) = restart_of_late(facts, history) {
        return Err(Stop::new(
            Reason::RebootPending,
            format!("{who}; {earlier}"),
        ));
    }
    retry(manifest, facts, history, StepKind::Restart)?;
    Ok(steps::restart(who))
}

/// One restart a day: what still waits after a restart will not be cured by the next, and one
/// that somebody called off is theirs to make. One of which nobody knows whether it was asked
/// for is asked for again, unless Windows has started since.
fn restart_of_late(facts: &Facts, history: &History) -> Option<String> {
    let tries = history.of(StepKind::Restart)?;
    let begun = tries.last_start.or(tries.last_end)?;
    let now = facts.host.now.value()?;
    // A clock that was set back tells nothing of the last one.
    if !(0..LONGEST_RETRY_WAIT_S).contains(&now.since(begun)) {
        return None;
    }
    if let Some(boot) = facts.host.boot_time.value().filter(|boot| **boot > begun) {
        return Some(format!(
            "the last restart was at {boot}, and there is one a day at most"
        ));
    }
    let asked_for = tries.failed == 0 && tries.last_end.is_some_and(|end| end >= begun);
    asked_for
        .then(|| format!("a restart was begun at {begun}, and Windows has not started again since"))
}

fn retry(
    manifest: &Manifest,
    facts: &Facts,
    history: &History,
    step: StepKind,
) -> Result<(), Stop> {
    let Some(tries) = history.of(step) else {
        return Ok(());
    };
    if step != StepKind::Restart {
        cut_short(manifest, facts, tries)?;
    }
    let Tries {
        failed: failed @ 1..,
        last_end: Some(last),
        ..
    } = *tries
    else {
        return Ok(());
    };
    let restarted = facts
        .host
        .boot_time
        .value()
        .is_some_and(|boot| *boot > last);
    let next = next_try(manifest, last, failed);
    if restarted || !waits(facts, last, next) {
        return Ok(());
    }
    let code = tries
        .last_code
        .map_or_else(String::new, |code| format!(", last with code {code}"));
    Err(Stop::new(
        Reason::RetryLater,
        format!(
            "step `{}` failed {failed} times{code}; next try after {next}",
            tries.step
        ),
    ))
}

/// Whoever ended the run in the middle of one step again and again, the step itself may be what
/// ends the server: its tries are spaced like failures then, and a restart does not clear that.
fn cut_short(manifest: &Manifest, facts: &Facts, tries: &Tries) -> Result<(), Stop> {
    let Tries {
        step,
        interrupted: interrupted @ CUT_SHORT_LIMIT..,
        last_start: Some(last),
        ..
    } = *tries
    else {
        return Ok(());
    };
    let next = next_try(manifest, last, interrupted - CUT_SHORT_LIMIT + 1);
    if !waits(facts, last, next) {
        return Ok(());
    }
    Err(Stop::new(
        Reason::RetryLater,
        format!(
            "step `{step}` was cut short {interrupted} times, and may be what ends the server; \
             next try after {next}"
        ),
    ))
}

/// The wait doubles with each try, up to a day.
fn next_try(manifest: &Manifest, last: UtcTime, tries: u32) -> UtcTime {
    let doubled = i64::from(manifest.settings.retry_wait_s)
        .saturating_mul(1_i64 << tries.saturating_sub(1).min(32));
    last.plus(doubled.clamp(0, LONGEST_RETRY_WAIT_S))
}

fn waits(facts: &Facts, last: UtcTime, next: UtcTime) -> bool {
    let now = facts.host.now.value();
    // A clock that was set back must not stop the tries for ever.
    now.is_some_and(|now| *now < next && *now >= last)
}

fn room(manifest: &Manifest, facts: &Facts, due: &[Step]) -> Result<(), Stop> {
    let needed: Vec<&str> = due.iter().flat_map(Step::payloads).collect();
    let size = manifest
        .payloads
        .iter()
        .filter(|payload| needed.contains(&payload.name.as_str()))
        .fold(0_u64, |sum, payload| sum.saturating_add(payload.size));
    let wanted = size.saturating_add(manifest.settings.free_space_bytes);
    match facts.host.free_bytes {
        Fact::Value(free) if free < wanted => Err(Stop::new(
            Reason::DiskFull,
            format!("{free} bytes are free, {wanted} are needed"),
        )),
        // A write that fails later is named there.
        Fact::Value(_) | Fact::Absent | Fact::Unreadable { .. } => Ok(()),
    }
}
