//! Which Windows a server runs, and which documented route leads to Defender for Endpoint
//! there.

use crate::fact::Fact;
use crate::facts::{Os, ProductType};
use crate::manifest::{Manifest, MonitoringAgent, Role, Settings};
use crate::reason::Reason;
use crate::text::text_enum;
use crate::version::Version;

text_enum! {
    /// How a product is brought under the sensor.
    pub enum Route ("a route") {
        /// The sensor is part of Windows: the onboarding script alone.
        InBox = "in_box",
        /// Server 2012 R2: updates, unified agent, onboarding script.
        UnifiedAgent2012R2 = "unified_agent_2012_r2",
        /// Server 2016: feature, platform, unified agent, onboarding script.
        UnifiedAgent2016 = "unified_agent_2016",
        /// Server 2008 R2 SP1: the deployment tool, or the retired monitoring agent.
        DownLevel = "down_level",
    }
}

/// One row of the product table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product {
    /// Name as Microsoft writes it.
    pub name: &'static str,
    /// Version numbers that identify it: major, minor, build. Build zero takes all builds.
    pub version: (u32, u32, u32),
    /// The route; none where no product of Microsoft's supports it.
    pub route: Option<Route>,
}

const fn product(name: &'static str, version: (u32, u32, u32), route: Option<Route>) -> Product {
    Product {
        name,
        version,
        route,
    }
}

/// Server products by version. A build above the last row of 10.0 is taken for a successor of
/// Server 2025: the sensor has been part of every release since 1803.
pub const PRODUCTS: &[Product] = &[
    product(
        "Windows Server 2008 R2",
        (6, 1, 7601),
        Some(Route::DownLevel),
    ),
    product("Windows Server 2012", (6, 2, 0), None),
    product(
        "Windows Server 2012 R2",
        (6, 3, 0),
        Some(Route::UnifiedAgent2012R2),
    ),
    product(
        "Windows Server 2016",
        (10, 0, 14393),
        Some(Route::UnifiedAgent2016),
    ),
    product("Windows Server, version 1709", (10, 0, 16299), None),
    product(
        "Windows Server, version 1803",
        (10, 0, 17134),
        Some(Route::InBox),
    ),
    product("Windows Server 2019", (10, 0, 17763), Some(Route::InBox)),
    product(
        "Windows Server, version 1903",
        (10, 0, 18362),
        Some(Route::InBox),
    ),
    product(
        "Windows Server, version 1909",
        (10, 0, 18363),
        Some(Route::InBox),
    ),
    product(
        "Windows Server, version 2004",
        (10, 0, 19041),
        Some(Route::InBox),
    ),
    product(
        "Windows Server, version 20H2",
        (10, 0, 19042),
        Some(Route::InBox),
    ),
    product("Windows Server 2022", (10, 0, 20348), Some(Route::InBox)),
    product(
        "Azure Stack HCI, version 22H2",
        (10, 0, 20349),
        Some(Route::InBox),
    ),
    product(
        "Windows Server, version 23H2",
        (10, 0, 25398),
        Some(Route::InBox),
    ),
    product("Windows Server 2025", (10, 0, 26100), Some(Route::InBox)),
];

/// The product of a version; none when it is not in the table.
pub fn product_of(version: Version) -> Option<Product> {
    let (major, minor, build) = (version.major(), version.minor(), version.build());
    let family = |product: &&Product| (product.version.0, product.version.1) == (major, minor);
    let last_build = PRODUCTS.last().map_or(0, |product| product.version.2);
    if (major, minor) == (10, 0) && build > last_build {
        return Some(product(
            "Windows Server after 2025",
            (10, 0, build),
            Some(Route::InBox),
        ));
    }
    PRODUCTS
        .iter()
        .filter(family)
        .find(|product| product.version.2 == 0 || product.version.2 == build)
        .copied()
}

/// The retired agent, when it is the configured route of this server.
pub fn monitoring_route(manifest: &Manifest, route: Route) -> Option<&MonitoringAgent> {
    let without_tool = manifest.payload(Role::DeploymentTool).is_none();
    manifest
        .settings
        .monitoring_agent
        .as_ref()
        .filter(|_| route == Route::DownLevel && without_tool)
}

/// Why a server gets no route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRoute {
    /// The word for reports.
    pub reason: Reason,
    /// What was found.
    pub detail: String,
}

/// Finds the route of a server.
///
/// # Errors
/// The product is not one that this bundle is for, or a fact about it cannot be read.
pub fn route_of(os: &Os, settings: &Settings) -> Result<Route, NoRoute> {
    let refuse = |reason, detail: String| Err(NoRoute { reason, detail });
    let unreadable = |fact: &str, why: Option<&str>| {
        let why = why.unwrap_or("not found");
        refuse(Reason::FactsUnreadable, format!("`{fact}`: {why}"))
    };
    let Fact::Value(version) = os.version else {
        return unreadable("os.version", os.version.unreadable());
    };
    match os.product_type {
        Fact::Value(ProductType::Workstation) => {
            return refuse(Reason::Workstation, format!("Windows {version}"));
        }
        Fact::Value(ProductType::Server | ProductType::DomainController) => {}
        Fact::Absent | Fact::Unreadable { .. } => {
            return unreadable("os.product_type", os.product_type.unreadable());
        }
    }
    if os.x64.is(&false) {
        return refuse(
            Reason::ProductNotSupported,
            "the operating system is not 64-bit x86".to_owned(),
        );
    }
    let edition = os.edition.value().map_or("", String::as_str);
    // The sensor needs what Nano Server lacks; it is in no list of supported products.
    let installation = os.installation_type.value().map_or("", String::as_str);
    if installation.eq_ignore_ascii_case("Nano Server") {
        return refuse(Reason::ProductNotSupported, "Nano Server".to_owned());
    }
    // Edition ids of the products that share a build with an ordinary server.
    if edition.eq_ignore_ascii_case("ServerHyperCore") {
        return refuse(Reason::HyperVServer, format!("edition {edition}"));
    }
    if edition.eq_ignore_ascii_case("ServerAzureStackHCICor") && !settings.azure_stack_hci {
        return refuse(Reason::AzureStackHci, format!("edition {edition}"));
    }
    let Some(product) = product_of(version) else {
        return refuse(Reason::ProductNotSupported, format!("Windows {version}"));
    };
    let Some(route) = product.route else {
        return refuse(Reason::ProductNotSupported, product.name.to_owned());
    };
    if route == Route::DownLevel && os.service_pack.value().is_none_or(|pack| *pack < 1) {
        return refuse(
            Reason::ProductNotSupported,
            "Windows Server 2008 R2 without Service Pack 1".to_owned(),
        );
    }
    Ok(route)
}
