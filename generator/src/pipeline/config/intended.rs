//! What somebody meant by a value that its key refuses: taken out of what he wrote, and given only
//! where the key's own check takes it. A cure with a name of ours in it passes every check and is
//! wrong.

use gangway_contract::{OrgId, UncPath};

use super::values::{is_group, is_host_and_port, is_proxy_url, parse_window, takes_path};
use crate::gpo::DomainName;

/// What is meant by the text of a key, as the key takes it.
pub(super) fn value(key: &str, text: &str) -> Option<String> {
    match key {
        "gpo.domain.dns_name" => domain(text).map(|domain| domain.to_string()),
        "organization.org_id"
        | "onboard.monitoring_agent.workspace"
        | "onboard.remove_workspaces" => guid(text),
        key if takes_path(key) => unc_path(text, None).map(|path| path.to_string()),
        "gpo.exclude_group" => group(text),
        "rollout.window" => window(&[text]),
        "gpo.settings.proxy.sensor" | "gpo.settings.proxy.winhttp" => host_and_port(text),
        "gpo.settings.proxy.antivirus" | "onboard.monitoring_agent.proxy" => proxy_url(text),
        _ => None,
    }
}

/// What parts the hosts of a list, as Windows has it in dialogs and in the registry; none of them has a blank.
const BETWEEN_HOSTS: &[char] = &[';', ',', ' '];

/// The hosts that stand in one text.
pub(super) fn parted(text: &str) -> impl Iterator<Item = &str> {
    parted_by(text, BETWEEN_HOSTS)
}

fn parted_by<'a>(text: &'a str, signs: &'a [char]) -> impl Iterator<Item = &'a str> {
    let entries = text.split(signs).map(str::trim);
    entries.filter(|entry| !entry.is_empty())
}

/// The entries of a key's list that stand in one text, as people part them; the text itself where its key
/// may hold the signs that part others, as names of organizations do.
pub(super) fn entries(key: &str, text: &str) -> Vec<String> {
    let name = key.rsplit('.').next().unwrap_or(key);
    let signs: &[char] = match name {
        "winhttp_bypass" | "antivirus_bypass" | "extensions" | "remove_workspaces" => BETWEEN_HOSTS,
        "paths" | "processes" | "other_antivirus" | "roots" | "lab_roots" | "blob_roots"
        | "revocation_lists" => &[';', ','],
        _ => &[],
    };
    let parts: Vec<&str> = parted_by(text, signs).collect();
    // Folders and files may have these signs in their names.
    let is_exclusion = key.starts_with("gpo.");
    let may_be_one = match name {
        "paths" => is_exclusion || text.contains(['/', '\\']),
        "processes" | "roots" | "lab_roots" | "blob_roots" | "revocation_lists" => {
            text.contains(['/', '\\'])
        }
        _ => false,
    };
    let are_whole = !may_be_one || parts.iter().all(|part| is_whole_path(part));
    if signs.is_empty() || parts.is_empty() || !are_whole {
        return vec![text.to_owned()];
    }
    let meant = |part: &&str| value(key, part).unwrap_or_else(|| (*part).to_owned());
    parts.iter().map(meant).collect()
}

/// Does it begin as a path of Windows does: with a drive, a server, a variable or a pattern?
fn is_whole_path(text: &str) -> bool {
    let is_drive = text.as_bytes().get(1) == Some(&b':');
    let variable = text.strip_prefix('%').and_then(|rest| rest.split_once('%'));
    is_drive
        || text.starts_with(['\\', '/', '*'])
        || variable.is_some_and(|(name, _)| !name.is_empty())
}

/// The domain in a URL, a distinguished name, a mail address or a UNC path.
pub(super) fn domain(text: &str) -> Option<DomainName> {
    let text = text.trim();
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let components: Vec<&str> = rest
        .split([',', '/'])
        .filter_map(|part| {
            let (kind, value) = part.split_once('=')?;
            kind.trim().eq_ignore_ascii_case("dc").then(|| value.trim())
        })
        .collect();
    if !components.is_empty() {
        return components.join(".").parse().ok();
    }
    if is_of_a_server(text, rest) {
        return None;
    }
    host(rest)?.parse().ok()
}

/// The name in an address that may be that of a server, such as a domain controller, and the domain which that
/// server would be of.
pub(super) fn domain_of_server(text: &str) -> Option<(String, DomainName)> {
    let text = text.trim();
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let name = host(rest).filter(|_| is_of_a_server(text, rest))?;
    let above = name
        .split_once('.')
        .and_then(|(_, above)| above.parse::<DomainName>().ok());
    let domain = above.or_else(|| name.parse().ok());
    Some((name.to_owned(), domain?))
}

/// Does an address tell how to reach one server? Domains have neither ports nor pages, short of those with two
/// labels, which name no server in them.
fn is_of_a_server(text: &str, rest: &str) -> bool {
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let scheme = text
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_address = matches!(
        scheme.as_deref(),
        Some("http" | "https" | "ldap" | "ldaps" | "gc")
    );
    let labels = host(rest).map_or(0, |host| host.split('.').count());
    authority.contains(':') || is_address && labels > 2
}

/// The host of what stands behind a scheme, without an account, a port and a path.
fn host(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches(['\\', '/', '.', '*', '@']);
    let authority = rest.split(['/', '\\', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next()?;
    Some(host.trim().trim_end_matches('.'))
}

/// A GUID with braces or quotes around it, or without its hyphens.
pub(super) fn guid(text: &str) -> Option<String> {
    let bare = text.trim_matches(|c: char| !c.is_ascii_hexdigit());
    let digits: String = bare.chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || !digits.is_ascii() {
        return None;
    }
    let mut parts = Vec::new();
    let mut rest = digits.as_str();
    for length in [8, 4, 4, 4, 12] {
        let (part, after) = rest.split_at_checked(length)?;
        parts.push(part);
        rest = after;
    }
    let id: OrgId = parts.join("-").parse().ok()?;
    Some(id.to_string())
}

/// A UNC path with slashes, a scheme, too many or too few backslashes, or a short name of its server,
/// which most likely is of the domain.
pub(super) fn unc_path(text: &str, domain: Option<&DomainName>) -> Option<UncPath> {
    let text = first_of_several(text.trim());
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let slashed = rest.replace('/', "\\");
    let parts: Vec<&str> = slashed
        .split('\\')
        .map(|part| part.trim().trim_end_matches('.'))
        .filter(|part| !part.is_empty())
        .collect();
    let (server, below) = parts.split_first()?;
    // One slash begins a folder here (`/mnt`, `file:///srv`), and none a folder or a server.
    let before = rest.len() - rest.trim_start_matches(['/', '\\']).len();
    if before == 1 && rest.starts_with('/') {
        return None;
    }
    let names_a_server = before > 1 || rest.len() < text.len();
    if below.is_empty() || server.contains(':') {
        return None;
    }
    let below = below.join("\\");
    let path = format!(r"\\{server}\{below}").parse();
    let whole = |domain: &DomainName| format!(r"\\{server}.{domain}\{below}").parse().ok();
    let is_name = names_a_server && !server.contains('.');
    path.ok()
        .or_else(|| domain.filter(|_| is_name).and_then(whole))
}

/// The first of several paths in one text: a folder is on one server.
fn first_of_several(text: &str) -> &str {
    let mut separators = text.match_indices([';', ',']);
    let is_before_a_path = |at: usize| {
        let next = text.get(at + 1..).unwrap_or_default().trim_start();
        next.starts_with(r"\\") || next.starts_with("//")
    };
    match separators.find(|(at, _)| is_before_a_path(*at)) {
        Some((at, _)) => text.get(..at).unwrap_or_default().trim_end(),
        None => text,
    }
}

/// A proxy as `host:port`, out of a URL; the port only when it was written.
pub(super) fn host_and_port(text: &str) -> Option<String> {
    let text = text.trim();
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let proxy = authority.rsplit('@').next()?;
    is_host_and_port(proxy).then(|| proxy.to_owned())
}

/// The same with a port that many proxies have, where none was written.
pub(super) fn with_a_port(text: &str) -> Option<String> {
    let text = text.trim();
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let proxy = format!("{}:8080", host(rest)?);
    is_host_and_port(&proxy).then_some(proxy)
}

/// A proxy as a URL without an account and a path.
pub(super) fn proxy_url(text: &str) -> Option<String> {
    let proxy = host_and_port(text)?;
    let scheme = match text.trim().to_ascii_lowercase().starts_with("https://") {
        true => "https",
        false => "http",
    };
    let url = format!("{scheme}://{proxy}");
    is_proxy_url(&url).then_some(url)
}

/// A group's name out of `DOMAIN\name`, `name@domain` or `CN=name,…`.
pub(super) fn group(text: &str) -> Option<String> {
    let text = text.trim();
    let name = match text.split_once('=') {
        Some((kind, rest)) if kind.eq_ignore_ascii_case("cn") => rest.split(',').next()?,
        _ => text.rsplit('\\').next()?.split('@').next()?,
    };
    is_group(name.trim()).then(|| name.trim().to_owned())
}

/// Hours of two times, however they are parted and written.
pub(super) fn window(texts: &[&str]) -> Option<String> {
    let whole = texts.join("-").to_lowercase();
    let whole = whole.replace(['–', '—'], "-").replace(" to ", "-");
    let times: Vec<&str> = whole.split('-').map(str::trim).collect();
    let [from, to] = times.as_slice() else {
        return None;
    };
    let window = format!("{}-{}", time(from)?, time(to)?);
    parse_window(&window).map(|_| window)
}

/// `22`, `22.30`, `10pm`, `24:00` as `HH:MM`.
fn time(text: &str) -> Option<String> {
    let (text, noon) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(text), _) => (text, Some(0)),
        (_, Some(text)) => (text, Some(12)),
        _ => (text.trim_end_matches(['h', 'H']), None),
    };
    let text = text.trim();
    let (hours, minutes) = text.split_once([':', '.']).unwrap_or((text, "0"));
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    let hours = match noon {
        Some(noon) if (1..=12).contains(&hours) => hours % 12 + noon,
        Some(_) => return None,
        None if hours == 24 && minutes == 0 => 0,
        None => hours,
    };
    (hours < 24 && minutes < 60).then(|| format!("{hours:02}:{minutes:02}"))
}

/// A number with its unit, in the unit of its key: seconds, days, bytes or percent.
pub(super) fn number(key: &str, text: &str) -> Option<u64> {
    let text = text.trim_matches(['"', '\'', ' ', '\t']);
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().ok()?;
    let unit = unit.trim().to_lowercase();
    let unit = unit.as_str();
    let seconds = match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 7 * 86_400,
        _ => 0,
    };
    let bytes = match unit {
        "b" | "byte" | "bytes" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        "t" | "tb" | "tib" => 1 << 40,
        _ => 0,
    };
    let (factor, of) = match () {
        () if key.ends_with("_s") => (seconds, 1),
        () if key.ends_with("_days") => (seconds, 86_400),
        () if key.ends_with("_bytes") => (bytes, 1),
        () if key.ends_with("_percent") => (u64::from(matches!(unit, "%" | "percent")), 1),
        () => (0, 1),
    };
    let whole = number.checked_mul(factor)?;
    (factor > 0 && whole % of == 0).then(|| whole / of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parted_as_its_key_allows() {
        const ID: &str = "6b2f6a51-0c53-4d0e-9e0b-c0570500ab1e";
        let ids = format!("{{{ID}}}, {ID}");
        for (key, text, wanted) in [
            (
                "downloads.paths",
                "downloads, more",
                vec!["downloads", "more"],
            ),
            ("downloads.paths", "C:\\a b", vec!["C:\\a b"]),
            (
                "downloads.paths",
                r"C:\Users\Meier, Hans\Downloads",
                vec![r"C:\Users\Meier, Hans\Downloads"],
            ),
            ("downloads.paths", "/srv/a;/srv/b", vec!["/srv/a", "/srv/b"]),
            (
                "trust.blob_roots",
                r"C:\PKI\Contoso, Inc\x.cer; D:\y.cer",
                vec![r"C:\PKI\Contoso, Inc\x.cer; D:\y.cer"],
            ),
            (
                "gpo.settings.exclusions.processes",
                r"C:\A, Inc\a.exe",
                vec![r"C:\A, Inc\a.exe"],
            ),
            (
                "gpo.settings.exclusions.paths",
                r"C:\Umsatz, %\x",
                vec![r"C:\Umsatz, %\x"],
            ),
            (
                "gpo.settings.exclusions.paths",
                r"D:\Data, E:\x",
                vec![r"D:\Data", r"E:\x"],
            ),
            (
                "gpo.settings.role.paths",
                r"D:\Data, old",
                vec![r"D:\Data, old"],
            ),
            (
                "gpo.settings.exclusions.processes",
                "a b.exe, b.exe",
                vec!["a b.exe", "b.exe"],
            ),
            (
                "gpo.settings.exclusions.extensions",
                ".mdf .ldf",
                vec![".mdf", ".ldf"],
            ),
            (
                "gpo.settings.proxy.winhttp_bypass",
                "*.a;<local>",
                vec!["*.a", "<local>"],
            ),
            ("onboard.remove_workspaces", &ids, vec![ID, ID]),
            ("onboard.other_antivirus", "a b, c", vec!["a b", "c"]),
            (
                "trust.signers.agent.organizations",
                "A, Inc.",
                vec!["A, Inc."],
            ),
            ("downloads.paths", "", vec![""]),
        ] {
            assert_eq!(entries(key, text), wanted, "{key} {text}");
        }
    }

    #[test]
    fn a_domain_is_taken_out_of_what_holds_it() {
        for (text, wanted) in [
            ("https://fabrikam.de/", Some("fabrikam.de")),
            ("https://corp.fabrikam.de/", None),
            ("http://admin:x@fabrikam.de:8080/a?b", None),
            ("fabrikam.de:636", None),
            ("DC=corp,DC=fabrikam,DC=de", Some("corp.fabrikam.de")),
            ("OU=Servers, dc=fabrikam , dc=de", Some("fabrikam.de")),
            (
                "LDAP://dc1.fabrikam.de/DC=fabrikam,DC=de",
                Some("fabrikam.de"),
            ),
            ("LDAP://dc1.fabrikam.de", None),
            ("LDAP://fabrikam.de", Some("fabrikam.de")),
            ("admin@fabrikam.de", Some("fabrikam.de")),
            ("@Fabrikam.de", Some("fabrikam.de")),
            ("fabrikam.de.", Some("fabrikam.de")),
            ("*.fabrikam.de", Some("fabrikam.de")),
            (r"\\fabrikam.de\SYSVOL", Some("fabrikam.de")),
            (" fabrikam.de ", Some("fabrikam.de")),
            ("fabrikam", None),
            ("10.0.0.1", None),
            ("", None),
        ] {
            let found = domain(text).map(|domain| domain.to_string());
            assert_eq!(found.as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn an_address_of_a_server_is_not_that_of_its_domain() {
        for (text, wanted) in [
            (
                "https://dc1.fabrikam.local:636/",
                Some(("dc1.fabrikam.local", "fabrikam.local")),
            ),
            (
                "ldaps://dc1.corp.fabrikam.de",
                Some(("dc1.corp.fabrikam.de", "corp.fabrikam.de")),
            ),
            (
                "dc1.fabrikam.local:389",
                Some(("dc1.fabrikam.local", "fabrikam.local")),
            ),
            (
                "http://admin:x@fabrikam.de:8080/a?b",
                Some(("fabrikam.de", "fabrikam.de")),
            ),
            ("https://fabrikam.de/", None),
            ("dc1.fabrikam.local", None),
            ("ldap://10:1/", None),
        ] {
            let found = domain_of_server(text);
            let found = found.map(|(name, domain)| (name, domain.to_string()));
            let found = found
                .as_ref()
                .map(|(name, domain)| (name.as_str(), domain.as_str()));
            assert_eq!(found, wanted, "{text}");
        }
    }

    #[test]
    fn a_guid_is_written_as_ids_are() {
        let wanted = Some("6b2f6a51-0c53-4d0e-9e0b-c0570500ab1e".to_owned());
        for text in [
            "{6B2F6A51-0C53-4D0E-9E0B-C0570500AB1E}",
            "6b2f6a510c534d0e9e0bc0570500ab1e",
            "'6b2f6a51-0c53-4d0e-9e0b-c0570500ab1e' ",
            "(6b2f6a51-0c53-4d0e-9e0b-c0570500ab1e)",
        ] {
            assert_eq!(guid(text), wanted, "{text}");
        }
        for text in ["6b2f6a51", "", "ä", "6b2f6a510c534d0e9e0bc0570500ab1eff"] {
            assert_eq!(guid(text), None, "{text}");
        }
    }

    #[test]
    fn a_share_is_written_as_windows_names_it() {
        let domain: DomainName = "fabrikam.de".parse().unwrap();
        for (text, wanted) in [
            ("//fs1.fabrikam.de/gw$", Some(r"\\fs1.fabrikam.de\gw$")),
            (
                "smb://fs1.fabrikam.de/gw$/a/",
                Some(r"\\fs1.fabrikam.de\gw$\a"),
            ),
            (r"\fs1.fabrikam.de\gw$", Some(r"\\fs1.fabrikam.de\gw$")),
            (r"\\\\fs1.fabrikam.de\\gw$", Some(r"\\fs1.fabrikam.de\gw$")),
            (r"\\fs1.fabrikam.de\gw$\", Some(r"\\fs1.fabrikam.de\gw$")),
            (
                r"\\fs1.fabrikam.de\gw$\v1. ",
                Some(r"\\fs1.fabrikam.de\gw$\v1"),
            ),
            (r"\\fs1\gw$", Some(r"\\fs1.fabrikam.de\gw$")),
            (
                r"\\fs1.fabrikam.de\gw$; \\fs2.fabrikam.de\gw$",
                Some(r"\\fs1.fabrikam.de\gw$"),
            ),
            (r"\\fs1\gw$,//fs2/gw$", Some(r"\\fs1.fabrikam.de\gw$")),
            (
                r"\\fs1.fabrikam.de\gw$\a;b",
                Some(r"\\fs1.fabrikam.de\gw$\a;b"),
            ),
            (r"\\10.1.2.3\gw$", None),
            (r"Z:\gw", None),
            ("smb://fs1/gw", Some(r"\\fs1.fabrikam.de\gw")),
            ("/mnt/gw", None),
            ("mnt/gw", None),
            (r"\mnt\gw", None),
            ("file:///srv/gw", None),
            ("file:///srv.data.x/gw", None),
            ("file:////fs1.fabrikam.de/gw", Some(r"\\fs1.fabrikam.de\gw")),
            ("file:///C:/gw", None),
            (r"\\fs1.fabrikam.de", None),
            (r"\\fs1.fabrikam.de\C$", None),
            ("", None),
        ] {
            let found = unc_path(text, Some(&domain));
            assert_eq!(found.as_ref().map(UncPath::as_str), wanted, "{text}");
        }
    }

    #[test]
    fn a_proxy_is_host_and_port_or_a_url() {
        for (text, plain, url) in [
            (
                "http://proxy:8080",
                Some("proxy:8080"),
                Some("http://proxy:8080"),
            ),
            (
                "HTTPS://user:word@proxy.fabrikam.de:8080/x",
                Some("proxy.fabrikam.de:8080"),
                Some("https://proxy.fabrikam.de:8080"),
            ),
            ("proxy:8080", Some("proxy:8080"), Some("http://proxy:8080")),
            ("proxy.fabrikam.de", None, None),
            ("proxy:0", None, None),
        ] {
            assert_eq!(host_and_port(text).as_deref(), plain, "{text}");
            assert_eq!(proxy_url(text).as_deref(), url, "{text}");
        }
        let found = with_a_port("http://proxy.fabrikam.de/");
        assert_eq!(found.as_deref(), Some("proxy.fabrikam.de:8080"));
    }

    #[test]
    fn a_group_loses_its_domain() {
        for (text, wanted) in [
            (r"FABRIKAM\No Defender", Some("No Defender")),
            ("No Defender@fabrikam.de", Some("No Defender")),
            (
                "CN=No Defender,OU=Groups,DC=fabrikam,DC=de",
                Some("No Defender"),
            ),
            (" No Defender ", Some("No Defender")),
            ("", None),
            (r"FABRIKAM\", None),
        ] {
            assert_eq!(group(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn a_window_is_two_times_however_they_are_written() {
        for (texts, wanted) in [
            (&["22:00", "04:00"][..], Some("22:00-04:00")),
            (&["22-04"], Some("22:00-04:00")),
            (&["22:00 – 4:30"], Some("22:00-04:30")),
            (&["10pm-4am"], Some("22:00-04:00")),
            (&["10 PM to 4.30 am"], Some("22:00-04:30")),
            (&["12am-12pm"], Some("00:00-12:00")),
            (&["20:00-24:00"], Some("20:00-00:00")),
            (&["22h-4h"], Some("22:00-04:00")),
            (&["00:00-24:00"], None),
            (&["22:00-25:00"], None),
            (&["13pm-4am"], None),
            (&["22:00", "23:00", "04:00"], None),
            (&["always"], None),
        ] {
            assert_eq!(window(texts).as_deref(), wanted, "{texts:?}");
        }
    }

    #[test]
    fn a_number_is_told_in_the_unit_of_its_key() {
        for (key, text, wanted) in [
            ("jitter_s", "10m", Some(600)),
            ("retry_wait_s", "\"1 h\"", Some(3600)),
            ("retry_wait_s", "90s", Some(90)),
            ("silent_after_days", "2 weeks", Some(14)),
            ("silent_after_days", "48h", Some(2)),
            ("silent_after_days", "36h", None),
            ("free_space_bytes", "2GB", Some(2 << 30)),
            ("ring_percent", "50 %", Some(50)),
            ("ring_percent", "50 s", None),
            ("jitter_s", "10", None),
            ("jitter_s", "10 apples", None),
            ("jitter_s", "99999999999999999999h", None),
            ("jitter_s", "9999999999999999h", None),
        ] {
            assert_eq!(number(key, text), wanted, "{key} = {text}");
        }
    }
}
