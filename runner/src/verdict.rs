//! What a code of `WinVerifyTrust` means for a payload whose bytes are already known to be
//! the manifest's.

use crate::machine::Signature;

/// The meaning of a code (`winerror.h`) and, where it is good, of the signer's name.
///
/// Damning is only that the file was changed after it was signed, or that its signer is
/// banned. A server that is cut off lacks roots and intermediate certificates, and knows no
/// signatures of scripts for `cmd`.
pub fn verdict(code: u32, signer: String) -> Signature {
    let meaning = match code {
        0 => return Signature::Good { signer },
        0x8009_6010 => "changed after it was signed",
        0x800b_0001 => "unknown trust provider",
        0x800b_0003 => "not a kind of file that carries a signature here",
        0x800b_0004 => "the signer is not trusted for this",
        0x800b_0100 => "no signature",
        0x800b_0101 => "a certificate is outside its time",
        0x800b_0109 => "the chain ends in a root that is not trusted here",
        0x800b_010a => "the chain cannot be built here",
        0x800b_010c => "a certificate is revoked",
        0x800b_0111 => "the signer is explicitly distrusted",
        _ => "not trusted",
    };
    let why = format!("{meaning} (0x{code:08x})");
    match code {
        0x8009_6010 | 0x800b_010c | 0x800b_0111 => Signature::Bad { why },
        0x800b_0001 | 0x800b_0003 | 0x800b_0100 => Signature::Unknown { why },
        _ => Signature::Untrusted { why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_damage_and_explicit_distrust_are_fatal() {
        let of = |code| verdict(code, "Contoso".to_owned());
        for code in [0x8009_6010, 0x800b_0111, 0x800b_010c] {
            assert!(matches!(of(code), Signature::Bad { .. }), "{code:x}");
        }
        for code in [0x800b_0100, 0x800b_0003, 0x800b_0001] {
            assert!(matches!(of(code), Signature::Unknown { .. }), "{code:x}");
        }
        for code in [0x800b_0109, 0x800b_0101, 0x8009_2013, 5] {
            assert!(matches!(of(code), Signature::Untrusted { .. }), "{code:x}");
        }
        let signer = "Contoso".to_owned();
        assert_eq!(of(0), Signature::Good { signer });
    }
}
