//! Commands of the interpreter itself.

use super::{Class, Command, Variables, classify_program, is_own_file};
use crate::formats::onboarding_script::scanner::{loop_set, word};

pub(super) fn internal(name: &str) -> Option<Command> {
    Some(match name {
        "echo" => Command::Echo,
        "set" => Command::Set,
        "if" => Command::If,
        "for" => Command::For,
        "goto" => Command::Goto,
        "call" => Command::Call,
        "exit" => Command::Exit,
        "pause" => Command::Pause,
        "rem" => Command::Comment,
        "setlocal" | "endlocal" | "cls" | "title" | "color" | "shift" => Command::Shell,
        "del" | "erase" => Command::Del,
        "type" => Command::Type,
        _ => return None,
    })
}

pub(super) fn internal_class(
    command: Command,
    text: &[u8],
    arguments: &[u8],
    variables: &Variables,
) -> Class {
    match command {
        Command::Call => match arguments.trim_ascii_start() {
            [b':', ..] => Class::Known(Command::Call),
            // One level: `call call x` is nothing that a portal script does.
            other if word(other).is_some_and(|(name, _)| !name.eq_ignore_ascii_case(b"call")) => {
                classify_program(other, variables)
            }
            _ => Class::Unclear("a call of a call"),
        },
        Command::For => match loop_set(text) {
            // A set in quotes of these kinds is a command to run.
            Some([b'\'' | b'`', ..]) => Class::Unclear("a loop over the output of a command"),
            Some(_) => Class::Known(Command::For),
            None => Class::Unclear("a loop without a set"),
        },
        Command::Del => {
            let lower = arguments.to_ascii_lowercase();
            let own = lower
                .split(|byte| b" \t\"".contains(byte))
                .filter(|part| !part.is_empty() && !part.starts_with(b"/"))
                .take_while(|part| !part.starts_with(b">") && !part.starts_with(b"2>"))
                .all(is_own_file);
            if own {
                Class::Known(Command::Del)
            } else {
                Class::Unclear("deletes a file outside the temporary folders")
            }
        }
        other => Class::Known(other),
    }
}
