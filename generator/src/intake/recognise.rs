//! What a file is, by its content alone.

use std::io;
use std::path::Path;

use super::content::Content;
use super::context::Context;
use super::item::{Kind, Verdict};
use super::recognised::{Recognised, SignatureCheck};
use super::signature::{Authenticode, RuleFor};
use super::{codes, package, text};
use crate::formats::authenticode::FileKind;
use crate::formats::{cabinet, compound, pe, zip};
use crate::problem::Problem;

/// First bytes by which formats are told apart.
pub(super) const HEAD: u64 = 4096;

/// The form of a file, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Empty,
    Zip,
    Installer,
    Program,
    Cabinet,
    Text,
    Other(&'static str),
}

impl Form {
    /// May a file of this form and size be a package, or carry one?
    pub(super) fn may_be_payload(self, size: u64) -> bool {
        match self {
            Self::Empty | Self::Zip | Self::Installer | Self::Program | Self::Cabinet => true,
            Self::Text => size <= text::MAX_BYTES,
            Self::Other(_) => false,
        }
    }
}

/// Tells the form of a file.
pub(super) fn form(content: &Content) -> io::Result<Form> {
    Ok(form_of(&content.head(HEAD)?))
}

/// Tells the form of a file by its first bytes, [`HEAD`] of them where there are as many.
pub(super) fn form_of(head: &[u8]) -> Form {
    if head.is_empty() {
        Form::Empty
    } else if zip::SIGNATURES.iter().any(|start| head.starts_with(*start)) {
        Form::Zip
    } else if compound::is_compound_file(head) {
        Form::Installer
    } else if pe::is_executable(head) {
        Form::Program
    } else if cabinet::is_cabinet(head) {
        Form::Cabinet
    } else if text::is_text(head) {
        Form::Text
    } else {
        Form::Other(other_form(head))
    }
}

fn other_form(head: &[u8]) -> &'static str {
    let table: [(&[u8], &str); 6] = [
        (b"%PDF", "a PDF document"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"7z\xBC\xAF", "a 7-Zip archive"),
        (b"Rar!", "a RAR archive"),
        (b"\x89PNG", "a picture"),
        (b"\x7fELF", "a Linux program"),
    ];
    table
        .iter()
        .find(|(start, _)| head.starts_with(start))
        .map_or("binary data", |(_, name)| name)
}

/// Recognises a file that is no archive.
pub(super) fn recognise(
    content: &Content,
    form: Form,
    context: &Context<'_>,
    subject: &str,
) -> io::Result<Recognised> {
    Ok(match form {
        Form::Text if content.size()? <= text::MAX_BYTES => {
            text::recognise(&content.head(text::MAX_BYTES)?, context, subject)
        }
        Form::Text => Recognised::unknown("text", subject),
        Form::Installer => package::installer(&mut content.open()?, subject),
        Form::Program => package::program(&mut content.open()?, subject),
        Form::Cabinet => package::update(&mut content.open()?, subject),
        Form::Other(looks_like) => Recognised::unknown(looks_like, subject),
        Form::Zip => Recognised::unknown("a ZIP archive", subject),
        Form::Empty => Recognised {
            problems: vec![Problem::new(
                &codes::EMPTY,
                subject,
                "the file is empty",
                "download it again, or take it out of the folder",
            )],
            ..Recognised::unknown("nothing", subject)
        },
    })
}

/// Recognises a file of the deployment tool's staged folder by its place alone; what can carry
/// a signature has to.
pub(super) fn source_file(form: Form, relative: &Path, subject: &str) -> Recognised {
    let signed_as = match form {
        Form::Program => Some(FileKind::Pe),
        Form::Installer => Some(FileKind::Msi),
        Form::Cabinet => Some(FileKind::Cabinet),
        Form::Empty | Form::Zip | Form::Text | Form::Other(_) => None,
    };
    let problems = if relative.components().count() == 1 {
        Vec::new()
    } else {
        vec![Problem::new(
            &codes::NESTED_SOURCE,
            subject,
            "the file lies in a folder inside the deployment tool's staged folder",
            "run the deployment tool's `-Stage` again into an empty folder",
        )]
    };
    Recognised {
        kind: Kind::DeploymentToolFile {
            name: relative.display().to_string(),
        },
        check: match signed_as {
            Some(file) => SignatureCheck::Authenticode(Authenticode {
                file,
                rule: Some(RuleFor::Tools),
            }),
            None => SignatureCheck::Done(Verdict::NotChecked {
                why: "data of the deployment tool, which checks it itself".to_owned(),
            }),
        },
        problems,
    }
}
