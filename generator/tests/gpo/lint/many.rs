//! Many GPOs side by side: each collision is told once for each later GPO, with the first that it is with.

use gangway::gpo::registry_pol::{Record, RegistryPolicy};

use super::tree::{Tree, empty};

fn with_values(tree: Tree, id: u8, records: Vec<Record>) -> Tree {
    let policy = RegistryPolicy { records };
    tree.sysvol(id, &[("Machine/registry.pol", &policy.write().unwrap())])
}

#[test]
fn each_later_writer_is_told_with_the_first() {
    const SENSOR: &str = r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection";
    let mut tree = empty();
    for id in 1..=4 {
        let record = Record::dword(SENSOR, "ForceDefenderPassiveMode", 1);
        tree = with_values(tree, id, vec![record]);
    }
    let problems = tree.lint().problems;
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code.id).collect();
    assert_eq!(codes, ["GW2307"; 3]);
    for (problem, later) in problems.iter().zip(2..) {
        let both = &problem.evidence[1];
        for id in [1, later] {
            let name = format!("{{{id:08}-1111");
            assert!(both.contains(&name), "{both}");
        }
    }
}

#[test]
fn hundreds_of_policies_are_looked_at_in_no_time() {
    const DEFENDER: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender\Own";
    let mut tree = empty();
    for id in 1..=250 {
        let key = format!(r"{DEFENDER}{id}");
        let values = (0..300).map(|value| Record::dword(&key, &format!("v{value}"), 0));
        tree = with_values(tree, id, values.collect());
    }
    let before = std::time::Instant::now();
    let problems = tree.lint().problems;
    assert_eq!(problems, []);
    // Each with each took minutes, in a test build.
    assert!(before.elapsed().as_secs() < 40, "{:?}", before.elapsed());
}
