//! Writes the seeds of the fuzz targets below `generator/fuzz/corpus`.

#[expect(unreachable_pub, reason = "public for the fuzz targets")]
#[path = "../fuzz/src/formats.rs"]
mod formats;
#[expect(unreachable_pub, reason = "public for the fuzz targets")]
#[path = "../fuzz/src/formats_seeds.rs"]
mod formats_seeds;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (target, _) in formats::TARGETS {
        let folder = corpus.join(target);
        std::fs::create_dir_all(&folder)?;
        for (name, bytes) in formats_seeds::seeds(target) {
            std::fs::write(folder.join(format!("seed-{name}")), bytes)?;
        }
    }
    Ok(())
}
