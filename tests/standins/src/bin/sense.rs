//! Stands in for `MsSense.exe`, the Defender for Endpoint sensor: the service `Sense`.
//!
//! On start it reads `OnboardingInfo` under the policy key; when that is a blob, it reports
//! `OnboardingState` 1 and the blob's `OrgId` under its status key and sets its own start type
//! to 2 (automatic), `LastConnected`, and the mode of the antivirus by the policy
//! `ForceDefenderPassiveMode`. Where `MsMpEng.exe` lies in the folder of the agent and no
//! service runs it, it registers that service, as the agent's own package does on products
//! without an antivirus. While it runs it watches for an offboarding blob; a valid one (its
//! tenant, not expired) turns the state to 0 and the start type to 3, and the service ends.
//! Without any blob it ends at once, as the real one does (event 6). It takes no stop
//! request.
//!
//! Orders of a test (`gangway_standins::behaviour`, program `sense`): `start_error` (the
//! Windows error with which the start fails, 577 for a disabled early-launch driver);
//! `start_delay_ms`; `onboard_delay_ms`; `onboard=never`; `org_id` (reported instead of the
//! blob's); `contact=never` (no `LastConnected`); `offboard=never`; `end=now`, which alone is also heard while it runs: it ends and
//! stays onboarded.

#[cfg(not(windows))]
fn main() -> std::process::ExitCode {
    gangway_standins::for_windows_only()
}

#[cfg(windows)]
fn main() -> std::process::ExitCode {
    match gangway_standins::windows::service::run("Sense", windows::serve) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(_) => std::process::ExitCode::FAILURE,
    }
}

#[cfg(windows)]
mod windows {
    use std::path::Path;
    use std::process::Command;
    use std::time::{Duration, SystemTime};

    use gangway_standins::behaviour::Behaviour;
    use gangway_standins::blob::{self, Parameters};
    use gangway_standins::calls;
    use gangway_standins::windows::registry;
    use gangway_standins::windows::service::{self, Status};

    const POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection";
    const SENSOR: &str = r"SOFTWARE\Microsoft\Windows Advanced Threat Protection";
    const STATUS: &str = r"SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status";
    const DEFENDER: &str = r"SOFTWARE\Microsoft\Windows Defender";
    const OFFBOARDING: &str = "696C1FA1-4030-4FA4-8713-FAF9B2EA7C0A";
    const AUTOMATIC: u32 = 2;
    const MANUAL: u32 = 3;
    const FAILED_TO_RECORD: u32 = 30; // ERROR_READ_FAULT
    const POLL: Duration = Duration::from_millis(100);

    pub(super) fn serve(status: &Status) {
        let Ok(start) = calls::record("sense", "start") else {
            return status.stopped(FAILED_TO_RECORD);
        };
        let orders = Behaviour::of("sense", start, "");
        status.start_pending();
        pause(&orders, "start_delay_ms", 0);
        if let Some(error) = orders.number("start_error") {
            return status.stopped(error);
        }
        bring_antivirus();
        status.running();
        let Some(onboarding) = policy("OnboardingInfo") else {
            return status.stopped(0);
        };
        if orders.text("onboard") != Some("never") {
            pause(&orders, "onboard_delay_ms", 300);
            set_antivirus_mode();
            if orders.text("contact") != Some("never") {
                record_failure(registry::set_time(STATUS, "LastConnected", now()));
            }
            onboard(&onboarding, orders.text("org_id"));
        }
        while !offboarded(&orders) && Behaviour::of("sense", start, "").text("end").is_none() {
            std::thread::sleep(POLL);
        }
        status.stopped(0);
    }

    /// The agent of products without an antivirus brings one.
    fn bring_antivirus() {
        const IMAGE: &str = r"C:\Program Files\Windows Defender\MsMpEng.exe";
        let key = r"SYSTEM\CurrentControlSet\Services\WinDefend";
        if registry::number(key, "Start").is_some() || !Path::new(IMAGE).exists() {
            return;
        }
        for arguments in [
            &["create", "WinDefend", "binPath=", IMAGE, "start=", "auto"][..],
            &["start", "WinDefend"],
        ] {
            let done = Command::new(r"C:\windows\system32\sc.exe")
                .args(arguments)
                .status();
            record_failure(done.map(|_| ()));
        }
    }

    /// As the policy says; without one it stays.
    fn set_antivirus_mode() {
        if let Some(passive) = registry::number(POLICY, "ForceDefenderPassiveMode") {
            record_failure(registry::set_number(DEFENDER, "PassiveMode", passive));
        }
    }

    fn policy(name: &str) -> Option<(String, Parameters)> {
        let text = registry::text(POLICY, name)?;
        let parameters = blob::parse(&text)?;
        Some((text, parameters))
    }

    fn onboard((text, parameters): &(String, Parameters), ordered: Option<&str>) {
        let own = parameters.org_ids.first().map(String::as_str);
        let Some(org_id) = ordered.or(own) else {
            return;
        };
        // The state comes last: whoever sees 1 finds the rest in place.
        let done = registry::set_text(STATUS, "OrgId", org_id)
            .and_then(|()| registry::set_text(SENSOR, "OnboardedInfo", text))
            .and_then(|()| service::set_start_type("Sense", AUTOMATIC))
            .and_then(|()| registry::set_number(STATUS, "OnboardingState", 1));
        record_failure(done);
    }

    fn offboarded(orders: &Behaviour) -> bool {
        let Some((_, parameters)) = policy(OFFBOARDING) else {
            return false;
        };
        let own = registry::text(STATUS, "OrgId").unwrap_or_default();
        let for_us = parameters
            .org_ids
            .iter()
            .any(|id| own.eq_ignore_ascii_case(id));
        let in_time = parameters.expires.is_some_and(|end| now() < end);
        if !for_us || !in_time || orders.text("offboard") == Some("never") {
            return false;
        }
        let done = registry::set_number(STATUS, "OnboardingState", 0)
            .and_then(|()| service::set_start_type("Sense", MANUAL));
        registry::delete(SENSOR, "OnboardedInfo");
        record_failure(done);
        true
    }

    /// Now as a FILETIME: 100 ns since 1601 UTC, 11 644 473 600 s before 1970.
    fn now() -> u64 {
        let unix = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        unix.as_secs().saturating_add(11_644_473_600) * 10_000_000
    }

    fn pause(orders: &Behaviour, key: &str, default_ms: u64) {
        let wait = orders.number(key).unwrap_or(default_ms);
        std::thread::sleep(Duration::from_millis(wait));
    }

    /// A service has no console; what went wrong goes to the record of calls, where every
    /// test that looks at it fails.
    fn record_failure(done: std::io::Result<()>) {
        if let Err(error) = done {
            let _ = calls::record("sense", &format!("failed: {error}"));
        }
    }
}
