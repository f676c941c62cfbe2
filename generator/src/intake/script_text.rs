//! What there is to say of the text around a blob: information for a reader, never a verdict.

use super::codes;
use crate::formats::onboarding_script::{ScriptText, Shape, Tail, Variant};
use crate::problem::Problem;

/// What to do when Microsoft's script may do more than the bootstrap.
pub(super) const WAY_OUT: &str = "nothing, when the servers onboard: they get the blob and never \
                                  this text; compare it with a fresh download when you expected \
                                  another";

const FROM_THE_ZIP: &str = "take the file from the portal's zip as it is";

/// Findings about the text.
pub(super) fn problems(text: &ScriptText, subject: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |code, message: &str, next: &str| {
        problems.push(Problem::new(code, subject, message, next));
    };
    if text.variant == Variant::Local {
        add(
            &codes::LOCAL_SCRIPT,
            "the script is the one for single machines; its blob serves all",
            "nothing: the script is not run",
        );
    }
    if text.byte_order_mark {
        add(
            &codes::BYTE_ORDER_MARK,
            "the script starts with a byte order mark, which cmd.exe takes for text",
            FROM_THE_ZIP,
        );
    }
    match text.tail {
        Tail::None => {}
        Tail::EndOfFileMark => add(
            &codes::STRANGE_END,
            "the script ends with the byte 0x1A, an old end-of-file mark",
            FROM_THE_ZIP,
        ),
        Tail::ZeroBytes => add(
            &codes::STRANGE_END,
            "the script ends with zero bytes: it is a broken copy",
            FROM_THE_ZIP,
        ),
    }
    if text.variant != Variant::Other && !text.has_exit {
        add(
            &codes::NO_EXIT,
            "the script has no `exit`: its end is missing",
            FROM_THE_ZIP,
        );
    }
    problems.extend(shape_problem(&text.shape, subject));
    problems
}

fn shape_problem(shape: &Shape, subject: &str) -> Option<Problem> {
    let Shape::Unknown { lines, count } = shape else {
        return None;
    };
    let problem = Problem::new(
        &codes::UNKNOWN_SHAPE,
        subject,
        "the text around the blob is that of no known script",
        WAY_OUT,
    );
    let problem = lines.iter().fold(problem, |problem, line| {
        problem.with_evidence(format!("line {}: `{}`", line.line, line.text))
    });
    Some(match count.saturating_sub(lines.len()) {
        0 if lines.is_empty() => {
            problem.with_evidence("each line is known, their order or number is not")
        }
        0 => problem,
        more => problem.with_evidence(format!("{more} more such lines")),
    })
}
