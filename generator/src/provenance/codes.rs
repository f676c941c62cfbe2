//! Problem codes of attestations (`GW52xx`).

use crate::problem::{Code, Severity, error_codes};

/// No root was there for signatures of packages.
pub static ROOT_NOT_NAMED: Code = Code {
    id: "GW5213",
    severity: Severity::Warning,
    title: "no root judged the signatures of the packages",
    page: "A signature holds for the bytes of its file; only a root says whose it is. Neither the config (`signing.roots`) \
nor `--root` names one, so a certificate that anybody made for himself, in any name, passes here, and what else lies in \
the signature is judged by nothing.\n\nName the root of the signing certificate.",
};

/// Packages without a signature among signed ones.
pub static NOT_ALL_SIGNED: Code = Code {
    id: "GW5214",
    severity: Severity::Warning,
    title: "packages that could be signed are not",
    page: "Installer package, cabinets and scripts carry a signature each. One that is taken away leaves the package as \
it was made, so nothing in the folder shows that there was one. Some packages here are signed, or the config has a \
command that signs, and these carry none: the command signs no scripts (GW3033), a signer elsewhere got none, \
`package` was run without `--sign`, or somebody took the signatures away.\n\nMake the packages again by `gangway \
package --sign`, where that was done before.",
};

/// Statements that vouch for less than those they replace.
pub static FEWER_PACKAGES: Code = Code {
    id: "GW5215",
    severity: Severity::Warning,
    title: "the new statements vouch for fewer kinds of packages than those they replace",
    page: "The statements that lay in this place vouched for packages in folders that are not there any more, or the \
packages were left out of this attestation. `packages.json` lists what is there, so nothing in it shows that there was \
more: it may have been taken away.\n\nWhere the packages are still wanted, make them again, and attest with \
`--packages`.",
};

/// Kinds of packages that are not there.
pub static FORMATS_ABSENT: Code = Code {
    id: "GW5216",
    severity: Severity::Note,
    title: "not every usual kind of package is in the folder",
    page: "`gangway package` makes all usual packages of a bundle, or those that `--format` names. Whoever may write to \
the folder can take a kind of them away as a whole, with its lines in `packages.json`: what is left is whole. So the \
kinds that are not there are named before a key vouches for the rest.\n\nNothing has to be done where they were not \
made.",
};

/// Every code that stands against no package, by number.
pub static REMARKS: &[&Code] = &[
    &ROOT_NOT_NAMED,
    &NOT_ALL_SIGNED,
    &FEWER_PACKAGES,
    &FORMATS_ABSENT,
];

error_codes! {
    /// There are no statements.
    NO_STATEMENT "GW5201" "nothing vouches for the bundle by the key"
"`verify --key` asks who made the bundle, and the answer stands in a file of statements: \
`BUNDLE.intoto.jsonl` beside the bundle's folder, or the one that `--attestation` names. It is not there, is \
empty, or is no such file.\n\nCopy it together with the bundle, or make it with `gangway attest`.";

    /// A signature of somebody else.
    NOT_OF_THE_KEY "GW5202" "no statement is signed by the key"
"Each statement stands in an envelope with its signature. None of those signatures was made by the key that \
`--key` names over these bytes: it is another key, or the statements were changed.\n\nName the public key of \
whoever attested the bundle. Where it is the right one, take bundle and statements from their source again, and \
find out who changed them.";

    /// Statements about something else.
    OTHER_BUNDLE "GW5203" "the statements are about another bundle"
"The key vouches for files, and `bundle.json` and the bootstrap of this bundle are not among them with these \
digests. The statements are of an older build, of another mode, or were made before the bootstrap was signed: a \
signature makes it another file.\n\nAttest after signing, and copy the statements of this very bundle.";

    /// A package that nobody named.
    NOT_VOUCHED "GW5204" "a package is not among what the key vouches for"
"`verify --packages` wants one statement of provenance that names the bundle and every file of the folder of \
packages with its digest, and no other file. There is none: a package was made, changed or taken away after the \
attestation, the statements are those of other packages, or something in the folder is no plain file, which nothing \
can be said about.\n\nMake the packages, attest with `--packages`, and copy both together.";

    /// Packages of something else.
    OTHER_PACKAGES "GW5206" "the folder of packages is not what its own document says"
"`packages.json` of `gangway package` names each package with its digest, and the bundle and the bootstrap that they \
were made of. It is not there, a package that it names is missing or has other bytes, a file lies there that it does \
not name, `SHA256SUMS` says something else, the packages were made of another bundle or before the bootstrap was \
signed, or a file has the name of one of the bundle's own. Nobody would know then what is vouched for.\n\nMake the packages of this bundle again, or copy their folder as a whole.";

    /// The provenance of another build.
    OTHER_BUILD "GW5207" "the key vouches for another build of the bundle"
"A statement of provenance says who built the bundle (`builder.id`), how (`buildType`), what was asked for \
(`externalParameters`) and of which downloads. Of this bundle `bundle.json` says the same, and what the key signed \
says otherwise: another program signs with this key, or the statement was not written by `gangway attest`.\n\nFind \
out what signs with the key, and attest the bundle again.";

    /// A list of parts that nobody signed.
    OTHER_PARTS "GW5208" "the list of parts is not the one that the key vouches for"
"Beside the statements lies the list of parts (`BUNDLE.cdx.json`), for programs that read it without its envelope. \
The same list stands in a statement of the key, and the two are not equal: the file was changed, or it is of an earlier \
attestation, one that was ended between its two files.\n\nAttest again, or copy both files together. Without the file the list in the \
statements is all that is asked.";

    /// Packages that are not made of the bundle.
    NOT_MADE_OF_IT "GW5209" "a package is not what is made of the bundle"
"`gangway attest --packages` makes every package of the folder again, of the bundle that it vouches for and with the \
same formats, and compares all bytes; of a signed package all but its signature, which has to hold. A file differs, is \
missing or too many: it was changed, or made by another version of this program, or with another `latin_name` in the \
config.\n\nMake the packages again by `gangway package`, with this config and this version, and attest right after it. \
Where that does not mend it, find out who writes to the folder.";

    /// Nothing is known of a package.
    NOT_REMADE "GW5210" "a package cannot be made again, so nobody vouches for it"
"`gangway attest --packages` vouches only for what it can make again of the bundle. Here it cannot, for the reason that \
it names: the config has not what `gangway package` had, such as `organization.latin_name`, or the bundle has no such \
package.\n\nName the config that the packages were made with by `-c`, or make the packages again with this one.";

    /// A time stamp that the config asks for.
    NOT_STAMPED "GW5211" "a signature carries no time stamp, although the config asks for one"
"The config asks for a time stamp, by `signing.time_stamp` or because `signing.command` names a time stamp service, and \
`sign` and `package` take no signature without one. Here bootstrap or package carries a signature that holds, and no \
stamp: it was signed with `--allow-unstamped`, or somebody cut the stamp off, which no signature covers. Such a \
signature ends with its certificate.\n\nSign the bundle as it was built again, or make the packages again by \
`gangway package --sign`. Where there is no stamp on purpose, write `time_stamp = false` under `[signing]`, or give \
`--allow-unstamped` this once.";

    /// A signature of a package that is not what is asked for.
    PACKAGE_SIGNATURE "GW5212" "the signature of a package does not hold"
"`packages.json` calls the package signed. Its signature is of other bytes, ended, carries what nobody vouches for, or \
no named root (`signing.roots`, `--root`) vouches for its signer. Or the list says that a root vouches for it, and none \
is named to say so again.\n\nName the root that `gangway package` had. Where it is named, make the packages again by \
`gangway package --sign`, and find out who signed these.";

    /// The signing program gave something else.
    BAD_SIGNATURE "GW5205" "the command's signature does not fit the configured key"
"`provenance.command` signs what it gets as `{in}` and leaves the signature as `{out}`: for a key of P-256 an \
ECDSA signature over SHA-256 in DER (`openssl dgst -sha256 -sign`), for Ed25519 the 64 bytes of it (`openssl \
pkeyutl -sign -rawin`). What came does not fit `provenance.key`, so no statement was written.\n\nTry the command \
by hand with `openssl`, and see whether `provenance.key` is the public half of its key.";
}
