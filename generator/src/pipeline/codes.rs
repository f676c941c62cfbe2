//! Problem codes of bundles, exes and signatures (`GW3xxx`).

use crate::problem::{Code, Severity};

/// A file of the bundle is not the one that `build` wrote.
pub static FILE_CHANGED: Code = Code {
    id: "GW3001",
    severity: Severity::Error,
    title: "a file of the bundle was changed",
    page: "The digest of the file differs from the one that was written down when the bundle was \
built. The file was edited or damaged since, or the list was. Nothing of a changed bundle should \
be published.\n\nBuild the bundle again from the checked downloads, or copy it again from where \
it was built.",
};

/// A file that the bundle lists is not there.
pub static FILE_MISSING: Code = Code {
    id: "GW3002",
    severity: Severity::Error,
    title: "a file of the bundle is missing",
    page: "`bundle.json` lists a file that is not in the folder. Copying tools that skip hidden \
files lose `bkupInfo.xml` and `manifest.xml` of GPO backups.\n\nCopy the bundle again as a whole, \
or build it again.",
};

/// A file that the bundle does not list.
pub static FILE_ADDED: Code = Code {
    id: "GW3003",
    severity: Severity::Error,
    title: "the bundle holds a file that was not built",
    page: "A bundle is complete as it was built. A file that appears later was vouched for by \
nobody, and a share that is filled from this folder would carry it to every server.\n\nTake the \
file out of the folder, or build the bundle again.",
};

/// The exe is not the one that was built plus a signature.
pub static EXE_CHANGED: Code = Code {
    id: "GW3004",
    severity: Severity::Error,
    title: "the bootstrap differs by more than a signature",
    page: "Signing adds a certificate table at the end of the exe and changes its checksum, and \
nothing else: the Authenticode digest stays the one that `build` recorded. Here more was changed, \
so the exe must not be published.\n\nSign the exe of a fresh build, with a tool that only signs.",
};

/// The exe's signature does not hold.
pub static EXE_SIGNATURE: Code = Code {
    id: "GW3005",
    severity: Severity::Error,
    title: "the bootstrap's signature does not hold",
    page: "The signature of the exe is damaged, expired without a time stamp, made with a \
certificate that may not sign code, or its chain does not end at a root that the config names in \
`signing.roots`. Servers with application control would refuse it.\n\nSign again; when the root \
is your own, name it in `signing.roots` and build again.",
};

/// The exe carries no signature yet.
pub static EXE_UNSIGNED: Code = Code {
    id: "GW3006",
    severity: Severity::Warning,
    title: "the bootstrap is not signed yet",
    page: "The exe is the one that was built. Without a signature it runs, but application \
control rules by publisher cannot allow it, and damage is found by the manifest's own digest \
only.\n\nSign it in place with `gangway sign`, osslsigncode or signtool, then verify again.",
};

/// The chain of the exe's signature was not judged.
pub static EXE_CHAIN_UNKNOWN: Code = Code {
    id: "GW3007",
    severity: Severity::Warning,
    title: "nobody said which root may sign the bootstrap",
    page: "The signature is intact, but the config names no root in `signing.roots`, so the \
chain was not judged.\n\nName the root certificate of your code-signing authority and build \
again.",
};

/// No onboarding script was found.
pub static NO_ONBOARDING_PACKAGE: Code = Code {
    id: "GW3010",
    severity: Severity::Error,
    title: "the downloads hold no onboarding package for Group Policy",
    page: "Every server needs the onboarding script that the portal makes for the deployment \
method `Group Policy`. Scripts for single machines wait for a person and packages for other tools \
hold no script.\n\nDownload the package for `Group Policy`; it serves all versions of Windows \
Server from 2012 R2.",
};

/// No agent was found.
pub static NO_AGENT: Code = Code {
    id: "GW3011",
    severity: Severity::Note,
    title: "the downloads hold no unified agent",
    page: "Server 2012 R2 and 2016 need `md4ws.msi` before they can be onboarded; newer ones do \
not. Without it the bootstrap reports the older servers as blocked and changes nothing \
there.\n\nDownload the installation package for Server 2012 R2 and 2016 in the portal when such \
servers are in scope.",
};

/// No offboarding script was found.
pub static NO_OFFBOARDING_PACKAGE: Code = Code {
    id: "GW3012",
    severity: Severity::Error,
    title: "the downloads hold no offboarding package for Group Policy",
    page: "An offboarding bundle needs the script that the portal makes for offboarding by Group \
Policy. It carries its own end date, usually seven days after the download.\n\nDownload a fresh \
one and build at once.",
};

/// `--locked`, and the manifest is a new one.
pub static MANIFEST_NOT_LOCKED: Code = Code {
    id: "GW3013",
    severity: Severity::Error,
    title: "the manifest is not the one in the lock",
    page: "With `--locked` a build must give the very manifest that `gangway.lock` remembers. A \
setting or a download differs, so the manifest would get the next sequence, and nothing was \
written.\n\nBuild once without `--locked`, look at `gangway diff`, and commit the new lock.",
};

/// The retired agent is asked for and not there.
pub static NO_MONITORING_AGENT: Code = Code {
    id: "GW3014",
    severity: Severity::Error,
    title: "the downloads hold no setup of the monitoring agent",
    page: "The section `[onboard.monitoring_agent]` asks for the retired agent on Server 2008 R2 \
SP1, and its setup `MMASetup-AMD64.exe` is not among the downloads.\n\nPut the setup of version \
10.20.18029 or later into the downloads folder, or take the section out of the config.",
};

/// The retired agent is asked for.
pub static MONITORING_AGENT_RETIRED: Code = Code {
    id: "GW3015",
    severity: Severity::Warning,
    title: "the monitoring agent is retired",
    page: "Microsoft retired the Log Analytics agent on 2024-08-31; it may stop connecting at any \
time, and it never uses the streamlined addresses. The deployment tool onboards Server 2008 R2 SP1 \
instead, and wins where both are staged.\n\nStage the deployment tool with its `-Stage` switch and \
name the folder in `downloads.deployment_source`.",
};

/// Every code of this folder, by number.
pub static ALL: &[&Code] = &[
    &FILE_CHANGED,
    &FILE_MISSING,
    &FILE_ADDED,
    &EXE_CHANGED,
    &EXE_SIGNATURE,
    &EXE_UNSIGNED,
    &EXE_CHAIN_UNKNOWN,
    &NO_ONBOARDING_PACKAGE,
    &NO_AGENT,
    &NO_OFFBOARDING_PACKAGE,
    &MANIFEST_NOT_LOCKED,
    &NO_MONITORING_AGENT,
    &MONITORING_AGENT_RETIRED,
];
