//! Is the server's way to the service the one that the config asks for?

use crate::fact::Fact;
use crate::facts::Facts;
use crate::machine_proxy::MachineProxy;
use crate::manifest::Manifest;

/// What is different about the machine's WinHTTP proxy, where the config sets one.
pub(super) fn other_machine_proxy(manifest: &Manifest, facts: &Facts) -> Option<String> {
    let wanted = manifest.settings.machine_proxy.as_ref()?;
    let network = &facts.network;
    let asked = described(wanted);
    if let Some(why) = network.machine_proxy.unreadable() {
        return Some(format!(
            "the machine's WinHTTP proxy cannot be read ({why}), wanted is {asked}"
        ));
    }
    let text = |fact: &Fact<String>| fact.value().cloned().unwrap_or_default();
    let found = MachineProxy {
        proxy: text(&network.machine_proxy),
        bypass: text(&network.machine_bypass),
    };
    (!found.same_as(wanted)).then(|| {
        format!(
            "the machine's WinHTTP proxy is {}, wanted is {asked}",
            described(&found)
        )
    })
}

fn described(proxy: &MachineProxy) -> String {
    match (proxy.proxy.as_str(), proxy.bypass.as_str()) {
        ("", _) => "not set".to_owned(),
        (proxy, "") => format!("`{proxy}`"),
        (proxy, bypass) => format!("`{proxy}` but for `{bypass}`"),
    }
}
