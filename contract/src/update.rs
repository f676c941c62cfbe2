//! Updates of Windows that an onboarding needs: the bootstrap looks for what they bring and installs
//! them, and the generator tells which of them closed networks have to be given.

/// An update for one system; the same article may be an update of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Update {
    /// As the names of its packages begin: `Windows8.1`.
    pub system: &'static str,
    /// Its article: `KB2999226`.
    pub article: &'static str,
}

/// Systems that an update may be for, as its own files name them: 2008 R2, 2012 R2, 2016 and newer.
/// The bootstrap looks for the update of its own system by this head of the payload's name.
pub const SYSTEMS: [&str; 3] = ["Windows6.1", "Windows8.1", "Windows10.0"];

impl Update {
    const fn of(system: &'static str, article: &'static str) -> Self {
        Self { system, article }
    }
}

/// Universal C runtime of Server 2012 R2.
pub const UNIVERSAL_CRT: Update = Update::of(SYSTEMS[1], "KB2999226");
/// Telemetry service of Server 2012 R2.
pub const TELEMETRY_2012_R2: Update = Update::of(SYSTEMS[1], "KB3080149");
/// Kernel of Server 2012 R2 with audit of process creation.
pub const KERNEL_2012_R2: Update = Update::of(SYSTEMS[1], "KB3045999");
/// Telemetry service of Server 2008 R2, which the retired agent needs.
pub const TELEMETRY_2008_R2: Update = Update::of(SYSTEMS[0], "KB3080149");
/// SHA-2 signatures on Server 2008 R2.
pub const SHA2_2008_R2: Update = Update::of(SYSTEMS[0], "KB4474419");
/// Servicing stack of Server 2008 R2.
pub const SERVICING_STACK_2008_R2: Update = Update::of(SYSTEMS[0], "KB4490628");
/// Cumulative update that brings the lowest platform of the antivirus on Server 2016.
pub const PLATFORM_2016: Update = Update::of(SYSTEMS[2], "KB4457127");
