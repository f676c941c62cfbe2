//! `onboard.apply = "script"`: Microsoft's own script as a payload, when the config names its
//! digest. Nobody signed its text, so a person has to have looked at the very bytes.

use gangway_contract::Sha256;
use gangway_contract::manifest::Role;

use super::codes;
use crate::formats::onboarding_script::Shape;
use crate::intake::codes as intake;
use crate::intake::{Inspection, Item, Kind, ScriptVariant};
use crate::problem::{Code, Problem};

/// What an inspection finds of a text that cmd.exe would not run to its end unattended.
const NOT_RUNNABLE: [&Code; 4] = [
    &intake::BYTE_ORDER_MARK,
    &intake::NO_EXIT,
    &intake::SAVED_AS_UTF16,
    &intake::STRANGE_END,
];

/// The one script with this role that is accepted, or what stands against each.
pub(super) fn script<'a>(
    inspection: &'a Inspection,
    role: Role,
    accept: &[Sha256],
) -> (Option<&'a Item>, Vec<Problem>) {
    let scripts: Vec<&Item> = inspection.of_role(role).collect();
    if scripts.is_empty() {
        let none = Problem::new(
            if role == Role::OffboardingScript {
                &codes::NO_OFFBOARDING_PACKAGE
            } else {
                &codes::NO_ONBOARDING_PACKAGE
            },
            "downloads",
            "there is no portal script among the downloads, and `onboard.apply` asks for one",
            "download the package for the deployment method `Group Policy`, or take \
             `apply = \"script\"` out of `[onboard]`",
        );
        return (None, vec![none]);
    }
    let accepted: Vec<&Item> = scripts
        .iter()
        .filter(|item| accept.contains(&item.sha256))
        .copied()
        .collect();
    let Some(first) = accepted.first() else {
        return (None, scripts.into_iter().map(not_accepted).collect());
    };
    let mut problems: Vec<Problem> = not_runnable(first).into_iter().collect();
    if accepted.iter().any(|item| item.sha256 != first.sha256) {
        let two = Problem::new(
            &codes::SCRIPT_NOT_ACCEPTED,
            "onboard.accept_scripts",
            "two different scripts among the downloads are accepted",
            "keep one of them",
        );
        problems.push(accepted.iter().fold(two, |problem, item| {
            problem.with_evidence(format!("`{}`: SHA-256 {}", item.path, item.sha256))
        }));
    }
    (Some(first), problems)
}

fn not_accepted(item: &Item) -> Problem {
    let problem = Problem::new(
        &codes::SCRIPT_NOT_ACCEPTED,
        &item.path,
        "the script may not be run: its SHA-256 is not in `onboard.accept_scripts`",
        "read the script; then add the digest, or take `apply = \"script\"` out of `[onboard]`",
    )
    .with_evidence(format!("SHA-256 {}", item.sha256));
    let Some(text) = item.kind.script_text() else {
        return problem;
    };
    match &text.shape {
        Shape::Known { name } => {
            problem.with_evidence(format!("without its blob it is a known script: {name}"))
        }
        Shape::Unknown { lines, count } => {
            let problem = problem.with_evidence(format!(
                "without its blob it is no known script; {count} of its lines are in none"
            ));
            lines.iter().fold(problem, |problem, line| {
                problem.with_evidence(format!("line {}: `{}`", line.line, line.text))
            })
        }
    }
}

/// Accepted, and still nothing that could run as SYSTEM.
fn not_runnable(item: &Item) -> Option<Problem> {
    let mut why: Vec<String> = item
        .problems
        .iter()
        .filter(|problem| NOT_RUNNABLE.contains(&problem.code))
        .map(|problem| problem.message.clone())
        .collect();
    if let Kind::OnboardingScript { variant, .. } | Kind::OffboardingScript { variant, .. } =
        &item.kind
    {
        match variant {
            ScriptVariant::Local => {
                why.push("it waits for answers that nobody gives as SYSTEM".to_owned());
            }
            ScriptVariant::Other => why.push("it is no portal script".to_owned()),
            ScriptVariant::GroupPolicy | ScriptVariant::NonPersistent => {}
        }
    }
    let problem = Problem::new(
        &codes::SCRIPT_CANNOT_RUN,
        &item.path,
        "the accepted script cannot be run by the bootstrap",
        "take the script of the deployment method `Group Policy` from the portal's zip as it is",
    );
    (!why.is_empty()).then(|| why.into_iter().fold(problem, Problem::with_evidence))
}
