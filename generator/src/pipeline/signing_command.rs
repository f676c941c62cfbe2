//! The configured signing command: variables filled in, a limit in time, and what it says told
//! without the secrets that it was given.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::config::Signing;
use super::output::{OutputError, io_error};
use crate::child;
use crate::interrupted::{self, Ended};

/// How much of what a signing program says is told, in bytes from its end.
const MAX_SAID: u64 = 64 << 10;

/// Most that a signing program may say, in bytes: the log of a build server has less.
const MOST_SAID: u64 = 64 << 20;

/// Values of fewer bytes are not masked: they would be found in any text.
const MIN_SECRET: usize = 3;

/// Lines of a longer value (a key in PEM) are secrets of their own from so many bytes on.
const MIN_LINE: usize = 8;

/// Why there is no result.
pub(super) enum CommandFault {
    /// The copy or what the program says cannot be written or read.
    Disk(OutputError),
    /// It ended badly, or never.
    Program {
        /// As the config names it.
        program: String,
        /// What happened, with its own words.
        why: String,
    },
}

impl From<OutputError> for CommandFault {
    fn from(error: OutputError) -> Self {
        Self::Disk(error)
    }
}

/// Options of signing tools before the address of a time stamp service, without the strokes before them
/// (osslsigncode, signtool, AzureSignTool, jsign).
const STAMP_OPTIONS: [&str; 6] = [
    "t",
    "ts",
    "tr",
    "tsaurl",
    "timestamp-rfc3161",
    "timestamp-authenticode",
];

/// osslsigncode's own stamper.
const OWN_STAMPER: &str = "-tsa-certs";

/// Has a signature to carry a time stamp? Where the config does not say, it has when the command names
/// a service for it.
pub(super) fn wants_stamp(signing: &Signing) -> bool {
    let words = signing.command.as_deref().unwrap_or_default();
    signing.time_stamp.unwrap_or_else(|| names_stamper(words))
}

fn names_stamper(words: &[String]) -> bool {
    let is_address = |word: &str| word.starts_with("http") || word.contains("${");
    let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    lower.iter().enumerate().any(|(index, word)| {
        let after = lower.get(index + 1).map_or("", String::as_str);
        let (option, value) = word.split_once('=').unwrap_or((word, after));
        let name = option.trim_start_matches(['-', '/']);
        let is_option = name.len() < option.len() && STAMP_OPTIONS.contains(&name);
        (is_option && is_address(value)) || word == OWN_STAMPER
    })
}

/// A command as the config has it.
pub(super) struct SigningCommand<'a> {
    /// Program and arguments.
    pub(super) words: &'a [String],
    /// How long it may take.
    pub(super) limit: Duration,
    /// The config's folder, so that relative key paths mean what its other paths mean.
    pub(super) folder: &'a Path,
}

impl SigningCommand<'_> {
    /// Runs it on a copy of the exe; what it says goes through a file in `scratch`.
    pub(super) fn run(
        &self,
        unsigned: &Path,
        signed: &Path,
        scratch: &Path,
    ) -> Result<(), CommandFault> {
        let absolute = |path: &Path| std::path::absolute(path).map_err(io_error("resolve", path));
        let (unsigned, signed) = (absolute(unsigned)?, absolute(signed)?);
        let program = self.words.first().map_or("", String::as_str);
        let failed = |why: String| CommandFault::Program {
            program: program.to_owned(),
            why,
        };
        let mut secrets = Vec::new();
        let mut words = Vec::new();
        for word in self.words {
            let variable = |name: &str| std::env::var(name).ok();
            let word = filled(word, variable, &mut secrets).map_err(&failed)?;
            words.push(match word.as_str() {
                "{in}" | "{file}" => unsigned.clone().into(),
                "{out}" => signed.clone().into(),
                _ => OsString::from(word),
            });
        }
        let path = scratch.join("said.txt");
        let said = File::create_new(&path).map_err(io_error("create", &path))?;
        let shared = |file: &File| file.try_clone().map_err(io_error("open", &path));
        let mut process = child::program(words.first().cloned().unwrap_or_default());
        process
            .args(words.iter().skip(1))
            .stdin(Stdio::null())
            .stdout(shared(&said)?)
            .stderr(shared(&said)?);
        if !self.folder.as_os_str().is_empty() {
            process.current_dir(self.folder);
        }
        let says_too_much = || said.metadata().is_ok_and(|found| found.len() > MOST_SAID);
        let ended = interrupted::run(&mut process, self.limit, &says_too_much)
            .map_err(|error| failed(format!("could not be started: {error}")))?;
        let how = match ended {
            Ended::Itself(status) if status.success() => return Ok(()),
            Ended::Itself(status) => format!("ended with {status}"),
            Ended::PastLimit => format!(
                "was ended after {} seconds (`signing.time_limit_s`)",
                self.limit.as_secs()
            ),
            Ended::Unwanted => format!("was ended, because it said more than {MOST_SAID} bytes"),
        };
        let said = tail(said, &secrets);
        Err(failed(format!("{how}; it said:\n{said}")))
    }
}

/// The word with the value of each variable that it names as `${NAME}`; the values are secrets
/// from now on.
fn filled(
    word: &str,
    variable: impl Fn(&str) -> Option<String>,
    secrets: &mut Vec<String>,
) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| format!("has a `${{` without `}}` in `{word}`"))?;
        if name == child::PASSWORD_VARIABLE {
            return Err(format!(
                "asks for `{name}`, which is the publisher's password and goes to no other program"
            ));
        }
        let value = variable(name)
            .ok_or_else(|| format!("needs the variable `{name}`, which is not set"))?;
        out.push_str(&value);
        secrets.push(value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The text with stars for every secret, in whatever of its forms, and over the ends of lines:
/// programs wrap what they print.
fn masked(text: &str, secrets: &[String]) -> String {
    let forms: Vec<String> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    let (places, letters): (Vec<usize>, Vec<char>) = text
        .char_indices()
        // Text in UTF-16 has a zero byte behind each letter.
        .filter(|(_, letter)| !letter.is_whitespace() && !letter.is_control())
        .unzip();
    let mut hidden = vec![false; text.len()];
    for form in forms {
        let form: Vec<char> = form
            .chars()
            .filter(|c| !c.is_whitespace() && !c.is_control())
            .collect();
        if form.len() < MIN_SECRET {
            continue;
        }
        for (index, _) in letters
            .windows(form.len())
            .enumerate()
            .filter(|(_, found)| *found == form)
        {
            hidden[places[index]..=places[index + form.len() - 1]].fill(true);
        }
    }
    let mut out = String::new();
    for (place, letter) in text.char_indices() {
        if !hidden[place] {
            out.push(letter);
        } else if place == 0 || !hidden[place - 1] {
            out.push_str("***");
        }
    }
    out
}

/// How programs print a value: as it is, each long line of it, with escapes of JSON, XML and the
/// shells, in hex, Base64 (of UTF-16 too, as PowerShell takes commands) or as part of an address or a
/// form.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hex = |digits: fn(&u8) -> String| bytes.iter().map(digits).collect::<Vec<String>>();
    let lower = |byte: &u8| format!("{byte:02x}");
    let upper = |byte: &u8| format!("{byte:02X}");
    let percent = |keep: fn(u8) -> bool, digits: fn(&u8) -> String| {
        let piece = |byte: &u8| {
            if keep(*byte) {
                char::from(*byte).to_string()
            } else {
                format!("%{}", digits(byte))
            }
        };
        bytes.iter().map(piece).collect::<String>()
    };
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let xml = |quotes: [&str; 2]| {
        let text = secret.replace('&', "&amp;").replace('<', "&lt;");
        let text = text.replace('>', "&gt;").replace('"', quotes[0]);
        text.replace('\'', quotes[1])
    };
    let in_form = percent(
        |byte| byte == b' ' || byte.is_ascii_alphanumeric() || b"-._~".contains(&byte),
        upper,
    )
    .replace(' ', "+");
    let mut forms = vec![
        xml(["&quot;", "&apos;"]),
        xml(["&quot;", "&#39;"]),
        xml(["&#34;", "&#x27;"]),
        in_form.replace('~', "%7E"),
        in_form,
        secret.replace('\'', "''"),
        secret.replace('\'', r"'\''"),
        wide.iter().map(lower).collect(),
        wide.iter().map(upper).collect(),
        hex(lower).join("-"),
        hex(upper).join("-"),
        hex(lower).join(", 0x"),
        hex(upper).join(", 0x"),
        secret.to_owned(),
        secret.escape_debug().to_string(),
        secret.escape_default().to_string(),
        // As some writers of JSON have it.
        secret.replace('/', r"\/"),
        hex(lower).concat(),
        hex(upper).concat(),
        hex(lower).join(":"),
        hex(upper).join(":"),
        percent(|byte| byte.is_ascii_alphanumeric(), upper),
        percent(|byte| byte.is_ascii_alphanumeric(), lower),
        percent(unreserved, upper),
        percent(unreserved, lower),
    ];
    let lines = secret.lines().filter(|line| line.len() >= MIN_LINE);
    forms.extend(lines.map(str::to_owned));
    forms.extend(base64_inside(bytes));
    forms.extend(base64_inside(&wide));
    forms
}

/// What Base64 of a longer text has of these bytes: they begin at one of three places of a group, and
/// the letters that they share with their neighbours are left away.
fn base64_inside(bytes: &[u8]) -> Vec<String> {
    let mut forms = Vec::new();
    for (before, begin) in [(0, 0), (1, 2), (2, 3)] {
        let shifted = [&[0; 3][..before], bytes].concat();
        let end = shifted.len() * 8 / 6;
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            let text = engine.encode(&shifted);
            forms.extend(text.get(begin..end).map(str::to_owned));
        }
    }
    forms
}

/// What it said, masked, the end of it when it is long. Masked before it is cut: a cut may go
/// through a secret.
fn tail(mut said: File, secrets: &[String]) -> String {
    let length = said.metadata().map_or(0, |metadata| metadata.len());
    let start = length.saturating_sub(2 * MAX_SAID);
    let mut bytes = Vec::new();
    let read = said
        .seek(SeekFrom::Start(start))
        .and_then(|_| said.take(2 * MAX_SAID).read_to_end(&mut bytes));
    if let Err(error) = read {
        return format!("(cannot be read: {error})");
    }
    let text = masked(&String::from_utf8_lossy(&bytes), secrets);
    let mut text = text.trim_end();
    if length > MAX_SAID {
        let surplus = text
            .len()
            .saturating_sub(usize::try_from(MAX_SAID).unwrap_or(usize::MAX));
        text = text
            .char_indices()
            .find(|(place, letter)| *place >= surplus && *letter == '\n')
            .map_or("(no whole line of it)", |(place, _)| &text[place + 1..]);
    }
    match text {
        "" => "nothing".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        match name {
            "PIN" => Some("12345".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_filled_in_and_the_rest_stays() {
        for (word, result) in [
            ("{in}", Ok("{in}")),
            ("${PIN}", Ok("12345")),
            ("pass:${PIN}${EMPTY}!", Ok("pass:12345!")),
            ("$PIN $ {PIN}", Ok("$PIN $ {PIN}")),
            ("${ABSENT}", Err("ABSENT")),
            ("${PIN", Err("without")),
        ] {
            match (filled(word, variable, &mut Vec::new()), result) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(why), Err(expected)) => assert!(why.contains(expected), "{why}"),
                (found, _) => unreachable!("{word}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_command_that_names_a_stamper_wants_a_stamp() {
        for (words, time_stamp, expected) in [
            (
                "osslsigncode sign -ts http://tsa -in {in} -out {out}",
                None,
                true,
            ),
            (
                "osslsigncode sign -t http://tsa -in {in} -out {out}",
                None,
                true,
            ),
            (
                "osslsigncode sign -TSA-certs a.pem -TSA-key a.key -in {in} -out {out}",
                None,
                true,
            ),
            (
                "signtool sign /fd SHA256 /tr http://tsa /td SHA256 {file}",
                None,
                true,
            ),
            ("signtool sign /T ${TSA} {file}", None, true),
            (
                "AzureSignTool sign -kvm -tr https://tsa -td sha256 {file}",
                None,
                true,
            ),
            (
                "jsign --storetype PKCS11 --tsaurl=http://tsa {file}",
                None,
                true,
            ),
            ("jsign --alias http://tsa {file}", None, false),
            (
                "osslsigncode sign -pkcs12 a -h sha256 -in {in} -out {out}",
                None,
                false,
            ),
            ("sign.sh -t token {file}", None, false),
            ("sign.sh {file}", Some(true), true),
            ("signtool sign /tr http://tsa {file}", Some(false), false),
        ] {
            let signing = Signing {
                command: Some(words.split_whitespace().map(str::to_owned).collect()),
                time_stamp,
                ..Signing::default()
            };
            assert_eq!(wants_stamp(&signing), expected, "{words}");
        }
        assert!(!wants_stamp(&Signing::default()));
    }

    #[test]
    fn what_is_said_holds_no_secret() {
        let secrets = [
            "12345".to_owned(),
            "1234567".to_owned(),
            "p\"ss wörd/?".to_owned(),
            "-----BEGIN KEY-----\nMIIEvQIBADANBg\n".to_owned(),
            String::new(),
        ];
        for (said, told) in [
            ("bad 1234567, 12345\n", "bad ***, ***\n"),
            ("wrapped 12\n  34\n567 here", "wrapped *** here"),
            ("12 is not 12345's", "12 is not ***'s"),
            ("got p\"ss wörd/?", "got ***"),
            (r#"{"pin":"p\"ss wörd/?"}"#, r#"{"pin":"***"}"#),
            ("?pin=p%22ss%20w%C3%B6rd%2F%3F&x", "?pin=***&x"),
            ("31 32 33 34 35", "***"),
            ("<pin>p&quot;ss wörd/?</pin>", "<pin>***</pin>"),
            ("pin=p%22ss+w%C3%B6rd%2F%3F&x", "pin=***&x"),
            ("0x31, 0x32, 0x33, 0x34, 0x35", "0x***"),
            ("31-32-33-34-35", "***"),
            ("31003200330034003500", "***"),
            ("no key MIIEvQIBADANBg in it", "no key *** in it"),
            ("nothing of it", "nothing of it"),
        ] {
            assert_eq!(masked(said, &secrets), told);
        }
    }

    #[test]
    fn base64_of_a_secret_is_found_wherever_it_begins() {
        let secret = "a long secret".to_owned();
        for before in ["", "x", "xy", "xyz:"] {
            for after in ["", "z", "zz", "zzz"] {
                let encoded = STANDARD_NO_PAD.encode(format!("{before}{secret}{after}"));
                let told = masked(&encoded, std::slice::from_ref(&secret));
                // A letter that it shares with a neighbour stays at each end.
                let rest =
                    STANDARD_NO_PAD.encode(before).len() + STANDARD_NO_PAD.encode(after).len();
                assert!(told.contains("***") && told.len() <= 3 + rest + 2, "{told}");
            }
        }
    }

    #[test]
    fn a_cut_leaves_no_half_of_a_secret() {
        let mut file = tempfile::tempfile().unwrap();
        let secret: String = (0..40).map(|number| format!("geheim{number}-")).collect();
        let block = format!("{secret}\n");
        for _ in 0..3000 {
            std::io::Write::write_all(&mut file, block.as_bytes()).unwrap();
        }
        let told = tail(file, &[secret]);
        assert!(told.starts_with("***\n***\n"), "{told}");
        assert!(!told.contains("geheim"), "{told}");
    }
}
