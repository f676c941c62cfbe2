//! Packages that are made, held against those that a folder has.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::PackageError;
use super::document::{FILE_NAME, PackageFile, PackagesDocument, Product};
use super::place::Folder;
use super::signing::{attached, taken};
use super::source::Source;
use crate::disk::DiskError;
use crate::formats::authenticode::FileKind;
use crate::plain_file;

/// A file of the folder, and what is wrong with it.
pub(in crate::pipeline) type Fault = (String, String);

/// The packages that a folder lists.
#[derive(Debug, Clone, Copy)]
pub(in crate::pipeline) struct Listed<'a> {
    /// Where they lie.
    pub(in crate::pipeline) folder: &'a Path,
    /// The folder's document, which lists what lies there, with these digests.
    pub(in crate::pipeline) document: &'a PackagesDocument,
}

/// Packages that are held against those of a folder.
pub(super) struct Comparison<'a> {
    listed: Listed<'a>,
    /// A private folder.
    scratch: &'a Path,
    made: BTreeSet<String>,
    faults: Vec<Fault>,
}

impl<'a> Comparison<'a> {
    pub(super) fn of(listed: Listed<'a>, scratch: &'a Path) -> Self {
        Self {
            listed,
            scratch,
            made: BTreeSet::new(),
            faults: Vec::new(),
        }
    }

    /// Holds a package that was made against the one that is listed, and takes it away.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn compare(
        &mut self,
        folder: &Folder,
        made: &PackageFile,
        kind: Option<FileKind>,
    ) -> Result<(), PackageError> {
        let mut files = self.listed.document.files.iter();
        let why = match files.find(|file| file.path == made.path) {
            None => Some("it is not there, and is made together with the others".to_owned()),
            Some(file) if file.format != made.format => {
                Some("it belongs to another `format`".to_owned())
            }
            Some(file) => match (&file.signature, kind) {
                (None, _) => ((file.size, file.sha256) != (made.size, made.sha256))
                    .then(|| "it is not what is made of this bundle".to_owned()),
                (Some(_), None) => Some("files of its kind carry no signature".to_owned()),
                (Some(_), Some(kind)) => self.signed(&folder.path(&made.path), file, kind)?,
            },
        };
        self.faults.extend(why.map(|why| (made.path.clone(), why)));
        self.made.insert(made.path.clone());
        folder.remove(&made.path)
    }

    /// A signed package is the one that was made with the signature of the one that is there, put into it as
    /// `package` does it: every byte counts, those too that no signature covers.
    fn signed(
        &self,
        made: &Path,
        file: &PackageFile,
        kind: FileKind,
    ) -> Result<Option<String>, PackageError> {
        let there = self.listed.folder.join(&file.path);
        let signature = match taken(made, &there, kind) {
            Ok(signature) => signature,
            Err(why) => {
                let why =
                    format!("but for its signature it is not what is made of this bundle: {why}");
                return Ok(Some(why));
            }
        };
        let work = self.scratch.join("signed");
        fs::create_dir(&work).map_err(DiskError::io("create folder", &work))?;
        let result = attached(made, kind, &signature, &work);
        let result = result.map_err(DiskError::io("attach a signature to", made))?;
        let digest = plain_file::digest(&result, u64::MAX - 1);
        let digest = digest.map_err(DiskError::io("read", &result))?;
        fs::remove_dir_all(&work).map_err(DiskError::io("remove", &work))?;
        Ok((digest != (file.size, file.sha256))
            .then(|| "it holds more than is made of this bundle and a signature".to_owned()))
    }

    /// All faults, with those of what is listed and was not made.
    pub(super) fn ended(self, product: Option<&Product>, removal: Option<&Source>) -> Vec<Fault> {
        let mut faults = self.faults;
        let document = self.listed.document;
        let more = document.files.iter().map(|file| &file.path);
        faults.extend(more.filter(|path| !self.made.contains(*path)).map(|path| {
            (
                path.clone(),
                "nothing of this bundle is made there".to_owned(),
            )
        }));
        let mut of_document = |why: &str| faults.push((FILE_NAME.to_owned(), why.to_owned()));
        if document.product.as_ref() != product {
            of_document("`product` is not that of this bundle's installer package");
        }
        if document.offboarding != removal.and_then(Source::as_offboarding) {
            of_document("`offboarding` is not what the offboarding bundle is");
        }
        faults
    }
}
