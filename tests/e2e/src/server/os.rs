//! The emulated systems: what a program reads to tell one Windows from another.
//!
//! Wine answers from these values. It takes major and minor version from `CurrentVersion`
//! (a real Windows 10 and later keeps `6.3` there), so only `RtlGetVersion` is to be believed
//! by a program under test.

use crate::wine::Value;

/// Registry entries: key, value name, data.
pub(super) type Entries = Vec<(String, String, Value)>;

const CURRENT_VERSION: &str = r"Software\Microsoft\Windows NT\CurrentVersion";

/// A Windows product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Os {
    /// Windows Server 2008 R2 with service pack 1.
    Server2008R2,
    /// Windows Server 2012, not R2.
    Server2012,
    /// Windows Server 2012 R2.
    Server2012R2,
    /// Windows Server 2016.
    Server2016,
    /// Windows Server 2019.
    Server2019,
    /// Windows Server 2022.
    Server2022,
    /// Windows Server 2025.
    Server2025,
    /// A Windows 10 workstation (22H2).
    Workstation,
}

impl Os {
    /// Every product.
    pub const ALL: [Self; 8] = [
        Self::Server2008R2,
        Self::Server2012,
        Self::Server2012R2,
        Self::Server2016,
        Self::Server2019,
        Self::Server2022,
        Self::Server2025,
        Self::Workstation,
    ];

    /// The product called `2016`, `2012R2`, `workstation` and so on.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|os| os.name().eq_ignore_ascii_case(name))
    }

    /// Short name: the year, or `workstation`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server2008R2 => "2008R2",
            Self::Server2012 => "2012",
            Self::Server2012R2 => "2012R2",
            Self::Server2016 => "2016",
            Self::Server2019 => "2019",
            Self::Server2022 => "2022",
            Self::Server2025 => "2025",
            Self::Workstation => "workstation",
        }
    }

    /// NT version and build number.
    pub fn version(self) -> (u32, u32, u32) {
        match self {
            Self::Server2008R2 => (6, 1, 7601),
            Self::Server2012 => (6, 2, 9200),
            Self::Server2012R2 => (6, 3, 9600),
            Self::Server2016 => (10, 0, 14393),
            Self::Server2019 => (10, 0, 17763),
            Self::Server2022 => (10, 0, 20348),
            Self::Server2025 => (10, 0, 26100),
            Self::Workstation => (10, 0, 19045),
        }
    }

    /// Does Windows itself bring the Defender sensor?
    pub fn has_sensor_in_box(self) -> bool {
        self.version() >= (10, 0, 17763)
    }

    /// The values under which Wine answers as this product.
    pub(super) fn registry(self) -> Entries {
        let (major, minor, build) = self.version();
        let server = self != Self::Workstation;
        let (installation, product_type, edition) = if server {
            ("Server", "ServerNT", "ServerStandard")
        } else {
            ("Client", "WinNT", "Enterprise")
        };
        let build_text = build.to_string();
        let text = |name: &str, text: &str| entry(CURRENT_VERSION, name, text.into());
        let mut entries = vec![
            text("CurrentVersion", &format!("{major}.{minor}")),
            text("CurrentBuildNumber", &build_text),
            text("CurrentBuild", &build_text),
            text(
                "CSDVersion",
                if self == Self::Server2008R2 {
                    "Service Pack 1"
                } else {
                    ""
                },
            ),
            text("InstallationType", installation),
            text("EditionID", edition),
            text("ProductName", &self.product_name()),
            entry(
                r"System\CurrentControlSet\Control\ProductOptions",
                "ProductType",
                product_type.into(),
            ),
            entry(
                r"Software\Microsoft\Windows\CurrentVersion\Setup\State",
                "ImageState",
                "IMAGE_STATE_COMPLETE".into(),
            ),
        ];
        // Number of the service pack for RtlGetVersion; Wine's own is 1.
        let service_pack = if self == Self::Server2008R2 { 0x100 } else { 0 };
        entries.push(entry(
            r"System\CurrentControlSet\Control\Windows",
            "CSDVersion",
            service_pack.into(),
        ));
        if major == 10 {
            entries.push(entry(
                CURRENT_VERSION,
                "CurrentMajorVersionNumber",
                major.into(),
            ));
            entries.push(entry(
                CURRENT_VERSION,
                "CurrentMinorVersionNumber",
                minor.into(),
            ));
            // Any monthly update level: newer than all that is asked for.
            entries.push(entry(CURRENT_VERSION, "UBR", 7000.into()));
        }
        entries
    }

    fn product_name(self) -> String {
        match self {
            Self::Server2008R2 => "Windows Server 2008 R2 Standard".to_owned(),
            Self::Server2012R2 => "Windows Server 2012 R2 Standard".to_owned(),
            Self::Workstation => "Windows 10 Enterprise".to_owned(),
            _ => format!("Windows Server {} Standard", self.name()),
        }
    }
}

/// One registry entry.
pub(super) fn entry(key: &str, name: &str, value: Value) -> (String, String, Value) {
    (key.to_owned(), name.to_owned(), value)
}
