//! `gangway package`.

use std::path::PathBuf;

use super::answer::Answer;
use super::arguments::Package;
use super::commands::{now, patiently};
use super::failure::Failure;
use super::output::Output;
use super::results::Packaged;
use crate::pipeline::{self, Format, PackageRequest};

pub(super) fn package(given: &Package, output: &Output) -> Result<Answer<Packaged>, Failure> {
    let out = given.out.clone().unwrap_or_else(|| beside(given));
    let request = PackageRequest {
        bundle: given.outside.request(&given.bundle, now(&given.moment)),
        out: out.clone(),
        formats: given.formats(),
        offboard: given.offboard.clone(),
        embed: given.embed,
        allow_unsigned: given.allow_unsigned,
        replace_signed: given.replace_signed,
        signing: given.signing(),
        allow_unstamped: given.allow_unstamped,
    };
    let made = patiently(&given.patience, || pipeline::package(&request))?;
    output.problems(&made.problems);
    let document = made.document;
    output.line(&format!("bundle     {}", document.bundle_id));
    output.line(&format!(
        "mode       {}, sequence {}",
        made.goal.as_str(),
        document.sequence
    ));
    for file in &document.files {
        let path = out.join(&file.path);
        output.line(&format!(
            "package    {}, {} bytes",
            path.display(),
            file.size
        ));
        if let Some(who) = &file.signature {
            output.line(&format!("signed     {who}"));
        }
    }
    if let Some(product) = &document.product {
        output.line(&format!(
            "product    {}, version {}",
            product.product_code, product.version
        ));
        let msi = document
            .files
            .iter()
            .find(|file| file.format == Format::Msi && file.path.ends_with(".msi"));
        if let Some(msi) = msi {
            let name = msi.path.rsplit('/').next().unwrap_or(&msi.path);
            output.line(&format!("install    msiexec /i {name} /qn"));
        }
    }
    Ok(Answer {
        problems: made.problems,
        ..Answer::good(Packaged {
            out: out.display().to_string(),
            packages: document,
        })
    })
}

/// A folder beside the bundle's.
fn beside(given: &Package) -> PathBuf {
    let mut name = given.bundle.file_name().unwrap_or_default().to_owned();
    name.push("-packages");
    given.bundle.with_file_name(name)
}
