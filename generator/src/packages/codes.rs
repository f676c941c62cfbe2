//! Problem codes of packages (`GW5xxx`).

use crate::problem::{Code, Severity, error_codes};

/// What to do about a package that breaks a rule of its own maker.
pub const REPORT_IT: &str = "bring the bundle to servers by its exe, and report this: the rows are \
                             this program's own";

/// Packages went with the folder that was replaced.
pub static PACKAGES_GONE: Code = Code {
    id: "GW5012",
    severity: Severity::Warning,
    title: "packages that are not made again went with their folder",
    page: "A folder of packages is replaced as a whole, so that all in it is of one bundle and `packages.json` \
lists all of it. What an earlier run made there and this one does not is gone.\n\nMake all that you want to keep in \
one run (`--format` may be given several times), or have a folder for each by `--out`. Signed packages stay unless \
`--replace-signed` lets them go.",
};

/// A way back that no package takes.
pub static OFFBOARDING_UNUSED: Code = Code {
    id: "GW5013",
    severity: Severity::Warning,
    title: "nothing that is made uninstalls with the offboarding bundle",
    page: "`--offboard` gives the folders for deployment tools what uninstalls, and the rules for application \
control the exe that may run then. An installer package, a cabinet and an archive have nothing of it: removing the \
installer package removes the files that it placed, and the server stays onboarded.\n\nGive it with `--format \
configmgr`, `ansible`, `dsc`, `content` or `allow`; to take servers out of the service otherwise, run the exe of the \
offboarding bundle or publish that bundle. `gangway attest --offboard` says the same of packages that have nothing of \
that bundle: leave the option away there.",
};

/// No rule by publisher.
pub static RULES_BY_DIGEST: Code = Code {
    id: "GW5014",
    severity: Severity::Warning,
    title: "rules let a bootstrap run by its digest alone",
    page: "A rule by publisher lets every later bootstrap of the same signer run. Where none can be written, the \
rules name the digest of this one bootstrap: the next bundle has another, and does not start before its own rules \
are in force.\n\nSign the bundle, with an RSA key of at most 4096 bits, whose certificate names an organisation, and \
with a tool that puts the issuer's certificate into the signature. Or bring the rules of each bundle to the servers \
before the bundle.",
};

/// For another kind of computers.
pub static NOT_FOR_SERVERS: Code = Code {
    id: "GW5015",
    severity: Severity::Warning,
    title: "Intune brings nothing to a Windows Server",
    page: "Microsoft Intune manages workstations and telephones; Windows Server is none of the systems that can be \
enrolled. A package `.intunewin` is therefore made only when it is asked for, for other tools that read this form, \
and the bootstrap in it ends with 55 where it is no server.\n\nBring the bundle to servers by Group Policy, or by \
Configuration Manager, Ansible or DSC.",
};

/// What was replaced lies beside it.
pub static REPLACED_LEFT: Code = Code {
    id: "GW5016",
    severity: Severity::Warning,
    title: "the packages that were replaced could not be taken away",
    page: "The new packages are in their place, whole. Those that were there before lie beside them under a name \
with a dot in front, because the disk did not let the program take a file of them away: somebody has it open, or \
may not delete there.\n\nTake the folder away yourself. The next `gangway package` in this place tries it, too, and \
ends before it begins where that fails.",
};

/// `all` of a bundle that offboards, or holds a secret.
pub static NO_INSTALLER_PACKAGE: Code = Code {
    id: "GW5017",
    severity: Severity::Note,
    title: "all packages of the bundle are made, and no installer package is among them",
    page: "No installer package is made of an offboarding bundle (GW5001), or of one with the key of a workspace \
(GW5002): Windows keeps such packages where users can commonly read them. Nor is one made of a last campaign (GW5019). All its other packages are made.\n\nRun its exe with a tool that runs programs, by \
`content/`, unpack it from the cabinet, carry it as the archive, or publish the bundle by Group Policy.",
};

/// An installer package of the last campaign.
pub static RETIRING_PACKAGE: Code = Code {
    id: "GW5019",
    severity: Severity::Error,
    title: "no installer package is made of a last campaign",
    page: "A bundle of `build --mode retire` takes away from servers what bootstraps left there. An installer package \
places a bootstrap, which its removal takes away again; started by an installer, the bootstrap only looks, and cleans \
nothing.\n\nPublish the bundle by Group Policy in the place of the Deploy policy, or run its exe with a tool that \
runs programs. `--format all` makes all its other packages.",
};

/// More certificates than a signature needs, and no root to judge them.
pub static UNRELATED_CERTIFICATES: Code = Code {
    id: "GW5018",
    severity: Severity::Warning,
    title: "the signature of a package carries certificates of others",
    page: "A signature brings the certificates from its signer, and from its stamper, up to a root. Others in it are \
ignored by Windows; tools hide data there. With `signing.roots` such a signature is refused (GW5010); without it no \
root says which certificates belong there, so they are only told.\n\nName the root of the signing certificate under \
`signing.roots`. Sign with a tool that adds its chain and nothing else.",
};

/// Every code that stands against no package, by number.
pub static REMARKS: &[&Code] = &[
    &PACKAGES_GONE,
    &OFFBOARDING_UNUSED,
    &RULES_BY_DIGEST,
    &NOT_FOR_SERVERS,
    &REPLACED_LEFT,
    &NO_INSTALLER_PACKAGE,
    &UNRELATED_CERTIFICATES,
    &RETIRING_PACKAGE,
];

error_codes! {
    /// The bundle offboards.
    OFFBOARDING_PACKAGE "GW5001" "no installer package is made of an offboarding bundle"
"Windows keeps installer packages in a folder that users can commonly read, and offboarding data \
takes any server of the tenant out of the service for as long as it is valid. So it lies in no \
package.\n\nPublish the bundle by Group Policy, run its exe with a tool that runs programs, or carry \
it as `--format zip`.";

    /// The workspace key, where users could read it.
    SECRET_PAYLOAD "GW5002" "a secret would lie in an installer package"
"Windows keeps installer packages in a folder that users can commonly read. The key of a workspace \
lets anybody who has it send data there, and an offboarding script takes servers out of the \
service; neither belongs into a package.\n\nBring this bundle to servers by its exe and the payload \
share, or leave the retired agent away when no Server 2008 R2 needs it.";

    /// No version for the sequence.
    SEQUENCE_TOO_HIGH "GW5003" "the sequence is too high for the version of a package"
"The Windows Installer compares three numbers, the first of them up to 255, and the sequence of a \
bundle is written into them. Beyond 255 × 2^24 bundles there is no higher version, and no package \
would replace an older one.\n\nBring the bundle to servers by its exe.";

    /// Too much for a cabinet.
    PAYLOADS_TOO_LARGE "GW5004" "the payloads are too large for a cabinet"
"A cabinet holds 2 000 000 000 bytes and the Windows Installer takes no larger one. Payloads that are \
more together lie in several cabinets beside the installer package; one alone cannot, and inside the \
package there is room for one cabinet.\n\nLeave `--embed` away. Leave out what no server needs, such as \
prerequisites of products that you do not have, bring the payloads by the share, or take `--format zip`.";

    /// Not the bytes of the manifest.
    PAYLOAD_NOT_AS_LISTED "GW5005" "a payload is not what the manifest says"
"While the package was written a payload had other bytes than the manifest inside the bootstrap \
names. The bootstrap would refuse it on every server, so no package was left.\n\nVerify the bundle, \
find out who writes to it, and make the package again.";

    /// The signing command changed more than it may.
    PACKAGE_CHANGED "GW5006" "a signed package differs by more than a signature"
"Signing adds a signature to a cabinet or to an installer package and changes none of its files, \
tables and streams. What the signing command gave back is something else, or carries no signature \
that holds.\n\nTake a tool that only signs, and try it by hand.";

    /// The signature ends with its certificate.
    PACKAGE_NOT_STAMPED "GW5007" "a signed package carries no time stamp"
"A time stamp says that the signature was made while its certificate was good. Without one it ends with the certificate, with short-lived certificates after days. The config asks for a stamp: by `signing.time_stamp`, or because `signing.command` names a time stamp service. A service that does not answer is only a warning to some signing tools, so `package` refuses what comes without a stamp.

Look whether the service answered, and sign again. Where there is none, write `time_stamp = false` under `[signing]`, or give `--allow-unstamped` this once.";

    /// Deployment tools of a bundle that does something else.
    NOT_ONBOARDING "GW5008" "folders for deployment tools are made of an onboarding bundle"
"Configuration Manager, Ansible and DSC are told what a server should be, and look at its state: \
onboarded to the tenant of the bundle. A precheck changes no state, and an offboarding bundle is the way \
back of an onboarding one.\n\nMake them of the onboarding bundle and give the offboarding one by \
`--offboard`; run a precheck by its exe (`--format content`), and read its reports.";

    /// The way back does not fit.
    OFFBOARDING_UNFIT "GW5009" "the offboarding bundle does not fit"
"What uninstalls has to offboard, from the tenant that servers are onboarded to, and still do so: the \
service stops to take an offboarding package some days after it was downloaded (its end stands inside, and `gangway inspect` prints it).\n\nDownload a new offboarding \
package of the same tenant, and build it by `gangway build --mode offboard`.";

    /// What Windows ignores, and nobody vouches for.
    PACKAGE_FOREIGN_PARTS "GW5010" "the signature of a package carries what nobody vouches for"
"A package has one signature and its time stamp. Windows ignores whatever else lies in the signature: further \
certificates and signatures, unsigned attributes, revocation lists, bytes behind it. Tools hide data there, and a \
freshly signed file has none of it. The packages stay as they were.\n\nSign with a tool that adds one signature and \
nothing else.";

    /// A maker that the code page has not.
    NAME_NOT_LATIN "GW5011" "the name of the organisation has letters that no installer package holds"
"The texts of an installer package are in one code page of the ANSI kind. UTF-8 is none: Windows was seen to refuse \
such a package. So the maker is written in the letters of Windows-1252, which all versions of Windows take.\n\nWrite `latin_name`, the name in Latin letters, beside `name` \
under `[organization]`, and name the config by `-c`. Without an `organization.id` `name` stays as it \
is: the GUIDs of the policies and of the package's successors are then derived from it.";

    /// Rows out of order.
    PACKAGE_ORDER "GW5101" "rows of the package are in another order than Windows wants"
"Each table of an installer package is stored ascending by its keys, as numbers of strings. Windows \
answers 1620 to any other order, and other readers do not mind.\n\nReport it with the version of \
this program.";

    /// Foreign or missing tables.
    PACKAGE_TABLES "GW5102" "the package has a table too many or too few"
"A package of ours places files and starts the bootstrap. Services, shortcuts, scripts, libraries, \
restarts and a second table of access lists have no place in it: they fail in Group Policy, or give \
users a way to SYSTEM.\n\nReport it with the version of this program.";

    /// Values that do not fit.
    PACKAGE_VALUES "GW5103" "a value of the package does not fit its column"
"Text that is longer than its column, letters that the code page Windows-1252 has not (it is the one \
that all versions of Windows take in a package), a missing value or a key that is there twice make a package that \
Windows refuses or reads as another.\n\nReport it with the version of this program.";

    /// Dangling references.
    PACKAGE_REFERENCES "GW5104" "a row of the package names another one that is not there"
"Components name folders, files name components, actions name files. A name that leads nowhere ends \
an installation in the middle.\n\nReport it with the version of this program.";

    /// Table `Component` (Windows Installer).
    PACKAGE_COMPONENTS "GW5105" "a component of the package breaks the rules of components"
"Each component belongs to a feature, has a GUID of its own and one file as its key. Else removal \
takes away what another package needs, or leaves files behind.\n\nReport it with the version of this \
program.";

    /// File names and sequence.
    PACKAGE_NAMES "GW5106" "a file name or the order of files in the package is wrong"
"Every file has a short and a long name that no other file has, and the order of the files is that \
of the cabinets. Else files are lost or get each other's bytes.\n\nReport it with the version of \
this program.";

    /// Tables `InstallExecuteSequence` and its like.
    PACKAGE_SEQUENCES "GW5107" "an action of the package is unknown or comes at the wrong time"
"The old version is removed right after the script begins, the folder gets its access list before \
files come into it, and the bootstrap is started when all is registered. Any other order loses one \
of them.\n\nReport it with the version of this program.";

    /// Kinds of actions.
    PACKAGE_ACTIONS "GW5108" "the package would start something in a way that is not allowed"
"Only the bootstrap is started, by SYSTEM, once all is committed, and nobody waits for it; its \
command line takes nothing that a user can set. Every other kind of action is refused.\n\nReport it \
with the version of this program.";

    /// Tables `Property` and `Upgrade`.
    PACKAGE_PROPERTIES "GW5109" "properties of the package do not tell versions apart safely"
"What the package finds of other versions is kept in two properties that are public, secure and have \
no value before; no other property of ours may come from a command line. Product and upgrade code are \
GUIDs in capitals.\n\nReport it with the version of this program.";

    /// Attributes of a component and the summary's template.
    PACKAGE_PLATFORM "GW5110" "a component of the package is for another platform"
"The package is for 64 bits, so is the bootstrap. A component of 32 bits would come into another \
folder.\n\nReport it with the version of this program.";

    /// Access lists.
    PACKAGE_ACCESS "GW5111" "a file or folder of the package has no known access list"
"SYSTEM runs what lies in the folder of the bundle, so nobody but SYSTEM and administrators may write \
there, whatever the folder above allows.\n\nReport it with the version of this program.";

    /// Folder keys.
    PACKAGE_FOLDERS "GW5112" "a folder of the package can be set from the command line"
"A key in capitals is a public property: `msiexec` takes a value for it, and would bring the files \
into any folder.\n\nReport it with the version of this program.";
}
