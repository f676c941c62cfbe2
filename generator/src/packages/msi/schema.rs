//! The tables and their columns, in Microsoft's notation ("Database Tables" of the Windows Installer
//! documentation; widths as WiX 3.11 writes them).

use super::table::{Cell, Column, Table};

/// Name, notation, category of `_Validation`, table that it refers to.
type Spec = (
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
);

const SEQUENCE: &[Spec] = &[
    ("Action", "s72*", "Identifier", None),
    ("Condition", "S255", "Condition", None),
    ("Sequence", "I2", "", None),
];

/// Every table that a package of ours has, and no other.
pub(super) const TABLES: &[(&str, &[Spec])] = &[
    ("AdminExecuteSequence", SEQUENCE),
    ("AdminUISequence", SEQUENCE),
    ("AdvtExecuteSequence", SEQUENCE),
    (
        "Component",
        &[
            ("Component", "s72*", "Identifier", None),
            ("ComponentId", "S38", "Guid", None),
            ("Directory_", "s72", "Identifier", Some("Directory")),
            ("Attributes", "i2", "", None),
            ("Condition", "S255", "Condition", None),
            ("KeyPath", "S72", "Identifier", Some("File")),
        ],
    ),
    (
        "CreateFolder",
        &[
            ("Directory_", "s72*", "Identifier", Some("Directory")),
            ("Component_", "s72*", "Identifier", Some("Component")),
        ],
    ),
    (
        "CustomAction",
        &[
            ("Action", "s72*", "Identifier", None),
            ("Type", "i2", "", None),
            ("Source", "S72", "CustomSource", None),
            ("Target", "S255", "Formatted", None),
        ],
    ),
    (
        "Directory",
        &[
            ("Directory", "s72*", "Identifier", None),
            ("Directory_Parent", "S72", "Identifier", Some("Directory")),
            ("DefaultDir", "l255", "DefaultDir", None),
        ],
    ),
    (
        "Feature",
        &[
            ("Feature", "s38*", "Identifier", None),
            ("Feature_Parent", "S38", "Identifier", Some("Feature")),
            ("Title", "L64", "Text", None),
            ("Description", "L255", "Text", None),
            ("Display", "I2", "", None),
            ("Level", "i2", "", None),
            ("Directory_", "S72", "UpperCase", Some("Directory")),
            ("Attributes", "i2", "", None),
        ],
    ),
    (
        "FeatureComponents",
        &[
            ("Feature_", "s38*", "Identifier", Some("Feature")),
            ("Component_", "s72*", "Identifier", Some("Component")),
        ],
    ),
    (
        "File",
        &[
            ("File", "s72*", "Identifier", None),
            ("Component_", "s72", "Identifier", Some("Component")),
            ("FileName", "l255", "Filename", None),
            ("FileSize", "i4", "", None),
            ("Version", "S72", "Version", None),
            ("Language", "S20", "Language", None),
            ("Attributes", "I2", "", None),
            ("Sequence", "i4", "", None),
        ],
    ),
    ("InstallExecuteSequence", SEQUENCE),
    ("InstallUISequence", SEQUENCE),
    (
        "LaunchCondition",
        &[
            ("Condition", "s255*", "Condition", None),
            ("Description", "l255", "Formatted", None),
        ],
    ),
    (
        "Media",
        &[
            ("DiskId", "i2*", "", None),
            ("LastSequence", "i4", "", None),
            ("DiskPrompt", "L64", "Text", None),
            ("Cabinet", "S255", "Cabinet", None),
            ("VolumeLabel", "S32", "Text", None),
            ("Source", "S72", "Property", None),
        ],
    ),
    (
        "MsiLockPermissionsEx",
        &[
            ("MsiLockPermissionsEx", "s72*", "Identifier", None),
            ("LockObject", "s72", "Identifier", None),
            ("Table", "s32", "Text", None),
            ("SDDLText", "s0", "FormattedSDDLText", None),
            ("Condition", "S255", "Condition", None),
        ],
    ),
    (
        "Property",
        &[
            ("Property", "s72*", "Identifier", None),
            ("Value", "l0", "Text", None),
        ],
    ),
    (
        "Registry",
        &[
            ("Registry", "s72*", "Identifier", None),
            ("Root", "i2", "", None),
            ("Key", "l255", "RegPath", None),
            ("Name", "L255", "Formatted", None),
            ("Value", "L0", "Formatted", None),
            ("Component_", "s72", "Identifier", Some("Component")),
        ],
    ),
    (
        "RemoveFile",
        &[
            ("FileKey", "s72*", "Identifier", None),
            ("Component_", "s72", "Identifier", Some("Component")),
            ("FileName", "L255", "WildCardFilename", None),
            ("DirProperty", "s72", "Identifier", None),
            ("InstallMode", "i2", "", None),
        ],
    ),
    (
        "Upgrade",
        &[
            ("UpgradeCode", "s38*", "Guid", None),
            ("VersionMin", "S20*", "Text", None),
            ("VersionMax", "S20*", "Text", None),
            ("Language", "S255*", "Language", None),
            ("Attributes", "i4*", "", None),
            ("Remove", "S255", "Formatted", None),
            ("ActionProperty", "s72", "UpperCase", None),
        ],
    ),
];

/// The table of this name with these rows.
pub(super) fn table(name: &'static str, rows: Vec<Vec<Cell>>) -> Table {
    let specs = TABLES.iter().find(|(known, _)| *known == name);
    let specs = specs.map_or(&[][..], |(_, specs)| *specs);
    Table {
        name,
        columns: specs
            .iter()
            .map(|(name, notation, category, refers)| Column::of(name, notation, category, *refers))
            .collect(),
        rows,
    }
}
