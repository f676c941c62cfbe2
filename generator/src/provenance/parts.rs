//! The list of parts: CycloneDX 1.6, the newest version that most readers know.

use gangway_contract::UtcTime;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Subject;
use crate::bundle::BundleDocument;

/// Name of the property by which a list is known for ours.
const BUNDLE_ID: &str = "gangway:bundle-id";

/// The list as it lies in its file.
pub fn parts_file(parts: &Value) -> String {
    // Strings, numbers and lists only, which always serialise.
    let mut text = serde_json::to_string_pretty(parts).unwrap_or_default();
    text.push('\n');
    text
}

/// Is this a list of a bundle's parts, and none of another product's?
pub fn is_parts_file(bytes: &[u8]) -> bool {
    let list: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let properties = list["metadata"]["component"]["properties"].as_array();
    let mut properties = properties.into_iter().flatten();
    properties.any(|one| one["name"] == BUNDLE_ID)
}

/// Everything that went into a bundle, and what came out. `files` are the bundle's own and its
/// packages'.
pub fn parts(document: &BundleDocument, files: &[Subject]) -> Value {
    let hash = |sha256: &str| json!([{"alg": "SHA-256", "content": sha256}]);
    let downloads = document.inputs.iter().map(|input| {
        json!({
            "type": "file",
            "bom-ref": format!("download:{}", input.path),
            "name": input.path,
            "hashes": hash(&input.sha256.to_string()),
            "properties": [
                {"name": "gangway:kind", "value": input.kind},
                {"name": "gangway:signer", "value": input.verdict},
            ],
        })
    });
    let stub = json!({
        "type": "application",
        "bom-ref": "stub",
        "name": "bootstrap stub",
        "version": document.exe.stub_version,
        "hashes": hash(&document.exe.stub_sha256.to_string()),
    });
    let made = files.iter().map(|file| {
        let sha256 = file.digest.get("sha256").map_or("", String::as_str);
        json!({
            "type": "file",
            "bom-ref": format!("file:{}", file.name),
            "name": file.name,
            "hashes": hash(sha256),
        })
    });
    let components: Vec<Value> = downloads.chain([stub]).chain(made).collect();
    let refs = components.iter().map(|one| one["bom-ref"].clone());
    let depends_on: Vec<Value> = refs.collect();
    let serial = Uuid::new_v5(&Uuid::NAMESPACE_OID, document.bundle_id.as_str().as_bytes());
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": format!("urn:uuid:{serial}"),
        "version": 1,
        "metadata": {
            "timestamp": UtcTime(document.output_time).to_string(),
            "tools": {"components": [{
                "type": "application",
                "name": document.tool.name,
                "version": document.tool.version,
            }]},
            "component": {
                "type": "application",
                "bom-ref": "bundle",
                "name": format!("MDE bundle of {}", document.organization),
                "version": document.sequence.to_string(),
                "properties": [{"name": BUNDLE_ID, "value": document.bundle_id}],
            },
        },
        "components": components,
        "dependencies": [{"ref": "bundle", "dependsOn": depends_on}],
    })
}
