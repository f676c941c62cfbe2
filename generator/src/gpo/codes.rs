//! Codes of Group Policy findings, `GW2xxx`: `GW20xx` what cannot be made, `GW21xx` the GPO and
//! its backup as a whole, `GW22xx` its tasks and other items, `GW23xx` values, filters and
//! collisions between GPOs.

use crate::problem::{Code, Severity};

macro_rules! codes {
    ($($name:ident = $id:literal $severity:ident $title:literal : $page:literal;)*) => {
        $(
            #[doc = concat!($id, ": ", $title)]
            pub static $name: Code = Code {
                id: $id,
                severity: Severity::$severity,
                title: $title,
                page: $page,
            };
        )*

        /// All of them, in the order of their numbers.
        pub static ALL: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    UNUSABLE_PATH = "GW2001" Error "a path for the task cannot be used":
        "The task starts the bootstrap from a UNC path that is written into the policy as it \
         stands. A short server name, a `%`, a `$(` or more than 260 characters would make each \
         server fail without a word, so such a path is refused at build time.\n\nGive a folder \
         with the full DNS name of its server and without such characters.";
    UNUSABLE_TEXT = "GW2002" Error "a text cannot be written into a policy file":
        "Policy files are XML 1.0, which has no way to express most control characters, and \
         dates with four-digit years.\n\nChange the value in the config.";
    UNUSABLE_SETTING = "GW2003" Error "a policy value cannot be used":
        "The sensor and the antivirus read policy values without complaint and ignore those that \
         are not in the form they expect: the sensor's proxy is `host:port` without a scheme, \
         the antivirus proxy is a URL, a device tag has at most 200 characters, and an exclusion \
         of a whole drive would switch the protection off. Such values are refused at build \
         time.\n\nWrite the value in the form that the message asks for.";

    EXTENSION_MISSING = "GW2101" Error "the extension list does not name an extension in use":
        "A client runs only the extensions that the GPO's extension list names. Files of an \
         extension that is not named are never read, and nothing is logged. `Import-GPO` copies \
         the list from the backup unchecked.\n\nUse the list that is given as evidence.";
    EXTENSION_ORDER = "GW2102" Error "the extension list is not sorted":
        "A client reads the list in order and stops at the first group that is out of order: \
         everything after it is ignored without a word. Groups must ascend by GUID.\n\nUse the \
         list that is given as evidence.";
    EXTENSION_MALFORMED = "GW2103" Error "the extension list is malformed":
        "The list must be `[{CSE}{tool}]…` with GUIDs in braces and nothing between the groups. \
         A client gives up at the first fault.\n\nWrite the list again, or back the GPO up \
         again.";
    EXTENSION_UNUSED = "GW2104" Note "the extension list and the files do not fit each other":
        "The list names an extension without files, or lacks the group of zeros that editors and \
         reports expect beside preferences. Clients apply the GPO all the same.\n\nNothing has to \
         be done for clients.";
    VERSION_ZERO = "GW2105" Error "a side with content has version 0":
        "Version 0 means that the side is empty, and clients skip it without a word.\n\nRaise the \
         version in `GPT.INI` and in the directory (`versionNumber`) together.";
    VERSION_UNEQUAL = "GW2106" Error "directory and SYSVOL versions differ":
        "The two halves of a GPO carry the same version, or clients read an old half or the \
         consoles report a replication fault.\n\nRaise both together: files first, then the \
         directory, then `GPT.INI`.";
    UNREADABLE_FILE = "GW2107" Error "a policy file cannot be read":
        "A client that cannot read a policy file skips it and logs success (event 5016). Nothing \
         in the file takes effect. `Backup.xml` and `bkupInfo.xml` are GPMC's alone, which cannot \
         import the backup without them, and a MOF file is what a WMI filter is imported \
         from.\n\nWrite the file again with the policy editor, or build it again; a backup's \
         document by backing the GPO up again.";
    INCOMPLETE_BACKUP = "GW2108" Error "files of the backup are missing":
        "`Import-GPO` needs `Backup.xml` and `bkupInfo.xml`, and copies exactly the files that \
         `Backup.xml` lists. `bkupInfo.xml` and `manifest.xml` are hidden on Windows: archive \
         tools that skip hidden files lose them.\n\nCopy the backup again with hidden files \
         included, or back the GPO up again.";
    IDENTITY_MISMATCH = "GW2109" Error "the parts of a backup name different GPOs":
        "The folder's name, `bkupInfo.xml` and `Backup.xml` must name the same backup and the \
         same GPO, or the import fails or takes another one.\n\nRename the folder to its backup \
         id, or back the GPO up again.";
    SIDE_DISABLED = "GW2110" Error "a side with content is switched off":
        "The GPO's flags switch off the side that holds settings: clients skip it without a \
         word. Bit 0 switches off the user side, bit 1 the computer side.\n\nSwitch the side on \
         in GPMC (GPO status).";
    DESCRIPTOR_UNUSABLE = "GW2111" Error "the security descriptor of the backup is unusable":
        "An empty descriptor can be imported; a damaged one makes import or restore \
         fail.\n\nBack the GPO up again.";
    NO_GPT_INI = "GW2112" Error "the SYSVOL folder has no usable GPT.INI":
        "Clients read the version of the GPO from `GPT.INI`; without it the GPO is not applied \
         (event 1058).\n\nWrite `[General]` and `Version=` with the number that the directory \
         holds (`versionNumber`).";
    UNLISTED_FILE = "GW2113" Note "a file of the backup is not listed":
        "`Import-GPO` copies the files that `Backup.xml` lists and no others. Editors leave \
         such files behind (`.backup`).\n\nNothing has to be done, unless the file was meant to \
         reach clients: then back the GPO up again.";
    BACKUP_VERSION = "GW2114" Warning "versions in a backup are 0 or differ":
        "`Import-GPO` gives the GPO that it fills versions of its own (1 and 1 in a new one), so \
         this does no harm there. `Restore-GPO` may bring them back: clients skip a side of \
         version 0, and take halves that differ for a replication fault. It also says that \
         something was wrong with the GPO when it was backed up.\n\nImport the backup rather than \
         restore it, or edit the GPO once and back it up again.";
    NOT_FOLLOWED = "GW2115" Error "a link stands where policy is looked for":
        "Links, pipes and devices are not followed: what lies behind them is not part of the folder, and \
         nothing of it was looked into. So nothing is said of the policy that they stand for, neither \
         good nor bad.\n\nPut the file or folder itself in the place, or check the place that the link \
         leads to.";
    ENCODING = "GW2116" Warning "a policy file names its encoding in another way than Windows is known to read":
        "Windows reads preference files with MSXML, which has a list of its own for the names of encodings \
         (Microsoft's article KB 275883): `utf-8`, `utf-16`, `iso-8859-1`, `windows-1252` and some more. \
         Other readers also take names such as `utf8`. MSXML refuses a file whose encoding it does not know, \
         and a client then skips it; which further names a server knows, its registry says.\n\nWrite \
         `encoding=\"utf-8\"` into the first line.";

    DUPLICATE_UID = "GW2201" Error "two items share a uid":
        "Every preference item needs a uid of its own. Items that share one are taken for the same \
         item when the GPO is edited or removed.\n\nGive the copy a new GUID.";
    MISSING_UID = "GW2202" Warning "an item has no uid":
        "Editors and the removal of items go by the uid.\n\nGive the item a GUID of its own.";
    SHARED_RUN_ONCE = "GW2203" Error "two items share the id of their run-once filter":
        "A client stores the id after the first item that carries it and skips every later one: \
         the second item never runs. A copied item keeps the id of its original.\n\nGive each \
         run-once filter an id of its own.";
    START_BOUNDARY = "GW2204" Error "a trigger's boundary is no date and time":
        "A boundary must be a whole date and time such as `2026-01-31T09:00:00`, or \
         `%LocalTimeXmlEx%` in an immediate task. A bare time such as `09:00` makes the task \
         vanish without a word.\n\nWrite a whole date and time.";
    RANDOM_DELAY = "GW2205" Error "a random delay has no room before the end boundary":
        "An immediate task starts and expires at the same moment; any delay moves the start \
         behind the end, and the task never runs. The bootstrap spreads the load \
         itself.\n\nRemove the delay.";
    NO_ACCOUNT = "GW2206" Error "a task has no account":
        "With an empty `runAs` the client registers nothing, logs success and goes on.\n\nWrite \
         `NT AUTHORITY\\System` with logon type `S4U`.";
    UNMAPPED_ACCOUNT = "GW2207" Error "an account name does not map to a SID":
        "Clients report event 4098 with 0x80070534. The account dialog of the remote tools picks \
         `DOMAIN\\System`, older editors `NT AUTHORITY\\Well-Known-System-Account`; neither \
         exists.\n\nWrite `NT AUTHORITY\\System`.";
    LOCALISED_ACCOUNT = "GW2208" Warning "an account name exists in one language only":
        "Names such as `NT-AUTORITÄT\\SYSTEM` map only on Windows of that language.\n\nUse \
         `S-1-5-18` in estates with several languages.";
    S4U_NETWORK = "GW2209" Error "a user task without a password reaches for the network":
        "Logon type S4U gives a user account no network credentials: the UNC path in the action \
         cannot be opened. Service accounts use the computer's own credentials and are not \
         affected.\n\nRun the task as SYSTEM, or copy the program to the server first.";
    SHORT_UNC = "GW2210" Warning "a UNC path has a short server name or an address":
        "Without a fully qualified name clients fall back to NTLM, which UNC hardening and many \
         estates refuse, and the name is resolved by broadcast.\n\nUse \
         `\\\\server.contoso.com\\share`.";
    NO_STOP_CONDITION = "GW2211" Warning "an immediate task never stops repeating":
        "Preferences are applied again at every refresh, changed or not: about every 90 minutes, \
         on domain controllers every 5. An immediate task without a condition that becomes false \
         runs each time.\n\nAdd a filter on what the task changes, or a run-once filter.";
    FILE_REPLACED = "GW2212" Warning "a program is copied again at every refresh":
        "Actions Update and Replace write the file at every refresh: it fails while the program \
         runs, and a half-written copy may be started.\n\nUse action Create with a versioned \
         name, or start the program from its share.";
    NO_TASK = "GW2213" Error "a task item has no embedded task":
        "The attributes of XP-style items (`appName`, `args`, `startIn`) mean nothing on \
         `TaskV2` and `ImmediateTaskV2`: without an embedded `Task` nothing is registered, and \
         success is logged.\n\nWrite the item again with the policy editor, for at least Windows \
         7.";
    PASSWORD = "GW2214" Error "an item carries a password":
        "`cpassword` is encrypted under a key that Microsoft published (MS14-025): everybody in \
         the domain can read it. Clients ignore it since then.\n\nRemove the attribute and change \
         the password.";
    UNKNOWN_FILTER = "GW2215" Error "a filter is one that clients do not know":
        "Filter names are case-sensitive. An unknown one makes the item fail closed, negated or \
         not: it never applies.\n\nSpell the filter as clients know it.";
    NOT_UNDERSTOOD = "GW2216" Warning "part of an item means nothing to clients":
        "An attribute or element stands where clients know none, or has a value that they do not \
         know. They ignore it or the item without a word.\n\nRemove it, or write the item again \
         with the policy editor.";
    PRINCIPAL_MISMATCH = "GW2217" Warning "account and principal of a task differ":
        "The item's account and the embedded principal should agree. The editor itself leaves the \
         principal at the logged-on user's variables when only the account box is changed. The \
         item is applied; which of the two accounts Windows then takes is written nowhere, and \
         with the principal's the task waits for somebody to log on.\n\nRepeat account and logon \
         type in the principal, with run level `HighestAvailable`.";
    IMMEDIATE_ACTION = "GW2218" Error "an immediate task has another action than Create":
        "A client registers an immediate task each time that it applies the item and knows no \
         other action for it than Create: with another the item does nothing.\n\nUse action `C`.";
    REMOVE_ACTION = "GW2219" Warning "removal is asked for without action Replace":
        "`removePolicy` needs action R, as the editor forces it; it is never undone for \
         immediate tasks.\n\nUse action `R`.";
    EXPIRY = "GW2220" Error "a task is to be deleted after an expiry that it does not have":
        "`DeleteExpiredTaskAfter` needs a trigger with an end boundary; without one the \
         registration fails.\n\nAdd an `EndBoundary` to a trigger, or remove the setting.";
    NAME_MISMATCH = "GW2221" Warning "an item is shown under another name than it has":
        "The editor shows the item's `name`; the client registers the `name` of its \
         properties.\n\nGive both the same name.";
    DUPLICATE_TASK = "GW2222" Warning "two items register a task of the same name":
        "The later one replaces the earlier at every refresh, and the earlier one replaces it \
         again at the next.\n\nRename or remove one of them.";
    DOLLAR = "GW2223" Warning "the Task Scheduler will change a dollar in the action":
        "In arguments and working directory `$$` becomes `$`, and `$(Arg0)` to `$(Arg31)` are \
         replaced.\n\nDouble the dollar.";
    COMMAND = "GW2224" Error "a command is empty or too long":
        "The Task Scheduler takes 1 to 260 characters.\n\nGive a command of that length; \
         arguments have a field of their own.";
    OUTSIDE_NETLOGON = "GW2225" Warning "SYSTEM starts a program from a share other than NETLOGON":
        "Whoever may write to that share runs code as SYSTEM on every server in scope. NETLOGON \
         can be written by domain administrators only, and UNC hardening protects it by default \
         from Server 2016 on.\n\nPut the bootstrap into NETLOGON; payloads may stay on the share, \
         because they are pinned by hash.";
    OUTSIDE_NETLOGON_WITH_DCS = "GW2226" Error
        "domain controllers start a program from a share other than NETLOGON":
        "Whoever may write to that share owns the domain.\n\nPut the bootstrap into NETLOGON, or \
         take domain controllers out of the scope.";
    BATTERY = "GW2227" Warning "a task does not start on battery power":
        "Both battery settings default to true. A server behind a UPS that reports battery power \
         is never served.\n\nSet `DisallowStartIfOnBatteries` and `StopIfGoingOnBatteries` to \
         false.";
    USER_FILTER = "GW2228" Warning "a filter of a computer item asks about the user":
        "`userContext` defaults to 1 in group, unit and domain filters. A computer item must say \
         0.\n\nWrite `userContext=\"0\"`.";
    OS_FILTER = "GW2229" Note "a filter cannot tell Server 2016 from its successors":
        "`WINTHRESHOLDSRV` is Server 2016 and everything after it.\n\nUse a WMI filter, or decide \
         in the program that runs.";
    SWITCHED_OFF = "GW2230" Note "an item or a whole file is switched off":
        "Clients skip what is switched off without a word.\n\nSwitch it on, or delete it so that \
         nobody relies on it.";
    DURATION = "GW2231" Error "a duration of a task is none":
        "The Task Scheduler takes durations as XML has them, such as `PT1H` or `P3D`; with \
         another text the task is not registered (0x80041318).\n\nWrite the duration in that \
         form.";
    DRIVE = "GW2232" Warning "SYSTEM reaches for a drive that may be a mapped one":
        "Mapped drives belong to a user's session. SYSTEM sees none of them, and the program, \
         script or folder is not found.\n\nName it by its UNC path or on a local disk.";
    COMMAND_FORM = "GW2233" Warning "arguments stand inside a command":
        "`Command` holds the path of the program and nothing else. With arguments in it the Task \
         Scheduler looks for a file of that whole name.\n\nMove the arguments to \
         `Arguments`.";
    NEVER_STARTS = "GW2234" Warning "a task never starts, or hardly ever":
        "Its settings keep it from starting: it is switched off, all its triggers are, one ends \
         before it begins, its schedule names no day that comes, it waits for events by a text that is no query of the event log, or it \
         waits for an idle server and expires at once.\n\nChange the \
         setting that is named.";
    TASK_NAME = "GW2235" Error "a task has a name that cannot be registered":
        "A task is a file: its name cannot hold `/ : * ? \" < > |`. A backslash makes a \
         folder; no part of a name is empty, is `.` or `..`, or begins or ends with a blank (MS-TSCH \
         2.3.11).\n\nGive it another name.";
    TASK_SCHEMA = "GW2236" Error "a task is not what the Task Scheduler's schema allows":
        "The Task Scheduler registers nothing for a task with an unknown element (0x80041316), a \
         value that the schema does not know (0x80041318) or a missing element (0x80041319): \
         MS-TSCH 2.5. Names and values are case-sensitive; the client reports event 4098 or \
         nothing.\n\nCorrect what is named, or write the task again with the policy editor.";
    ACCOUNT_LEFT_OUT = "GW2237" Warning "a task leaves its account to a default":
        "MS-GPPREF 2.2.1.18.3 gives a computer's task without `runAs` the account of the Task \
         Scheduler, usually SYSTEM, and a user's task the user who is logged on. Editors always \
         write the attribute, and with an empty one nothing is registered.\n\nWrite \
         `NT AUTHORITY\\System` with logon type `S4U`.";
    REGISTRY_ITEM = "GW2238" Warning "a registry preference has another form than editors write":
        "The hive has its long name, the key stands without it and without a backslash at either end, the \
         type is one of the registry's, a DWORD is eight hex digits and a binary value two for each byte. \
         What a client makes of other forms is documented nowhere: it may write another value, or \
         none.\n\nWrite the item as the policy editor does.";
    SCRIPT = "GW2239" Warning "a script of the GPO is never started":
        "The computer side starts scripts of `[Startup]` and `[Shutdown]`, the user side those of `[Logon]` \
         and `[Logoff]`; sections of the other side are ignored (MS-GPSCR 2.2.2). A name without its whole path is \
         looked for in the GPO's own folder for that moment. PowerShell scripts have a list of their own, \
         `psscripts.ini`: from `scripts.ini` Windows opens `.ps1` with the program that it belongs to, an editor \
         unless somebody changed it, and PowerShell takes no file of another ending.\n\nWrite the script below \
         a section of its side in its list, and put its file into the GPO.";
    SCRIPT_LIST = "GW2240" Warning "a list of scripts has another form than clients are known to read":
        "`scripts.ini` and `psscripts.ini` are UTF-16 with a mark. Below `[Startup]`, `[Shutdown]`, `[Logon]` \
         and `[Logoff]` stand pairs of `0CmdLine` and `0Parameters`, counted from 0 without a gap, and \
         `psscripts.ini` may have `[ScriptsConfig]` (MS-GPSCR 2.2.2 and 2.2.3). A client passes over what it \
         does not know, and logs nothing. It also takes a list of one byte for a character; a mark of UTF-8 \
         then is a part of the first line, so that the section in it is none.\n\nSet the scripts again in \
         the policy editor.";

    BACKGROUND_OFF = "GW2301" Error "a policy keeps preferences from running in the background":
        "With `NoBackgroundPolicy` or `NoGPOListChanges` the preference extension runs only at \
         start, or only when the GPO changed: the bootstrap is not started again after a \
         failure.\n\nSet the value to 0 for the servers in scope.";
    STRING_COMPARISON = "GW2302" Warning "a WMI query compares a version as text":
        "`Version` and `BuildNumber` are strings in WMI, and strings compare letter by letter: \
         `\"10240\" > \"9600\"` is false. Texts of one length compare as the numbers do.\n\nUse \
         `LIKE \"10.0.%\"` or `=`.";
    FILTER_LENGTHS = "GW2303" Error "a WMI filter is malformed":
        "`msWMI-Parm2` counts the characters of each query. With one wrong length the filter is \
         false on every client, and no GPO that uses it is applied.\n\nCount the characters of \
         namespace and query again, or import the MOF file of the bundle.";
    ON_AND_OFF = "GW2304" Error "onboarding and offboarding apply to the same servers":
        "Each would undo the other at every refresh.\n\nUnlink one before the other is linked.";
    ON_AND_OFF_UNLINKED = "GW2305" Warning "onboarding and offboarding lie side by side":
        "Nothing shows where these GPOs are linked. Linked to the same servers, each would undo \
         the other at every refresh.\n\nNever link both to the same servers.";
    SETTINGS_WITH_TASK = "GW2306" Warning "one GPO holds Defender settings and a task":
        "Policy values vanish when their GPO stops applying. Whoever unlinks this GPO to stop the \
         task also turns passive servers active.\n\nKeep settings and task in two GPOs.";
    TWO_WRITERS = "GW2307" Warning "two writers set the same value":
        "Which one wins depends on link order and on whether the writer is a policy or a \
         preference; when one goes, the value goes with it.\n\nLeave one writer.";
    ANTISPYWARE_OFF = "GW2308" Error "a policy switches Defender Antivirus off":
        "`DisableAntiSpyware` and `DisableAntiVirus` make the installation of the agent on Server \
         2012 R2 and 2016 fail (exit code 39 of Install.ps1), and mean passive mode after \
         onboarding.\n\nRemove the value and set passive mode instead.";
    EXECUTION_POLICY = "GW2309" Warning "a policy keeps PowerShell from running signed scripts":
        "With scripts disabled, or with `AllSigned` and an untrusted publisher, Install.ps1 cannot \
         run unattended.\n\nUse the route that installs the agent by msiexec, or trust \
         Microsoft's publisher certificate.";
    PASSIVE_WITH_AUTO = "GW2310" Error "passive mode is set by policy and decided by the bootstrap":
        "With `antivirus_mode = \"auto\"` only the bootstrap writes `ForceDefenderPassiveMode`, by \
         what it finds on each server. A policy value would overrule it everywhere.\n\nRemove the \
         value from the GPO, or set the mode to `always_passive` or `never_passive`.";
    VALUE_FORM = "GW2311" Error "a value has a type or form that its reader ignores":
        "The sensor and the antivirus ignore values of another type or form without a \
         word.\n\nCorrect the value as the message says.";
    WIDE_EXCLUSION = "GW2312" Warning "an antivirus exclusion is dangerously wide":
        "Malware likes to live where nobody looks.\n\nExclude the folder or the process that the \
         vendor names.";
    BLOB_IN_POLICY = "GW2313" Warning "an onboarding or offboarding blob lies in a policy":
        "Everybody in the domain can read SYSVOL; with the blob a stranger can onboard machines \
         to the tenant, or take servers out of it. The value also outlives the package.\n\nUse \
         the script on a share that only computers can read.";
    SERVICE_LOGON = "GW2314" Warning "a right is taken from Defender's virtual service accounts":
        "A policy for `Log on as a service` without `S-1-5-80-0` (all services) keeps services \
         with virtual accounts from starting, among them parts of Defender.\n\nAdd `*S-1-5-80-0`.";
    SOFTWARE_INSTALLATION = "GW2315" Note "the GPO installs software":
        "Software installation runs only at start, never over slow links, takes no command line \
         and reports nothing. It is not looked into.\n\nLook at it in GPMC.";
    POLICY_KEY = "GW2316" Error "a key in registry.pol has another form than clients need":
        "A key there has no hive and neither begins nor ends with a backslash: the side of the \
         GPO is the hive. With a hive's name in front the value lands below a key that nobody \
         reads; with `HKLM:\\` in front the whole run of Group Policy fails. A key has a name, none of its parts is \
         empty or longer than 255 characters, and a value's name has at most 16,383 (Microsoft, \"Registry element \
         size limits\").\n\nWrite the key from `SOFTWARE` or `SYSTEM` on.";
    DUPLICATE_VALUE = "GW2317" Warning "registry.pol sets one value twice":
        "Clients write the records in order, so the last one stays; editors show the \
         first.\n\nKeep the record that is meant.";
    MISSPELT_VALUE = "GW2318" Warning "a value of Defender's has a name that nobody is known to read":
        "The name is close to one that the sensor or the antivirus reads, and is not it. Values \
         that nobody reads have no effect and no message.\n\nWrite the name that is given.";
    NOT_WQL = "GW2319" Error "a WMI query is no WQL":
        "A filter whose query WMI cannot read is false on every client: nothing that uses it is \
         applied.\n\nCorrect the query; try it with `Get-CimInstance -Query`.";
    SLOW_CLASS = "GW2320" Warning "a WMI query asks for a class that hurts":
        "A query for `Win32_Product` checks, and repairs, every installed MSI package at each \
         refresh (documented by Microsoft).\n\nAsk for a registry value or a file instead.";
    SECURITY_TEMPLATE = "GW2321" Warning "a security template has parts that clients do not know":
        "`GptTmpl.inf` has a closed list of sections, settings and forms (MS-GPSB 2.2), and by 3.2.5 of \
         that document a client ignores a template that does not conform, as a whole. How much of \
         this Windows takes literally is not documented: some of the other settings may still \
         apply.\n\nSet what is named again in the policy editor, which writes the right form, and \
         take out what it does not show.";
    MISTYPED_EXCLUSION = "GW2322" Warning "an exclusion is probably not what was meant":
        "An exclusion is taken as it is written. Doubled backslashes, slashes, a user's variable, a path \
         without its drive, a wildcard for the letter of a drive or more than six of them make it \
         another path than the one that was meant, so what was to be left alone is scanned. An extension is `.mdf` or \
         `mdf`. A program is told by its path, or by its whole file name without wildcards (Microsoft, \
         \"Configure and validate exclusions based on file extension and folder location\" and \"Configure \
         exclusions for files opened by processes\"; what the antivirus makes of other forms they do not say).\n\nWrite \
         the path as Explorer shows it; in the config in single quotes, with single backslashes.";
    PROCESS_BY_NAME = "GW2323" Warning "a program is excluded by its name alone":
        "An exclusion of a program without its path counts for every program of that name, wherever it is started \
         from: a folder of a user, a stick. Whatever it opens is not scanned, and malware may call itself so \
         (Microsoft, \"Image name vs full path for process exclusions\" and \"Using just the file name in the \
         exclusion list\").\n\nWrite the whole path of the program. Variables of the system such as \
         `%ProgramFiles%` and wildcards for single folders count in it.";
    ANTIVIRUS_SILENCED = "GW2324" Warning "a policy keeps Defender Antivirus from protecting":
        "`DisableRealtimeMonitoring` ends real-time protection unless tamper protection holds it, and what is \
         disabled does not start: the fleet report calls the antivirus of such a server off. For the services and \
         drivers of the antivirus Microsoft supports no other startup than their own (\"Troubleshoot Microsoft \
         Defender for Endpoint onboarding issues\").\n\nRemove the setting. Where another antivirus runs, passive mode \
         is what is meant.";
    SERVICE_OFF = "GW2325" Error "a policy switches off the sensor or the Task Scheduler":
        "The sensor is the service `Sense`; no server without it is onboarded or watched. The Task Scheduler is the \
         service `Schedule`; where it is stopped or disabled no task runs, the bootstrap's neither (Microsoft, \
         \"Security guidelines for disabling system services in Windows Server\"). Windows starts no service that is \
         disabled.\n\nRemove the setting.";
    SAME_NAMES = "GW2326" Error "two files of a GPO have names that differ only in capitals":
        "On a disk that tells capitals from small letters both are there. Windows does not tell them apart: where the \
         GPO is copied to SYSVOL or to a Windows machine, one of them replaces the other, and only one of them was \
         looked into.\n\nKeep the one that is meant, and lint again.";
    FILTER_VALUE = "GW2327" Warning "a filter asks for a value that no computer has":
        "A version, an address, a time, a day, a name or a SID in the filter is none, so the filter can hold on no \
         client (turned round, on each), and nobody is told. The forms are those of MS-GPPREF 2.2.1.22 and of what the \
         policy editor writes; that document does not say what a client makes of others.\n\nCorrect the value in the \
         policy editor, or take the filter out.";
    TASK_DOUBT = "GW2328" Warning "the Task Scheduler may refuse part of a task, or leave it out":
        "Messages and mails are actions that newer versions of Windows do not support (Microsoft, \"ShowMessageAction \
         object\" and \"EmailAction object\"): nothing is shown or sent. The schema has one principal \
         (`principalsType`), which is a user or a group and not both (\"IPrincipal::GroupId\"); versions of the task \
         format are 1.0 to 1.6 so far; and a repetition that ends before it repeats never repeats. What a server does \
         with each is not documented.\n\nChange what is named, or write the task again with the policy editor.";
    REGISTRY_DATA = "GW2329" Warning "a value in registry.pol does not fit its type":
        "Clients write the bytes as they stand. A `REG_DWORD` is a number of 32 bits, a `REG_QWORD` one of 64, and \
         texts are UTF-16, two bytes a character at least (Microsoft, \"Registry value types\"). Whoever reads a value \
         of another length takes it for absent, or for another one.\n\nSet the value again in the policy editor.";
    SERVICE_OFF_SOMEWHERE = "GW2330" Warning "a policy switches off the sensor or the Task Scheduler on some servers":
        "A filter of the item, or of a folder around it, decides where. There it is as GW2325 says: no onboarding and no \
         watch without `Sense`, and no task without `Schedule`.\n\nRemove the item, or see to it that no server which is \
         to be onboarded is among those.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_and_every_code_says_what_to_know() {
        for pair in ALL.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} {}", pair[0].id, pair[1].id);
        }
        for code in ALL {
            assert!(
                code.id.starts_with("GW2") && code.id.len() == 6,
                "{}",
                code.id
            );
            assert!(
                code.page.ends_with('.') && !code.title.ends_with('.'),
                "{}",
                code.id
            );
        }
    }
}
