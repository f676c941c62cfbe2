//! Problem codes of fleet reports (`GW4xxx`).

use crate::problem::{Code, Severity};

/// A file among the reports that is none.
pub static UNREADABLE_REPORT: Code = Code {
    id: "GW4001",
    severity: Severity::Warning,
    title: "a report cannot be understood",
    page: "The file is no report of a bootstrap, is larger than any report, or was cut off while \
it was written. It counts for nothing, and the server it may belong to is judged by its other \
reports.\n\nLook at the file named. Reports end in `.json`; a bootstrap writes `.tmp` first and \
renames it when it is whole.",
};

/// A report of a server that nobody expected.
pub static UNEXPECTED_SERVER: Code = Code {
    id: "GW4002",
    severity: Severity::Warning,
    title: "servers report that the list of expected ones does not name",
    page: "The list given with `--expected` decides whose state counts: the share of servers that \
are done, and the threshold, are of its servers alone. A server that reports and is not on it is \
new, was renamed, or lies in a unit that the export left out; or the policy reaches further than \
it was meant to.\n\nExport the list again. When the server is still not on it, look at where the \
policy is linked.",
};

/// A row of the list without a usable name.
pub static NAMELESS_ROW: Code = Code {
    id: "GW4003",
    severity: Severity::Warning,
    title: "rows of the list of servers name none",
    page: "Each row of the list given with `--expected` is a server that should exist. One whose \
name is no DNS name (an empty cell, `?` where an export could not write a letter, a name that was \
cut, an object left by a replication conflict) stays expected, and no report can ever match it: \
the share of servers that are done is lower than it may be, and never higher.\n\nCorrect the rows \
named, or export the list again with the property `DNSHostName` and `-Encoding UTF8`.",
};

/// Two accounts of one name.
pub static OTHER_ACCOUNT: Code = Code {
    id: "GW4017",
    severity: Severity::Warning,
    title: "a name of the list belongs to more than one account",
    page: "Two rows have one name, and their SID or distinguished name differs: they are two servers, \
mostly of two domains. A report of that name counts for the row that came first; the other one stays \
expected without a report, so that the share of servers that are done may be lower than it is, and \
never higher.\n\nExport the list again with the property `DNSHostName`, which tells them apart.",
};

/// Reports of a campaign that the question is not about.
pub static OTHER_MODE: Code = Code {
    id: "GW4018",
    severity: Severity::Warning,
    title: "the newest reports of servers are of another mode than the campaign's",
    page: "A bundle is made for one of three things: to look (`precheck`), to onboard, or to offboard. \
The bundle or the mode that was named asks for one of them, and the newest report of these servers comes \
from a bundle for another. They are not done, and a precheck counts them neither as clear nor as \
held.\n\nName the bundle that the servers were given with `--bundle`. Where that is the one, they still \
run an older bundle: see whether its policy is still linked.",
};

/// A first line that was taken for a header.
pub static ASSUMED_HEADER: Code = Code {
    id: "GW4004",
    severity: Severity::Warning,
    title: "the first line of the list of servers is taken for a header",
    page: "The first line is taken for a header and not counted as a server, and that may be wrong: it \
looks different from all others (it is no name of a server), or it is \
a word that people give to a column and to a server alike, such as `host` or `server`.\n\nWhen it is a \
server, put the header `Name` above it, or write its full name.",
};

/// A short name of several servers.
pub static AMBIGUOUS_NAME: Code = Code {
    id: "GW4005",
    severity: Severity::Warning,
    title: "a short name of the list means more than one server",
    page: "A name without a domain means the one server that reports under it. Here several do, in \
different domains, so that nobody knows which is meant: none counts, and the name stays without a \
report.\n\nExport the list with the property `DNSHostName`.",
};

/// Reports that do not count.
pub static LEFT_OUT_REPORT: Code = Code {
    id: "GW4006",
    severity: Severity::Warning,
    title: "reports do not count",
    page: "A report counts for a server only when nothing about it speaks against that. It does not \
when its file's name is not the one that a bootstrap gives it, or names another server or another \
time than its content: anybody who may write to the folder can speak for another server, and only \
what the file server says of the owner is tied to who made it. It does not when its owner is known \
and is not the account of its server. It does not when its time lies in the future: such a report \
would hide every later one. And it does not when it contradicts itself: a state that its mode, its reason \
or its exit code do not have, something in the way of a server that is called done, an answer about health \
that is called good and is not, another name or another onboarding state among its facts. The other facts are \
not judged again.\n\nA report's file is named `HOST.TIME.RANDOM.json`: the full name of the \
server in lower case (another case is taken too), the end of the run as `20260302T090000Z`, eight random hex \
digits. A clock may be ten minutes ahead. `gangway schema \
host-report` prints what stands in it.\n\nLook at the files named. Reports that were copied keep their names; one \
that was renamed or edited does not count. When a server's clock is wrong, set it.",
};

/// Reports of several tenants, and nobody said which one is meant.
pub static SEVERAL_TENANTS: Code = Code {
    id: "GW4007",
    severity: Severity::Error,
    title: "the servers report to more than one tenant",
    page: "The sensors of these servers report to different tenants, and nothing said which one the \
rollout is for: no share of servers that are done can be trusted.\n\nName the bundle \
(`--bundle OUT`) or the tenant (`--org-id ID`). Servers of another one then stand apart.",
};

/// Reports whose authors nobody can name, where that was asked for.
pub static OWNERS_NOT_CHECKED: Code = Code {
    id: "GW4008",
    severity: Severity::Error,
    title: "reports are not tied to the accounts of their servers",
    page: "`--require-owners` was given, and of some servers nobody can say who wrote the report \
that they stand on. Every computer may write to the folder, so a name and a text prove nothing; \
what proves it is the owner that the file server gave the file, held against the account of the \
server.\n\n\
The account comes from the list of `--expected`, when it has a SID of each server: `Get-ADComputer \
… | Export-Csv` has the column `SID`, csvde, ldifde and ldbsearch give `objectSid`.\n\n\
The owner comes from the files where Samba keeps them on its disk (attribute `security.NTACL`, as \
root) or a share is mounted on Linux with `cifsacl`. A copy has other owners: save a list of them \
where the files lie, and give it with `--owners`. `smbclient //SERVER/SHARE -c 'showacls; ls'` \
writes one, so does `getfattr -d -m - -e hex *.json`, and on Windows `Get-ChildItem *.json | \
Select-Object Name, @{n='Sddl';e={(Get-Acl $_.FullName).Sddl}} | Export-Csv -Encoding UTF8 \
-NoTypeInformation owners.csv`. A file that belongs to the file server's administrators was copied, \
or is the file server's own.",
};

/// Reports that stay although they should go.
pub static NOT_DELETED: Code = Code {
    id: "GW4009",
    severity: Severity::Error,
    title: "reports could not be deleted",
    page: "`report --prune --apply` counted these reports and could not delete them: the account may \
not, or another program holds them. The others are gone, and their daily counts stand in the \
history.\n\nRun it as an account that may delete files there, for example on the file server. The \
next run goes on where this one ended, and counts no day twice.",
};

/// Rows that name one server.
pub static REPEATED_ROW: Code = Code {
    id: "GW4010",
    severity: Severity::Warning,
    title: "rows of the list name a server once more",
    page: "A row names a server that a row above it has named, and nothing else in the list tells the two \
apart: they count as one. Servers of one short name in two domains look so when the list has neither full \
names nor SIDs nor distinguished names; where it has, each counts.\n\nWhen the rows are several servers, \
export the list again with the properties `DNSHostName` and `SID`. Else take the second row out, or leave \
it.",
};

/// What may be meant otherwise.
pub static DOUBTFUL_LIST: Code = Code {
    id: "GW4011",
    severity: Severity::Warning,
    title: "part of the list of servers may be meant otherwise than it was read",
    page: "Of several columns that may name a server the best known is taken: `DNSHostName`, then \
`sAMAccountName`, `Name`, `VMName`, `CN`, `ComputerName` and other words. Where another one names other \
servers it is named here: `Get-VM` gives the Hyper-V host as `ComputerName`, a remote session the machine \
that was asked as `PSComputerName`. Two full names in one row or entry are named, and so is what stands \
where a SID should. A quoted cell may have several lines; where these look like rows, a quote may be \
missing, and the servers in them are not counted.\n\nLook at the places named. Take a column \
out, or add the missing quote; best is a list with the column `DNSHostName`.",
};

/// Reports of days that are counted already.
pub static CAME_LATE: Code = Code {
    id: "GW4012",
    severity: Severity::Warning,
    title: "old reports stay, of days that were counted before they came",
    page: "`report --prune` deletes the report of a run only when the history has counted it, and counts \
each day once. Reports of such a day that came later (a server that was cut off, a copy from a backup), and \
those of a second folder that is pruned with the same history, are not in its counts: they stay.\n\nGive \
each folder a history of its own. To delete late reports, prune with a history for them, \
`--history late.csv`. The file `.counted` beside a history remembers which reports it has counted; without \
it all reports of counted days stay.",
};

/// A result of another program that cannot be read.
pub static UNREADABLE_RESULT: Code = Code {
    id: "GW4013",
    severity: Severity::Warning,
    title: "results of the analyzer do not count",
    page: "`report --analyzer` reads `SystemInfoLogs\\MDEClientAnalyzer.xml` of Microsoft's Client Analyzer, in \
archives named `MDEClientAnalyzerResult*.zip` and in folders that somebody unpacked. The file named here is \
cut, larger than 16 MiB, no XML, another document, or says of no device what it is of; an archive holds none \
or more than one; or it says that it was made later than tomorrow.\n\nLook at the file, run the analyzer \
again, or leave the file out. No report of a server is judged otherwise for it.",
};

/// A result of a server that is not known.
pub static RESULT_OF_NO_SERVER: Code = Code {
    id: "GW4014",
    severity: Severity::Warning,
    title: "results of the analyzer stand beside no server",
    page: "A result names its device by the NetBIOS name, without a domain, at most 15 characters; one that has a \
domain after all is of that domain. No server that reported or is expected has that name.\n\nName a list of all servers with `--expected`, or leave the \
files out. A server that was renamed since has its old name in the result.",
};

/// A result that may be of several servers.
pub static RESULT_OF_SEVERAL: Code = Code {
    id: "GW4015",
    severity: Severity::Warning,
    title: "the device of a result may be one of several servers",
    page: "A result names its device by the NetBIOS name, without a domain, at most 15 characters. Servers of \
several domains have that name, or names that are cut to it, so that nobody knows which is meant: the result \
stands beside none.\n\nAsk those servers themselves.",
};

/// A result that a newer one takes the place of.
pub static OLDER_RESULT: Code = Code {
    id: "GW4016",
    severity: Severity::Note,
    title: "older results of the analyzer are not quoted",
    page: "Several results are of one server: the newest is quoted. One whose time cannot be read counts as \
older than all others. Where the culture of the server leaves out whether it was morning or evening, and no \
archive tells it, the morning counts.\n\nNothing has to be done. Leave the older files out, and this is not \
said again.",
};

/// A machine that has another name now.
pub static RENAMED: Code = Code {
    id: "GW4050",
    severity: Severity::Warning,
    title: "machines report under another name than before",
    page: "A report names the account of its server by SID, and an account keeps its SID when the server is \
renamed. Two names that reported one after the other as one account, and as one machine where both tell it, are one \
server. The old name gets no report any more: on a list of expected servers it stays `not_heard_from` and keeps the \
share of servers that are done lower than it is. Where it reports on, another machine has been given the name, or two \
servers have changed theirs: the line says so, nothing is said of the old name, and its reports are those of a server \
that runs.\n\nWhere only the machine (its own SID, or the identity of its sensor) is the same and the \
accounts differ, the server was renamed with a new account or moved to another domain, or one of the names is a \
copy of the other. Which of them, time shows: when the older name reports again as that machine, they are copies \
(GW4052).\n\nExport the list again. Delete the report files of the old name when none has come for some days: until \
then the report of the new name may be somebody else's word. In the portal the old name stays \
as a device until its data ends. Nothing is counted otherwise for this: what a report says of its account is the \
word of whoever wrote it, unless the file belongs to that account (`proven`; GW4008 tells where owners come from). \
A report whose file is known to belong to another account than it names says nothing here.",
};

/// A name with a new machine.
pub static REINSTALLED: Code = Code {
    id: "GW4051",
    severity: Severity::Note,
    title: "servers were installed anew, or replaced under their name",
    page: "The newest reports of these servers come from a machine with another SID than the older ones: Windows \
was installed anew, or another machine was given the name. Where the server stands is what its newest report \
says. In the portal the machine of before is a device of its own, which turns inactive seven days after its last \
contact.\n\nSee that it was meant. A domain controller has the SID of its domain, so that one that was promoted \
or demoted is not named. Only reports that still lie in the folder are compared.",
};

/// Copies of one machine.
pub static CLONED: Code = Code {
    id: "GW4052",
    severity: Severity::Warning,
    title: "several servers have one identity",
    page: "Servers of several names report with the same identity.\n\nOne sensor (`senseGuid`): an image was made of \
a server that was onboarded. The portal takes the copies for one device, so that what happens on one of them is \
shown as another's. Sysprep does not take the sensor's identity away. On each copy but one: offboard it, take away \
what identifies the sensor as Microsoft's page about golden images of virtual desktops has it (the folder `Cyber` \
and the value `senseGuid`, as SYSTEM, while the service is stopped), and let the policy onboard it again. Clean the \
image in the same way, and never onboard it.\n\nOne SID of the machine: copies of an image that Sysprep did not \
prepare. Each has a sensor of its own, so the portal tells them apart. Since the updates of August and September \
2025, Windows Server 2025 refuses Kerberos and NTLM between such machines (event 6167 of LsaSrv); Microsoft asks \
for new installations from an image that Sysprep prepared. Domain controllers share the SID of their domain and \
are not named.\n\nNothing is counted otherwise for this. An identity is the word of whoever wrote the report: where \
one of the names is not known, compare the owners of the report files (GW4008).",
};

/// One name or account for several machines.
pub static ONE_FOR_SEVERAL: Code = Code {
    id: "GW4053",
    severity: Severity::Warning,
    title: "several machines report as one server",
    page: "Under one name reports of two machines come by turns (each has a SID of its own), or two names report as \
one account, at the same time or as different machines. Neither can be so of one server: a copy was started beside its original under the \
same name, a backup was restored while the server went on, or somebody writes reports for another server. Below \
one name 64 machines are told apart: where there are more, the line says so, and not all of them are compared with \
those of other names.\n\nThe newest report counts as always, so that the server stands where the machine that reported last does. Find the \
machines: rename one or shut it down. Compare the owners of the report files (`--owners`, `--require-owners`; \
GW4008): a file that belongs to another account was written by somebody else. A report whose file is known to \
belong to another account than it names is not looked at here.",
};

/// Reports of servers whose account is disabled.
pub static ACCOUNT_DISABLED: Code = Code {
    id: "GW4054",
    severity: Severity::Warning,
    title: "the accounts of servers that reported are disabled",
    page: "The list of `--expected` calls these accounts disabled, so that the servers are not expected and count on \
neither side; and there are reports of them. Mostly they are out of service, and the reports are old.\n\nA server \
that is out of service: delete its report files; its device in the portal turns inactive by itself. One that \
reported after its account was disabled cannot have reached the share with it: export the list again, or look at \
who owns the files (GW4008). One that still runs is protected as its report says, and gets no policy any more: \
enable the account, or offboard it by hand.",
};

/// Reports of a shape that came after this program.
pub static NEWER_REPORT: Code = Code {
    id: "GW4055",
    severity: Severity::Warning,
    title: "reports of a newer bootstrap are read as far as they can be",
    page: "The shape of reports has a number (`schema`), which rises when a field or a state changes its meaning. These \
reports have a higher one than this version of `gangway` knows: a newer version built the bundle whose bootstrap \
wrote them. Their servers count as heard from. A state that is open in every version (refused, failed, blocked, \
waiting) is taken as it stands, unless its reason is one that is known here and of another state; every other one, \
`onboarded` among them, makes nobody done or clear and takes nobody out of the count: the server stands as \
`newer_report`. That the service is reached is taken from none of them; that it is not, is. Where a report cannot be read whole, its state and reason are quoted and no \
more is made of them. `report --prune` leaves such reports alone.\n\nRead the reports with the version of `gangway` \
that built the newest bundle.",
};

/// Every code of this folder, by number.
pub static ALL: &[&Code] = &[
    &UNREADABLE_REPORT,
    &UNEXPECTED_SERVER,
    &NAMELESS_ROW,
    &ASSUMED_HEADER,
    &AMBIGUOUS_NAME,
    &LEFT_OUT_REPORT,
    &SEVERAL_TENANTS,
    &OWNERS_NOT_CHECKED,
    &NOT_DELETED,
    &REPEATED_ROW,
    &DOUBTFUL_LIST,
    &CAME_LATE,
    &UNREADABLE_RESULT,
    &RESULT_OF_NO_SERVER,
    &RESULT_OF_SEVERAL,
    &OLDER_RESULT,
    &OTHER_ACCOUNT,
    &OTHER_MODE,
    &RENAMED,
    &REINSTALLED,
    &CLONED,
    &ONE_FOR_SEVERAL,
    &ACCOUNT_DISABLED,
    &NEWER_REPORT,
];
