//! The signs by which the variants of portal scripts are told apart, each with its line.

use serde::Serialize;

use super::command::Command;
use super::scanner::{reads_file, redirections};
use crate::formats::blob::Direction;
use crate::formats::blob::extract::adds_value;

/// One sign and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Feature {
    /// Which sign.
    pub sign: Sign,
    /// Line, counted from 1.
    pub line: usize,
}

/// The signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// Adds the value `OnboardingInfo`.
    AddsOnboarding,
    /// Adds the offboarding value.
    AddsOffboarding,
    /// Label `USER_CONSENT`.
    ConsentLabel,
    /// `set /p` that waits for a person.
    Prompt,
    /// Says that it is optimized for a single machine.
    SingleMachineText,
    /// Writes the policy value `latency`.
    Latency,
    /// `pause`.
    Pause,
    /// `echo` that is not redirected and not empty.
    VisibleEcho,
    /// Prints the variable `troubleshootInfo`.
    TroubleshootText,
    /// Label `SENSE_STOPPED_WAIT`.
    StoppedWaitLabel,
    /// Event source `WDATPOnboarding`.
    OnboardingEvents,
    /// Event source `WDATPOffboarding`.
    OffboardingEvents,
}

impl Sign {
    /// In words, for evidence.
    pub fn describe(self) -> &'static str {
        match self {
            Self::AddsOnboarding => "adds `OnboardingInfo`",
            Self::AddsOffboarding => "adds the offboarding value",
            Self::ConsentLabel => "has the label `USER_CONSENT`",
            Self::Prompt => "waits for an answer (`set /p`)",
            Self::SingleMachineText => "says that it is for a single machine",
            Self::Latency => "writes the policy value `latency`",
            Self::Pause => "waits for a key (`pause`)",
            Self::VisibleEcho => "prints text that a Group Policy script hides",
            Self::TroubleshootText => "prints the troubleshooting link",
            Self::StoppedWaitLabel => "waits for the sensor to stop",
            Self::OnboardingEvents => "logs as `WDATPOnboarding`",
            Self::OffboardingEvents => "logs as `WDATPOffboarding`",
        }
    }
}

/// The signs of one command.
pub(super) fn of_command(command: Command, text: &[u8], line: usize) -> Vec<Feature> {
    let lower = text.to_ascii_lowercase();
    let has = |needle: &str| {
        lower
            .windows(needle.len())
            .any(|window| window == needle.as_bytes())
    };
    let mut signs = Vec::new();
    match command {
        Command::Label if lower.starts_with(b":user_consent") => signs.push(Sign::ConsentLabel),
        Command::Label if lower.starts_with(b":sense_stopped_wait") => {
            signs.push(Sign::StoppedWaitLabel);
        }
        Command::Set if asks(&lower) && !reads_file(text) => signs.push(Sign::Prompt),
        Command::Pause => signs.push(Sign::Pause),
        Command::Reg => match adds_value(text) {
            Some((Direction::Onboarding, _)) => signs.push(Sign::AddsOnboarding),
            Some((Direction::Offboarding, _)) => signs.push(Sign::AddsOffboarding),
            None if has("/v latency") && !has("query") => signs.push(Sign::Latency),
            None => {}
        },
        Command::EventCreate if has("wdatponboarding") => signs.push(Sign::OnboardingEvents),
        Command::EventCreate if has("wdatpoffboarding") => signs.push(Sign::OffboardingEvents),
        Command::Echo => {
            if has("optimized for onboarding a single machine") {
                signs.push(Sign::SingleMachineText);
            }
            if redirections(text).is_empty() && says_something(&lower) {
                signs.push(if has("%troubleshootinfo%") {
                    Sign::TroubleshootText
                } else {
                    Sign::VisibleEcho
                });
            }
        }
        _ => {}
    }
    signs
        .into_iter()
        .map(|sign| Feature { sign, line })
        .collect()
}

/// `set /p`; a `/p` further on is text, for example of a link.
fn asks(set: &[u8]) -> bool {
    let rest = set.strip_prefix(b"set").unwrap_or(set).trim_ascii_start();
    rest.starts_with(b"/p")
}

/// `echo.` and `echo off` print no text.
fn says_something(echo: &[u8]) -> bool {
    let rest = echo.strip_prefix(b"echo").unwrap_or(echo).trim_ascii();
    !matches!(rest, b"" | b"." | b":" | b"(" | b"off" | b"on")
}
