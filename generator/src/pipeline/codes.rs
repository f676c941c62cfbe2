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
nothing else. Without it, the exe is its stub and `manifest.json`, made anew byte for byte: that is \
not so here, or it is not the stub that the manifest or the caller names. The exe must not be \
published.\n\nSign the exe of a fresh build, with a tool that only signs.",
};

/// The exe's signature does not hold.
pub static EXE_SIGNATURE: Code = Code {
    id: "GW3005",
    severity: Severity::Error,
    title: "the bootstrap's signature does not hold",
    page: "The signature of the exe is damaged, expired without a time stamp, made with a \
certificate that may not sign code, or its chain does not end at a root that the config names in \
`signing.roots` or the command line by `--root`. Servers with application control would refuse \
it.\n\nSign again; when the root is your own, name it in `signing.roots`.",
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
    page: "The signature is intact, but no root was named, so anybody may have made it. A bundle \
cannot name its own. With `--signed` this fails.\n\nName the root certificate of your code-signing \
authority in `signing.roots` and the config by `--config`, or the root itself by `--root`.",
};

/// The folder holds something that no build writes.
pub static NOT_PLAIN: Code = Code {
    id: "GW3008",
    severity: Severity::Error,
    title: "the bundle holds what no build writes",
    page: "A bundle is plain files, and the folders that they need. A link leads out of what was \
compared; a name with a backslash or a colon is another file on Windows than on Linux, and so are \
two names that differ only in case; an empty folder was made by somebody else. What was compared \
here would not be what is used there.\n\nTake it out of the folder, or copy the bundle again as \
a whole.",
};

/// The bundle's documents contradict each other.
pub static DISAGREE: Code = Code {
    id: "GW3009",
    severity: Severity::Error,
    title: "the documents of the bundle contradict each other",
    page: "`bundle.json` repeats what the manifest and the bootstrap say, for commands and people \
that read it. Here it says something else, or lists a file where a bundle has none. Digests that \
fit do not mend this: whoever changes a file can write them anew.\n\nBuild the bundle again, and \
find out who wrote this one.",
};

/// No onboarding package was found.
pub static NO_ONBOARDING_PACKAGE: Code = Code {
    id: "GW3010",
    severity: Severity::Error,
    title: "the downloads hold no onboarding package",
    page: "Every server needs the signed data of an onboarding package. Any package of the portal \
for Windows holds it, whatever its deployment method; with `onboard.apply = \"script\"` it has to \
be one with a script.\n\nDownload the package for `Group Policy`; it serves all versions of \
Windows Server from 2012 R2.",
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

/// No offboarding package was found.
pub static NO_OFFBOARDING_PACKAGE: Code = Code {
    id: "GW3012",
    severity: Severity::Error,
    title: "the downloads hold no offboarding package",
    page: "An offboarding bundle needs the signed data of an offboarding package, whatever its \
deployment method; with `onboard.apply = \"script\"` it has to be one with a script. It carries its own end date, some days after the download (`gangway inspect` prints it).\n\nDownload a fresh \
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

/// The bundle is not the one whose digest was kept.
pub static NOT_THE_BUILT_ONE: Code = Code {
    id: "GW3016",
    severity: Severity::Error,
    title: "the bundle is not the one that was built",
    page: "`build` prints the SHA-256 of `bundle.json`, and `gangway.lock` remembers it for each \
mode; `bundle.json` vouches for every byte but the signature. This bundle has another one: it was \
put together by somebody else, or it is from another build.\n\nTake the bundle of the last build, \
or build again. To look at an older bundle, give the digest that its own build printed by \
`--expect`.",
};

/// Nothing outside the bundle was asked.
pub static NOT_PINNED: Code = Code {
    id: "GW3017",
    severity: Severity::Warning,
    title: "nothing outside the bundle vouches for it",
    page: "Every part fits every other, so nothing was damaged or exchanged alone. Whoever can \
write the whole folder can make another bundle that fits as well: only something that he cannot \
write tells the two apart.\n\nName the config that the bundle was built from by `--config`: the \
lock beside it remembers the bundle. Or give the digest that `build` printed by `--expect`.",
};

/// Others may write to the bundle.
pub static MODES: Code = Code {
    id: "GW3018",
    severity: Severity::Warning,
    title: "files of the bundle have other modes or further names",
    page: "`build` gives every file mode 0644, every folder 0755, and a name of its own. Another \
mode may let others write after the bundle was verified, and a hard link lets whoever holds the \
other name. Copying over some file systems changes modes without any harm.\n\nWhere others may \
write, copy the bundle to a folder of your own and verify it there.",
};

/// `--locked`, and the bundle is another one.
pub static BUNDLE_NOT_LOCKED: Code = Code {
    id: "GW3019",
    severity: Severity::Error,
    title: "the bundle is not the one in the lock",
    page: "With `--locked` a build must give the very bundle that `gangway.lock` remembers for its \
mode, byte for byte. Manifest and inputs are the same, so something else differs: the policies or \
the runbook by a change of the config, the output time, the names of downloads, or the version \
of this program. Nothing was written.\n\nBuild once without `--locked`, look at `gangway diff`, \
and commit the new lock.",
};

/// The signature carries something else.
pub static EXE_FOREIGN_PARTS: Code = Code {
    id: "GW3020",
    severity: Severity::Error,
    title: "the bootstrap's signature carries what nobody vouches for",
    page: "A signature can hold bytes that it does not cover: behind it, in further certificates, \
in unsigned attributes, or as a second signature. Windows ignores most of them. A fresh signature \
has none but a time stamp, so somebody added them.\n\nSign again with a tool that adds one \
signature and nothing else.",
};

/// The stub was not compared.
pub static STUB_NOT_AT_HAND: Code = Code {
    id: "GW3021",
    severity: Severity::Note,
    title: "the bootstrap's stub is not at hand",
    page: "The bootstrap was taken apart and made again from its own stub and `manifest.json`, and \
the stub is the one that the manifest names. Whether that stub is one that you trust is for you to \
say.\n\nName the file by `--stub`, or put it beside `gangway`.",
};

/// `onboard.apply = "script"` without the script's digest.
pub static SCRIPT_NOT_ACCEPTED: Code = Code {
    id: "GW3022",
    severity: Severity::Error,
    title: "the portal's script was not accepted",
    page: "Nobody signs the portal's script; only the blob inside it is signed, and a text in the \
language of cmd.exe cannot be judged safe by a program. So a script runs as SYSTEM only when a \
person named its SHA-256 in `onboard.accept_scripts`. The evidence shows the digest, whether the \
text without the blob is that of a known script, and the lines that are not.\n\nRead the script, \
then add the digest; or leave `onboard.apply` at `native`, where the bootstrap makes the same \
changes and runs no script.",
};

/// An accepted script that would hang or fail.
pub static SCRIPT_CANNOT_RUN: Code = Code {
    id: "GW3023",
    severity: Severity::Error,
    title: "the accepted script cannot be run unattended",
    page: "The script's digest is accepted, but cmd.exe would not run it to its end as SYSTEM: it \
waits for a person, was saved in another encoding, has a damaged end, or is no portal \
script.\n\nTake the script of the deployment method `Group Policy` from the portal's zip as it \
is, or leave `onboard.apply` at `native`.",
};

/// The lock does not know what was built.
pub static SEQUENCE_BEHIND: Code = Code {
    id: "GW3024",
    severity: Severity::Error,
    title: "the sequence would not be above one that was given before",
    page: "A server refuses every bundle of a lower sequence than one that worked there before. \
`gangway.lock` remembers the highest one; a lock that was deleted, or is an older copy, would give \
a sequence again that servers have left behind. The bundle at the place of the output, or \
the switch of the share, shows that this is so. Nothing was written.\n\nTake the newest lock \
from version control. Where there is none, make it again from the newest bundle of each mode: \
`gangway lock --from BUNDLE`. Where only the servers know, take the highest sequence from their \
reports: `gangway build --sequence-after N`.\n\nA lock that gives no higher sequence any more was raised too far, by \
`--sequence-after` or by a bundle or recipe that it was made from. It never goes back by itself: take it from version \
control as it was before, or move it and the bundles of that sequence away, and make it again from the newest one that is \
left: `gangway lock --from BUNDLE`. Servers that took a bundle with the highest sequence of all take no other one.",
};

/// Somebody's work in the bundle that was there.
pub static OVERWRITTEN: Code = Code {
    id: "GW3025",
    severity: Severity::Warning,
    title: "a file of the bundle was changed since it was built, and is written anew",
    page: "The bundle at the place of the output is made of files that a build writes, and this one \
no longer had the bytes that were built: it was edited, or the disk damaged it. A build writes every \
file from the config, so the change is gone.\n\nMake changes outside of the bundle, in a copy of the \
file. `gangway build --deny GW3025` refuses to write over one.",
};

/// The switch in the bundle is in use.
pub static SWITCH_IN_USE: Code = Code {
    id: "GW3026",
    severity: Severity::Error,
    title: "the `control.json` that a build would write over holds servers back",
    page: "`share/control.json` of the bundle at the place of the output pauses servers, holds back \
bundles or narrows the ring. A new bundle comes with one that withholds nothing, so a build in this \
place would end an emergency stop without a word. Nothing was written.\n\nThe switch belongs to the \
share, not to the bundle: `gangway rollout SHARE pause`, `ring N` or `min-sequence N` sets it there. Put \
the one of the bundle back (schema 1, `paused` false, `min_sequence` 0, `ring_percent` 100), or build \
elsewhere.",
};

/// The deployment tool has nothing to onboard with.
pub static NO_TOOL_PACKAGE: Code = Code {
    id: "GW3027",
    severity: Severity::Error,
    title: "the downloads hold the deployment tool without its `.onboarding` file",
    page: "The deployment tool reads `WindowsDefenderATP.onboarding` from its own folder. Without one \
it asks for an access key, which nobody types into a task, or ends with code 201. The blob of a \
script would be the same data, but the bootstrap hands the tool a file only as the portal made \
it.\n\nIn the portal download the package of the deployment tool, or of the deployment method \
`Mobile Device Management` or `Microsoft Endpoint Configuration Manager`, and put its \
`WindowsDefenderATP.onboarding` into the downloads folder. Where no server needs the tool, take it \
out of the downloads.",
};

/// The deployment tool is asked for and not there.
pub static NO_TOOL: Code = Code {
    id: "GW3028",
    severity: Severity::Error,
    title: "the downloads hold no deployment tool",
    page: "With `onboard.agent_route = \"deployment_tool\"` every server is onboarded by Microsoft's \
deployment tool, and it is not among the downloads.\n\nDownload the tool in the portal, let it stage \
its files with `-Stage` and name that folder in `downloads.deployment_source`; or leave `agent_route` \
out, and servers are onboarded without it.",
};

/// The old bundle is not gone.
pub static PREVIOUS_STAYS: Code = Code {
    id: "GW3029",
    severity: Severity::Warning,
    title: "the bundle that was replaced could not be removed",
    page: "The new bundle is complete and in its place, and the lock remembers it. What was there \
before was exchanged with it, lies beside it under a hidden name, and could not be removed: another \
account owns a folder in it, a file system is read-only there, or a program put a file into it \
meanwhile. The next build in this place tries again, and is refused as long as it \
fails.\n\nLook at what the finding names, and remove the folder yourself.",
};

/// A bundle of another campaign goes.
pub static ANOTHER_CAMPAIGN: Code = Code {
    id: "GW3030",
    severity: Severity::Warning,
    title: "a bundle of another mode or organisation stood in the place of this one",
    page: "An onboarding and an offboarding bundle are two campaigns with policies, programs and \
sequences of their own, and so are those of two organisations. A precheck comes before an onboarding and has \
its policies: one that is published later takes the place of the onboarding task, until the onboarding bundle \
is published again. A bundle that is built into the folder of another replaces it with \
its signature, although servers may still be told to run it. `gangway build --deny GW3030` refuses \
that.\n\nGive each a folder of its own. The bundle that was replaced is built again from the \
same config and downloads with the same bytes, but for its signature.",
};

/// The share's switch is off.
pub static SHARE_PAUSED: Code = Code {
    id: "GW3031",
    severity: Severity::Warning,
    title: "the share is paused",
    page: "`control.json` or `rollout.json` of the share that `--share` names has `paused` set: somebody \
stopped all new work, and that counts for every bundle that is published there. The bundle that was built \
is complete and waits.\n\nFind out why the rollout was stopped: `gangway rollout SHARE show` tells who did \
it and when. To let it go on, run `gangway rollout SHARE resume`.",
};

/// The exe's signature ends with its certificate.
pub static EXE_NOT_STAMPED: Code = Code {
    id: "GW3032",
    severity: Severity::Warning,
    title: "the bootstrap's signature carries no time stamp",
    page: "A time stamp says that the signature was made while its certificate was good. Without one the signature ends with the certificate, with short-lived certificates after days, and servers with application control refuse the exe from then on. The config asks for a stamp: by `signing.time_stamp`, or because `signing.command` names a time stamp service. A service that does not answer is only a warning to some signing tools, so `sign` and `package --sign` refuse what comes without a stamp.

Look whether the service answered, and sign again. Where there is none, write `time_stamp = false` under `[signing]`, or give `--allow-unstamped` this once.",
};

/// A script for administrators carries no signature, although signing was asked for.
pub static SCRIPT_NOT_SIGNED: Code = Code {
    id: "GW3033",
    severity: Severity::Warning,
    title: "the signing command signs no scripts",
    page: "`package --sign` has the signing command sign the scripts for administrators too: those of the \
folders for Configuration Manager and PowerShell DSC. This command refused one. signtool, AzureSignTool, \
jsign and osslsigncode 2.9 sign PowerShell scripts, older versions of osslsigncode do not. \
The packages are signed and complete, and the script is there without a signature: PowerShell runs it where \
the execution policy is not `AllSigned`.\n\nTake a later version of the tool, or sign the scripts with \
`Set-AuthenticodeSignature` where you use them.",
};

/// The config has no id.
pub static NO_IDENTITY: Code = Code {
    id: "GW3034",
    severity: Severity::Note,
    title: "the config has no `organization.id`",
    page: "Every GUID of policies, WMI filter, packages and rules comes from `organization.id`. A config from before \
there was one takes `organization.name` for it, as it always was: the same GUIDs, the same bytes. So that name must \
not change.\n\nWrite the line that the finding names under `[organization]`. No byte of a bundle changes by it, and \
from then on the name may: it is shown in reports, the runbook and the policies' descriptions, and identifies nothing. \
`gangway.lock` remembers the identity in any case and refuses a change of it (GW3035).",
};

/// GUIDs would be others.
pub static IDENTITY_CHANGED: Code = Code {
    id: "GW3035",
    severity: Severity::Error,
    title: "every policy would be a new one",
    page: "`gangway.lock` remembers what the GUIDs of the last bundle came from, and the config now says something else: \
the name was changed and there is no `organization.id`, or the id was. Published, such a bundle would change none of \
the policies in the domain. It would make each one once more under the same name, without links, while the old ones \
stay linked and go on starting the old bootstrap; `--rollback` and `--remove` would not find them, and an installer \
package would be installed beside the older one instead of replacing it. Nothing was built.\n\nWrite the line that \
the finding names under `[organization]`; the name may then be any. Where policies beside the old ones are meant (the \
config of another organisation was taken for a start), `gangway build --new-identity` takes the new identity, and the \
old policies are taken out of the domain by `gangway publish BUNDLE --remove` with a bundle that was built before.",
};

/// GUIDs are others, as it was asked for.
pub static NEW_IDENTITY: Code = Code {
    id: "GW3036",
    severity: Severity::Warning,
    title: "every policy is a new one",
    page: "`--new-identity` was given, and the config's identity is another one than that of the last bundle: policies, \
WMI filter and packages of this bundle are new ones. Those of before stay in the domain, linked, and go on working, \
until they are taken away.\n\nLink the new policies, and take the old ones away with a bundle that was built before: \
`gangway publish BUNDLE --remove`. Uninstall old installer packages, for the new ones do not replace them.",
};

/// A recipe that cannot be believed, or what it is held against.
pub static RECIPE_NOT_PROVEN: Code = Code {
    id: "GW3037",
    severity: Severity::Warning,
    title: "a recipe, or what it is held against, is not as it should be",
    page: "`gangway reconstruct` holds each recipe of a share or a domain against itself (its config and its manifest \
say the same, and what servers are given comes from the downloads that it lists), against the policy that it lies in \
(whose GUID comes from the organisation's identity, in a domain that its config is for), against the release and the \
sequence that a share's document has beside it and, in a domain, against the program that the task starts and the \
policies with antivirus exclusions. One of them does not fit: somebody changed it, it was published by an older version, \
or policies were published from another bundle since.\n\nWhat was given back rests on the other recipes; look at the config before you build from it. A bundle's own \
folder, where there is one, is the better source.",
};

/// A sequence far above all that was built, as far as is known.
pub static SEQUENCE_FAR_AHEAD: Code = Code {
    id: "GW3140",
    severity: Severity::Warning,
    title: "a sequence is far above every other one",
    page: "`gangway reconstruct` lets the lock go on above the newest recipe, and above what servers of the share still \
take (`min_sequence` of its switch), so that they take the next bundle. Here one of them is more than a million above \
everything else that is known. Whoever may write there can set it, and a lock never goes back.\n\nA switch is not \
believed. See who set it (`gangway rollout SHARE show`). Where it was a mistake, or nobody of yours, set it back by \
`gangway rollout SHARE min-sequence N --apply`. Where it is meant, build with `--sequence-after`.\n\nA recipe is taken, \
with its config, as long as a million builds are left above it; one beyond that is refused. `gangway lock --from` \
does the same with a bundle that neither the lock nor `--expect` vouches for. Where it is of a bundle of \
yours, nothing is to be done. Else take it away from where it lies (the document in `campaigns`, the policy), delete \
config and lock that were given back, and reconstruct again, or from another place: a bundle's own folder is the better \
source. `--expect` says that you vouch for a bundle.",
};

/// What takes servers out of the service does so no longer.
pub static OFFBOARDING_ENDED: Code = Code {
    id: "GW3038",
    severity: Severity::Warning,
    title: "the offboarding package of the bundle has expired",
    page: "The bundle is whole, and no server is offboarded by it: the sensor refuses an offboarding package past its \
end (event 29), so that the server stays onboarded. The end stands inside the package, some days after it was \
downloaded.\n\n`verify`, `sign` and `attest` say it, because the bundle is still the one that was built. `package` and \
`publish` bring it to no server, as `build` makes none of an expired package (GW1215); what was published is taken away \
by it all the same. Download a new package, and build again shortly before it is used.",
};

/// Statements about a bootstrap that is gone.
pub static STATEMENTS_OUTDATED: Code = Code {
    id: "GW3039",
    severity: Severity::Warning,
    title: "the statements about the bundle are of its bootstrap before it was signed",
    page: "Beside the bundle lie statements of `gangway attest`, and they name the bootstrap with another digest: a \
signature makes it another file. `verify --key` refuses the bundle with them (GW5203), and packages that were made before \
hold the old bootstrap.\n\nMake the packages again by `gangway package`, where there are any, and attest again by \
`gangway attest BUNDLE -c gangway.toml --packages DIR`.",
};

/// The config lets servers restart and names no hours for it.
pub static RESTARTS_AT_ANY_HOUR: Code = Code {
    id: "GW3040",
    severity: Severity::Warning,
    title: "servers may restart at any hour",
    page: "`rollout.reboot = \"in_window\"` lets the bootstrap restart a server that waits for a restart, and \
without `rollout.window` every hour is in the window.\n\nAdd the hours, as `window = \"22:00-04:00\"` below \
`[rollout]`, or write `reboot = \"never\"`.",
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
    &NOT_PLAIN,
    &DISAGREE,
    &NO_ONBOARDING_PACKAGE,
    &NO_AGENT,
    &NO_OFFBOARDING_PACKAGE,
    &MANIFEST_NOT_LOCKED,
    &NO_MONITORING_AGENT,
    &MONITORING_AGENT_RETIRED,
    &NOT_THE_BUILT_ONE,
    &NOT_PINNED,
    &MODES,
    &BUNDLE_NOT_LOCKED,
    &EXE_FOREIGN_PARTS,
    &STUB_NOT_AT_HAND,
    &SCRIPT_NOT_ACCEPTED,
    &SCRIPT_CANNOT_RUN,
    &SEQUENCE_BEHIND,
    &OVERWRITTEN,
    &SWITCH_IN_USE,
    &NO_TOOL_PACKAGE,
    &NO_TOOL,
    &PREVIOUS_STAYS,
    &ANOTHER_CAMPAIGN,
    &SHARE_PAUSED,
    &EXE_NOT_STAMPED,
    &SCRIPT_NOT_SIGNED,
    &NO_IDENTITY,
    &IDENTITY_CHANGED,
    &NEW_IDENTITY,
    &RECIPE_NOT_PROVEN,
    &OFFBOARDING_ENDED,
    &STATEMENTS_OUTDATED,
    &RESTARTS_AT_ANY_HOUR,
    &SEQUENCE_FAR_AHEAD,
];
