//! When and on how many servers it is done, and the settings of the manifest.

use gangway_contract::UncPath;
use gangway_contract::manifest::{Settings, Window};

use super::super::intended;
use super::super::numbers::{REPORT_EVERY_DAYS, RING_PERCENT, bounds, out_of_bounds};
use super::super::sections::{ConfigFile, Rollout};
use super::super::slip::example_of;
use super::super::values::parse_window;
use super::{Fault, refuse};

/// What `[rollout]` says in a form of its own.
pub(super) struct When {
    pub(super) ring_percent: Option<u8>,
    pub(super) report_every_days: u16,
    pub(super) window: Option<Window>,
}

pub(super) fn when(rollout: &Rollout) -> Result<When, Fault> {
    let is_within =
        |key, number: i64| bounds(key).is_none_or(|bounds| bounds.contains(&number.into()));
    let percent = |given| {
        let percent = u8::try_from(given).ok();
        percent.filter(|_| is_within(RING_PERCENT, given))
    };
    let days = |given| {
        let days = u16::try_from(given).ok();
        days.filter(|_| is_within(REPORT_EVERY_DAYS, given))
    };
    let ring_percent = match rollout.ring_percent.map(percent) {
        Some(None) => {
            return refuse(
                RING_PERCENT,
                "is no percentage",
                "write a percentage from 0 to 100, as `ring_percent = 10`",
            );
        }
        given => given.flatten(),
    };
    let Some(report_every_days) = rollout.report_every_days.map_or(Some(1), days) else {
        return refuse(
            REPORT_EVERY_DAYS,
            "is no number of days that fits",
            "write 1 to 30, or 0 for no reports of servers that are done",
        );
    };
    let window = match rollout
        .window
        .as_deref()
        .map(|text| (text, parse_window(text)))
    {
        Some((text, None)) => {
            let why = format!("is `{text}`, which is no window");
            let meant = intended::window(&[text]).unwrap_or_else(|| "22:00-04:00".to_owned());
            let hint = format!(
                "write two local times that differ, as `window = \"{meant}\"`, or leave it out for any hour"
            );
            return refuse("rollout.window", why, hint);
        }
        given => given.and_then(|(_, window)| window),
    };
    Ok(When {
        ring_percent,
        report_every_days,
        window,
    })
}

pub(super) fn numbers(file: &ConfigFile) -> Result<(), Fault> {
    let Some(found) = out_of_bounds(&file.rollout, &file.signing) else {
        return Ok(());
    };
    let (least, most) = found.bounds.into_inner();
    let example = example_of(found.key).unwrap_or_else(|| most.to_string());
    let hint = format!("write a number from {least} to {most}, as `{example}`");
    refuse(found.key, found.why, hint)
}

/// The settings that stand in the file as the manifest has them; what it leaves out has its default.
pub(super) fn settings(file: &ConfigFile, release_root: UncPath, when: &When) -> Settings {
    let (onboard, rollout) = (&file.onboard, &file.rollout);
    let defaults = Settings::with_release_root(release_root);
    Settings {
        antivirus_mode: onboard.antivirus_mode,
        other_antivirus: onboard.other_antivirus.clone(),
        health: file.health,
        agent_route: onboard.agent_route,
        device_tag: onboard.device_tag.clone(),
        machine_proxy: file.gpo.settings.proxy.machine(),
        window: when.window,
        ring_percent: when.ring_percent.unwrap_or(defaults.ring_percent),
        reboot: rollout.reboot.unwrap_or(defaults.reboot),
        azure_stack_hci: file.targets.azure_stack_hci,
        vdi: file.targets.vdi,
        apply: onboard.apply,
        uninstall_agent: file.offboard.uninstall_agent,
        retry_wait_s: rollout.retry_wait_s.unwrap_or(defaults.retry_wait_s),
        jitter_s: rollout.jitter_s.unwrap_or(defaults.jitter_s),
        fetch_retries: rollout.fetch_retries.unwrap_or(defaults.fetch_retries),
        fetch_retry_wait_s: rollout
            .fetch_retry_wait_s
            .unwrap_or(defaults.fetch_retry_wait_s),
        installer_wait_s: rollout
            .installer_wait_s
            .unwrap_or(defaults.installer_wait_s),
        install_limit_s: rollout.install_limit_s.unwrap_or(defaults.install_limit_s),
        script_limit_s: rollout.script_limit_s.unwrap_or(defaults.script_limit_s),
        verify_wait_s: rollout.verify_wait_s.unwrap_or(defaults.verify_wait_s),
        free_space_bytes: rollout
            .free_space_bytes
            .unwrap_or(defaults.free_space_bytes),
        ..defaults
    }
}
