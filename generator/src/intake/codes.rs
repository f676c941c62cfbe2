//! Every code of the intake: what it means in general and what to do.
//!
//! Numbers never change their meaning: GW10 paths and files, GW11 archives, GW12 scripts and
//! blobs, GW13 signatures, GW14 packages, GW15 several items together, GW16 the lock file,
//! GW17 prerequisites of closed networks.

use crate::failure::FailureCode;
use crate::problem::{Code, Problem, Severity};

/// Declares the codes and the list of all of them. The page is the reason, a blank line, and
/// what to do.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $severity:ident, $title:literal, $why:literal, $next:literal;)*) => {
        $(
            $(#[$doc])*
            pub static $name: Code = Code {
                id: $id,
                severity: Severity::$severity,
                title: $title,
                page: concat!($why, "\n\n", $next),
            };
        )*

        /// All of them, in the order of their numbers.
        pub static ALL: &[&Code] = &[$(&$name,)*];
    };
}

codes! {
    /// A given path cannot be read.
    UNREADABLE = "GW1001", Error, "a path cannot be read",
        "The operating system refused to open or read the path, or it is a link to a folder inside a folder that was given: such links are not followed, because they may lead anywhere. Nothing is known about it, so nothing is built from it.",
        "Check that the path exists and that the account that runs Gangway may read it. Give the folder behind a link by its own path; a link that you name yourself is followed.";
    /// A file has no bytes.
    EMPTY = "GW1002", Error, "a file or archive is empty",
        "An empty file under the name of a package (`.msi`, `.exe`, `.zip`, `.cmd` and the like) is nearly always a download that was cut off before it began, or a place holder of a file synchronisation that was never filled. Other empty files are left alone.",
        "Download it again, or take it out of the folder.";
    /// A file is none of the packages that are known.
    UNKNOWN = "GW1003", Note, "a file is not a known package",
        "The file is listed with its SHA-256 and left alone: it goes into no bundle.",
        "Nothing, when it is not meant for the bundle. Files are recognised by content, so renaming it changes nothing.";
    /// More files than are looked at.
    TOO_MANY_FILES = "GW1004", Error, "there are more files than are looked at",
        "An inspection looks at a bounded number of files and archive entries, so that a wrong path (a whole disk, say) or a hostile archive cannot keep it busy for ever.",
        "Give the folder with the downloads instead of one far above it.";
    /// An onboarding package for another operating system.
    OTHER_PLATFORM = "GW1005", Warning, "the package is for another operating system",
        "The portal offers packages for Linux, macOS and mobile devices under the same zip names as those for Windows. They hold the same kind of tenant data but nothing a Windows Server can run.",
        "In the portal choose the operating system `Windows Server` and the deployment method `Group Policy`, and download again.";

    /// The disk took no copy.
    NOT_COPIED = "GW1006", Error, "a download cannot be copied",
        "Each download is judged on a copy of its own, so that nobody can change it between judging and staging. The operating system took no whole copy: the disk is full, a quota is reached, or the file system allows no writing. Nothing is wrong with the download as far as is known.",
        "Make room where the bundle is written (`--out`) and, for archives, in the folder for temporary files; then build again.";

    /// More bytes than a download can have.
    FILE_TOO_LARGE = "GW1007", Error, "a file is larger than any download",
        "Programs, update packages, installers and archives count their bytes in 32 bits, so none of them has 4 GiB. A larger file is not read at all: one that only claims its size (a sparse file) would keep an inspection busy for hours.",
        "Take it out of the folder. An image of a whole installation medium does not belong among the downloads.";

    /// Nothing lies there.
    NOTHING = "GW1008", Error, "there is no file to look at",
        "The paths that were given hold no file at all. A download that went elsewhere, a share that is not mounted or a typing error in the path looks just so, and an answer without findings would pass for a good one.",
        "Name the folder with the downloads.";
    /// Something else under the name of a package.
    MISNAMED = "GW1009", Warning, "a file is not what its name says",
        "Its name ends as that of an archive, an installer, a program or a script, and what it holds is something else. Most often it is a web page: the browser, or a tool, was no longer signed in to the portal, and saved the page for signing in under the name of the download.",
        "Sign in to the portal and download it again. Where it is something else on purpose, give it the ending of what it is, or take it out of the folder.";

    /// An entry's name is not one that a download has.
    UNSAFE_NAME = "GW1101", Error, "an archive has an entry with an unsafe name",
        "Names that climb out of their folder, are absolute, name a drive, another computer or an alternate stream, or hide characters are how archives write where they should not. Readers repair such names differently, so two tools would see two archives. Gangway extracts nothing to a path from an archive, but it does not trust the rest of such a one either. A leading `./`, as `tar` writes it, is harmless and taken; of names that Windows only cannot hold see GW1109.",
        "Do not unpack it. Download the archive again from its source. If it still has such names, do not use it.";
    /// Two entries are one file to some reader.
    NAME_COLLISION = "GW1102", Error, "an archive has two entries under one name",
        "Equal names of files, or names that differ only in letter case or in what Windows drops (a final dot or blank), are one file on Windows; a file that is also the folder of another entry cannot lie beside it. Which of the two a tool takes depends on the tool, so what was checked need not be what is used.",
        "Do not unpack it. Download the archive again from its source. If it still has them, do not use it.";
    /// A link, a device or a pipe.
    SPECIAL_ENTRY = "GW1103", Error, "an archive has an entry that is no plain file",
        "Symbolic links, devices and sockets have no place in a download: they make an extracting tool read or write somewhere else. A folder that carries data of its own hides it: some tools write it, others do not. The evidence names each entry and what it is.",
        "Do not unpack it. Download the archive again from its source. Where a person packed it again, have it packed from plain files alone (`zip -r` without `-y`). If it still has them, do not use it.";
    /// More entries, bytes or levels than are read.
    ARCHIVE_TOO_LARGE = "GW1104", Error, "an archive holds more than is read",
        "Archives are read within bounds on entries, inflated bytes (4 GiB, 50 times the size of the archive, or 16 MiB for a small one), ratio and nesting. Real packages are far below them; archives made to exhaust a reader are above.",
        "If the archive is what you meant to give and nothing else is said against it, unpack it yourself and give the folder. One that inflates out of proportion do not unpack.";
    /// Records contradict each other or the file.
    ARCHIVE_DAMAGED = "GW1105", Error, "an archive is damaged",
        "The archive is cut short, or its directory, headers and data contradict each other. Readers differ in which of them they believe.",
        "Download it again, and compare the size with the one that the browser shows.";
    /// An entry cannot be read.
    ENTRY_UNREADABLE = "GW1106", Error, "an archive entry cannot be read",
        "The entry is encrypted, compressed by a method that no portal package uses, or its data does not fit its checksum.",
        "Download the archive again. An encrypted archive, or one packed by another method, has to be unpacked by you.";
    /// Names in the code page of another machine.
    CODE_PAGE_NAME = "GW1107", Note, "an archive has names in an unknown code page",
        "Explorer and older archivers store names in the code page of the machine they run on and do not tell which. The entries are read and judged all the same, because what a file is stands in its bytes; only their names are shown as bytes, such as `<8e><e8>.txt`.",
        "Nothing. To see the true names, unpack the archive on the machine that made it and give the folder.";
    /// Large entries that are no package.
    LEFT_UNREAD = "GW1108", Note, "large files in an archive are left unread",
        "Out of an archive Gangway reads at most 50 times its size, and of files that no package begins like (pictures, disk images, long logs) at most 256 MiB: enough for their SHA-256 in the list, and no way to keep it busy. These files are beyond that. They could go into no bundle.",
        "Nothing, when they are not meant for the bundle.";
    /// Names of entries that Windows cannot hold.
    ODD_NAME = "GW1109", Warning, "an archive has entries with names that Windows cannot hold",
        "On other systems a file may be called `aux.c`, `12:30?.png` or `notes.`, end in a blank or have a name longer than Windows takes (256 characters behind the drive, 255 in one part); some writers leave zero bytes behind a name, or mark one as UTF-8 that is not. No file of the portal or of Microsoft's has such a name. These entries are left out, whatever they hold; the others of the archive are judged like all files.",
        "Nothing, when they are not meant for the bundle. Else unpack the archive on the machine that made it, rename them, and give the folder.";
    /// Entries whose method is not read, beside others that are.
    PACKED_OTHERWISE = "GW1110", Warning, "an archive has entries that are packed in a way that is not read",
        "Explorer and the portal store entries or deflate them; other archivers also know LZMA, BZip2, Zstandard and more. Such entries are not read, so nobody knows what they hold. The other entries of the archive are judged like all files, and there is something to be used among them.",
        "Nothing, when they are not meant for the bundle. Else unpack the archive yourself, and give the folder.";

    /// The script is for single machines.
    LOCAL_SCRIPT = "GW1201", Note, "the script is for single machines",
        "The portal's local script asks for consent, shows text and waits for a key; as SYSTEM nobody answers. Its blob is the same as that of every other package of the tenant, and only the blob is used.",
        "Nothing. With `onboard.apply = \"script\"` the package of the deployment method `Group Policy` is needed instead.";
    /// The script has lost its blob.
    NO_BLOB = "GW1202", Error, "the script holds no onboarding blob",
        "This is a portal script by the keys that it works on, and nowhere in it stands the signed data that onboards or offboards.",
        "Download the package again; do not edit the script.";
    /// The blob was wrapped or cut.
    WRAPPED_BLOB = "GW1203", Error, "the blob was wrapped or cut",
        "The blob is one line of more than 7000 characters. Editors, mail programs and chat tools wrap or cut such lines.",
        "Use the file from the portal's zip as it is; move it as a zip and never through an editor.";
    /// The blob is damaged in another way.
    DAMAGED_BLOB = "GW1204", Error, "the blob is damaged",
        "Something in the file begins as a blob and does not go on as one, or there are more beginnings than any package has.",
        "Download the package again; do not edit the script.";
    /// The blob's JSON cannot be read.
    UNREADABLE_BLOB = "GW1205", Error, "the blob cannot be read",
        "The blob is a small JSON document. When it cannot be read, the sensor cannot read it either, and the server would never onboard.",
        "Download the package again. The blob itself is never shown here, because whoever has it can enrol devices.";
    /// The body is not the one that was signed.
    BLOB_CHANGED = "GW1206", Error, "the blob was changed after signing",
        "The service signs the blob's parameters (tenant, service addresses, expiry). The signature in the file was made by the certificate in the file, but over other parameters: somebody or something edited them, or put the signature of another package beside them.",
        "Download the package again and find out who changed the file.";
    /// The signature is another package's.
    FOREIGN_SIGNATURE = "GW1207", Error, "the blob carries the signature of another package",
        "The signature was not made over this blob by the certificate beside it: the file was put together from two packages, or it is damaged.",
        "Download the package again and find out where the file comes from.";
    /// There is nothing to check.
    BLOB_UNSIGNED = "GW1208", Error, "the blob has no SHA-256 signature",
        "Every package since 2020 carries a SHA-256 signature. Without one nothing tells a real package from an invented one.",
        "Download a new package from the portal.";
    /// The certificate is not the service's or cannot be read.
    BLOB_CERTIFICATE = "GW1209", Error, "the blob's certificate is not the service's",
        "Blobs are signed by a certificate for one host of their cloud: `Seville.Windows.com`, or `CloudClientAuthentication-FF.usgovcloudapp.net` and `CloudClientAuthentication-FM.usgovcloudapp.net` in the US Government clouds (as seen in public packages; none of the DoD cloud was). The name has to be exactly that, among the alternative names, or as common name where there are none. Another host or a wildcard, even under a Microsoft root, is not the service that issues packages.",
        "Download the package again and find out where the file comes from.";
    /// The certificates do not fit each other.
    BLOB_CHAIN = "GW1210", Error, "the blob's certificates do not form a chain",
        "The blob brings its own issuing certificates. They do not fit the signing certificate, or one of them may not issue it (no authority, other names, a weak key or hash): the file was put together from parts, is damaged, or is forged. That certificates have ended is no fault: they live a year, packages longer.",
        "Download the package again.";
    /// The issuing authority is not Microsoft's.
    BLOB_NOT_MICROSOFT = "GW1211", Error, "the blob was not made by Microsoft",
        "The blob is whole and signed, but the authority that issued its certificate does not name Microsoft Corporation as its organisation. Anybody can make such a file: it would send your servers' data wherever its maker wants.",
        "Do not use the file. In a lab, name your root under `[trust] lab_roots` and set `lab_root_counts_as_microsoft`.";
    /// Another tenant than the pinned one.
    OTHER_TENANT = "GW1212", Error, "the package is for another tenant",
        "`organization.org_id` pins the Defender organisation. A package for another one would report your servers there.",
        "Sign in to the right tenant and download again, or correct `organization.org_id`.";
    /// Packages for different tenants.
    TWO_TENANTS = "GW1213", Error, "the downloads are for different tenants",
        "A bundle onboards to one tenant. With packages of two tenants among the downloads it would be chance which one the servers report to.",
        "Keep the packages of one tenant, or build one bundle for each. `organization.org_id` in the config pins the tenant for good.";
    /// Different packages for one tenant and one purpose.
    TWO_PACKAGES = "GW1214", Error, "there are two different packages for one purpose",
        "Two packages that differ, for example an old and a new download, cannot both be staged under the one name that scripts look for.",
        "Keep the newer one. The list shows versions and digests.";
    /// The offboarding package has ended.
    OFFBOARDING_EXPIRED = "GW1215", Error, "the offboarding package has expired",
        "Offboarding packages are valid for a few days. The sensor refuses an expired one (event 29), so the server would stay onboarded. The instant stands in the signed body; the date in the file name is only a hint.",
        "Download a new offboarding package and build again shortly before it is used.";
    /// The offboarding package ends soon.
    OFFBOARDING_EXPIRES_SOON = "GW1216", Warning, "the offboarding package expires soon",
        "Group Policy takes hours to days to reach every server, and each server must run the package before it expires.",
        "Download a new package, or make sure that every server refreshes before that time.";
    /// The offboarding package is valid longer than any.
    OFFBOARDING_LONG = "GW1217", Warning, "the offboarding package is valid unusually long",
        "The portal issues offboarding packages for some days (3 to 7, until 2024 for 30). A longer one lets whoever finds it remove devices from protection for all that time.",
        "Check where the package comes from and keep it where only administrators can read it.";
    /// A byte order mark before the first command.
    BYTE_ORDER_MARK = "GW1218", Warning, "the script starts with a byte order mark",
        "An editor saved the file as `UTF-8 with BOM`; the portal does not. cmd.exe would take the mark as part of the first command. The blob is used all the same: it is signed, and the script is not run.",
        "Use the file from the portal's zip as it is.";
    /// The end of the script is missing.
    NO_EXIT = "GW1224", Warning, "the script's end is missing",
        "Portal scripts end with `exit` and the code that tells how they ended. Without it the download was cut short behind the blob. The blob is whole and is used: it is signed, and the script is not run.",
        "Download the package again, and take the script from the zip.";
    /// The outer document of the blob holds what nobody signed.
    IRREGULAR_BLOB = "GW1225", Error, "the blob holds something that nobody signed",
        "The service signs the body of the blob. The document around it has the body, its signatures and the certificates that vouch for them, and nothing else: a further field, a field that stands there twice, or a certificate that vouches for nothing could be put there by anybody.",
        "Download the package again and find out who changed the file. When it is fresh from the portal, the service has a new form of package: ask for a newer Gangway.";
    /// Two different blobs in one file.
    TWO_BLOBS = "GW1226", Error, "the file holds two different blobs",
        "Every package holds one blob. With two that differ it would be chance which tenant, or which of on- and offboarding, the servers follow. The whole file was searched, whatever the text around the blobs does with them.",
        "Download the package again; do not edit the script.";
    /// No known script has this text.
    UNKNOWN_SHAPE = "GW1227", Warning, "the script's text is of no known shape",
        "Only the blob of a portal script is signed, and only the blob is used: the bootstrap makes the changes that the known scripts make, and runs none of them. This text differs from them: the portal may have changed its script, in which case Microsoft's may do more than the bootstrap does, or somebody edited this one. The evidence lists the lines that no known script has, for a reader; nothing is said about what they do.",
        "Nothing, when the servers onboard. Compare the script with a fresh download. Only who has read the whole text and wants it run sets `onboard.apply = \"script\"` and names its SHA-256 in `onboard.accept_scripts`.";
    /// A body newer than those that are known.
    NEWER_BODY = "GW1228", Warning, "the package is newer than those that are known",
        "The body of the blob is of a version that came after every one that the makers of Gangway have read. It is signed and it is used. A newer package may come with a newer script, and Microsoft's script may then do more than the bootstrap does.",
        "Nothing, when the servers onboard. Take a newer Gangway when there is one.";
    /// A script in two bytes a character.
    SAVED_AS_UTF16 = "GW1229", Warning, "the file was saved as UTF-16",
        "An editor, or a registry export, saved the text in two bytes a character; the portal does not, and cmd.exe could not run a script in that form. The blob is used all the same: it is signed, and the script is not run.",
        "Take the file from the portal's zip as it is.";
    /// Bytes behind the last line that no script has.
    STRANGE_END = "GW1230", Warning, "the script has a strange end",
        "Behind the last line stand bytes that the portal does not write: 0x1A, the end-of-file mark of old systems and tools, or zero bytes, which a broken copy leaves. The blob is used all the same: it is signed, and the script is not run.",
        "Take the file from the portal's zip as it is.";
    /// The chain is sound and ends at a root that is not known.
    BLOB_ISSUER_UNKNOWN = "GW1231", Error, "the blob's issuer is not known",
        "The blob is whole and signed for the service's host, and the authority that issued the certificate says that it is Microsoft's. But its chain ends at no root that this program knows. Anybody can make such a file. Or it is genuine and newer than this program: the authority of every package until then (Microsoft Secure Server CA 2011) ended on 2026-10-18, and packages made since have another one. Known are Microsoft's root of 2011, its TLS roots of 2017 (RSA and ECC), Microsoft TLS RSA Root G2, and DigiCert Global Root G2. The evidence lists the certificates that the file brings.",
        "Download the package again, from the Defender portal and over TLS, on a machine whose traffic nobody opens: the issuer must be the same. Compare the last certificate of the list, by its SHA-256, with the one that Microsoft publishes in its PKI repository (https://www.microsoft.com/pkiops/docs/repository.htm). If they are equal, save that one (not the one from the file), name it under `[trust] blob_roots`, and look for a newer Gangway. In a lab, name your root under `[trust] lab_roots` instead.";
    /// A blob rests on a root that the config added.
    BLOB_ROOT = "GW1232", Warning, "a package is believed because of `trust.blob_roots`",
        "The config names a root for on- and offboarding packages, and at least one package is believed for no other reason. Whoever holds that root's key can make packages that send your servers' data elsewhere. The root vouches for packages only, never for programs.",
        "Make sure that the certificate is the one that Microsoft publishes. Take it out of `[trust]` when a newer Gangway knows it.";

    /// No signature where there must be one.
    UNSIGNED = "GW1301", Error, "the file is not signed",
        "Microsoft signs the agent, its scripts and its updates. Without a signature nothing tells the real file from another, and it would run as SYSTEM.",
        "Download it again from its source.";
    /// The signature does not hold.
    INVALID_SIGNATURE = "GW1302", Error, "the file's signature does not hold",
        "The file was changed or cut after it was signed, or its signer is not trusted. The evidence names the exact reason.",
        "Download it again from its source.";
    /// The signature was not judged.
    NOT_CHECKED = "GW1303", Error, "the file's signature was not checked",
        "A payload that runs as SYSTEM must be judged, and this one could not be.",
        "The evidence says why; download the file again, or report the format.";
    /// The signer is not the one that the policy wants.
    WRONG_SIGNER = "GW1304", Error, "the file is signed by somebody else",
        "The signature holds, but the signer's root, organisation or key usage is not among those that `[trust.signers]` allows for this kind of file.",
        "Download the file from Microsoft. If another signer is intended, name its organisation in `[trust.signers]`.";
    /// A lab root vouches for something.
    LAB_ROOT = "GW1305", Warning, "a lab root was trusted",
        "At least one download is trusted only because the config names a lab root. Whoever holds the lab's key can make your servers run anything.",
        "Right for tests. For production take `lab_roots` out of `[trust]`.";
    /// A lab root that does not stand for Microsoft.
    LAB_ROOT_IS_NOT_MICROSOFT = "GW1306", Error, "the file is signed under a lab root",
        "The chain is whole and ends at a lab root. That makes the file the lab's, not Microsoft's, unless the config says that the lab stands for Microsoft.",
        "In a lab set `lab_root_counts_as_microsoft = true` under `[trust]`; elsewhere download the file from Microsoft.";
    /// No counter-signature of a time-stamping authority.
    NO_TIME_STAMP = "GW1307", Error, "the signature has no time stamp",
        "Without a time stamp the signature dies with the signer's certificate, and nothing tells when it was made. Microsoft stamps its files.",
        "Download the file again. `require_timestamp = false` in `[trust.signers]` allows it.";
    /// SHA-1.
    WEAK_DIGEST = "GW1308", Error, "the signature rests on SHA-1",
        "The content digest is SHA-1, or the chain ends at one of Microsoft's roots of 1997 and 2001, whose certificates are signed with SHA-1. Collisions can be made, so such a signature no longer proves which bytes were signed. Updates of that time are taken all the same when a time stamp shows that they are.",
        "Download a current version. `allow_sha1 = true` in `[trust.signers]` allows it for stamped files of other kinds.";
    /// Bytes that no signature covers.
    UNCOVERED_BYTES = "GW1309", Error, "the file holds bytes that its signature does not cover",
        "Bytes behind the signature inside the certificate table are covered by nothing; Windows ignores them by default. They are a known hiding place, and Microsoft's downloads have none.",
        "Download the file again from its source.";
    /// Line ends were changed after signing.
    SIGNED_ENDINGS_CHANGED = "GW1310", Error, "the script's line ends were changed after signing",
        "With CR LF line ends the signature fits, as the file stands it does not: git, an editor or an archive tool changed them. PowerShell refuses it under `AllSigned` and `RemoteSigned`.",
        "Download the script as a file or as the repository's zip; do not copy its text. Gangway never repairs a file silently.";
    /// Good, but something to know.
    SIGNATURE_REMARK = "GW1311", Warning, "the signature holds with a reservation",
        "The file is what its signer signed. Something about the signature is weaker than usual; the evidence says what.",
        "Read the evidence; download a current version where there is one.";

    /// An MSI whose stream names are not signed.
    METADATA_NOT_SIGNED = "GW1312", Error, "the signature does not cover the names of the package's streams",
        "An installer package without the stream `MsiDigitalSignatureEx` has a signature over the bytes of its streams only: two streams can change names, sizes and times, and the signature still holds.",
        "Download the agent again. If Microsoft's own should lack the stream, `allow_unsigned_metadata = true` in `[trust.signers.agent]` takes it.";

    /// An MSI that cannot be read.
    DAMAGED_PACKAGE = "GW1401", Error, "an installer package is damaged",
        "The file begins as an installer package and cannot be read as one: a download that was cut short is the usual reason.",
        "Download it again, and compare the size with the one that the browser shows.";
    /// Wrong processor.
    WRONG_ARCHITECTURE = "GW1402", Error, "the file is for another processor",
        "The servers that Gangway serves are 64-bit x86.",
        "Download the x64 version.";
    /// A program or update that cannot be read.
    DAMAGED_PROGRAM = "GW1403", Error, "a program or update is damaged",
        "The file begins as a program or a cabinet and cannot be read as one.",
        "Download it again, and compare the size with the one that the browser shows.";
    /// The retired agent is too old.
    OLD_MONITORING_AGENT = "GW1404", Error, "the monitoring agent is too old",
        "Versions before 10.20.18029 are not signed with SHA-2 and no longer connect.",
        "Download `MMASetup-AMD64.exe` of version 10.20.18029 or later. The agent was retired on 2024-08-31; the deployment tool replaces it.";
    /// Install.ps1 has no version.
    NO_SCRIPT_VERSION = "GW1405", Note, "the install script tells no version",
        "`Install.ps1` carries a version block since 2022. Without one the lock file knows the script by its digest only.",
        "Take the current script from its repository.";
    /// A folder in the deployment tool's staged folder.
    NESTED_SOURCE = "GW1406", Error, "the deployment tool's staged folder has folders inside",
        "The bootstrap gives the deployment tool one flat folder with every staged file, each pinned by its digest: Microsoft documents `-Stage` and `-Source` as one folder and says nothing of folders inside. A file that lies deeper would not be where the tool looks for it, so nothing is built rather than a tool started that misses files.",
        "Run `DefenderDT.exe -Stage:FOLDER` again into an empty folder and name exactly that folder in `downloads.deployment_source`, not one above it.";
    /// Settings of the deployment tool hold paths.
    TOOL_SETTINGS = "GW1407", Warning, "settings of the deployment tool were given",
        "`-MakeConfig` writes absolute paths of the machine it ran on, which mean nothing on a server. The bootstrap gives the tool its options itself.",
        "Take the file out of the downloads.";
    /// The analyzer holds programs or scripts of somebody else.
    ANALYZER_OF_STRANGERS = "GW1408", Warning, "the client analyzer holds what Microsoft did not sign",
        "`MDEClientAnalyzer.zip` has no signature of its own, and goes onto the share as it is, for people: no server starts it. Its programs and scripts are judged one by one as Microsoft's tools are (`trust.signers.tools`); its `.cmd` cannot be.",
        "Download it again from https://aka.ms/mdeanalyzer, or take it out of the downloads.";

    /// One file for two payloads.
    TWO_FOR_ONE_ROLE = "GW1501", Error, "two different files compete for one role",
        "A bundle carries one file of each kind. With two that differ, for example an old and a new agent, it would be chance which one the servers get.",
        "Keep the newer one. The list shows versions and digests.";
    /// The same bytes twice.
    SAME_TWICE = "GW1502", Note, "the same file was given twice",
        "The bytes are equal, so it does not matter which one is used.",
        "Nothing.";

    /// A download is not the locked one.
    LOCK_CHANGED = "GW1601", Error, "a download differs from the lock file",
        "`gangway.lock` pins every accepted download, and the stub that bootstraps are made from, by its SHA-256. Another file under the same name may be the new version that you fetched, or one that somebody exchanged.",
        "Look at the difference and accept it with `gangway build --update-lock`.";
    /// A download is older than the locked one.
    LOCK_DOWNGRADE = "GW1602", Error, "a download is older than the locked one",
        "An older agent or update brings back faults that the newer one has closed, and the installer of the agent refuses to go back.",
        "Take the newer file, or accept the older one with `--update-lock --allow-downgrade`.";
    /// A download has another signer.
    LOCK_SIGNER_CHANGED = "GW1603", Error, "a download has another signer than the locked one",
        "Signers change when certificates are renewed, which is rare, and when a file is exchanged.",
        "Compare the two subjects in the evidence; accept the new one with `--update-lock`.";
    /// `--locked` and a difference.
    LOCK_DIFFERS = "GW1604", Error, "the inputs are not exactly those of the lock file",
        "With `--locked` downloads and stub must be those of `gangway.lock`, no more and no fewer, so that a pipeline builds what was reviewed.",
        "Fetch the locked files, or run once with `--update-lock` and review the changed lock file.";
    /// A locked download is not there.
    LOCK_MISSING = "GW1606", Warning, "a download that was accepted is not there any more",
        "The lock remembers it, so bundles were made with it, and this one is made without: servers that need it are not served.",
        "Put it back; when you meant to leave it out, build once with `--update-lock`, which forgets it.";

    /// No platform update was given.
    NO_PLATFORM_UPDATE = "GW1701", Note, "closed networks may miss the platform update",
        "On Server 2016 the agent needs an antivirus platform at least as new as the one inside the package. `Install.ps1` would download it; a server without the internet cannot.",
        "For closed networks add `UpdatePlatform.exe` (KB4052623) to the downloads.";
    /// The platform update is too old.
    OLD_PLATFORM_UPDATE = "GW1702", Warning, "the platform update is older than the agent needs",
        "On Server 2016 the agent refuses a platform older than the `MPCLIENT.DLL` in its file table, and the update that was given does not reach it.",
        "Download the current `UpdatePlatform.exe` (KB4052623).";
    /// Updates that old systems need are not given.
    MISSING_UPDATES = "GW1703", Note, "closed networks may miss Windows updates",
        "Servers that were not patched for years need a few updates before the agent. With the internet they are fetched when needed; without it they must be staged.",
        "For closed networks add the updates that the evidence names.";
}

/// What the operating system refused: it says nothing of the downloads, and what else was found
/// is not whole.
pub static ENVIRONMENT: &[&Code] = &[&UNREADABLE, &NOT_COPIED];

/// The failure that findings are which stand against the work. What the operating system refused
/// leaves the others incomplete, so it decides.
pub(crate) fn failure_of(problems: &[Problem]) -> FailureCode {
    if problems
        .iter()
        .any(|problem| ENVIRONMENT.contains(&problem.code))
    {
        FailureCode::Files
    } else {
        FailureCode::Problems
    }
}

/// Is this a warning that stays with lock and bundle: may Microsoft's own script do more than the
/// bootstrap does?
pub(crate) fn is_kept(problem: &Problem) -> bool {
    [&UNKNOWN_SHAPE, &NEWER_BODY].contains(&problem.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_stay_in_the_range_of_the_intake() {
        for pair in ALL.windows(2) {
            assert!(pair[0].id < pair[1].id, "{} {}", pair[0].id, pair[1].id);
        }
        for code in ALL {
            assert!(
                code.id.starts_with("GW1") && code.id.len() == 6,
                "{}",
                code.id
            );
            assert!(code.page.contains("\n\n"), "{}", code.id);
        }
    }
}
