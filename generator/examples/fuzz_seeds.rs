//! Writes the seeds of the fuzz targets below `generator/fuzz/corpus`.

#[expect(unreachable_pub, reason = "public for the fuzz targets")]
#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (target, _, seeds) in fuzz::targets() {
        let folder = corpus.join(target);
        std::fs::create_dir_all(&folder)?;
        for (name, bytes) in seeds() {
            let letters = name.chars().map(|letter| match letter {
                'a'..='z' | 'A'..='Z' | '0'..='9' | '.' => letter,
                _ => '-',
            });
            std::fs::write(
                folder.join(format!("seed-{}", String::from_iter(letters))),
                bytes,
            )?;
        }
    }
    Ok(())
}
