//! How old is the security intelligence? It has to be kept current in passive mode too.

use crate::fact::Fact;
use crate::facts::Facts;
use crate::manifest::Manifest;
use crate::time::UtcTime;

use super::{CLOCK_TOLERANCE_S, Content, Judged, Protection};

pub(super) fn judge(manifest: &Manifest, facts: &Facts, antivirus: Protection) -> Judged<Content> {
    let nobody = matches!(
        antivirus,
        Protection::OtherAlone | Protection::Removed | Protection::Disabled
    );
    if nobody {
        return Judged::new(Content::NotUsed, "Defender Antivirus does not run");
    }
    let made = match made_at(facts) {
        Fact::Value(made) => *made,
        Fact::Absent => {
            return Judged::new(
                Content::Missing,
                "Defender Antivirus tells of no security intelligence",
            );
        }
        Fact::Unreadable { why } => {
            return Judged::new(Content::Unknown, format!("`antivirus.content_time`: {why}"));
        }
    };
    let Some(now) = facts.host.now.value() else {
        return Judged::new(Content::Unknown, "`host.now`: not found");
    };
    let age_s = now.since(made);
    if age_s < -CLOCK_TOLERANCE_S {
        return Judged::new(
            Content::Unknown,
            format!("the content is of {made}, in the future of this server's clock, {now}"),
        );
    }
    let evidence = format!("the security intelligence is of {made}");
    if age_s > manifest.settings.health.content_old_after_s() {
        return Judged::new(Content::Old, evidence);
    }
    Judged::new(Content::Fresh, evidence)
}

/// What the product itself says, where it was asked; else what the registry says.
fn made_at(facts: &Facts) -> &Fact<UtcTime> {
    match &facts.antivirus.reported_content_time {
        told @ Fact::Value(_) => told,
        Fact::Absent | Fact::Unreadable { .. } => &facts.antivirus.content_time,
    }
}
