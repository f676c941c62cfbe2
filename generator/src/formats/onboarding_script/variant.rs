//! The decision which variant a script is, from all of its signs.

use serde::Serialize;

use super::features::{Feature, Sign};
use crate::formats::blob::Direction;

/// For which way of deployment a script was made, told from the script alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// Asks nothing and shows nothing: Group Policy, and VDI with its companion beside it.
    Unattended,
    /// For single machines: asks, shows, waits for a key.
    Local,
}

/// A decision and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// On- or offboarding; none when the script writes neither value, or both.
    pub direction: Option<Direction>,
    /// Which variant.
    pub variant: Variant,
    /// Signs that speak for [`Variant::Local`]. Not empty for an unattended script means that
    /// a single weak sign was overruled.
    pub local_signs: Vec<Feature>,
    /// Signs of the other direction, for example its event source.
    pub contradictions: Vec<Feature>,
}

/// Signs that the script stops for a person or belongs to the single-machine set-up: one is
/// enough, because scripts whose last `pause` was edited away still hang at the consent.
const STRONG: [Sign; 5] = [
    Sign::ConsentLabel,
    Sign::Prompt,
    Sign::SingleMachineText,
    Sign::Latency,
    Sign::Pause,
];

/// Signs of a script that talks; only both together decide.
const WEAK: [Sign; 2] = [Sign::VisibleEcho, Sign::TroubleshootText];

/// Decides. Pure: same signs, same decision.
pub fn decide(features: &[Feature]) -> Decision {
    let has = |sign: Sign| features.iter().any(|feature| feature.sign == sign);
    let direction = match (has(Sign::AddsOnboarding), has(Sign::AddsOffboarding)) {
        (true, false) => Some(Direction::Onboarding),
        (false, true) => Some(Direction::Offboarding),
        _ => None,
    };
    let local = STRONG.into_iter().any(has) || WEAK.into_iter().all(has);
    let against: &[Sign] = match direction {
        Some(Direction::Onboarding) => &[Sign::OffboardingEvents, Sign::StoppedWaitLabel],
        Some(Direction::Offboarding) => &[Sign::OnboardingEvents],
        None => &[],
    };
    Decision {
        direction,
        variant: if local {
            Variant::Local
        } else {
            Variant::Unattended
        },
        local_signs: first_of_each(features, &[STRONG.as_slice(), &WEAK].concat()),
        contradictions: first_of_each(features, against),
    }
}

/// The first occurrence of each of the given signs, in the order of the lines.
fn first_of_each(features: &[Feature], signs: &[Sign]) -> Vec<Feature> {
    let mut found: Vec<Feature> = signs
        .iter()
        .filter_map(|sign| features.iter().find(|feature| feature.sign == *sign))
        .copied()
        .collect();
    found.sort_by_key(|feature| feature.line);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide_on(signs: &[Sign]) -> Decision {
        let features: Vec<Feature> = signs
            .iter()
            .enumerate()
            .map(|(index, &sign)| Feature {
                sign,
                line: index + 1,
            })
            .collect();
        decide(&features)
    }

    #[test]
    fn every_strong_sign_alone_makes_a_script_local() {
        for sign in STRONG {
            let decision = decide_on(&[Sign::AddsOnboarding, sign]);
            assert_eq!(decision.variant, Variant::Local, "{sign:?}");
            assert_eq!(decision.local_signs.len(), 1, "{sign:?}");
        }
    }

    #[test]
    fn one_weak_sign_does_not_decide_and_two_do() {
        for sign in WEAK {
            assert_eq!(decide_on(&[sign]).variant, Variant::Unattended);
        }
        assert_eq!(decide_on(&WEAK).variant, Variant::Local);
    }

    #[test]
    fn both_values_or_none_give_no_direction() {
        assert_eq!(decide_on(&[]).direction, None);
        let both = [Sign::AddsOnboarding, Sign::AddsOffboarding];
        assert_eq!(decide_on(&both).direction, None);
    }

    #[test]
    fn signs_of_the_other_direction_are_kept() {
        let decision = decide_on(&[Sign::AddsOnboarding, Sign::OffboardingEvents]);
        assert_eq!(decision.contradictions.len(), 1);
    }
}
