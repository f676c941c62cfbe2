//! The readers of file formats: one function a target, whole files in, nothing out. What is
//! checked is that they come back.

use std::io::Cursor;
use std::sync::LazyLock;

use gangway::formats::authenticode::{FileKind, TrustAnchors, read_signature, verify};
use gangway::formats::blob::BlobAnchors;
use gangway::formats::cabinet::list_files;
use gangway::formats::msi::InstallerPackage;
use gangway::formats::pe::{Layout, VersionInfo};
use gangway::formats::x509::{Certificate, Purpose, RevocationList, prove};
use gangway_fixtures::lab;

use super::Target;
use super::formats_seeds::{self as seeds, SCRIPT, script_around};

/// The targets of this file.
pub const TARGETS: &[Target] = &[
    ("cab", cab, seeds::cabinets),
    ("certificate", certificate, seeds::certificates),
    ("cms", cms, seeds::structures),
    ("msi", msi, seeds::packages),
    ("pe", pe, seeds::programs),
    ("ps1", ps1, seeds::scripts),
];

/// 2026-11-01 00:00:00 UTC.
const NOW: i64 = 1_793_491_200;

/// Microsoft's roots and the one that signed the seeds.
pub static ANCHORS: LazyLock<TrustAnchors> = LazyLock::new(|| {
    TrustAnchors::microsoft()
        .with_lab_root(&lab::root_der())
        .expect("the lab's root")
});

/// The same for blobs.
pub static BLOB_ANCHORS: LazyLock<BlobAnchors> = LazyLock::new(|| {
    BlobAnchors::built_in()
        .with_lab_root(&lab::root_der())
        .expect("the lab's root")
});

fn judge(data: &[u8], kind: FileKind) {
    let _ = verify(&mut Cursor::new(data), Some(kind), &ANCHORS, NOW);
}

/// An executable: signature and version resource.
pub fn pe(data: &[u8]) {
    judge(data, FileKind::Pe);
    let mut source = Cursor::new(data);
    if let Ok(layout) = Layout::read(&mut source) {
        let _ = VersionInfo::read(&mut source, &layout);
    }
}

/// An installer package: signature and tables.
pub fn msi(data: &[u8]) {
    judge(data, FileKind::Msi);
    let mut source = Cursor::new(data);
    if let Ok(mut package) = InstallerPackage::open(&mut source) {
        let _ = package.identity();
        let _ = package.files();
    }
}

/// A cabinet: signature and list of files.
pub fn cab(data: &[u8]) {
    judge(data, FileKind::Cabinet);
    let _ = list_files(&mut Cursor::new(data));
}

/// A script.
pub fn ps1(data: &[u8]) {
    judge(data, FileKind::Script);
}

/// A PKCS #7 structure as a signer elsewhere gives it back, and inside a script whose digest the
/// seeds' structures hold, so that everything behind the digest is reached.
pub fn cms(data: &[u8]) {
    let _ = read_signature(data);
    judge(script_around(SCRIPT, data).as_bytes(), FileKind::Script);
}

/// A certificate, as leaf and as its own issuer; or a revocation list.
pub fn certificate(data: &[u8]) {
    let _ = RevocationList::parse(data);
    if let Ok(certificate) = Certificate::parse(data) {
        let candidates = [certificate.clone()];
        for purpose in [
            Purpose::CodeSigning,
            Purpose::TimeStamping,
            Purpose::TlsServer {
                host: "Seville.Windows.com",
            },
        ] {
            let _ = prove(
                &certificate,
                &candidates,
                ANCHORS.code(),
                purpose,
                Some(NOW),
            );
        }
        let _ = certificate.subject().to_string();
        let _ = certificate.hosts();
        let _ = certificate.may_certify("Seville.Windows.com");
    }
}
