//! The extension-name list of a GPO (`gPCMachineExtensionNames`, `MachineExtensionGuids`).
//!
//! Shape: `[{CSE}{TOOL}…]…`, groups ascending by CSE, tools ascending inside a group. A client
//! reads the list in order and stops at the first group out of order; `Import-GPO` copies the
//! list from a backup unchecked. Source: MS-GPOL 2.2.4, MS-GPPREF 1.9; the GUIDs of preferences also in
//! published lists of what Windows registers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::guid::Guid;

/// Group that lists the tool of every preference in use; for editors and reports.
pub const PREFERENCES_MARKER: Guid = Guid::NIL;

/// A client-side extension and the editor's tool that belongs to it (machine side).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension {
    /// Client-side extension.
    pub cse: Guid,
    /// Tool extension of the machine side.
    pub tool: Guid,
    /// Does the preferences marker list it?
    pub preference: bool,
    /// Name in messages.
    pub name: &'static str,
}

macro_rules! extension {
    ($(#[$doc:meta])* $name:ident, $text:literal, $cse:literal, $tool:literal, $preference:literal) => {
        $(#[$doc])*
        pub const $name: Extension = Extension {
            cse: Guid::from_u128($cse),
            tool: Guid::from_u128($tool),
            preference: $preference,
            name: $text,
        };
    };
}

extension! {
    /// `Registry.pol`.
    REGISTRY_POLICY, "Registry policy",
    0x35378EAC_683F_11D2_A89A_00C04FBBCFA2, 0xD02B1F72_3407_48AE_BA88_E8213C6761F1, false
}
extension! {
    /// `Preferences\ScheduledTasks`.
    SCHEDULED_TASKS, "Scheduled Tasks preferences",
    0xAADCED64_746C_4633_A97C_D61349046527, 0xCAB54552_DEEA_4691_817E_ED4A4D1AFC72, true
}
extension! {
    /// `Preferences\Registry\Registry.xml`.
    REGISTRY_PREFERENCES, "Registry preferences",
    0xB087BE9D_ED37_454F_AF9C_04291E351182, 0xBEE07A6A_EC9F_4659_B8C9_0B1937907C83, true
}
extension! {
    /// `Preferences\Files`.
    FILES, "Files preferences",
    0x7150F9BF_48AD_4DA4_A49C_29EF4A8369BA, 0x3BAE7E51_E3F4_41D0_853D_9BB9FD47605F, true
}
extension! {
    /// `Preferences\Folders`.
    FOLDERS, "Folders preferences",
    0x6232C319_91AC_4931_9385_E70C2B099F0E, 0x3EC4E9D3_714D_471F_88DC_4DD4471AAB47, true
}
extension! {
    /// `Preferences\Services`.
    SERVICES, "Services preferences",
    0x91FBB303_0CD5_4055_BF42_E512A681B325, 0xCC5746A9_9B74_4BE5_AE2E_64379C86E0E4, true
}
extension! {
    /// `Preferences\Groups`.
    GROUPS, "Local Users and Groups preferences",
    0x17D89FEC_5C44_4972_B12D_241CAEF74509, 0x79F92669_4224_476C_9C5C_6EFB4D87DF4A, true
}
extension! {
    /// `Preferences\EnvironmentVariables`.
    ENVIRONMENT, "Environment preferences",
    0x0E28E245_9368_4853_AD84_6DA3BA35BB75, 0x35141B6B_498A_4CC7_AD59_CEF93D89B2CE, true
}
extension! {
    /// `Preferences\DataSources`.
    DATA_SOURCES, "Data Sources preferences",
    0x728EE579_943C_4519_9EF7_AB56765798ED, 0x1612B55C_243C_48DD_A449_FFC097B19776, true
}
extension! {
    /// `Preferences\Devices`.
    DEVICES, "Devices preferences",
    0x1A6364EB_776B_4120_ADE1_B63A406A76B5, 0x1B767E9A_7BE4_4D35_85C1_2E174A7BA951, true
}
extension! {
    /// `Preferences\Drives`.
    DRIVES, "Drive Maps preferences",
    0x5794DAFD_BE60_433F_88A2_1A31939AC01F, 0x2EA1A81B_48E5_45E9_8BB7_A6E3AC170006, true
}
extension! {
    /// `Preferences\FolderOptions`.
    FOLDER_OPTIONS, "Folder Options preferences",
    0xA3F3E39B_5D83_4940_B954_28315B82F0A8, 0x3BFAE46A_7F3A_467B_8CEA_6AA34DC71F53, true
}
extension! {
    /// `Preferences\IniFiles`.
    INI_FILES, "Ini Files preferences",
    0x74EE6C03_5363_4554_B161_627540339CAB, 0x516FC620_5D34_4B08_8165_6A06B623EDEB, true
}
extension! {
    /// `Preferences\InternetSettings`.
    INTERNET_SETTINGS, "Internet Settings preferences",
    0xE47248BA_94CC_49C4_BBB5_9EB7F05183D0, 0x5C935941_A954_4F7C_B507_885941ECE5C4, true
}
extension! {
    /// `Preferences\NetworkOptions`.
    NETWORK_OPTIONS, "Network Options preferences",
    0x3A0DBA37_F8B2_4356_83DE_3E90BD5C261F, 0x949FB894_E883_42C6_88C1_29169720E8CA, true
}
extension! {
    /// `Preferences\NetworkShares`.
    NETWORK_SHARES, "Network Shares preferences",
    0x6A4C88C6_C502_4F74_8F60_2CB23EDC24E2, 0xBFCBBEB0_9DF4_4C0C_A728_434EA66A0373, true
}
extension! {
    /// `Preferences\PowerOptions`.
    POWER_OPTIONS, "Power Options preferences",
    0xE62688F0_25FD_4C90_BFF5_F508B9D2E31F, 0x9AD2BAFE_63B4_4883_A08C_C3C6196BCAFD, true
}
extension! {
    /// `Preferences\Printers`.
    PRINTERS, "Printers preferences",
    0xBC75B1ED_5833_4858_9BB8_CBF0B166DF9D, 0xA8C42CEA_CDB8_4388_97F4_5831F933DA84, true
}
extension! {
    /// `Preferences\RegionalOptions`.
    REGIONAL_OPTIONS, "Regional Options preferences",
    0xE5094040_C46C_4115_B030_04FB2E545B00, 0xB9CCA4DE_E2B9_4CBD_BF7D_11B6EBFBDDF7, true
}
extension! {
    /// `Preferences\Shortcuts`.
    SHORTCUTS, "Shortcuts preferences",
    0xC418DD9D_0D14_4EFB_8FBF_CFE535C8FAC7, 0xCEFFA6E2_E3BD_421B_852C_6F6A79A59BC1, true
}
extension! {
    /// `Preferences\StartMenuTaskbar`.
    START_MENU, "Start Menu preferences",
    0xE4F48E54_F38D_4884_BFB9_D4D2E5729C18, 0xCF848D48_888D_4F45_B530_6A201E62A605, true
}
extension! {
    /// `Scripts\scripts.ini`.
    SCRIPTS, "Scripts",
    0x42B5FAAE_6536_11D2_AE5A_0000F87571E3, 0x40B6664F_4972_11D1_A7CA_0000F87571E3, false
}
extension! {
    /// `Applications\*.aas`.
    SOFTWARE_INSTALLATION, "Software installation",
    0xC6DC5466_785A_11D2_84D0_00C04FB169F7, 0x942A8E4F_A261_11D1_A760_00C04FB9603F, false
}
extension! {
    /// `microsoft\windows nt\SecEdit\GptTmpl.inf`.
    SECURITY, "Security",
    0x827D319E_6EAC_11D2_A4EA_00C04F79F83A, 0x803E14A0_B4FB_11D0_A0D0_00A0C90F574B, false
}
extension! {
    /// `microsoft\windows nt\Audit\audit.csv`.
    AUDIT, "Advanced audit",
    0xF3CCC681_B74C_4060_9F26_CD84525DCA2A, 0x0F3F3735_573D_9804_99E4_AB2A69BA5FD4, false
}

/// Every extension that is known by name.
pub const KNOWN: [Extension; 25] = [
    REGISTRY_POLICY,
    SCHEDULED_TASKS,
    REGISTRY_PREFERENCES,
    FILES,
    FOLDERS,
    SERVICES,
    GROUPS,
    ENVIRONMENT,
    DATA_SOURCES,
    DEVICES,
    DRIVES,
    FOLDER_OPTIONS,
    INI_FILES,
    INTERNET_SETTINGS,
    NETWORK_OPTIONS,
    NETWORK_SHARES,
    POWER_OPTIONS,
    PRINTERS,
    REGIONAL_OPTIONS,
    SHORTCUTS,
    START_MENU,
    SCRIPTS,
    SOFTWARE_INSTALLATION,
    SECURITY,
    AUDIT,
];

/// The kinds of preferences by their folder below `Preferences`, which is also the name of the file in it
/// (MS-GPPREF 2.2.1). Its `Applications` are left out, because no second source confirms their tool.
pub const PREFERENCES: [(&str, Extension); 20] = [
    ("ScheduledTasks", SCHEDULED_TASKS),
    ("Registry", REGISTRY_PREFERENCES),
    ("Files", FILES),
    ("Folders", FOLDERS),
    ("Services", SERVICES),
    ("Groups", GROUPS),
    ("EnvironmentVariables", ENVIRONMENT),
    ("DataSources", DATA_SOURCES),
    ("Devices", DEVICES),
    ("Drives", DRIVES),
    ("FolderOptions", FOLDER_OPTIONS),
    ("IniFiles", INI_FILES),
    ("InternetSettings", INTERNET_SETTINGS),
    ("NetworkOptions", NETWORK_OPTIONS),
    ("NetworkShares", NETWORK_SHARES),
    ("PowerOptions", POWER_OPTIONS),
    ("Printers", PRINTERS),
    ("RegionalOptions", REGIONAL_OPTIONS),
    ("Shortcuts", SHORTCUTS),
    ("StartMenuTaskbar", START_MENU),
];

/// An extension-name list; sorted by construction, so it can only be written in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExtensionList(BTreeMap<Guid, BTreeSet<Guid>>);

impl ExtensionList {
    /// The list for a GPO side with these parts; preferences add their marker group.
    pub fn of(extensions: &[Extension]) -> Self {
        let mut groups: BTreeMap<Guid, BTreeSet<Guid>> = BTreeMap::new();
        for extension in extensions {
            groups
                .entry(extension.cse)
                .or_default()
                .insert(extension.tool);
            if extension.preference {
                groups
                    .entry(PREFERENCES_MARKER)
                    .or_default()
                    .insert(extension.tool);
            }
        }
        Self(groups)
    }

    /// Is there no extension at all?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Does the list name this client-side extension?
    pub fn contains(&self, cse: Guid) -> bool {
        self.0.contains_key(&cse)
    }

    /// Client-side extensions and their tools, ascending.
    pub fn groups(&self) -> impl Iterator<Item = (Guid, impl Iterator<Item = Guid> + '_)> + '_ {
        self.0
            .iter()
            .map(|(cse, tools)| (*cse, tools.iter().copied()))
    }
}

impl fmt::Display for ExtensionList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (cse, tools) in &self.0 {
            write!(f, "[{cse}")?;
            for tool in tools {
                write!(f, "{tool}")?;
            }
            write!(f, "]")?;
        }
        Ok(())
    }
}

/// A list as found: in the order of the file, right or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundList {
    /// Each group: client-side extension, then tools.
    pub groups: Vec<(Guid, Vec<Guid>)>,
}

/// Why a text is no extension-name list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the extension list is malformed at character {at}: expected {expected}")]
pub struct MalformedList {
    /// Characters before the fault.
    pub at: usize,
    /// What should stand there.
    pub expected: &'static str,
}

/// Longest list that is read, in bytes; a GPO with every known extension stays below 3 KiB.
const MAX_LIST_BYTES: usize = 1 << 16;

impl FoundList {
    /// Reads a list without judging its order.
    ///
    /// # Errors
    /// The first place that is no `[{GUID}{GUID}…]`.
    pub fn parse(text: &str) -> Result<Self, MalformedList> {
        let malformed = |at, expected| Err(MalformedList { at, expected });
        if text.len() > MAX_LIST_BYTES {
            return malformed(MAX_LIST_BYTES, "a shorter list");
        }
        let mut groups = Vec::new();
        // GPMC keeps an emptied list as one blank (seen in public backups).
        let mut rest = if text.trim().is_empty() { "" } else { text };
        let at = |rest: &str| text.len() - rest.len();
        while !rest.is_empty() {
            let Some(mut inside) = rest.strip_prefix('[') else {
                return malformed(at(rest), "`[`");
            };
            let mut guids = Vec::new();
            loop {
                if let Some(after) = inside.strip_prefix(']') {
                    inside = after;
                    break;
                }
                let Some(guid) = inside.get(..38).and_then(|text| text.parse().ok()) else {
                    return malformed(at(inside), "a GUID in braces or `]`");
                };
                guids.push(guid);
                inside = inside.get(38..).unwrap_or_default();
            }
            let mut guids = guids.into_iter();
            let Some(cse) = guids.next() else {
                return malformed(at(rest), "a client-side extension");
            };
            groups.push((cse, guids.collect()));
            rest = inside;
        }
        Ok(Self { groups })
    }

    /// The first group that stands before a smaller or equal one, by position: a client stops
    /// there.
    pub fn first_out_of_order(&self) -> Option<usize> {
        self.groups
            .windows(2)
            .position(|pair| matches!(pair, [a, b] if a.0 >= b.0))
            .map(|index| index + 1)
    }

    /// The same extensions in the order that clients need.
    pub fn sorted(&self) -> ExtensionList {
        let mut groups: BTreeMap<Guid, BTreeSet<Guid>> = BTreeMap::new();
        for (cse, tools) in &self.groups {
            groups.entry(*cse).or_default().extend(tools);
        }
        ExtensionList(groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the specification's worked combinations, checked against real backups.
    #[test]
    fn lists_are_sorted_and_marked_as_real_gpos_have_them() {
        const MARKER_TASKS: &str = "[{00000000-0000-0000-0000-000000000000}\
             {CAB54552-DEEA-4691-817E-ED4A4D1AFC72}]";
        const MARKER_BOTH: &str = "[{00000000-0000-0000-0000-000000000000}\
             {BEE07A6A-EC9F-4659-B8C9-0B1937907C83}{CAB54552-DEEA-4691-817E-ED4A4D1AFC72}]";
        const POLICY: &str = "[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}\
             {D02B1F72-3407-48AE-BA88-E8213C6761F1}]";
        const SECURITY_GROUP: &str = "[{827D319E-6EAC-11D2-A4EA-00C04F79F83A}\
             {803E14A0-B4FB-11D0-A0D0-00A0C90F574B}]";
        const TASKS: &str = "[{AADCED64-746C-4633-A97C-D61349046527}\
             {CAB54552-DEEA-4691-817E-ED4A4D1AFC72}]";
        const PREFERENCES: &str = "[{B087BE9D-ED37-454F-AF9C-04291E351182}\
             {BEE07A6A-EC9F-4659-B8C9-0B1937907C83}]";
        let cases: [(&[Extension], String); 6] = [
            (&[], String::new()),
            (&[SCHEDULED_TASKS], [MARKER_TASKS, TASKS].concat()),
            (&[REGISTRY_POLICY], POLICY.to_owned()),
            (
                &[SCHEDULED_TASKS, REGISTRY_POLICY],
                [MARKER_TASKS, POLICY, TASKS].concat(),
            ),
            (
                &[REGISTRY_PREFERENCES, SCHEDULED_TASKS],
                [MARKER_BOTH, TASKS, PREFERENCES].concat(),
            ),
            (
                &[
                    SECURITY,
                    REGISTRY_PREFERENCES,
                    SCHEDULED_TASKS,
                    REGISTRY_POLICY,
                ],
                [MARKER_BOTH, POLICY, SECURITY_GROUP, TASKS, PREFERENCES].concat(),
            ),
        ];
        for (extensions, wanted) in cases {
            let list = ExtensionList::of(extensions);
            assert_eq!(list.to_string(), wanted);
            let found = FoundList::parse(&wanted).unwrap();
            assert_eq!(found.first_out_of_order(), None);
            assert_eq!(found.sorted(), list);
        }
    }

    #[test]
    fn a_group_out_of_order_is_found_by_position() {
        let sorted = ExtensionList::of(&[SECURITY, REGISTRY_POLICY]).to_string();
        let (first, second) = sorted.split_at(78);
        let found = FoundList::parse(&format!("{second}{first}")).unwrap();
        assert_eq!(found.first_out_of_order(), Some(1));
        let twice = FoundList::parse(&format!("{first}{first}")).unwrap();
        assert_eq!(twice.first_out_of_order(), Some(1));
    }

    #[test]
    fn a_blank_is_an_empty_list() {
        for text in ["", " ", "\r\n "] {
            assert_eq!(FoundList::parse(text), Ok(FoundList { groups: Vec::new() }));
        }
    }

    #[test]
    fn malformed_lists_are_refused_with_their_place() {
        for (text, at) in [
            ("x", 0),
            ("[", 1),
            ("[]", 0),
            ("[{}]", 1),
            ("[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}", 39),
            ("[{35378EAC-683F-11D2-A89A-00C04FBBCFA2}] ", 40),
            ("[{35378EAC-683F-11D2-A89A-00C04FBBCFé2}]", 1),
        ] {
            assert_eq!(FoundList::parse(text).unwrap_err().at, at, "{text}");
        }
    }
}
