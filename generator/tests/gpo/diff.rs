//! The difference of two sets of GPOs: exactly what was changed, in words.

use gangway::gpo::diff::{Change, diff};
use gangway::gpo::found::{Found, load};
use gangway::policies::{DeployOptions, GpoFiles, PrincipalForm, deploy, settings};
use gangway_contract::BundleId;
use gangway_contract::manifest::AntivirusMode;

fn found(gpos: &[GpoFiles]) -> Found {
    let folder = tempfile::tempdir().unwrap();
    for file in gpos.iter().flat_map(|gpo| &gpo.files) {
        let path = folder.path().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.bytes).unwrap();
    }
    load(folder.path()).unwrap()
}

fn lines(changes: &[Change]) -> String {
    let absent = || "(absent)".to_owned();
    let line = |change: &Change| {
        let (old, new) = (change.old.clone(), change.new.clone());
        let (old, new) = (old.unwrap_or_else(absent), new.unwrap_or_else(absent));
        let effect = change.effect.map(|effect| format!(" | {effect}"));
        let effect = effect.unwrap_or_default();
        format!(
            "{} | {} | {old} -> {new}{effect}",
            change.gpo, change.setting
        )
    };
    changes.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_same_policies_have_no_difference() {
    let old = found(&[deploy(&super::options()).unwrap()]);
    let new = found(&[deploy(&super::options()).unwrap()]);
    assert_eq!(diff(&old, &new), []);
}

#[test]
fn a_new_bundle_differs_only_where_its_id_stands() {
    let options = DeployOptions {
        bundle_id: BundleId::of_bytes(b"other"),
        ..super::options()
    };
    let old = found(&[deploy(&super::options()).unwrap()]);
    let new = found(&[deploy(&options).unwrap()]);
    insta::assert_snapshot!(lines(&diff(&old, &new)));
}

#[test]
fn each_changed_setting_is_named() {
    let mut old_options = super::settings::options();
    old_options.antivirus_mode = AntivirusMode::AlwaysPassive;
    old_options.device_tag = Some("old".to_owned());
    let mut new_options = super::settings::options();
    new_options.antivirus_mode = AntivirusMode::NeverPassive;
    new_options.sample_collection = Some(true);
    let mut old = settings(&old_options).unwrap();
    let mut new = settings(&new_options).unwrap();
    old.push(deploy(&super::options()).unwrap());
    let deploy_options = DeployOptions {
        principal: PrincipalForm::Sid,
        include_domain_controllers: true,
        ..super::options()
    };
    new.push(deploy(&deploy_options).unwrap());
    insta::assert_snapshot!(lines(&diff(&found(&old), &found(&new))));
}
