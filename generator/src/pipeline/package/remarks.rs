//! What is told of a folder of packages that nothing stands against: what nobody judged, signed or made.

use std::path::Path;

use super::document::{Format, PackagesDocument};
use super::signer::{Who, signed_kind, unrelated};
use super::source::Source;
use crate::packages::codes::OFFBOARDING_UNUSED;
use crate::packages::tools::{CONTENT, OFFBOARD};
use crate::pipeline::demands::Demands;
use crate::problem::Problem;
use crate::provenance::codes;

/// A signed package, and who signed it.
pub(in crate::pipeline) type SignedPackage = (String, Who);

/// What no root judged, and what nobody signed.
pub(in crate::pipeline) fn of_signatures(
    document: &PackagesDocument,
    signed: &[SignedPackage],
    demands: &Demands,
) -> Vec<Problem> {
    let mut problems: Vec<Problem> = signed
        .iter()
        .filter_map(|(path, who)| unrelated(path, &who.unrelated))
        .collect();
    problems.extend(not_judged(signed));
    problems.extend(not_signed(document, demands));
    problems
}

fn not_judged(signed: &[SignedPackage]) -> Option<Problem> {
    let files: Vec<String> = signed
        .iter()
        .filter(|(_, who)| !who.is_judged)
        .map(|(path, who)| format!("{path}: {}", who.line()))
        .collect();
    if files.is_empty() {
        return None;
    }
    let problem = Problem::new(
        &codes::ROOT_NOT_NAMED,
        "packages",
        "their signatures hold, and no root says whose they are",
        "name the root of the signing certificate under `signing.roots` of the config, or by `--root`",
    );
    Some(problem.naming(files.into_iter()))
}

/// A signature that is taken away leaves a package that is whole.
fn not_signed(document: &PackagesDocument, demands: &Demands) -> Option<Problem> {
    let is_as_it_is = |path: &str| {
        let folder = path.split_once('/').map(|(folder, _)| folder);
        folder.is_some_and(|folder| [CONTENT, OFFBOARD].contains(&folder))
    };
    let files: Vec<_> = document
        .files
        .iter()
        .filter(|file| signed_kind(&file.path).is_some() && !is_as_it_is(&file.path))
        .collect();
    let has_signed = files.iter().any(|file| file.signature.is_some());
    let unsigned: Vec<String> = files
        .iter()
        .filter(|file| file.signature.is_none())
        .map(|file| file.path.clone())
        .collect();
    if unsigned.is_empty() || !(has_signed || demands.has_command) {
        return None;
    }
    let problem = Problem::new(
        &codes::NOT_ALL_SIGNED,
        "packages",
        match has_signed {
            true => "some of them are signed, and these are not",
            false => "none of them is signed, though the config has a command that signs",
        },
        "where they were signed, find out who took the signatures away; else make them again by `gangway package --sign`",
    );
    Some(problem.naming(unsigned.into_iter()))
}

/// Formats that a bundle of its kind usually has and the folder has not: whole ones go without a trace in it.
pub(super) fn left_out(document: &PackagesDocument, source: &Source) -> Option<Problem> {
    let usual = Format::ALL.into_iter().filter(|format| {
        format.is_usual(source.document.mode)
            && (*format != Format::Msi || source.secrets().is_empty())
    });
    let absent: Vec<String> = usual
        .filter(|format| !document.files.iter().any(|file| file.format == *format))
        .flat_map(|format| format.folders().first())
        .map(|folder| format!("{folder}/"))
        .collect();
    if absent.is_empty() {
        return None;
    }
    let problem = Problem::new(
        &codes::FORMATS_ABSENT,
        "packages",
        "these kinds of packages are not in the folder, and nobody vouches for any",
        "nothing, where they were not made; else find out who took them away, and make the packages again",
    );
    Some(problem.naming(absent.into_iter()))
}

/// An offboarding bundle that the folder has nothing of.
pub(super) fn unused(offboard: Option<&Path>, document: &PackagesDocument) -> Option<Problem> {
    let offboard = offboard.filter(|_| document.offboarding.is_none())?;
    Some(Problem::new(
        &OFFBOARDING_UNUSED,
        offboard.display().to_string(),
        "the packages have nothing of this offboarding bundle, so nobody vouches for it here",
        "leave `--offboard` away, or make the packages with it: `gangway package BUNDLE --offboard BUNDLE`",
    ))
}
