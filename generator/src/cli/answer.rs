//! What a command answers: one document for machines, whatever came of it.

use std::borrow::Cow;
use std::path::PathBuf;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Value, json};

use super::failure::Failure;
use crate::exit::Exit;
use crate::intake::lock::Change;
use crate::problem::Problem;

/// What stands as `result` in the answer of one command.
pub(super) trait Document: Serialize + JsonSchema {
    /// The command, as typed.
    const COMMAND: &'static str;
    /// Raised when a field goes away or means something else; new fields do not raise it.
    const VERSION: u32;

    /// Name of the schema, as `gangway schema` lists it.
    fn name() -> String {
        Self::COMMAND.replace(' ', "-")
    }
}

/// How a command ended, and all that it has to say.
pub(super) struct Answer<T> {
    /// What was asked for; none when it gave up before there was any.
    pub(super) result: Option<T>,
    /// Every finding: errors, warnings and notes.
    pub(super) problems: Vec<Problem>,
    /// What differs from `gangway.lock`.
    pub(super) lock_changes: Vec<Change>,
    /// Why it gave up.
    pub(super) failure: Option<Failure>,
    /// How it ends when it did not give up.
    pub(super) exit: Exit,
    /// The folder that the findings' subjects lie in, when they are not as typed.
    pub(super) below: Option<PathBuf>,
}

impl<T> Answer<T> {
    /// Done, nothing found.
    pub(super) fn good(result: T) -> Self {
        Self {
            result: Some(result),
            problems: Vec::new(),
            lock_changes: Vec::new(),
            failure: None,
            exit: Exit::Good,
            below: None,
        }
    }

    /// Exit code of the program.
    pub(super) fn exit(&self) -> Exit {
        let failure = self.failure.as_ref();
        failure.map_or(self.exit, |failure| failure.code.exit())
    }
}

impl<T> From<Failure> for Answer<T> {
    fn from(mut failure: Failure) -> Self {
        Self {
            result: None,
            problems: std::mem::take(&mut failure.problems),
            lock_changes: Vec::new(),
            failure: Some(failure),
            exit: Exit::Internal,
            below: None,
        }
    }
}

/// The answer of one command with `--json`: the same keys for every command, for success and
/// for failure.
#[derive(Serialize, JsonSchema)]
pub(super) struct Envelope<'a, T> {
    /// Name and version of this document's shape. The version rises when a key goes away or
    /// means something else; keys may be added at any time.
    schema: String,
    /// The command that answers.
    command: &'static str,
    /// Exit code of the program; what it means stands in `gangway --help`.
    exit_code: u8,
    /// What was asked for; null when the command gave up before there was any.
    result: Option<&'a T>,
    /// Every finding: errors, warnings and notes. A lab root that was trusted is always among
    /// them (GW1305).
    problems: &'a [Problem],
    /// What differs from `gangway.lock`.
    lock_changes: &'a [Change],
    /// Why the command gave up; null when it did not.
    error: Option<&'a Failure>,
}

impl<'a, T: Document> Envelope<'a, T> {
    pub(super) fn of(answer: &'a Answer<T>) -> Self {
        Self {
            schema: id::<T>(),
            command: T::COMMAND,
            exit_code: answer.exit() as u8,
            result: answer.result.as_ref(),
            problems: &answer.problems,
            lock_changes: &answer.lock_changes,
            error: answer.failure.as_ref(),
        }
    }
}

/// Name and version, such as `gangway.build/1`.
fn id<T: Document>() -> String {
    format!("gangway.{}/{}", T::name(), T::VERSION)
}

/// The JSON Schema (draft 2020-12) of a command's answer.
pub(super) fn schema<T: Document>() -> Schema {
    let generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    let mut schema = generator.into_root_schema_for::<Envelope<'_, T>>();
    schema.insert("title".to_owned(), id::<T>().into());
    let fixed = [("schema", id::<T>()), ("command", T::COMMAND.to_owned())];
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, value) in fixed {
            if let Some(property) = properties.get_mut(name).and_then(Value::as_object_mut) {
                property.insert("const".to_owned(), json!(value));
            }
        }
    }
    schema
}

/// The answer when not even the command is understood.
#[derive(Serialize)]
pub(super) struct Nothing;

impl JsonSchema for Nothing {
    fn schema_name() -> Cow<'static, str> {
        "Nothing".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "null" })
    }
}

impl Document for Nothing {
    const COMMAND: &'static str = "gangway";
    const VERSION: u32 = 1;
}
