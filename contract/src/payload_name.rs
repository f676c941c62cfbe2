//! Which names a payload may have: plain file names, the same on every system that the bundle
//! passes through, and harmless on a command line.

/// The payload with role [`Role::OnboardingInfo`](crate::manifest::Role::OnboardingInfo).
pub const ONBOARDING_INFO: &str = "OnboardingInfo.json";
/// The payload with role [`Role::OffboardingInfo`](crate::manifest::Role::OffboardingInfo).
pub const OFFBOARDING_INFO: &str = "OffboardingInfo.json";
/// The payload with role [`Role::OnboardingScript`](crate::manifest::Role::OnboardingScript).
pub const ONBOARDING_SCRIPT: &str = "WindowsDefenderATPOnboardingScript.cmd";
/// The payload with role [`Role::OffboardingScript`](crate::manifest::Role::OffboardingScript).
pub const OFFBOARDING_SCRIPT: &str = "WindowsDefenderATPOffboardingScript.cmd";
/// The file that the deployment tool onboards with, of role
/// [`Role::DeploymentToolFile`](crate::manifest::Role::DeploymentToolFile): the name is the tool's.
pub const TOOL_PACKAGE: &str = "WindowsDefenderATP.onboarding";

/// Longest name. Windows allows 255; the rest is room for the folder and for `.part`.
const LONGEST: usize = 128;

/// Names that Windows gives to devices in every folder, whatever follows the first dot.
const DEVICES: [&str; 8] = [
    "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$", "KEYBD$",
];

/// Why a name is no plain file name; none when it is one.
///
/// Source: "Naming Files, Paths, and Namespaces" of the Windows documentation. Beyond it `%`
/// is refused, because `cmd` replaces it even between quotes, and everything but ASCII,
/// because volumes differ in how they fold the case of other letters.
pub fn fault(name: &str) -> Option<&'static str> {
    fault_within(name, LONGEST)
}

/// The same for the name of any file or folder that goes to Windows, of at most `longest` bytes.
pub fn fault_within(name: &str, longest: usize) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if name.len() > longest {
        return Some("it is too long");
    }
    if !name.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Some("it holds a character beyond printable ASCII");
    }
    if name.contains(['\\', '/', ':']) {
        return Some("it names a folder, a drive or a stream");
    }
    if name.contains(['<', '>', '"', '|', '?', '*', '%']) {
        return Some("it holds a character that Windows or a command line gives a meaning");
    }
    if name.starts_with([' ', '.']) || name.ends_with([' ', '.']) {
        return Some("it begins or ends with a blank or a dot, which Windows may drop");
    }
    if is_device(name) {
        return Some("it is the name of a device");
    }
    None
}

/// Whether Windows takes a name for a device, in whatever folder.
pub(crate) fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let numbered = |device: &str| {
        let rest = stem
            .get(..device.len())
            .filter(|start| start.eq_ignore_ascii_case(device))
            .and_then(|_| stem.get(device.len()..));
        let mut digits = rest.unwrap_or_default().chars();
        // Windows takes the superscripts of ISO 8859-1 for digits there ("Naming Files").
        let digit = digits
            .next()
            .filter(|c| matches!(c, '0'..='9' | '¹' | '²' | '³'));
        digit.is_some() && digits.next().is_none()
    };
    DEVICES.iter().any(|name| stem.eq_ignore_ascii_case(name)) || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_pass_and_others_are_told_why() {
        for (name, words) in [
            ("md4ws.msi", ""),
            ("Windows-KB3080149-0a1b2c3d.msu", ""),
            ("WindowsDefenderATP.onboarding", ""),
            ("a b.txt", ""),
            ("console.exe", ""),
            ("COM10.txt", ""),
            ("com.txt", ""),
            ("x", ""),
            ("", "empty"),
            (".", "dot"),
            ("..", "dot"),
            (r"..\evil.exe", "folder"),
            ("a/b", "folder"),
            (r"\\server\x", "folder"),
            ("C:x", "drive"),
            ("x.exe:stream", "stream"),
            (r"\\?\C:\x", "folder"),
            ("x.exe.", "dot"),
            ("x.exe ", "blank"),
            (" x.exe", "blank"),
            (".hidden", "dot"),
            ("CON", "device"),
            ("con.msi", "device"),
            ("Nul .txt", "device"),
            ("aux.tar.gz", "device"),
            ("COM1", "device"),
            ("lpt9.exe", "device"),
            ("CONOUT$", "device"),
            ("a\"b", "meaning"),
            ("a*.exe", "meaning"),
            ("%TEMP%.exe", "meaning"),
            ("a|b", "meaning"),
            ("a\nb", "ASCII"),
            ("a\0b", "ASCII"),
            ("COM\u{b9}.txt", "ASCII"),
            ("m\u{ef}d.msi", "ASCII"),
            ("\u{202e}exe.txt", "ASCII"),
        ] {
            let found = fault(name).unwrap_or("");
            assert!(
                found.contains(words) && found.is_empty() == words.is_empty(),
                "`{name}`: expected `{words}`, found `{found}`"
            );
        }
        assert!(fault(&"x".repeat(LONGEST + 1)).is_some());
    }
}
