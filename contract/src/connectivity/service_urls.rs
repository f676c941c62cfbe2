//! The addresses of the service: Microsoft's published lists as data.
//!
//! Sources (Microsoft Learn, Defender for Endpoint): `standard-device-connectivity-urls-commercial`
//! and `-gov` (2026-07-03), `streamlined-device-connectivity-urls-commercial` (2026-09-03);
//! paths that answer a question without harm: `MDEClientAnalyzer.ps1` (2024-05-08). A list
//! that names a pattern (`*.update.microsoft.com`) names no host that could be asked; such
//! patterns are told to the administrator instead ([`patterns`]).

use crate::manifest::{Cloud, Connectivity, Tenant};
use crate::text::text_enum;

text_enum! {
    /// What an address is for.
    pub enum Service ("a service of Defender for Endpoint") {
        /// Orders to the sensor.
        CommandAndControl = "command-and-control",
        /// What the sensor saw.
        CyberData = "cyber-data",
        /// Ticket for telemetry.
        Telemetry = "telemetry",
        /// Files of automated investigations.
        AutomatedInvestigation = "automated-investigation",
        /// Samples of files.
        SampleStorage = "sample-storage",
        /// Configuration of the sensor.
        Configuration = "configuration",
        /// Cloud protection of the antivirus.
        CloudProtection = "cloud-protection",
        /// Updates of the antivirus.
        Updates = "updates",
        /// Lists of revoked and of trusted certificates.
        CertificateLists = "certificate-lists",
    }
}

text_enum! {
    /// Does the product work without an address?
    pub enum Need ("`required` or `recommended`") {
        /// It does not.
        Required = "required",
        /// It does, when something else takes its place, such as WSUS.
        Recommended = "recommended",
    }
}

/// Whose proxy settings hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// Service `Sense`: its own proxy policy, else WinHTTP's.
    Sensor,
    /// Defender Antivirus.
    Antivirus,
    /// Certificate checks of Windows on behalf of the sensor.
    CertificateCheck,
}

impl Service {
    /// Who asks it.
    pub const fn client(self) -> Client {
        match self {
            Self::CloudProtection | Self::Updates => Client::Antivirus,
            Self::CertificateLists => Client::CertificateCheck,
            _ => Client::Sensor,
        }
    }
}

/// One address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUrl {
    /// What it is for.
    pub service: Service,
    /// Does the product work without it?
    pub need: Need,
    /// Where it is.
    pub url: String,
}

/// A region of the standard lists, told by the host that takes the sensor's orders.
struct Region {
    /// What stands between `winatp-gw-` and `.microsoft.com`.
    gateways: &'static [&'static str],
    /// Its own addresses without scheme. Empty where the list has none.
    cyber: &'static [&'static str],
    investigation: &'static [&'static str],
    samples: &'static [&'static str],
    cloud_protection: &'static [&'static str],
    /// Is it sure from the gateway that these are the tenant's? `winatp-gw-usgt` serves both
    /// GCC High and DoD.
    sure: bool,
}

const INVESTIGATION: &str = "automatedirstrprd";
const COMMERCIAL_STORAGE: &str = ".blob.core.windows.net";
const GOVERNMENT_STORAGE: &str = ".blob.core.usgovcloudapi.net";

/// Tables "per region" of the standard lists, commercial first.
const REGIONS: [Region; 7] = [
    Region {
        gateways: &["cus", "eus", "cus3", "eus3"],
        cyber: &[
            "us-v20.events.data.microsoft.com/ping",
            "us-mobile.events.data.microsoft.com/OneCollector/1.0",
        ],
        investigation: &["cus", "eus", "cus3", "eus3"],
        samples: &[
            "ussus1eastprod",
            "ussus2eastprod",
            "ussus3eastprod",
            "ussus4eastprod",
            "ussus1westprod",
            "ussus2westprod",
            "ussus3westprod",
            "ussus4westprod",
            "wsus1eastprod",
            "wsus2eastprod",
            "wsus1westprod",
            "wsus2westprod",
        ],
        cloud_protection: &["wdcp.microsoft.com"],
        sure: true,
    },
    Region {
        gateways: &["neu", "weu", "neu3", "weu3"],
        cyber: &[
            "eu-v20.events.data.microsoft.com/ping",
            "eu-mobile.events.data.microsoft.com/OneCollector/1.0",
        ],
        investigation: &["neu", "weu", "neu3", "weu3"],
        samples: &[
            "usseu1northprod",
            "usseu1westprod",
            "wseu1northprod",
            "wseu1westprod",
        ],
        cloud_protection: &["wdcp.microsoft.com"],
        sure: true,
    },
    Region {
        gateways: &["uks", "ukw"],
        cyber: &[
            "uk-v20.events.data.microsoft.com/ping",
            "uk-mobile.events.data.microsoft.com/OneCollector/1.0",
        ],
        investigation: &["uks", "ukw"],
        samples: &[
            "ussuk1southprod",
            "ussuk1westprod",
            "wsuk1southprod",
            "wsuk1westprod",
        ],
        cloud_protection: &["wdcp.microsoft.com"],
        sure: true,
    },
    Region {
        gateways: &["aue", "aus"],
        cyber: &[
            "au-v20.events.data.microsoft.com/ping",
            "au-mobile.events.data.microsoft.com/OneCollector/1.0",
        ],
        investigation: &["aue", "aus"],
        samples: &["ussau1southeastprod", "ussau1eastprod"],
        cloud_protection: &["wdcp.microsoft.com"],
        sure: true,
    },
    Region {
        gateways: &["aec0a", "aen0a"],
        cyber: &[],
        investigation: &["aen0a", "aec0a"],
        samples: &[],
        cloud_protection: &["wdcp.microsoft.com"],
        sure: true,
    },
    Region {
        gateways: &["usmt", "usmv"],
        cyber: &["us4-v20.events.data.microsoft.com/ping"],
        investigation: &["automatedirstrfmusmt", "automatedirstrfmusmv"],
        samples: &[
            "ussusg1virginiaff4",
            "ussusg1texasff4",
            "ussusg2virginiaff4",
            "ussusg2texasff4",
            "wsusg1virginiaff4",
            "wsusg1texasff4",
        ],
        cloud_protection: &["unitedstates4.cp.wd.microsoft.us"],
        sure: true,
    },
    // GCC High and DoD together.
    Region {
        gateways: &["usgt", "usgv"],
        cyber: &["us4-v20.events.data.microsoft.com/ping"],
        investigation: &["automatedirstrffusgv", "automatedirstrffusgt"],
        samples: &[
            "ussusg1virginiaff0",
            "ussusg1texasff0",
            "ussusg2virginiaff0",
            "ussusg2texasff0",
            "wsusg1virginiaff0",
            "wsusg1texasff0",
            "ussusd1centralff5",
            "ussusd1eastff5",
            "ussusd2centralff5",
            "ussusd2eastff5",
            "wsusd1centralff5",
            "wsusd1eastff5",
        ],
        cloud_protection: &[
            "unitedstates1.cp.wd.microsoft.us",
            "unitedstates2.cp.wd.microsoft.us",
        ],
        sure: false,
    },
];

/// Lists that the certificate checks of every cloud read; "required, port 80". Files that have
/// been there for years.
const CERTIFICATE_LISTS: [&str; 3] = [
    "http://crl.microsoft.com/pki/crl/products/MicRooCerAut2011_2011_03_22.crl",
    "http://ctldl.windowsupdate.com/msdownload/update/v3/static/trustedr/en/disallowedcertstl.cab",
    "http://www.microsoft.com/pkiops/crl/MicSecSerCA2011_2011-10-18.crl",
];

/// Updates of the antivirus; "required unless updated internally".
const UPDATES: [&str; 3] = [
    "https://go.microsoft.com/",
    "https://definitionupdates.microsoft.com/",
    "https://www.microsoft.com/security/encyclopedia/adlpackages.aspx",
];

/// The addresses that a tenant's servers need, in a fixed order, each once.
pub fn service_urls(tenant: &Tenant) -> Vec<ServiceUrl> {
    let mut list = List::default();
    for endpoint in &tenant.endpoints {
        list.of_blob(endpoint, tenant.connectivity);
    }
    if tenant.connectivity == Connectivity::Standard {
        if let Some(region) = tenant.endpoints.iter().find_map(|url| region_of(url)) {
            list.region(region, tenant.cloud);
        }
        list.add(
            Service::Telemetry,
            Need::Required,
            "https://events.data.microsoft.com/",
        );
        if tenant.cloud == Cloud::Commercial {
            let configuration = "https://ecs.office.com/config/v1/MicrosoftWindowsDefenderClient";
            list.add(Service::Configuration, Need::Required, configuration);
        }
    }
    for url in UPDATES {
        list.add(Service::Updates, Need::Recommended, url);
    }
    for url in CERTIFICATE_LISTS {
        list.add(Service::CertificateLists, Need::Required, url);
    }
    list.urls
}

/// What a family of hosts is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternUse {
    /// The sensor's own service.
    Service,
    /// Cloud protection of the antivirus.
    CloudProtection,
    /// SmartScreen and network protection.
    SmartScreen,
    /// Updates of the antivirus; not needed where they come from inside.
    Updates,
}

/// Hosts that the lists give as a family only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostPattern {
    /// What they are for.
    pub purpose: PatternUse,
    /// Names with `*` for what may stand there.
    pub hosts: &'static [&'static str],
}

/// Patterns of the lists that no check can stand for.
pub fn host_patterns(tenant: &Tenant) -> Vec<HostPattern> {
    use PatternUse::{CloudProtection, Service, SmartScreen, Updates};

    let service: &[&str] = match (tenant.connectivity, tenant.cloud) {
        (Connectivity::Streamlined, Cloud::UsGovernment) => &["*.endpoint.security.microsoft.us"],
        _ => &["*.endpoint.security.microsoft.com"],
    };
    let cloud_protection: &[&str] = match (tenant.connectivity, tenant.cloud) {
        (Connectivity::Streamlined, _) => &[],
        (Connectivity::Standard, Cloud::Commercial) => {
            &["*.wdcp.microsoft.com", "*.wd.microsoft.com"]
        }
        (Connectivity::Standard, Cloud::UsGovernment) => {
            &["*.cp.wd.microsoft.us", "*.ss.wd.microsoft.us"]
        }
    };
    let smart_screen: &[&str] = match tenant.cloud {
        Cloud::Commercial => &[
            "*.smartscreen-prod.microsoft.com",
            "*.smartscreen.microsoft.com",
        ],
        Cloud::UsGovernment => &["*.ss.wd.microsoft.us"],
    };
    let updates: &[&str] = &[
        "*.update.microsoft.com",
        "*.delivery.mp.microsoft.com",
        "*.windowsupdate.com",
        "*.download.microsoft.com",
    ];
    let all = [
        (Service, service),
        (CloudProtection, cloud_protection),
        (SmartScreen, smart_screen),
        (Updates, updates),
    ];
    let of = |(purpose, hosts)| HostPattern { purpose, hosts };
    all.into_iter()
        .map(of)
        .filter(|pattern| !pattern.hosts.is_empty())
        .collect()
}

/// [`host_patterns`] in words, one text for each family.
pub fn patterns(tenant: &Tenant) -> Vec<String> {
    let in_words = |pattern: HostPattern| {
        let hosts = pattern.hosts.join(", ");
        match pattern.purpose {
            PatternUse::Updates => format!("{hosts} (unless updated internally)"),
            _ => hosts,
        }
    };
    host_patterns(tenant).into_iter().map(in_words).collect()
}

/// Does the standard list have the region of this tenant? The streamlined one has no regions.
pub fn is_region_known(tenant: &Tenant) -> bool {
    tenant.connectivity == Connectivity::Streamlined
        || tenant.endpoints.iter().any(|url| region_of(url).is_some())
}

#[derive(Default)]
struct List {
    urls: Vec<ServiceUrl>,
}

impl List {
    fn add(&mut self, service: Service, need: Need, url: &str) {
        if !self.urls.iter().any(|known| known.url == url) {
            self.urls.push(ServiceUrl {
                service,
                need,
                url: url.to_owned(),
            });
        }
    }

    /// The blob names the very hosts; the paths are the analyzer's.
    fn of_blob(&mut self, endpoint: &str, class: Connectivity) {
        let base = endpoint.trim_end_matches('/');
        let (service, url) = if base.contains("://events.data.") {
            (Service::Telemetry, format!("{base}/"))
        } else if base.ends_with("/OneCollector/1.0") {
            let host = base.trim_end_matches("/OneCollector/1.0");
            (Service::CyberData, format!("{host}/ping"))
        } else if class == Connectivity::Streamlined {
            (Service::CommandAndControl, format!("{base}/commands/test"))
        } else {
            (Service::CommandAndControl, format!("{base}/test"))
        };
        self.add(service, Need::Required, &url);
    }

    fn region(&mut self, region: &Region, cloud: Cloud) {
        let need = if region.sure {
            Need::Required
        } else {
            Need::Recommended
        };
        let storage = match cloud {
            Cloud::Commercial => COMMERCIAL_STORAGE,
            Cloud::UsGovernment => GOVERNMENT_STORAGE,
        };
        for gateway in region.gateways {
            let url = format!("https://winatp-gw-{gateway}.microsoft.com/test");
            self.add(Service::CommandAndControl, need, &url);
        }
        for host in region.cyber {
            // Not in doubt: both government clouds share it.
            let url = format!("https://{host}");
            self.add(Service::CyberData, Need::Required, &url);
        }
        for name in region.investigation {
            let account = match cloud {
                Cloud::Commercial => format!("{INVESTIGATION}{name}"),
                Cloud::UsGovernment => (*name).to_owned(),
            };
            let url = format!("https://{account}{storage}/");
            self.add(Service::AutomatedInvestigation, need, &url);
        }
        for account in region.samples {
            let url = format!("https://{account}{storage}/");
            self.add(Service::SampleStorage, need, &url);
        }
        for host in region.cloud_protection {
            self.add(Service::CloudProtection, need, &format!("https://{host}/"));
        }
    }
}

fn region_of(url: &str) -> Option<&'static Region> {
    let host = url.strip_prefix("https://winatp-gw-")?;
    let (gateway, _) = host.split_once('.')?;
    REGIONS
        .iter()
        .find(|region| region.gateways.contains(&gateway))
}
