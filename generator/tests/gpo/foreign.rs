//! Files that nobody's editor would write, and files of kinds that we never write: read without
//! loss, with everything odd about them named.

use gangway::gpo::preferences::files::{FilePreferences, FolderPreferences};
use gangway::gpo::preferences::filter::Condition;
use gangway::gpo::preferences::registry::RegistryPreferences;
use gangway::gpo::preferences::scheduled_tasks::ScheduledTasks;
use gangway::gpo::preferences::{PreferenceFile, Properties};
use gangway::gpo::xml;

const TASK_HEAD: &str = r#"<ScheduledTasks clsid="{CC63F200-7309-4ba0-B154-A71CD118DBCC}">"#;

/// Reads a file, checks that writing loses nothing, and gives what was odd.
#[track_caller]
fn oddities<P: Properties>(text: &str) -> Vec<String> {
    let file = PreferenceFile::<P>::read(text.as_bytes()).unwrap();
    let written = xml::read(&file.write().unwrap()).unwrap();
    let original = xml::read(text.as_bytes()).unwrap();
    assert!(written.same_as(&original), "{written:#?}");
    let items = file.items().flat_map(|item| item.oddities().to_vec());
    items
        .map(|oddity| format!("{}:{}: {}", oddity.line, oddity.element, oddity.what))
        .collect()
}

#[test]
fn a_files_file_round_trips() {
    let text = r#"<Files clsid="{215B2E53-57CE-475c-80FE-9EEC14635851}">
        <File clsid="{50BE44C8-567A-4ed1-B1D0-9234FE1F38AF}" name="a.exe" status="a.exe" image="2"
            changed="2026-01-01 00:00:00" uid="{11111111-2222-3333-4444-555555555555}">
          <Properties action="U" fromPath="\\contoso.com\NETLOGON\a.exe" targetPath="C:\a.exe"
            readOnly="0" archive="1" hidden="0" suppress="0"/>
        </File></Files>"#;
    assert_eq!(
        oddities::<gangway::gpo::preferences::files::FileProperties>(text),
        [""; 0]
    );
    let files = FilePreferences::read(text.as_bytes()).unwrap();
    let item = files.items().next().unwrap();
    assert_eq!(item.properties.target_path, r"C:\a.exe");
}

#[test]
fn a_folders_file_round_trips() {
    let text = r#"<Folders clsid="{77CC39E7-3D16-4f8f-AF86-EC0BBEE2C861}">
        <Folder clsid="{07DA02F5-F9CD-4397-A550-4AE21B6B4BD3}" name="a" image="3"
            uid="{11111111-2222-3333-4444-555555555555}">
          <Properties action="D" path="C:\a" deleteFolder="1" deleteSubFolders="1"
            deleteFiles="1" deleteReadOnly="0" deleteIgnoreErrors="1"/>
        </Folder></Folders>"#;
    assert_eq!(
        oddities::<gangway::gpo::preferences::files::FolderProperties>(text),
        [""; 0]
    );
    let folders = FolderPreferences::read(text.as_bytes()).unwrap();
    let item = folders.items().next().unwrap();
    assert_eq!(item.properties.delete_folder, Some(true));
}

#[test]
fn items_in_folders_are_found_in_their_order() {
    let text = r#"<RegistrySettings clsid="{A3CCFC41-DFDB-43a5-8D26-0FE8B954DA51}">
        <Collection clsid="{53B533F5-224C-47e3-B01B-CA3B3F3FF4BF}" name="outer">
          <Registry clsid="{9CD4B2F4-923D-47f5-A062-E897DD1DAD50}" name="a">
            <Properties action="U" hive="HKEY_LOCAL_MACHINE" key="A" name="a"/></Registry>
          <Collection clsid="{53B533F5-224C-47e3-B01B-CA3B3F3FF4BF}" name="inner">
            <Registry clsid="{9CD4B2F4-923D-47f5-A062-E897DD1DAD50}" name="b">
              <Properties action="U" hive="HKEY_LOCAL_MACHINE" key="B" name="b"/></Registry>
          </Collection></Collection>
        <Registry clsid="{9CD4B2F4-923D-47f5-A062-E897DD1DAD50}" name="c">
          <Properties action="U" hive="HKEY_LOCAL_MACHINE" key="C" name="c"/></Registry>
        </RegistrySettings>"#;
    let file = RegistryPreferences::read(text.as_bytes()).unwrap();
    assert_eq!(file.items().count(), 1);
    let all = file.all_items();
    let keys: Vec<_> = all
        .iter()
        .map(|item| item.properties.key.as_str())
        .collect();
    assert_eq!(keys, ["A", "B", "C"]);
}

/// One task item around these properties and filters.
fn task_file(item: &str) -> String {
    format!("{TASK_HEAD}{item}</ScheduledTasks>")
}

#[test]
fn everything_odd_about_a_task_item_is_named_and_nothing_is_lost() {
    let cases = [
        (
            r#"<TaskV2 clsid="{D8896631-B747-47a7-84A6-C155337F3BC8}" name="a"/>"#,
            "there is no `Properties`",
        ),
        (
            r#"<TaskV2 clsid="{D8896631-B747-47a7-84A6-C155337F3BC8}" name="a">
               <Properties action="U" name="a" runAs="x" appName="a.exe" args="-x"/></TaskV2>"#,
            "unknown attribute `appName`",
        ),
        (
            r#"<TaskV2 clsid="{9756B581-76EC-4169-9AFC-0CA8D43ADB5F}" name="a">
               <Properties action="U" name="a" runAs="x"><Task/></Properties></TaskV2>"#,
            "class id `{9756B581-76EC-4169-9AFC-0CA8D43ADB5F}` where",
        ),
        (
            r#"<TaskV2 clsid="{D8896631-B747-47a7-84A6-C155337F3BC8}" name="a" uid="x">
               <Properties action="U" name="a" runAs="x"><Task/></Properties></TaskV2>"#,
            "`uid` is `x` where a GUID in braces belongs",
        ),
        (
            r#"<TaskV2 clsid="{D8896631-B747-47a7-84A6-C155337F3BC8}" name="a" disabled="yes">
               <Properties action="U" name="a" runAs="x"><Task/></Properties></TaskV2>"#,
            "`disabled` is `yes` where `0` or `1` belongs",
        ),
        (
            r#"<TaskV2 clsid="{D8896631-B747-47a7-84A6-C155337F3BC8}" name="a">
               <Properties action="U" name="a" runAs="x"><Task><Settings><Enabled>True</Enabled>
               </Settings></Task></Properties></TaskV2>"#,
            "`True` where `true` or `false` belongs",
        ),
        (
            r#"<TaskV2 clsid="{D8896631-B747-47a7-84A6-C155337F3BC8}" name="a">
               <Properties action="U" name="a" runAs="x"><Task/></Properties>
               <Filters><FilterOS bool="AND" not="0"/></Filters></TaskV2>"#,
            "FilterOS: clients know no such filter",
        ),
        (
            r#"<TaskV2 clsid="{D8896631-B747-47a7-84A6-C155337F3BC8}" name="a">
               <Properties action="U" name="a" runAs="x"><Task/></Properties>
               <Filters><FilterRunOnce bool="and" not="0" id="x"/></Filters></TaskV2>"#,
            "`bool` is `and` where `AND` or `OR` belongs",
        ),
    ];
    for (item, wanted) in cases {
        let found = oddities::<gangway::gpo::preferences::scheduled_tasks::TaskProperties>(
            &task_file(item),
        );
        assert!(
            found.iter().any(|oddity| oddity.contains(wanted)),
            "{wanted}: {found:#?}"
        );
    }
}

#[test]
fn xp_style_tasks_are_kept_and_not_taken_for_modern_ones() {
    let text = task_file(
        r#"<Task clsid="{2DEECB1C-261F-4e13-9B21-16FB83BC03BD}" name="old">
           <Properties action="U" name="old" appName="a.exe"/></Task>"#,
    );
    let file = ScheduledTasks::read(text.as_bytes()).unwrap();
    assert_eq!(file.items().count(), 0);
    assert!(
        String::from_utf8(file.write().unwrap())
            .unwrap()
            .contains("appName=\"a.exe\"")
    );
}

#[test]
fn the_text_of_a_password_goes_into_no_copy() {
    for item in [
        r#"<TaskV2 clsid="{D8896631-B747-47a7-84A6-C155337F3BC8}" name="a">
           <Properties action="U" name="a" runAs="x" cpassword="SECRET"><Task/></Properties>
           </TaskV2>"#,
        r#"<Task clsid="{2DEECB1C-261F-4e13-9B21-16FB83BC03BD}" name="a">
           <Properties action="U" name="a" cpassword="SECRET"/></Task>"#,
    ] {
        let file = ScheduledTasks::read(task_file(item).as_bytes()).unwrap();
        let written = String::from_utf8(file.write().unwrap()).unwrap();
        assert!(
            !format!("{file:?}{written}").contains("SECRET"),
            "{written}"
        );
        assert!(written.contains("cpassword=\"removed\""), "{written}");
    }
}

#[test]
fn filters_keep_their_nesting_and_joins() {
    let text = task_file(
        r#"<TaskV2 clsid="{D8896631-B747-47a7-84A6-C155337F3BC8}" name="a">
           <Properties action="U" name="a" runAs="x"><Task version="1.2"><RegistrationInfo/>
           <Principals/><Settings/><Triggers/><Actions/></Task></Properties>
           <Filters>
             <FilterRunOnce hidden="1" bool="AND" not="0" id="{11111111-2222-3333-4444-555555555555}"/>
             <FilterCollection bool="OR" not="1">
               <FilterWmi bool="AND" not="0" query="SELECT * FROM x" nameSpace="Root\cimv2" property="" variableName=""/>
               <FilterGroup bool="AND" not="0" name="A\b" sid="S-1-5-21-1-2-3-4" userContext="0" primaryGroup="0" localGroup="0"/>
               <FilterFile bool="AND" not="0" path="C:\a" type="EXISTS" folder="0"/>
             </FilterCollection></Filters></TaskV2>"#,
    );
    type Task = gangway::gpo::preferences::scheduled_tasks::TaskProperties;
    assert_eq!(oddities::<Task>(&text), [""; 0]);
    let file = ScheduledTasks::read(text.as_bytes()).unwrap();
    let filters = &file.items().next().unwrap().filters;
    assert_eq!(filters.len(), 2);
    assert_eq!(filters[0].hidden, Some(true));
    let Condition::Collection { filters, .. } = &filters[1].condition else {
        panic!("{filters:?}");
    };
    assert_eq!(filters.len(), 3);
}
