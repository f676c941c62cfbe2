//! Onboarding and offboarding beside each other: do the tasks of both reach the same servers?
//!
//! A policy reaches what is below the site, domain or unit that it is linked to, unless a unit between
//! blocks inheritance and the link is not enforced (MS-GPOL 2.2.2 `gPLink`, 2.2.3 `gPOptions`). Of security
//! filtering, denials of *Apply group policy* on the onboarding policy are looked at: where every server
//! that both reach is in a group that has one, the two are apart. Whoever made other filters says so.

use std::collections::BTreeSet;

use gangway_contract::manifest::Mode;
use gangway_contract::program_name::BEGINNINGS;

use super::distinguished_name::{Part, parse};
use super::exclusion::{Apart, Group, apart, kept_apart};
use super::execute::Executor;
use super::live::{Live, MODE, texts_in};
use super::plan::{DomainFacts, GpLink};
use super::{Contents, Depth, Filter, PublishError, PublishRequest};
use crate::gpo::security::Sid;
use crate::gpo::{Guid, own};
use crate::printable::on_one_line;

/// The key of the manifest that names the tenant, as it stands in a program.
const ORG_ID: &[u8] = b"\"org_id\"";

/// Bit of `gPOptions`: nothing is inherited but what is enforced.
const BLOCKS_INHERITANCE: u32 = 1;

/// Where a policy is linked.
struct Place {
    dn: String,
    parts: Vec<Part>,
    is_enforced: bool,
}

impl Place {
    fn new(dn: &str, is_enforced: bool) -> Self {
        Self {
            dn: dn.to_owned(),
            parts: parse(dn).unwrap_or_default(),
            is_enforced,
        }
    }

    /// Is it the same as another one, or in it?
    fn is_within(&self, other: &Self) -> bool {
        let same = |(own, other): (&Part, &Part)| {
            own.attribute == other.attribute && own.value.eq_ignore_ascii_case(&other.value)
        };
        !other.parts.is_empty()
            && self.parts.len() >= other.parts.len()
            && self
                .parts
                .iter()
                .rev()
                .zip(other.parts.iter().rev())
                .all(same)
    }

    /// A site holds servers of any unit.
    fn is_a_site(&self) -> bool {
        let second = self.parts.get(1);
        second
            .is_some_and(|part| part.attribute == "cn" && part.value.eq_ignore_ascii_case("sites"))
    }
}

/// Refuses when the task of the other direction reaches servers that this one reaches, or is to reach by
/// the links that are asked for. `group` is who is to be kept from the onboarding.
pub(super) fn check_other_task(
    request: &PublishRequest,
    contents: &Contents,
    group: Option<&Group>,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<(), PublishError> {
    let Some(task) = contents.task().filter(|_| contents.mode != Mode::Precheck) else {
        return Ok(());
    };
    let mut found = Vec::new();
    for other in executor.live_programs(domain, Some(&task.id.to_string()))? {
        if !undoes(contents, &other, domain, executor)? {
            continue;
        }
        let theirs = places(&domain.gpo_dn(other.id), domain, executor)?;
        if theirs.is_empty() {
            continue;
        }
        let denied = left_out(contents, (task.id, other.id), group, domain, executor)?;
        let mut ours = places(&domain.gpo_dn(task.id), domain, executor)?;
        let asked = request.links.iter().filter(|link| link.is_for(task));
        ours.extend(asked.map(|link| Place::new(&link.target, false)));
        for (our, their) in ours
            .iter()
            .flat_map(|our| theirs.iter().map(move |one| (our, one)))
        {
            let Some(common) = meet(our, their, domain, executor)? else {
                continue;
            };
            let mut line = format!(
                "GPO `{}` {} at `{}`, this one at `{}`",
                on_one_line(&other.name),
                other.id,
                on_one_line(&their.dn),
                on_one_line(&our.dn)
            );
            match kept_apart(&common, &denied, domain, executor)? {
                Apart::By(groups) => executor.note(&apart(&common, &groups)),
                Apart::NotShown(why) => {
                    line.extend(why.map(|why| format!("; {why}")));
                    found.push(line);
                }
            }
        }
    }
    judged(found, request, executor)
}

/// Who is kept from the onboarding, whichever of the two it is: such servers are left to the offboarding,
/// and never the other way round.
fn left_out(
    contents: &Contents,
    (own, other): (Guid, Guid),
    group: Option<&Group>,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Vec<Sid>, PublishError> {
    if contents.mode == Mode::Offboard {
        return executor.denied_by(&domain.gpo_dn(other));
    }
    let mut denied = executor.denied_by(&domain.gpo_dn(own))?;
    denied.extend(group.map(|group| group.sid));
    Ok(denied)
}

fn judged(
    mut found: Vec<String>,
    request: &PublishRequest,
    executor: &mut Executor<'_>,
) -> Result<(), PublishError> {
    found.sort();
    found.dedup();
    if !found.is_empty() && !request.allow_overlap {
        return Err(PublishError::OtherTaskReaches { found });
    }
    for line in found {
        executor.note(&format!(
            "both tasks reach the same servers unless your security filtering keeps them apart: {line}"
        ));
    }
    Ok(())
}

/// Does a GPO start a program of the other direction, for the same tenant? One that only looks undoes
/// nothing. Of a program that cannot be read the GUID of the GPO tells.
fn undoes(
    contents: &Contents,
    other: &Live,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<bool, PublishError> {
    let [onboards, offboards] = BEGINNINGS.map(str::to_lowercase);
    let (family, purpose) = match contents.mode {
        Mode::Offboard => (onboards, own::DEPLOY),
        Mode::Precheck | Mode::Onboard => (offboards, own::OFFBOARD),
    };
    let tenant = texts_in(&contents.bootstrap.1, ORG_ID);
    let precheck = BTreeSet::from(["precheck".to_owned()]);
    let is_own = other.id == contents.id_of(purpose);
    for program in other
        .programs
        .iter()
        .filter(|name| name.starts_with(&family))
    {
        let path = format!("{}/{program}", domain.program_folder());
        let bytes = executor.sysvol().read_file(&path)?.unwrap_or_default();
        if texts_in(&bytes, MODE) == precheck {
            continue;
        }
        if is_own || !texts_in(&bytes, ORG_ID).is_disjoint(&tenant) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Where links to a GPO are switched on. A list that cannot be read counts, for it may hold one.
fn places(
    gpo: &str,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Vec<Place>, PublishError> {
    let linked = executor.linked(gpo, domain)?.into_iter();
    let places = linked.filter_map(|(dn, list)| {
        let list = GpLink::parse(&list).ok();
        let is_on = list.as_ref().and_then(|list| list.is_enabled(gpo));
        let is_enforced = list.as_ref().is_none_or(|list| list.is_enforced(gpo));
        (is_on != Some(false)).then(|| Place::new(&dn, is_enforced))
    });
    Ok(places.collect())
}

/// Below what one server may be reached by both; none where there is nothing like it.
fn meet(
    one: &Place,
    other: &Place,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Option<String>, PublishError> {
    let common = |place: &Place| Ok(Some(place.dn.clone()));
    match (one.is_a_site(), other.is_a_site()) {
        (true, true) => return Ok(Some(domain.naming_context.clone())),
        (true, false) => return common(other),
        (false, true) => return common(one),
        (false, false) => {}
    }
    let (inner, outer) = match (one.is_within(other), other.is_within(one)) {
        (true, true) => return common(one),
        (true, false) => (one, other),
        (false, true) => (other, one),
        (false, false) => return Ok(None),
    };
    if outer.is_enforced || !is_blocked(inner, outer, executor)? {
        return common(inner);
    }
    Ok(None)
}

/// Blocks a unit between inheritance, the inner one included?
fn is_blocked(
    inner: &Place,
    outer: &Place,
    executor: &mut Executor<'_>,
) -> Result<bool, PublishError> {
    let between = inner.parts.len().saturating_sub(outer.parts.len());
    for dn in suffixes(&inner.dn).into_iter().take(between) {
        let found = executor
            .directory
            .search(dn, Depth::Object, Filter::All, &["gPOptions"])?;
        let options = found.first().and_then(|entry| entry.text("gPOptions"));
        let options: u32 = options.and_then(|text| text.parse().ok()).unwrap_or(0);
        if options & BLOCKS_INHERITANCE != 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A name and those of all that it lies in, the innermost first.
fn suffixes(dn: &str) -> Vec<&str> {
    let mut found = vec![dn.trim()];
    let mut is_escaped = false;
    for (at, letter) in dn.char_indices() {
        if letter == ',' && !is_escaped {
            found.extend(dn.get(at + 1..).map(str::trim));
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    found
}
