//! Packages that are made, held against those that a folder has.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Seek as _, SeekFrom};
use std::path::Path;

use super::PackageError;
use super::document::{FILE_NAME, PackageFile, PackagesDocument, Product};
use super::place::Folder;
use super::remarks::SignedPackage;
use super::signer::judged;
use super::signing::{attached, taken};
use super::source::Source;
use crate::disk::DiskError;
use crate::formats::authenticode::FileKind;
use crate::pipeline::demands::Demands;
use crate::plain_file;
use crate::problem::Problem;

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
    demands: &'a Demands,
    /// A private folder.
    scratch: &'a Path,
    made: BTreeSet<String>,
    found: Compared,
}

/// What was found of the packages of a folder.
#[derive(Default)]
pub(super) struct Compared {
    /// Files that are not what is made.
    pub(super) faults: Vec<Fault>,
    /// Files that are, with a signature that is refused.
    pub(super) refused: Vec<Problem>,
    /// Files that are, with one that holds.
    pub(super) signed: Vec<SignedPackage>,
}

impl<'a> Comparison<'a> {
    pub(super) fn of(listed: Listed<'a>, demands: &'a Demands, scratch: &'a Path) -> Self {
        Self {
            listed,
            demands,
            scratch,
            made: BTreeSet::new(),
            found: Compared::default(),
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
        self.found
            .faults
            .extend(why.map(|why| (made.path.clone(), why)));
        self.made.insert(made.path.clone());
        folder.remove(&made.path)
    }

    /// A signed package is the one that was made with the signature of the one that is there, put into it as
    /// `package` does it: every byte counts, those too that no signature covers. The signature is judged in that file,
    /// whose bytes are the listed ones: what lies in the folder may be exchanged between two looks.
    fn signed(
        &mut self,
        made: &Path,
        file: &PackageFile,
        kind: FileKind,
    ) -> Result<Option<String>, PackageError> {
        let there = self.listed.folder.join(&file.path);
        let mut open = plain_file::open(&there).map_err(DiskError::io("open", &there))?;
        let found = open.metadata().map_err(DiskError::io("look at", &there))?;
        if found.len() != file.size {
            return Ok(Some("it was exchanged while it was read".to_owned()));
        }
        let signature = match taken(made, &mut open, kind) {
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
        let result = result.map_err(DiskError::io("put a signature into", &work))?;
        let read = DiskError::io("read", &result);
        let mut signed = match plain_file::open(&result) {
            Ok(signed) => signed,
            Err(error) => return Err(read(error).into()),
        };
        let digest = plain_file::digest_of(&mut signed, u64::MAX - 1);
        let digest = digest.map_err(DiskError::io("read", &result))?;
        let is_it = digest == (file.size, file.sha256);
        if is_it {
            let start = signed.seek(SeekFrom::Start(0));
            start.map_err(DiskError::io("read", &result))?;
            let listed = file.signature.as_deref();
            match judged(&file.path, listed, &mut signed, kind, self.demands) {
                Ok(who) => self.found.signed.push((file.path.clone(), who)),
                Err(problem) => self.found.refused.push(*problem),
            }
        }
        drop(signed);
        fs::remove_dir_all(&work).map_err(DiskError::io("remove", &work))?;
        Ok(
            (!is_it)
                .then(|| "it holds more than is made of this bundle and a signature".to_owned()),
        )
    }

    /// All that was found, with what is listed and was not made.
    pub(super) fn ended(self, product: Option<&Product>, removal: Option<&Source>) -> Compared {
        let mut found = self.found;
        let faults = &mut found.faults;
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
        found
    }
}
