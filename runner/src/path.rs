//! Paths as the lower functions of Windows take them.

/// The form that is passed on as it stands: no limit of 260 characters, no device names, no
/// dots taken away. Paths that are not plain and absolute are left as they are.
pub fn verbatim(path: &str) -> String {
    let plain = !path.contains('/') && !path.split('\\').any(|part| part == "." || part == "..");
    let device = path.starts_with(r"\\?\") || path.starts_with(r"\\.\");
    if !plain || device {
        return path.to_owned();
    }
    if let Some(share) = path.strip_prefix(r"\\") {
        return format!(r"\\?\UNC\{share}");
    }
    match path.as_bytes() {
        [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic() => format!(r"\\?\{path}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_absolute_paths_get_the_prefix() {
        for (path, expected) in [
            (r"C:\a\b", r"\\?\C:\a\b"),
            (r"\\server\share\a", r"\\?\UNC\server\share\a"),
            (r"\\?\C:\a", r"\\?\C:\a"),
            (r"\\.\pipe\a", r"\\.\pipe\a"),
            (r"C:\a\..\b", r"C:\a\..\b"),
            (r"C:\a/b", r"C:\a/b"),
            (r"C:a", r"C:a"),
            ("a", "a"),
        ] {
            assert_eq!(verbatim(path), expected, "{path}");
        }
    }
}
