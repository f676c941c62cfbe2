//! Where a server stands in a campaign, by its newest report.

use gangway_contract::manifest::Mode;
use gangway_contract::{Reason, State, UtcTime, report};
use serde::{Serialize, Serializer};

use super::{Campaign, Server, ServerReport};
use crate::goal::Goal;

pub(super) const DAY_S: i64 = 86_400;

/// Where a server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In the state that its newest report gives.
    State(State),
    /// Its sensor reports to another tenant than the campaign's, or to none that it can name.
    OtherTenant,
    /// Onboarded, and the report does not tell that the server is protected: one of an older
    /// bootstrap, or one whose answers speak against its state.
    HealthUntold,
    /// A last campaign took away from it what bootstraps left there.
    Retired,
    /// Its newest report is of a newer bootstrap, in whose words done may mean something else.
    NewerReport,
    /// Its newest report is too old to say what the server is today.
    NotHeardFrom,
    /// Expected, and there is no report of a run.
    NoReport,
    /// Expected, and what lies there under its name does not count.
    ReportLeftOut,
}

/// Worst first: what needs a person stands at the top.
pub(super) const ORDER: [Standing; 17] = [
    Standing::State(State::Refused),
    Standing::State(State::Failed),
    Standing::State(State::Blocked),
    Standing::State(State::OnboardedUnhealthy),
    Standing::OtherTenant,
    Standing::HealthUntold,
    Standing::NewerReport,
    Standing::ReportLeftOut,
    Standing::NotHeardFrom,
    Standing::NoReport,
    Standing::State(State::Waiting),
    Standing::State(State::Assessed),
    Standing::State(State::OnboardedPendingReboot),
    Standing::State(State::Onboarded),
    Standing::State(State::Offboarded),
    Standing::Retired,
    Standing::State(State::NotTargeted),
];

/// Its place in [`ORDER`].
pub(super) fn rank(standing: Standing) -> usize {
    let mut places = ORDER.iter();
    places.position(|&one| one == standing).unwrap_or(0)
}

impl Standing {
    /// Every standing, worst first.
    pub const ALL: [Self; 17] = ORDER;

    /// The text in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State(state) => state.as_str(),
            Self::OtherTenant => "other_tenant",
            Self::HealthUntold => "health_untold",
            Self::Retired => "retired",
            Self::NewerReport => "newer_report",
            Self::NotHeardFrom => "not_heard_from",
            Self::NoReport => "no_report",
            Self::ReportLeftOut => "report_left_out",
        }
    }

    /// The words for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::State(State::Onboarded) => "onboarded",
            Self::State(State::OnboardedPendingReboot) => "onboarded, restart pending",
            Self::State(State::OnboardedUnhealthy) => "onboarded, not protected as wanted",
            Self::State(State::Offboarded) => "offboarded",
            Self::State(State::Assessed) => "assessed",
            Self::State(State::Waiting) => "waiting",
            Self::State(State::Blocked) => "blocked",
            Self::State(State::Failed) => "failed",
            Self::State(State::Refused) => "refused",
            Self::State(State::NotTargeted) => "not targeted",
            Self::OtherTenant => "other tenant",
            Self::HealthUntold => "onboarded, protection not told",
            Self::Retired => "retired",
            Self::NewerReport => "reported by a newer bootstrap",
            Self::NotHeardFrom => "not heard from",
            Self::NoReport => "no report",
            Self::ReportLeftOut => "report does not count",
        }
    }

    /// What the administrator does next, where the report itself does not say.
    pub const fn next_action(self) -> Option<&'static str> {
        match self {
            Self::State(_) | Self::Retired => None,
            Self::OtherTenant => Some(
                "look at the tenant that the report names: offboard the server with a package of that \
                 tenant, or name the right bundle; where it names none, look at the sensor first",
            ),
            Self::HealthUntold => Some(
                "build and publish a bundle of this version: its bootstrap tells whether the \
                 server is protected",
            ),
            Self::NewerReport => Some(
                "read the reports with the version of `gangway` that built the newest bundle: this one \
                 cannot tell whether these servers are done",
            ),
            Self::NotHeardFrom => Some(
                "find out whether the server still runs, whether the policy still reaches it and \
                 whether it may write to the reports folder; one that is out of service goes from the \
                 list when its account is disabled",
            ),
            Self::ReportLeftOut => Some(
                "find out who wrote the file named for the server, and why it does not count \
                 (`gangway explain GW4006`); then see that the server itself reports again",
            ),
            Self::NoReport => Some(
                "see whether the policy reaches the server (`gpresult /scope computer`) and \
                 whether its account may write to the reports folder",
            ),
        }
    }

    /// Is the server what the campaign wants it to be?
    pub fn is_done(self, goal: Goal) -> bool {
        match (self, goal) {
            (Self::State(State::Onboarded | State::OnboardedPendingReboot), Goal::Onboard)
            | (Self::State(State::Offboarded), Goal::Offboard)
            | (Self::Retired, Goal::Retire) => true,
            // A precheck changes nothing, so that nothing is done by it.
            (_, Goal::Precheck | Goal::Onboard | Goal::Offboard | Goal::Retire) => false,
        }
    }
}

impl Serialize for Standing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Does the report tell how a last campaign ended on its server?
pub(super) fn is_of_last_campaign(report: &ServerReport) -> bool {
    let reason = Reason::from_code(&report.reason);
    report.mode == Mode::Precheck && matches!(reason, Some(Reason::Retired | Reason::NotRetired))
}

/// Where a server stands, by its newest report.
pub(super) fn standing(
    report: Option<(&ServerReport, UtcTime)>,
    campaign: &Campaign,
    now: UtcTime,
    max_age_days: u32,
) -> Standing {
    let Some((report, finished_at)) = report else {
        return Standing::NoReport;
    };
    if now.since(finished_at) > i64::from(max_age_days).saturating_mul(DAY_S) {
        return Standing::NotHeardFrom;
    }
    if report.schema > report::SCHEMA && !is_open_in_every_version(report) {
        return Standing::NewerReport;
    }
    let onboarded = matches!(
        report.state,
        State::Onboarded | State::OnboardedPendingReboot
    );
    let has_tenant = onboarded || report.state == State::OnboardedUnhealthy;
    let other = campaign
        .org_id
        .as_ref()
        .is_some_and(|wanted| report.org_id.as_ref() != Some(wanted));
    if has_tenant && other {
        return Standing::OtherTenant;
    }
    if onboarded && report.protected != Some(true) {
        return Standing::HealthUntold;
    }
    let reason = Reason::from_code(&report.reason);
    match is_of_last_campaign(report) && reason == Some(Reason::Retired) {
        true => Standing::Retired,
        false => Standing::State(report.state),
    }
}

/// A reason that is known here and is of another state shows that the words have changed their meaning.
fn is_open_in_every_version(report: &ServerReport) -> bool {
    let is_open = matches!(
        report.state,
        State::Refused | State::Failed | State::Blocked | State::Waiting
    );
    let reason = Reason::from_code(&report.reason);
    is_open && reason.is_none_or(|reason| reason.state() == report.state)
}

/// Share of the expected servers that are done, in whole percent rounded down, so that 100
/// means all. Servers that the bundle is not for count on neither side; a fleet of none has 0.
pub(super) fn done_percent(servers: &[Server], goal: Goal) -> usize {
    let expected = || {
        let applicable = |server: &&Server| server.standing != Standing::State(State::NotTargeted);
        servers.iter().filter(|one| one.expected).filter(applicable)
    };
    let done = expected().filter(|server| server.standing.is_done(goal));
    (done.count() * 100)
        .checked_div(expected().count())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use gangway_contract::BundleId;

    use super::super::OwnerCheck;
    use super::*;

    const DAYS: i64 = DAY_S;

    fn of_state(state: State, org_id: Option<&str>) -> ServerReport {
        ServerReport {
            state,
            mode: Mode::Onboard,
            reason: "converged".into(),
            detail: "".into(),
            next_action: "nothing".into(),
            blockers: Box::default(),
            more_blockers: 0,
            org_id: org_id.map(|id| id.to_owned().try_into().unwrap()),
            bundle_id: BundleId::of_bytes(b""),
            sequence: 1,
            finished_at: UtcTime(0),
            exit_code: 0,
            schema: report::SCHEMA,
            protected: Some(true),
            owner: OwnerCheck::Checked,
            ring_position: None,
        }
    }

    #[test]
    fn onboarded_is_done_only_where_the_report_tells_of_protection() {
        for state in [State::Onboarded, State::OnboardedPendingReboot] {
            for protected in [Some(true), Some(false), None] {
                let told = ServerReport {
                    protected,
                    ..of_state(state, None)
                };
                let campaign = Campaign {
                    mode: Goal::Onboard,
                    org_id: None,
                    named: true,
                };
                let found = standing(Some((&told, UtcTime(0))), &campaign, UtcTime(0), 30);
                let is_good = protected == Some(true);
                assert_eq!(found.is_done(Goal::Onboard), is_good, "{state}");
                assert_eq!(found == Standing::HealthUntold, !is_good, "{state}");
            }
        }
        assert!(!Standing::State(State::OnboardedUnhealthy).is_done(Goal::Onboard));
    }

    /// A shape rises when a state changes its meaning.
    #[test]
    fn a_state_of_a_newer_shape_makes_nobody_done_and_leaves_nobody_out() {
        let open = [
            State::Refused,
            State::Failed,
            State::Blocked,
            State::Waiting,
        ];
        let later = "of-a-later-version".to_owned();
        let known = Reason::ALL.iter().map(|one| one.as_str().to_owned());
        let reasons: Vec<String> = known.chain([later]).collect();
        for (state, reason) in State::ALL
            .into_iter()
            .flat_map(|state| reasons.iter().map(move |reason| (state, reason.clone())))
        {
            let told = ServerReport {
                schema: report::SCHEMA + 1,
                reason: reason.clone().into(),
                mode: Mode::Precheck,
                ..of_state(state, None)
            };
            let campaign = Campaign {
                mode: Goal::Onboard,
                org_id: None,
                named: true,
            };
            let found = standing(Some((&told, UtcTime(0))), &campaign, UtcTime(0), 30);
            let fits = Reason::from_code(&reason).is_none_or(|known| known.state() == state);
            let wanted = match open.contains(&state) && fits {
                true => Standing::State(state),
                false => Standing::NewerReport,
            };
            assert_eq!(found, wanted, "{state} {reason}");
        }
    }

    const OURS: &str = "01234567-89ab-cdef-0123-456789abcdef";
    const OTHER: &str = "ffffffff-89ab-cdef-0123-456789abcdef";

    #[test]
    fn only_a_fresh_report_of_the_wanted_state_and_tenant_is_done() {
        let standing_of = |state, org_id, age: i64, wanted: Option<&str>| {
            let campaign = Campaign {
                mode: Goal::Onboard,
                org_id: wanted.map(|id| id.to_owned().try_into().unwrap()),
                named: true,
            };
            let now = UtcTime(1_000 * DAYS);
            let finished_at = now.plus(-age);
            standing(
                Some((&of_state(state, org_id), finished_at)),
                &campaign,
                now,
                30,
            )
        };
        let table = [
            (
                State::Onboarded,
                Some(OURS),
                0,
                Some(OURS),
                "onboarded",
                true,
            ),
            (
                State::Onboarded,
                Some(OURS),
                30 * DAYS,
                Some(OURS),
                "onboarded",
                true,
            ),
            (
                State::Onboarded,
                Some(OURS),
                30 * DAYS + 1,
                Some(OURS),
                "not_heard_from",
                false,
            ),
            (
                State::Onboarded,
                Some(OTHER),
                0,
                Some(OURS),
                "other_tenant",
                false,
            ),
            (State::Onboarded, None, 0, Some(OURS), "other_tenant", false),
            (State::Onboarded, Some(OTHER), 0, None, "onboarded", true),
            (
                State::Offboarded,
                Some(OURS),
                0,
                Some(OURS),
                "offboarded",
                false,
            ),
            (
                State::OnboardedUnhealthy,
                Some(OURS),
                0,
                Some(OURS),
                "onboarded_unhealthy",
                false,
            ),
            (
                State::OnboardedUnhealthy,
                Some(OTHER),
                0,
                Some(OURS),
                "other_tenant",
                false,
            ),
            (State::Failed, Some(OTHER), 0, Some(OURS), "failed", false),
            (State::Assessed, None, 0, Some(OURS), "assessed", false),
        ];
        for (state, org_id, age, wanted, text, done) in table {
            let found = standing_of(state, org_id, age, wanted);
            assert_eq!(found.as_str(), text, "{state} {org_id:?} {age}");
            assert_eq!(found.is_done(Goal::Onboard), done, "{text}");
        }
    }

    #[test]
    fn each_campaign_has_its_own_end() {
        for standing in ORDER {
            assert!(!standing.is_done(Goal::Precheck), "{standing:?}");
            let both = standing.is_done(Goal::Onboard) && standing.is_done(Goal::Offboard);
            assert!(!both, "{standing:?}");
        }
        assert!(Standing::State(State::Offboarded).is_done(Goal::Offboard));
    }
}
