//! The schemas of all answers, by name, and the command that prints them.

use gangway_contract::report;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::{self, Answer, Document, Nothing};
use super::arguments::SchemaOf;
use super::failure::Failure;
use super::output::Output;
use super::results;
use super::rolled_out::RolledOut;
use crate::failure::FailureCode;
use crate::fleet::{Fleet, Pruned};
use crate::intake::report::InspectionDocument;
use crate::pipeline::SocDocument;

/// The answer of `gangway schema`.
#[derive(Serialize, JsonSchema)]
pub(super) struct Schemas {
    /// Every name, or the one that was asked for.
    schemas: Vec<Named>,
}

#[derive(Serialize, JsonSchema)]
struct Named {
    /// The name, as `gangway schema NAME` takes it.
    name: String,
    /// Its version: the number behind the `/` in an answer's `schema`.
    version: u32,
    /// The JSON Schema (draft 2020-12), when one was asked for by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Schema>,
}

impl Document for Schemas {
    const COMMAND: &'static str = "schema";
    const VERSION: u32 = 1;
}

/// Name, version, and how to make it.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) version: u32,
    pub(super) make: fn() -> Schema,
}

fn entry<T: Document>() -> Entry {
    Entry {
        name: T::name(),
        version: T::VERSION,
        make: answer::schema::<T>,
    }
}

/// Every schema, in the order of the commands; last what bundles hold and servers write.
pub(super) fn all() -> Vec<Entry> {
    vec![
        entry::<results::Written>(),
        entry::<InspectionDocument<'static>>(),
        entry::<results::Built>(),
        entry::<results::Relocked>(),
        entry::<results::Reconstructed>(),
        entry::<results::Signed>(),
        entry::<results::Verified>(),
        entry::<results::Packaged>(),
        entry::<results::AttestedAnswer>(),
        entry::<results::Linted>(),
        entry::<results::Differences>(),
        entry::<results::PublishedWhole>(),
        entry::<results::PublishedShare>(),
        entry::<results::Published>(),
        entry::<RolledOut>(),
        entry::<results::Retired>(),
        entry::<Fleet>(),
        entry::<Pruned>(),
        entry::<results::Tested>(),
        entry::<results::Explained>(),
        entry::<results::Completions>(),
        entry::<Schemas>(),
        entry::<results::Version>(),
        entry::<Nothing>(),
        Entry {
            name: "soc".to_owned(),
            version: SocDocument::VERSION,
            make: soc,
        },
        Entry {
            name: "host-report".to_owned(),
            version: report::SCHEMA,
            make: host_report,
        },
    ]
}

/// A schema as it is shown.
pub(super) fn described(make: fn() -> Schema) -> Schema {
    let mut schema = make();
    schema.as_object_mut().map(descriptions);
    schema
}

/// Descriptions come from the sources, where words in brackets lead to other parts of them.
fn descriptions(fields: &mut Map<String, Value>) {
    for (key, value) in fields {
        match value {
            Value::String(text) if key == "description" => *text = without_links(text),
            Value::Object(inner) => descriptions(inner),
            Value::Array(list) => list
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .for_each(descriptions),
            _ => {}
        }
    }
}

/// ``[`Word`](path)`` becomes `` `Word` ``.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, linked)) = rest.split_once("[`") {
        let Some((word, after)) = linked.split_once("`]") else {
            break;
        };
        let word = word.rsplit("::").next().unwrap_or(word);
        out.push_str(&format!("{before}`{word}`"));
        let target = after
            .strip_prefix('(')
            .and_then(|target| target.split_once(')'));
        rest = target.map_or(after, |(_, after)| after);
    }
    out + rest
}

/// The shape of a bundle's `soc.json`.
fn soc() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<SocDocument>()
}

/// The shape of the report that a server drops on the share, whose agreement `contract` holds.
fn host_report() -> Schema {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<report::Report>()
}

pub(super) fn run(given: &SchemaOf, output: &Output) -> Result<Answer<Schemas>, Failure> {
    let named = |entry: Entry, document| Named {
        name: entry.name,
        version: entry.version,
        document,
    };
    let Some(name) = &given.name else {
        for entry in all() {
            output.result(&format!("{}  version {}", entry.name, entry.version));
        }
        let schemas = all().into_iter().map(|entry| named(entry, None)).collect();
        return Ok(Answer::good(Schemas { schemas }));
    };
    let Some(entry) = all().into_iter().find(|entry| entry.name == *name) else {
        let text = format!("there is no schema `{name}`");
        return Err(
            Failure::of(FailureCode::CommandLine, text).hint("`gangway schema` lists them all")
        );
    };
    let schema = described(entry.make);
    // Strings, numbers and lists only, which always serialise.
    output.result(&serde_json::to_string_pretty(&schema).unwrap_or_default());
    let schemas = vec![named(entry, Some(schema))];
    Ok(Answer::good(Schemas { schemas }))
}

#[cfg(test)]
mod tests {
    use super::without_links;

    #[test]
    fn a_description_leads_to_no_source() {
        for (text, told) in [
            (
                "Code of the reason ([`Reason`]).",
                "Code of the reason (`Reason`).",
            ),
            (
                "One effect ([`Effect`](crate::apply::Effect)), [`health`](Self::health) too",
                "One effect (`Effect`), `health` too",
            ),
            ("a list [a, b]", "a list [a, b]"),
            ("[`open", "[`open"),
        ] {
            assert_eq!(without_links(text), told);
        }
    }
}
