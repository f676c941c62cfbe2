//! Signs in a path that a config names, by which it means something else than was meant.

use std::path::Path;

use super::toml_text::quoted;

/// What may be the matter with a path that is not there, by the signs in it.
pub(super) fn about_signs(config: &Path, file: &Path) -> Option<String> {
    let folder = config.parent().unwrap_or(Path::new(""));
    let written = file.strip_prefix(folder).unwrap_or(file);
    let written = written.to_string_lossy();
    let escapes = [
        ('\t', "\\t"),
        ('\n', "\\n"),
        ('\r', "\\r"),
        ('\u{8}', "\\b"),
        ('\u{c}', "\\f"),
        ('\u{1b}', "\\e"),
    ];
    let meant = escapes
        .iter()
        .fold(written.to_string(), |text, (sign, escape)| {
            text.replace(*sign, escape)
        });
    if meant != *written {
        return Some(format!(
            "in double quotes a backslash begins another character: write it in single quotes, `{}`",
            quoted(&meant)
        ));
    }
    if written.starts_with('~') {
        return Some("`~` is no home folder here: write the whole path".to_owned());
    }
    let is_pattern = written.contains(['*', '?']);
    is_pattern.then(|| {
        "a pattern is taken as it stands: name the folder, all of it is looked through".to_owned()
    })
}
