//! A value of the right type that its key's own parser refuses: a word that is none of the key's, a name
//! of a domain or a role, a digest.

use gangway_contract::Sha256;
use toml::de::DeValue;

use super::super::toml_text::quoted;
use super::super::{intended, words};
use super::meant::example;
use super::shown;
use crate::gpo::DomainName;

const DOMAIN: &str = "gpo.domain.dns_name";
const SCRIPTS: &str = "onboard.accept_scripts";

/// What is wrong with the value of a key, and what to write; none where another place knows better.
pub(super) fn told(key: &str, value: &DeValue<'_>, message: &str) -> Option<(String, String)> {
    if message.starts_with("unknown variant ") {
        let typed = value.as_str()?;
        let what = format!("`{key}` is {}, which is none of its words", shown(typed));
        return Some((what, words::cure(key, typed)?));
    }
    if message.starts_with("unknown ") {
        return None;
    }
    let (section, name) = key.rsplit_once('.')?;
    match (key, value) {
        (SCRIPTS, DeValue::Array(entries)) => {
            let mut texts = entries.iter().filter_map(|entry| entry.get_ref().as_str());
            let entry = texts.find(|text| !is_digest(text))?;
            let what = format!("`{key}` holds {}, which is no SHA-256", shown(entry));
            Some((what, entry_cure(key, Some(entry))?))
        }
        (_, DeValue::String(text)) => {
            let server = intended::domain_of_server(text).filter(|_| key == DOMAIN);
            let cure = match intended::value(key, text) {
                None if server.is_some() => server.map(of_a_server)?,
                Some(meant) => format!("write `{name} = {}`", quoted(&meant)),
                None => format!("write it in the form of `{}`", example(section, name)?),
            };
            Some((format!("`{key}`: {message}"), cure))
        }
        _ => None,
    }
}

/// A domain in the place of a server in it, if that is what it is.
fn of_a_server((server, domain): (String, DomainName)) -> String {
    let set = |name: &str| format!("`dns_name = {}`", quoted(name));
    let domain = domain.to_string();
    let (of_domain, itself) = (set(&domain), set(&server));
    let form = format!(
        "write the name of the domain, and of no server in it: if the domain is `{domain}`: {of_domain}"
    );
    match server == domain {
        true => form,
        false => format!("{form}; if it is `{server}` itself: {itself}; it is not known which"),
    }
}

/// What to write in the place of an entry that its list would not take.
pub(super) fn entry_cure(key: &str, entry: Option<&str>) -> Option<String> {
    let is_refused = key == SCRIPTS && entry.is_none_or(|entry| !is_digest(entry));
    is_refused.then(|| {
        "write the SHA-256 of each script that may run, 64 hexadecimal digits, in quotes and in square \
         brackets; `gangway build` names the digest that it misses (GW3022)"
            .to_owned()
    })
}

fn is_digest(text: &str) -> bool {
    text.to_ascii_lowercase().parse::<Sha256>().is_ok()
}
