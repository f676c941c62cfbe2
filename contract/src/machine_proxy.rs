//! The machine's WinHTTP proxy, as registry value `WinHttpSettings` holds it.
//!
//! Source: Microsoft's page "Use Group Policy to apply WinHTTP proxy settings to clients"
//! (KB4494447: key, value, type, the bytes of "no proxy", a registry preference as the way of
//! deployment) and what `netsh winhttp set proxy` writes. Four little-endian numbers begin it:
//! length of the fixed part, zero, flags, length of the proxy; then the proxy, the length of the
//! bypass list, and the list. Text is ASCII.

use serde::{Deserialize, Serialize};

/// Key of the value, below `HKEY_LOCAL_MACHINE`.
pub const KEY: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections";
/// The value, of type `REG_BINARY`.
pub const VALUE: &str = "WinHttpSettings";

/// Length of the fixed part with no more fields than these.
const FIXED_PART: u32 = 0x18;
/// Flag that is always set.
const DIRECT: u32 = 1;
/// Flag that says that a proxy is set.
const PROXY_SET: u32 = 2;

/// A proxy, and who goes past it. Both empty means that none is set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineProxy {
    /// `host:port`; Windows takes one for each scheme too (`http=a:1;https=b:2`).
    pub proxy: String,
    /// Hosts that are reached without it, separated by semicolons.
    pub bypass: String,
}

impl MachineProxy {
    /// The value's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let flags = if self.proxy.is_empty() {
            DIRECT
        } else {
            DIRECT | PROXY_SET
        };
        let mut bytes = Vec::new();
        for number in [FIXED_PART, 0, flags] {
            bytes.extend(number.to_le_bytes());
        }
        for text in [&self.proxy, &self.bypass] {
            // No text of a config comes near the limit of the number.
            let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
            bytes.extend(length.to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes
    }

    /// Reads the value's bytes; none when they are cut short. Later Windows write more behind
    /// the list, which is not looked at.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let flags = u32::from_le_bytes(bytes.get(8..12)?.try_into().ok()?);
        if flags & PROXY_SET == 0 {
            return Some(Self::default());
        }
        let (proxy, end) = counted_text(bytes, 12)?;
        // Without a list there may be nothing at all behind the name.
        let (bypass, _) = counted_text(bytes, end).unwrap_or_default();
        Some(Self { proxy, bypass })
    }

    /// Do both mean the same to Windows, which does not tell letter cases of hosts apart?
    pub fn same_as(&self, other: &Self) -> bool {
        self.proxy.eq_ignore_ascii_case(&other.proxy)
            && self.bypass.eq_ignore_ascii_case(&other.bypass)
    }
}

fn counted_text(bytes: &[u8], at: usize) -> Option<(String, usize)> {
    let start = at.checked_add(4)?;
    let length = u32::from_le_bytes(bytes.get(at..start)?.try_into().ok()?);
    let end = usize::try_from(length).ok()?.checked_add(start)?;
    let text = String::from_utf8_lossy(bytes.get(start..end)?).into_owned();
    Some((text, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(proxy: &str, bypass: &str) -> MachineProxy {
        MachineProxy {
            proxy: proxy.to_owned(),
            bypass: bypass.to_owned(),
        }
    }

    #[test]
    fn no_proxy_is_written_as_the_documentation_has_it() {
        let documented = [
            0x18, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(MachineProxy::default().to_bytes(), documented);
    }

    #[test]
    fn what_is_written_is_read() {
        for written in [
            pair("", ""),
            pair("proxy.contoso.com:8080", ""),
            pair("proxy.contoso.com:8080", "localhost;*.contoso.com"),
        ] {
            assert_eq!(MachineProxy::from_bytes(&written.to_bytes()), Some(written));
        }
    }

    #[test]
    fn values_of_windows_are_read() {
        let mut bytes = vec![0x28, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 15, 0, 0, 0];
        bytes.extend(b"proxy.corp:8080");
        let read = MachineProxy::from_bytes;
        assert_eq!(read(&bytes), Some(pair("proxy.corp:8080", "")));
        bytes.extend([7, 0, 0, 0]);
        bytes.extend(b"<local>");
        bytes.extend([0; 32]);
        assert_eq!(read(&bytes), Some(pair("proxy.corp:8080", "<local>")));
        assert_eq!(read(&bytes[..20]), None);
        bytes[8] = 1;
        assert_eq!(read(&bytes), Some(pair("", "")));
        assert_eq!(read(&bytes[..8]), None);
    }
}
