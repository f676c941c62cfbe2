//! Accounts of proxies, which no message shows: logs of builds are read by more people than the config.

use super::{ConfigError, intended};
use crate::printable::without_account;

/// Keys whose value is a proxy.
const PROXIES: [&str; 4] = ["sensor", "winhttp", "antivirus", "proxy"];

/// The same error without accounts; where the line that it names has one, that is what is wrong.
pub(super) fn masked(error: ConfigError, text: &str) -> ConfigError {
    let given: Vec<Given<'_>> = text.lines().enumerate().filter_map(given).collect();
    let of_line = |line: Option<usize>| given.iter().find(|given| Some(given.line) == line);
    let hidden = |message: String| {
        let whole = given.iter().fold(message, |message, given| {
            message.replace(given.written, &without_account(given.written))
        });
        without_passwords(&whole)
    };
    match error {
        ConfigError::Slip {
            path,
            line,
            what,
            cure,
        } => match of_line(line) {
            Some(given) => ConfigError::Slip {
                path,
                line,
                what: format!("`{}` has {}", given.key, given.what()),
                cure: given.cure(),
            },
            None => ConfigError::Slip {
                path,
                line,
                what: hidden(what),
                cure: hidden(cure),
            },
        },
        ConfigError::Value {
            path,
            line,
            field,
            why,
            hint,
        } => match of_line(line) {
            Some(given) => ConfigError::Value {
                path,
                line,
                field,
                why: format!("has {}", given.what()),
                hint: given.cure(),
            },
            None => ConfigError::Value {
                path,
                line,
                field,
                why: hidden(why),
                hint: hidden(hint),
            },
        },
        ConfigError::Malformed { path, why, hint } => ConfigError::Malformed {
            path,
            why: hidden(why),
            hint: hidden(hint),
        },
        ConfigError::Unreadable { .. } | ConfigError::NamedFile { .. } => error,
    }
}

/// A line that gives a proxy an account.
struct Given<'a> {
    /// From 1.
    line: usize,
    key: &'a str,
    /// Without the quotes around it.
    written: &'a str,
}

impl Given<'_> {
    fn what(&self) -> String {
        let shown = without_account(self.written);
        format!("`{shown}`, and no account may stand there")
    }

    fn cure(&self) -> String {
        const WHY: &str =
            "a proxy is written without user and password, which every server could read";
        let is_url = matches!(self.key, "antivirus" | "proxy");
        // A slash of a password would end the host.
        let shown = without_account(self.written);
        let meant = match is_url {
            true => intended::proxy_url(&shown),
            false => intended::host_and_port(&shown),
        };
        match meant {
            Some(meant) => format!("{WHY}: `{} = \"{meant}\"`", self.key),
            None => WHY.to_owned(),
        }
    }
}

/// The proxy of a line with an account, however well the line is written: it may be the one that is no TOML.
fn given((at, line): (usize, &str)) -> Option<Given<'_>> {
    let (name, value) = line.split_once(['=', ':'])?;
    let key = name.trim().trim_matches(['"', '\'']).rsplit('.').next()?;
    let value = value.trim();
    let quote = value
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    let inside = match quote {
        Some(quote) => value.trim_matches([quote, ' ']),
        None => value,
    };
    // What stands behind the text and its quote is a comment.
    let end = quote.and_then(|quote| {
        let ends = inside.match_indices(quote);
        ends.map(|(end, _)| end)
            .find(|end| inside.get(end + 1..).is_some_and(is_comment))
    });
    let written = end.and_then(|end| inside.get(..end)).unwrap_or(inside);
    let key = key.trim();
    (PROXIES.contains(&key) && written.contains('@')).then_some(Given {
        line: at + 1,
        key,
        written,
    })
}

fn is_comment(rest: &str) -> bool {
    rest.trim_start().starts_with('#')
}

/// A message in which every `user:password@` is masked, whichever key it was written for.
fn without_passwords(message: &str) -> String {
    let ends = |c: char| c.is_whitespace() || "\"'`/,[]".contains(c);
    let words = message.split_inclusive(ends);
    let masked = words.map(|word| match word.rsplit_once('@') {
        Some((account, host)) if account.contains(':') => format!("***@{host}"),
        _ => word.to_owned(),
    });
    masked.collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use gangway_fixtures::config::SMALLEST;

    use crate::failure::Fault as _;
    use crate::pipeline::config::Config;

    #[test]
    fn no_message_shows_the_account_of_a_proxy() {
        const PROXY: &str = "[gpo.settings.proxy]";
        const AGENT: &str = "[onboard.monitoring_agent]\nworkspace = \"8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90\"\nkey_file = 'k'";
        let plain = Some("\"proxy.contoso.com:8080\"`");
        let url = Some("\"http://proxy.contoso.com:8080\"`");
        for (section, line, cure) in [
            (
                PROXY,
                "sensor = \"user:S3cret@proxy.contoso.com:8080\"",
                plain,
            ),
            (
                PROXY,
                "sensor = \"S3cret@proxy.contoso.com:8080\" # ours",
                plain,
            ),
            (PROXY, "sensor = user:S3cret@proxy.contoso.com:8080", plain),
            (
                PROXY,
                "sensor = \"user:S3cret@proxy.contoso.com:8080",
                plain,
            ),
            (
                PROXY,
                "sensor = \"user:S3cret\\@proxy.contoso.com:8080\"",
                plain,
            ),
            (
                PROXY,
                "sensor: \"user:S3cret@proxy.contoso.com:8080\"",
                plain,
            ),
            (
                PROXY,
                "sensor = [\"user:S3cret@proxy.contoso.com:8080\"]",
                None,
            ),
            (
                PROXY,
                "sensor = [\n  \"user:S3cret@proxy.contoso.com:8080\",\n]",
                None,
            ),
            (
                PROXY,
                "sensr = \"user:S3cret@proxy.contoso.com:8080\"",
                None,
            ),
            (
                PROXY,
                "winhttp = \"user:S3cret@proxy.contoso.com:8080\"",
                plain,
            ),
            (
                PROXY,
                "winhttp = \"http://user:S3c/S3cret@proxy.contoso.com:8080\"",
                None,
            ),
            (
                PROXY,
                "antivirus = \"http://user:S3cret@proxy.contoso.com:8080\"",
                url,
            ),
            (
                PROXY,
                "antivirus = \"user:S3cret@proxy.contoso.com:8080\"",
                url,
            ),
            (
                PROXY,
                "antivirus_bypass = [\"user:S3cret@a.contoso.com\"]",
                None,
            ),
            (
                PROXY,
                "winhttp = \"a:1\"\nwinhttp_bypass = [\"user:S3cret@a.contoso.com\"]",
                None,
            ),
            (
                AGENT,
                "proxy = \"http://user:S3cret@proxy.contoso.com:8080\"",
                url,
            ),
            (
                "[gpo.settings]",
                "proxy = \"http://user:S3cret@proxy.contoso.com:8080\"",
                url,
            ),
        ] {
            let text = SMALLEST.replacen("[share]", &format!("{section}\n{line}\n[share]"), 1);
            let error = Config::parse(&text, Path::new("gangway.toml")).unwrap_err();
            let said = format!("{error}\n{}", error.hint().unwrap());
            assert!(!said.contains("S3c"), "{line}: {said}");
            if let Some(cure) = cure {
                assert!(
                    said.contains("***@proxy.contoso.com:8080"),
                    "{line}: {said}"
                );
                assert!(said.contains("no account"), "{line}: {said}");
                assert!(said.contains(cure), "{line}: {said}");
            }
        }
    }
}
