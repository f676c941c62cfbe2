//! Points at which a test stub ends at once, as a power loss would end it.
//!
//! Only a stub built with the feature `crash-points` has them; it is never shipped, and the
//! build of the shipped one fails when it finds the variable's name inside.

/// Ends the process here when the test asks for it.
#[cfg(feature = "crash-points")]
pub(crate) fn crash_point(when: &str, what: &str) {
    /// Names the point, for example `before:install-agent-started`.
    const VARIABLE: &str = "gangway-crash-point";
    if std::env::var(VARIABLE).is_ok_and(|wanted| wanted == format!("{when}:{what}")) {
        std::process::abort();
    }
}

/// Does nothing.
#[cfg(not(feature = "crash-points"))]
pub(crate) fn crash_point(_when: &str, _what: &str) {}
