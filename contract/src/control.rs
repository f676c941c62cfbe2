//! `control.json` on the share: the switch that works without a new bundle. It may only withhold, and
//! never names anything to run. What a person decides by `gangway rollout` stands here and, out of the
//! way of copies, in [`rollout`](crate::rollout).

use serde::{Deserialize, Serialize};

use crate::document;

/// Its name, in the folder that the manifest calls the release root.
pub const FILE_NAME: &str = "control.json";

/// Version of the document's shape.
pub const SCHEMA: u32 = 1;

/// Largest document that is read, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// What editors put before a text: of UTF-8 and of UTF-16, which no JSON is (RFC 8259 8.1).
const BYTE_ORDER_MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];

/// What the administrator withholds. Unknown fields are refused: they could ask for more
/// restraint than this program knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Version of the shape; this program writes [`SCHEMA`].
    pub schema: u32,
    /// Is all new work stopped?
    pub paused: bool,
    /// Bundles with a lower sequence do no new work.
    pub min_sequence: u64,
    /// Share of servers that may start work, 0 to 100; it narrows what
    /// [`Present`](crate::rollout::Present) gives otherwise.
    pub ring_percent: u8,
}

impl Control {
    /// Withholds nothing.
    pub const OPEN: Self = Self {
        schema: SCHEMA,
        paused: false,
        min_sequence: 0,
        ring_percent: 100,
    };

    /// Reads the document.
    ///
    /// # Errors
    /// Names the limit, the byte order mark, the schema or the malformed field.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        check_text(FILE_NAME, bytes)?;
        let malformed = |error: serde_json::Error| format!("`control.json` is malformed: {error}");
        // A newer shape is told by its number, and not by the first field that is unknown.
        let schema = document::schema(bytes).map_err(malformed)?;
        if schema != SCHEMA {
            return Err(format!(
                "`control.json` has schema {schema}, this program reads schema {SCHEMA}"
            ));
        }
        let control: Self = serde_json::from_slice(bytes).map_err(malformed)?;
        if control.ring_percent > Self::OPEN.ring_percent {
            return Err(format!(
                "`control.json` has `ring_percent` {}, which goes from 0 to 100",
                control.ring_percent
            ));
        }
        Ok(control)
    }

    /// The bytes to publish: indented JSON with a final line feed.
    pub fn to_bytes(&self) -> Vec<u8> {
        document::to_bytes(self)
    }
}

/// What no switch of a share is: too large, or a text with a byte order mark.
///
/// # Errors
/// Says which, of the file with this name.
pub(crate) fn check_text(name: &str, bytes: &[u8]) -> Result<(), String> {
    if bytes.len() > MAX_BYTES {
        return Err(format!("`{name}` is larger than {MAX_BYTES} bytes"));
    }
    if BYTE_ORDER_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Err(format!(
            "`{name}` begins with a byte order mark: save it as UTF-8 without one"
        ));
    }
    Ok(())
}

/// Position of a server in percentage rings, 0 to 99, from its SID: the same on every run and
/// on every machine. A server takes part in a ring of `p` percent when its position is below
/// `p`, so widening a ring never drops a server.
pub fn ring_position(sid: &str) -> u8 {
    let digest = crate::Sha256::of(sid.as_bytes());
    let [a, b, c, d, ..] = *digest.as_bytes();
    // Below 100.
    u8::try_from(u32::from_be_bytes([a, b, c, d]) % 100).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_bytes_read_back() {
        assert_eq!(Control::parse(&Control::OPEN.to_bytes()), Ok(Control::OPEN));
    }

    #[test]
    fn a_restraint_that_is_not_known_is_refused() {
        let text = br#"{"schema":1,"paused":false,"min_sequence":0,"ring_percent":9,"hold":1}"#;
        assert!(Control::parse(text).unwrap_err().contains("hold"));
    }

    #[test]
    fn what_only_looks_like_a_switch_is_refused_and_named() {
        let object = r#"{"schema":1,"paused":false,"min_sequence":0,"ring_percent":100}"#;
        for (text, told) in [
            ("[1,false,0,100]".to_owned(), "no JSON object"),
            (String::new(), "no JSON object"),
            (format!("\u{feff}{object}"), "byte order mark"),
            (object.replace("100}", "101}"), "`ring_percent` 101"),
            (
                r#"{"schema":2,"hold_back":{"except":[7]}}"#.to_owned(),
                "has schema 2, this program reads schema 1",
            ),
            (object.replace("100}", "256}"), "malformed"),
            (object.replace("\"paused\"", "\"schema\""), "malformed"),
        ] {
            let why = Control::parse(text.as_bytes()).unwrap_err();
            assert!(why.contains(told), "{text}: {why}");
        }
        let wide: Vec<u8> = object.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let wide = [&b"\xff\xfe"[..], &wide].concat();
        assert!(
            Control::parse(&wide)
                .unwrap_err()
                .contains("byte order mark")
        );
        assert_eq!(
            Control::parse(format!("\r\n {object}").as_bytes()),
            Ok(Control::OPEN)
        );
    }

    #[test]
    fn ring_positions_spread_evenly() {
        let mut counts = [0u32; 100];
        for rid in 0..20_000 {
            let sid = format!("S-1-5-21-1004336348-1177238915-682003330-{rid}");
            counts[usize::from(ring_position(&sid))] += 1;
        }
        assert!(
            counts.iter().all(|count| (140..=260).contains(count)),
            "{counts:?}"
        );
    }
}
