//! WMI filters on their own.

use super::wql;
use crate::gpo::codes;
use crate::gpo::found::FoundFilter;
use crate::problem::Problem;

pub(super) fn check(filter: &FoundFilter, problems: &mut Vec<Problem>) {
    match &filter.queries {
        Err(error) => problems.push(
            Problem::new(
                &codes::FILTER_LENGTHS,
                &filter.place,
                "the WMI filter is malformed and false everywhere",
                "count the characters of namespace and query again, or import the MOF file",
            )
            .with_evidence(error.to_string()),
        ),
        Ok(queries) => {
            for query in queries {
                for finding in wql::judge(&query.wql) {
                    problems.push(
                        Problem::new(finding.code, &filter.place, finding.message, finding.next)
                            .with_evidence(format!("query `{}`", query.wql)),
                    );
                }
            }
        }
    }
}

/// Does a query of this form let domain controllers through? None where it cannot be told.
pub(super) fn includes_domain_controllers(filter: &FoundFilter) -> Option<bool> {
    let queries = filter.queries.as_ref().ok()?;
    let [query] = queries.as_slice() else {
        return None;
    };
    let lower = query.wql.to_ascii_lowercase().replace(['"', '\'', ' '], "");
    let (_, condition) = lower.split_once("where")?;
    match condition {
        "producttype=3" => Some(false),
        "producttype<>1" | "producttype!=1" | "producttype=2" => Some(true),
        _ => None,
    }
}
