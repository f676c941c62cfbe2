//! Problem codes of attestations (`GW52xx`).

use crate::problem::error_codes;

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

    /// The signing program gave something else.
    BAD_SIGNATURE "GW5205" "the command's signature does not fit the configured key"
"`provenance.command` signs what it gets as `{in}` and leaves the signature as `{out}`: for a key of P-256 an \
ECDSA signature over SHA-256 in DER (`openssl dgst -sha256 -sign`), for Ed25519 the 64 bytes of it (`openssl \
pkeyutl -sign -rawin`). What came does not fit `provenance.key`, so no statement was written.\n\nTry the command \
by hand with `openssl`, and see whether `provenance.key` is the public half of its key.";
}
