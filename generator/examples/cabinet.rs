//! Writes a cabinet of files: `cabinet (stored | mszip) OUT FILE...`. For `cargo xtask bench`, and to
//! look at what other readers make of one.

use std::fs::File;
use std::path::{Path, PathBuf};

use gangway::packages::cabinet::{self, DosTime, Member, Packing};

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let mut words = std::env::args_os().skip(1);
    let packing = match words.next().as_ref().and_then(|word| word.to_str()) {
        Some("stored") => Packing::Stored,
        Some("mszip") => Packing::Mszip,
        _ => return Err("the first word is `stored` or `mszip`".into()),
    };
    let out = words.next().ok_or("name the file to write")?;
    let mut files = words
        .map(|path| Named::open(Path::new(&path)))
        .collect::<Result<Vec<_>, Error>>()?;
    let mut members: Vec<Member<'_>> = files
        .iter_mut()
        .map(|named| Member {
            name: &named.name,
            size: named.size,
            source: &mut named.file,
        })
        .collect();
    let mut out = File::create(PathBuf::from(out))?;
    cabinet::write(&mut out, &mut members, packing, DosTime::at(0))?;
    Ok(())
}

struct Named {
    name: String,
    size: u64,
    file: File,
}

impl Named {
    fn open(path: &Path) -> Result<Self, Error> {
        let name = path.file_name().ok_or("a path of a file")?;
        let file = File::open(path)?;
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            size: file.metadata()?.len(),
            file,
        })
    }
}
