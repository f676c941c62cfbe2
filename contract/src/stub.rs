//! How a bootstrap stub tells which manifests it reads, so that the generator never puts a
//! manifest into an exe that would refuse it.
//!
//! The stub holds [`MARKER`] once, as a `#[used]` static. It is plain ASCII:
//! `gangway-stub[schema=1;version=0.1.0]`.

/// First bytes of the marker.
pub const MARKER_START: &str = "gangway-stub[";

/// The marker of a stub built from this source.
pub const MARKER: &str = concat!(
    "gangway-stub[schema=",
    "1",
    ";version=",
    env!("CARGO_PKG_VERSION"),
    "]"
);

/// What a marker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Manifest schema that the stub reads.
    pub schema: u32,
    /// Version of the stub.
    pub version: String,
}

impl Marker {
    /// Finds the marker in a stub's bytes; none when absent or malformed.
    pub fn find(stub: &[u8]) -> Option<Self> {
        let start = MARKER_START.as_bytes();
        let at = stub
            .windows(start.len())
            .position(|window| window == start)?;
        let rest = stub.get(at + start.len()..)?;
        let end = rest.iter().take(80).position(|&byte| byte == b']')?;
        let text = core::str::from_utf8(&rest[..end]).ok()?;
        let (schema, version) = text.split_once(';')?;
        Some(Self {
            schema: schema.strip_prefix("schema=")?.parse().ok()?,
            version: version.strip_prefix("version=")?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_of_this_source_names_the_current_schema() {
        let marker = Marker::find(MARKER.as_bytes());
        let version = env!("CARGO_PKG_VERSION").to_owned();
        assert_eq!(
            marker,
            Some(Marker {
                schema: crate::manifest::SCHEMA,
                version
            })
        );
    }

    #[test]
    fn a_file_without_marker_is_no_stub() {
        assert_eq!(Marker::find(b"MZ"), None);
        assert_eq!(Marker::find(b"gangway-stub[schema=x;version=1]"), None);
    }
}
