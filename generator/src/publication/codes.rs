//! Problem codes of shares (`GW31xx`).

use crate::problem::{Code, Severity};

/// The release, or the switch, is not on the share as it was built.
pub static SHARE_DIFFERS: Code = Code {
    id: "GW3101",
    severity: Severity::Error,
    title: "the share does not hold the release",
    page: "Servers read payloads and switch from the share, compare each payload with the digest in \
the bootstrap, and refuse what differs; without a switch that can be read they begin nothing. A file \
of the release is missing or has other bytes, or the switch is missing, cannot be read, or holds the \
bundle back.\n\nBring the release with `gangway publish share`; when bytes were changed, find out who \
may write there.",
};

/// Something lies on the share that no publication put there.
pub static SHARE_HOLDS_MORE: Code = Code {
    id: "GW3102",
    severity: Severity::Warning,
    title: "the share holds what no publication put there",
    page: "The folder of the payloads holds `releases`, `campaigns`, `control.json` and what \
`gangway rollout` writes (`rollout.json`, `rollout-history.json`), and a release's folder its payloads. Servers read nothing else, but somebody may write there, a copy by \
hand went wrong, or a publication was killed: what it left ends in `.gangway-part` or is a folder \
`campaigns.claim-NUMBER`, and the finding says what takes it away.\n\nLook whose it is and move it away.",
};

/// Somebody may change what servers run or report.
pub static SHARE_WRITABLE: Code = Code {
    id: "GW3103",
    severity: Severity::Error,
    title: "the permissions of a share let others write",
    page: "Nobody but administrators may change payloads: a server refuses other bytes, so whoever \
writes there stops the rollout. In the folder of the reports computers may make files and nothing \
more; whoever may do more can forge or delete the reports of others.\n\nSet the permissions again by \
the commands in the bundle's `runbook.html`.",
};

/// Somebody may read what is not for him, beyond what is needed.
pub static SHARE_READABLE: Code = Code {
    id: "GW3104",
    severity: Severity::Warning,
    title: "the permissions of a share let others read",
    page: "The payloads hold the key by which a server joins your tenant, and reports tell what \
protects a server and what does not. The computer groups need to read payloads and to make reports; \
others need neither.\n\nSet the permissions again by the commands in the bundle's `runbook.html`.",
};

/// Computers get less than they need.
pub static SHARE_CLOSED: Code = Code {
    id: "GW3105",
    severity: Severity::Error,
    title: "computers may not do on a share what they need to",
    page: "Servers read payloads and leave reports by their computer accounts, as members of Domain \
Computers (RID 515). The folder's permissions give that group less than reading and starting \
payloads, or than making files among the reports.\n\nSet the permissions again by the commands in \
the bundle's `runbook.html`.",
};

/// The switch fits, and keeps servers back.
pub static SHARE_WITHHOLDS: Code = Code {
    id: "GW3108",
    severity: Severity::Warning,
    title: "the switch of the share keeps servers from beginning",
    page: "The share pauses, or lets only a part of the servers begin with this bundle (`control.json`, \
`rollout.json`; `gangway rollout SHARE show` tells who set it and when). The release is there, and those \
servers wait.\n\nWhen they shall begin, run `gangway rollout SHARE resume`, or `gangway rollout SHARE ring \
100`.",
};

/// What campaigns need is not said, or is not there.
pub static CAMPAIGN_UNKNOWN: Code = Code {
    id: "GW3111",
    severity: Severity::Warning,
    title: "the share does not say truly what a campaign needs",
    page: "`campaigns` on the share has a document for each task's GPO, which lists the releases that \
were published for it. Servers do not read it; `--keep-releases` and `--rollback` do. The bundle's \
campaign has no document there or it does not list the bundle's release, so another publication may \
take the release for one that nobody needs; or a document lists a release that is not on the \
share.\n\nPublish with `gangway publish share`. Where the share is filled by hand there is no document, \
and nobody should use `--keep-releases` there.",
};

/// A campaign's document cannot be believed.
pub static CAMPAIGN_DOCUMENT: Code = Code {
    id: "GW3112",
    severity: Severity::Error,
    title: "a campaign's document on the share is not as a publication writes it",
    page: "What lies in `campaigns` says which releases may be taken away and with which files. A \
document is malformed, of another campaign than its name says, or was edited. `publish share` of that \
campaign is refused while it cannot be read, and no publication takes any old release \
away.\n\nFind out who wrote there. Delete the document and publish the campaign again, which writes it \
anew; older releases of it are then known to nobody and stay.",
};

/// A publication is at it.
pub static SHARE_CLAIMED: Code = Code {
    id: "GW3113",
    severity: Severity::Warning,
    title: "a publication writes to the share, or was cut",
    page: "`campaigns.claim` on the share is there while a publication writes, so that two lose nothing \
of each other, and `rollout.claim` while somebody changes the switch (`gangway rollout`, or a publication that \
brings the first one), which takes a second. It tells account, machine and time. What was killed leaves it; a \
signal takes it away. Every other publication stops at `campaigns.claim`; the next change of the switch takes a \
`rollout.claim` away in which nothing happens for twenty seconds.\n\nWait until it ends. When nobody writes there any \
more, publish again or take back (`--rollback`) from where it was cut (with the same `--state` folder), or delete \
the folder.",
};

/// No folder for the reports.
pub static REPORTS_MISSING: Code = Code {
    id: "GW3114",
    severity: Severity::Error,
    title: "the folder for reports is not there",
    page: "Servers make their reports in a folder that has to be there; they make none. Without it no \
report arrives, and nobody learns which servers are done.\n\nMake the share by the commands in the \
bundle's `runbook.html`, or name where it is by `--reports`.",
};

/// Nobody could say who may do what.
pub static SHARE_PERMISSIONS_UNKNOWN: Code = Code {
    id: "GW3106",
    severity: Severity::Warning,
    title: "the permissions of a share were not looked at",
    page: "Permissions are read from the file server itself, by its UNC path, with `smbcacls` on \
Linux. A folder that is mounted or local shows those of this system, which are not what servers \
meet.\n\nName the share by its UNC path, with `--user`.",
};

/// Another domain controller lags.
pub static REPLICA_BEHIND: Code = Code {
    id: "GW3109",
    severity: Severity::Error,
    title: "a domain controller does not have what was published",
    page: "Directory and SYSVOL come to the other domain controllers by replication, each in its own \
time: inside a site after seconds, between sites when the schedule of their link says so. A server asks any \
domain controller. With `--wait-replication` the publication goes on when each of them has the program, the \
policies, the links; one had something older when the time was over. What was written is there and \
stays; what comes after it was not begun.\n\nLook at the replication to it, give it more time \
(`--wait-replication=2h`), then publish again. Samba does not replicate SYSVOL by itself.",
};

/// Another domain controller could not be asked.
pub static REPLICA_NOT_REACHED: Code = Code {
    id: "GW3110",
    severity: Severity::Error,
    title: "a domain controller could not be asked whether it has what was published",
    page: "With `--wait-replication` every domain controller that the directory names is asked, by LDAP with \
a certificate that this machine trusts, and by its SYSVOL share. One did not answer, its name is not of the \
domain, or the account may not read there. Whether it has the program and the policies is not \
known.\n\nLet this machine reach it, or take one that is gone for good out of the directory, then publish \
again.",
};

/// Nobody can tell what a share withholds.
pub static SWITCH_UNREADABLE: Code = Code {
    id: "GW3115",
    severity: Severity::Error,
    title: "the switch of the share cannot be read, so no server begins anything",
    page: "`control.json` of a share is what every bootstrap asks before its first change, and `rollout.json` \
beside it says what somebody decided by `gangway rollout`. Where the first is missing, or one of them is torn, \
edited into something else or of a later schema, nobody can tell what was to be withheld, and every server \
waits (`control-unreadable`).\n\n`gangway rollout SHARE pause --apply` writes whole ones that hold servers \
just so; where a newer version of `gangway` wrote them, use that one, for what else they withheld is not kept. Set \
ring and sequence again, then run `gangway rollout SHARE resume --apply`. A folder, a link or a device \
in the place of a file stays, and servers may be led by a link to a switch that holds nobody: the pause writes the \
other file, which is enough, and names what has to be moved away. Where there never was a switch, `gangway publish \
share` brings it.",
};

/// The two files of the switch say different things.
pub static SWITCHES_DIFFER: Code = Code {
    id: "GW3116",
    severity: Severity::Warning,
    title: "`control.json` does not say what was decided",
    page: "`gangway rollout` writes what is decided into `rollout.json` and, for bootstraps that read nothing \
else, into `control.json`. The two differ: somebody copied the folder `share` of a bundle over the share, \
edited one of them, or a change was cut. The stricter of both counts, so a pause stays a pause.\n\nThe \
finding names the command that writes both anew.",
};

/// The history of a rollout is none.
pub static ROLLOUT_HISTORY: Code = Code {
    id: "GW3117",
    severity: Severity::Warning,
    title: "who changed the rollout is not kept any more",
    page: "`rollout-history.json` on the share tells who changed ring, pause and sequence, and when. What lies \
there is no such document, so nothing is written into it. No server reads it, and changes are made all the \
same.\n\nLook who wrote there, and move it away: the next change begins a new one.",
};

/// Payloads and reports in one folder.
pub static SHARES_OVERLAP: Code = Code {
    id: "GW3107",
    severity: Severity::Error,
    title: "payloads and reports lie in one folder",
    page: "Every computer may make files among the reports. Where payloads lie in the same folder or \
in one of them, permissions are handed down from the one to the other.\n\nUse two folders beside each \
other, best two shares.",
};

/// A GPO of ours that the bundle does not have.
pub static POLICY_LEFT: Code = Code {
    id: "GW3121",
    severity: Severity::Warning,
    title: "the domain has a policy of ours that the bundle no longer has",
    page: "A role, or the last value of the settings, was taken out of the config. Its policy stays in the \
domain, with its links, and servers go on obeying it: nothing is taken away unless it is asked for. That it is \
ours, and this organisation's, is proven by our mark and by its GUID, which follows from organisation, domain \
and purpose; its name proves nothing. An onboarding bundle looks for settings and roles. The policies of tasks \
are campaigns of their own, and no other campaign takes them away.\n\nTake it away with `gangway publish --prune`: \
links first, then the policy, then its folder. Look at the values that the finding lists before.",
};

/// A policy says less than before.
pub static VALUE_LEAVES: Code = Code {
    id: "GW3122",
    severity: Severity::Warning,
    title: "values that servers have now leave them",
    page: "The policies of the bundle no longer bring a value that those in the domain bring. A value of \
registry policy leaves each server at its next refresh of Group Policy (within two hours; a domain controller \
within minutes), and what it did ends then. A preference stays on servers that have it. The finding says of each \
value what that does.\n\nNothing is to be done when the config was changed for it.",
};

/// Passive mode would end without a word.
pub static PASSIVE_MODE_ENDS: Code = Code {
    id: "GW3123",
    severity: Severity::Error,
    title: "the passive mode of Defender Antivirus would end",
    page: "A policy in the domain makes Defender Antivirus passive on servers (`always_passive`), and after this \
publication, pruning, removal or rollback nothing does so any more. Where another antivirus product runs, two are \
active then, which slows servers down and may lock files. With `antivirus_mode = \"auto\"` the bootstrap asks for \
passive mode itself where it finds another product that it knows, and only there; going back to passive is not \
possible while tamper protection is on.\n\nWhen it shall be so, say `--end-passive-mode`. Else set \
`onboard.antivirus_mode = \"always_passive\"` again, build and publish.",
};

/// Programs that nothing starts.
pub static PROGRAM_LEFT: Code = Code {
    id: "GW3124",
    severity: Severity::Note,
    title: "programs of earlier bundles lie in NETLOGON",
    page: "Each bundle has a bootstrap of its own, and publishing never overwrites one. Some are started by no \
policy of the domain any more, and the last state that `--rollback` goes back to does not need them either.\n\n\
`gangway publish --prune` takes away those that hold a manifest of this organisation. On a server that no longer \
gets any policy of ours, the daily task of such a bundle then starts nothing and ends with error 2.",
};

/// On and off at once.
pub static OTHER_TASK_REACHES: Code = Code {
    id: "GW3125",
    severity: Severity::Error,
    title: "onboarding and offboarding reach the same servers",
    page: "A policy in the domain starts the bootstrap of the other direction, for the same tenant, on servers that \
this one reaches too: both are linked to the same domain or unit, to one above the other, or to a site. A server \
takes what was built last and refuses the other one (`sequence-lower`), but each of them would start and say so at \
each refresh. Units that block inheritance are reckoned with. Of security filtering, denials of *Apply group policy* on \
the onboarding policy are looked at: where every server below the common place is in a group that has one, both may \
be linked there. Disabled accounts and other systems than servers are left out of that; a place where no server lies \
yet shows nothing.\n\nSwitch the other link off, or take that policy away (`gangway publish \
OTHER-BUNDLE --remove`), or link this one to units that the other does not reach. Or name a group in \
`gpo.exclude_group`, publish the onboarding, put the servers that go off into it and restart them. Where another \
security filter of yours keeps the two apart, say `--allow-overlap`.",
};

/// The live bundle is newer.
pub static LIVE_IS_NEWER: Code = Code {
    id: "GW3126",
    severity: Severity::Warning,
    title: "the domain has a bundle of a higher sequence",
    page: "The task that is live starts a bundle with a higher sequence than the one that is published. Servers that \
worked with that one refuse this one (`sequence-lower`), and do nothing for it; only those that never did take it. It \
is an old folder, or one that was built with a lock that was lost.\n\nBuild again, which gives the next sequence (from an \
old lock with `--sequence-after`), and publish that. `--rollback` takes a publication back where servers may have the \
newer one by now: they then wait for the next bundle.",
};

/// The live bundle does something else.
pub static LIVE_IS_OF_ANOTHER_MODE: Code = Code {
    id: "GW3127",
    severity: Severity::Warning,
    title: "the live task is of a bundle for another purpose",
    page: "The same policy holds the task of a bundle that only looks (`precheck`) and of one that onboards. The live one \
is of the other kind: a precheck that replaces an onboarding ends that servers are brought in and kept so, and an \
onboarding that replaces a precheck begins on every server that the policy reaches.\n\nNothing is to be done when that \
is what is wanted. Else build for the other mode, or narrow the links first.",
};

/// Servers would keep what bootstraps left there.
pub static NO_LAST_CAMPAIGN: Code = Code {
    id: "GW3128",
    severity: Severity::Error,
    title: "no last campaign has cleaned the servers",
    page: "`gangway retire` takes the policies, the programs and the share's contents away. What bootstraps left on the \
servers themselves (daily tasks, folders, keys, the event source) only a last campaign takes away: a bundle of `gangway \
build --mode retire`, published in the place of the Deploy policy. The task that is live is of another bundle, and \
once it is gone, no server starts anything of Gangway any more.\n\nPublish the last campaign, and wait until \
`gangway report` shows every server as `retired`. Or say `--leave-servers`: of what is left there only the daily \
task runs, from the server's own disk; it finds no share any more, and changes nothing without one.",
};

/// A last campaign goes on whatever the switch says.
pub static ASKS_NO_SWITCH: Code = Code {
    id: "GW3129",
    severity: Severity::Warning,
    title: "the switch of the share does not hold a last campaign",
    page: "A bundle of `build --mode retire` takes away what bootstraps left on servers, and asks no switch: the share may \
be gone by then. So neither a pause nor a ring nor a lowest sequence holds it back; other campaigns of the share are \
held as ever.\n\nTo stop it, switch the links of its policy off: from the next refresh on no server begins. What stops \
it faster is to take its program out of NETLOGON.",
};

/// All of them.
pub static ALL: &[&Code] = &[
    &SHARE_DIFFERS,
    &SHARE_HOLDS_MORE,
    &SHARE_WRITABLE,
    &SHARE_READABLE,
    &SHARE_CLOSED,
    &SHARE_PERMISSIONS_UNKNOWN,
    &SHARES_OVERLAP,
    &SHARE_WITHHOLDS,
    &REPLICA_BEHIND,
    &REPLICA_NOT_REACHED,
    &CAMPAIGN_UNKNOWN,
    &CAMPAIGN_DOCUMENT,
    &SHARE_CLAIMED,
    &REPORTS_MISSING,
    &SWITCH_UNREADABLE,
    &SWITCHES_DIFFER,
    &ROLLOUT_HISTORY,
    &POLICY_LEFT,
    &VALUE_LEAVES,
    &PASSIVE_MODE_ENDS,
    &PROGRAM_LEFT,
    &OTHER_TASK_REACHES,
    &LIVE_IS_NEWER,
    &LIVE_IS_OF_ANOTHER_MODE,
    &NO_LAST_CAMPAIGN,
    &ASKS_NO_SWITCH,
];
