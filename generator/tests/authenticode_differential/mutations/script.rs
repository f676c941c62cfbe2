//! Scripts: text and block.

use super::List;
use crate::bases::{BEGIN, Base, END};

pub(super) fn changes(base: &Base, list: &mut List) {
    let text = String::from_utf8(base.bytes.clone()).expect("UTF-8");
    let begin = text.find(BEGIN).expect("a block");
    let (content, block) = text.split_at(begin);
    let first_line = begin + BEGIN.len();
    let mut add = |change: &str, changed: String| list.add(change, changed.as_bytes());
    add("text changed", text.replacen("Write", "write", 1));
    add(
        "line added before the block",
        format!("{content}\r\n{block}"),
    );
    add(
        "code inside the block, after the first marker",
        format!(
            "{}Remove-Item x\r\n{}",
            &text[..first_line],
            &text[first_line..]
        ),
    );
    let middle = first_line + 67 * 3 + 3;
    let middle = text[middle..].find("\r\n").expect("a line") + middle + 2;
    add(
        "code inside the block, between lines",
        format!("{}Remove-Item x\r\n{}", &text[..middle], &text[middle..]),
    );
    add(
        "code inside the block, before the last marker",
        text.replace(END, &format!("Remove-Item x\r\n{END}")),
    );
    add("code after the block", format!("{text}Remove-Item x\r\n"));
    add("blank lines after the block", format!("{text}\r\n\r\n"));
    add("block twice", format!("{text}{block}"));
    add(
        "code between two blocks",
        format!("{text}Remove-Item x\r\n{block}"),
    );
    add(
        "line ending after the block missing",
        text.trim_end().to_owned(),
    );
    add("all line endings LF", text.replace("\r\n", "\n"));
    add(
        "line endings of the text LF",
        format!("{}\r\n{block}", content.trim_end().replace("\r\n", "\n")),
    );
    add(
        "line endings of the block LF",
        format!("{content}{}", block.replace("\r\n", "\n")),
    );
    add("last marker missing", text.replace(END, ""));
    add("first marker missing", text.replace(BEGIN, ""));
    add(
        "first marker in small letters",
        text.replace("# SIG # Begin", "# sig # begin"),
    );
    add(
        "first marker indented",
        text.replace("# SIG # Begin", " # SIG # Begin"),
    );
    add(
        "space in the base64",
        format!("{} {}", &text[..first_line + 10], &text[first_line + 10..]),
    );
    add(
        "longer base64 lines",
        format!("{}{}", &text[..first_line + 66], &text[first_line + 70..]),
    );
    match text.strip_prefix('\u{feff}') {
        Some(unmarked) => add("byte order mark dropped", unmarked.to_owned()),
        None => add("byte order mark added", format!("\u{feff}{text}")),
    }
    let bytes = &base.bytes;
    let at = bytes
        .windows(BEGIN.len())
        .position(|w| w == BEGIN.as_bytes())
        .expect("a block");
    list.flip("text", base, (0..at - 2).step_by(5));
    list.flip("markers", base, (at..at + BEGIN.len()).step_by(4));
}
