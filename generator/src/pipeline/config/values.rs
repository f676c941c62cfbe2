//! Values with a form of their own: UNC paths and maintenance windows.

use gangway_contract::manifest::Window;

/// What is wrong with a UNC path, if anything: short server names fall back to NTLM and some
/// policies forbid it, so only full names are taken.
pub(super) fn unc_fault(unc: &str) -> Option<String> {
    let Some(rest) = unc.strip_prefix(r"\\") else {
        return Some(format!("`{unc}` is no UNC path"));
    };
    let mut parts = rest.split('\\');
    let server = parts.next().unwrap_or_default();
    if !is_dns_name(server) {
        return Some(format!("`{unc}` does not name its server by full DNS name"));
    }
    let forbidden = |part: &str| {
        part.is_empty()
            || part == "."
            || part == ".."
            // Windows drops them: another folder would be meant than the one written.
            || part.ends_with(['.', ' '])
            || part.contains(['/', ':', '*', '?', '"', '<', '>', '|', '%'])
            || part.chars().any(char::is_control)
    };
    let folders: Vec<&str> = parts.collect();
    if folders.is_empty() || folders.iter().any(|part| forbidden(part)) {
        return Some(format!(
            "`{unc}` has an empty or forbidden part, or one that ends with a dot or a blank"
        ));
    }
    None
}

/// Whether one UNC path is the other or lies in it; Windows asks for no letter case.
pub(super) fn contain_each_other(one: &str, other: &str) -> bool {
    let parts =
        |unc: &str| -> Vec<String> { unc.to_lowercase().split('\\').map(str::to_owned).collect() };
    let (one, other) = (parts(one), parts(other));
    one.starts_with(&other) || other.starts_with(&one)
}

/// `http://host:port` or `https://host:port`, and nothing that could hold a password.
pub(super) fn is_proxy_url(url: &str) -> bool {
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    let Some((host, port)) = rest.and_then(|rest| rest.rsplit_once(':')) else {
        return false;
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    !host.is_empty() && host.bytes().all(plain) && port.parse::<u16>().is_ok()
}

/// A service's short name: 1 to 256 characters without slashes (`CreateService`).
pub(super) fn is_service_name(name: &str) -> bool {
    let plain = |c: char| !c.is_control() && !matches!(c, '/' | '\\');
    (1..=256).contains(&name.chars().count()) && name.trim() == name && name.chars().all(plain)
}

/// Two labels at least, letters, digits and inner hyphens (RFC 1123).
fn is_dns_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let all_numeric = name
        .split('.')
        .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    name.len() <= 253 && name.contains('.') && !all_numeric && name.split('.').all(label)
}

/// `HH:MM-HH:MM`; the end is exclusive and may lie on the next day.
pub(super) fn parse_window(text: &str) -> Option<Window> {
    let minute = |text: &str| {
        let (hours, minutes) = text.trim().split_once(':')?;
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
    };
    let (from, to) = text.split_once('-')?;
    let window = Window {
        from_minute: minute(from)?,
        to_minute: minute(to)?,
    };
    (window.from_minute != window.to_minute).then_some(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_may_pass_midnight() {
        let window = Window {
            from_minute: 22 * 60,
            to_minute: 4 * 60,
        };
        assert_eq!(parse_window("22:00-04:00"), Some(window));
        assert_eq!(parse_window("04:00-04:00"), None);
        assert_eq!(parse_window("24:00-04:00"), None);
    }
}
