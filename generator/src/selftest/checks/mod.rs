//! The questions themselves, each group in the order in which it has to work.

mod directory;
mod files;
mod installer;
mod packages;
mod policies;
mod shares;
mod tasks;

use super::answer::Finding;
use super::context::Context;

/// Questions that are asked together: ids of the rows, and what asks them.
pub(super) struct Group {
    /// The rows that are answered, in this order.
    pub(super) rows: &'static [&'static str],
    /// Answers each of them.
    pub(super) ask: fn(&mut Context<'_>) -> Vec<Finding>,
}

/// A question that stops at the first thing that decides it.
type Question = fn(&mut Context<'_>) -> Result<Finding, Finding>;

fn one(context: &mut Context<'_>, question: Question) -> Finding {
    let finding = question(context).unwrap_or_else(|finding| finding);
    context.found(finding)
}

macro_rules! alone {
    ($id:literal, $question:path) => {
        Group {
            rows: &[$id],
            ask: |context| vec![one(context, $question)],
        }
    };
}

/// Every group, in the order of the rows.
pub(super) const GROUPS: [Group; 23] = [
    alone!("bootstrap-signature", files::bootstrap_signature),
    alone!("payload-signatures", files::payload_signatures),
    Group {
        rows: &["bootstrap-facts", "antivirus-mode"],
        ask: files::facts,
    },
    alone!("sensor-capability", files::sensor_capability),
    alone!("wmi-filter-query", policies::filter_query),
    alone!("wmi-filter-mof", policies::filter_mof),
    alone!("task-xml-checked", tasks::checked),
    alone!("package-unpacked", installer::unpacked),
    alone!("installer-mutex", installer::mutex),
    alone!("scripts-parsed", packages::scripts_parsed),
    alone!("script-signatures", packages::script_signatures),
    alone!("detection-script", packages::detection_script),
    alone!("dsc-compiled", packages::dsc_compiled),
    alone!("app-control-converted", packages::app_control_converted),
    alone!("app-locker-tested", packages::app_locker_tested),
    alone!("directory-sign-in", directory::sign_in),
    Group {
        rows: &["task-registered", "task-cache-key"],
        ask: tasks::registered,
    },
    alone!("task-deleted-while-running", tasks::deleted_while_running),
    alone!("registry-pol", policies::registry_pol),
    alone!("gpo-imported", policies::imported),
    Group {
        rows: &[
            "package-installed",
            "package-permissions",
            "package-starts-bootstrap",
            "package-upgraded",
            "package-removed",
        ],
        ask: installer::installed,
    },
    Group {
        rows: &["payload-share", "report-share"],
        ask: shares::shares,
    },
    alone!("event-source", shares::event_source),
];
