//! Wheels and tarballs.

use std::fs::File;
use std::io::Read;

use anyhow::{Context as _, Result};
use flate2::read::GzDecoder;

pub(crate) fn each_of_zip(file: File, see: &mut impl FnMut(&str, &[u8])) -> Result<()> {
    let mut archive = zip::ZipArchive::new(file)?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let name = entry.name()?.into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        see(&name, &bytes);
    }
    Ok(())
}

/// Walks a tar archive: headers of 512 bytes with name and octal size, contents padded to 512
/// bytes. The bytes are pinned by digest, so odd forms need no care.
pub(crate) fn each_of_tarball(file: File, see: &mut impl FnMut(&str, &[u8])) -> Result<()> {
    let mut tar = GzDecoder::new(file);
    loop {
        let mut header = [0; 512];
        if tar.read_exact(&mut header).is_err() || header.iter().all(|&byte| byte == 0) {
            return Ok(());
        }
        let text = |from: usize, to: usize| {
            let bytes = header.get(from..to).unwrap_or_default();
            let text = String::from_utf8_lossy(bytes);
            let end = text.find('\0').unwrap_or(text.len());
            text.get(..end).unwrap_or_default().trim().to_owned()
        };
        let size = u64::from_str_radix(&text(124, 136), 8).context("the size of a tar entry")?;
        let name = format!("{}/{}", text(345, 500), text(0, 100));
        let mut content = Vec::new();
        (&mut tar).take(size).read_to_end(&mut content)?;
        let padding = size.next_multiple_of(512) - size;
        std::io::copy(&mut (&mut tar).take(padding), &mut std::io::sink())?;
        see(name.trim_start_matches('/'), &content);
    }
}
