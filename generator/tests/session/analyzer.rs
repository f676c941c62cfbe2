//! Results of Microsoft's Client Analyzer beside the servers of the fleet's report.

use std::io::{Cursor, Write as _};

use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::desk::Desk;
use super::report::{LATELY, ask, desk_with, report_of};

/// A result as `MDEClientAnalyzer.ps1` of 2024-05 writes it, cut to a few elements.
fn result(device: &str, time: &str, more: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<MDEResults>\
         <general><scriptVersion displayName=\"Script version\"><value>08052024</value></scriptVersion>\
         <scriptRunTime displayName=\"Script run time\"><value>{time}</value></scriptRunTime></general>\
         <devInfo><deviceName displayName=\"Device name\"><value>{device}</value></deviceName>\
         <OSName displayName=\"OS\"><value>Windows Server 2022 Standard</value></OSName></devInfo>\
         <EDRCompInfo><SenseServiceStatus displayName=\"Sense service Status\"><value>Running</value>\
         <alert>None</alert></SenseServiceStatus></EDRCompInfo>\
         <AVCompInfo><DefenderState displayName=\"Defender service state\"><value>Started</value></DefenderState>\
         <DefenderState displayName=\"Defender AV mode\"><value>Passive (Forced)</value></DefenderState></AVCompInfo>\
         {more}</MDEResults>"
    )
}

const EVENTS: &str = "<events>\
    <event id=\"1\"><severity>Informational</severity><category>AV</category><check>Platform</check>\
    <checkresult>current</checkresult><guidance></guidance></event>\
    <event id=\"2\"><severity>Error</severity><category>EDR</category><check>Cloud</check>\
    <checkresult>&lt;b&gt;2 addresses&lt;/b&gt; do not answer&#x202e;</checkresult>\
    <guidance>See &lt;a href='https://aka.ms/x'&gt;this page&lt;/a&gt;</guidance></event></events>";

/// An archive of the analyzer, with the separators of Windows.
fn archive(xml: &str, hour: u8) -> Vec<u8> {
    let time = DateTime::from_date_and_time(2026, 3, 1, hour, 5, 0).unwrap();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let deflated = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(time);
    for (name, text) in [
        ("EventLogs\\sense.evtx", "ElfFile"),
        ("SystemInfoLogs\\MDEClientAnalyzer.xml", xml),
    ] {
        writer.start_file(name, deflated).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn desk() -> Desk {
    desk_with(&[
        report_of("srv1", "failed", LATELY),
        report_of("averylongservername", "onboarded", LATELY),
    ])
}

/// Puts a file with the folders above it.
fn put(desk: &Desk, path: &str, bytes: &[u8]) {
    let folder = desk.path(path);
    std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
    desk.put(path, bytes);
}

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ask(&[&["--analyzer", "results"], more].concat())
}

fn codes(value: &Value) -> Vec<&str> {
    let problems = value["problems"].as_array().unwrap();
    problems
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect()
}

#[test]
fn a_result_is_quoted_beside_its_server_and_counts_for_nothing() {
    let desk = desk();
    put(
        &desk,
        "servers.txt",
        b"srv1.contoso.com\naverylongservername.contoso.com\nsrv9.contoso.com\n",
    );
    let expected = ["--expected", "servers.txt"];
    let before = desk.run(&ask(&expected));
    let zip = archive(&result("SRV1", "01.03.2026 8:01:02  +01:00", EVENTS), 20);
    put(&desk, "results/MDEClientAnalyzerResult_260103.zip", &zip);
    let unpacked = "results/long/MDEClientAnalyzerResult/SystemInfoLogs/MDEClientAnalyzer.xml";
    let cut = result("AVERYLONGSERVER", "01/03/2026 8:01:02 PM +00:00", "");
    put(&desk, unpacked, cut.as_bytes());
    // One that has no report stays without one, however good its result sounds.
    let silent = result("SRV9", "01/03/2026 8:01:02 AM +00:00", "");
    put(&desk, "results/9/MDEClientAnalyzer.xml", silent.as_bytes());

    let session = desk.run(&with(&expected));
    let text = session.succeeds();
    let quoted = "srv1.contoso.com: detail\n    analyzer of 2026-03-01T19:01:02Z: scriptVersion 08052024; \
                  OSName Windows Server 2022 Standard; SenseServiceStatus Running; DefenderState Passive \
                  (Forced); error: Cloud: 2 addresses do not answer\\u{202e}\n";
    assert!(text.contains(quoted), "{text}");
    assert!(
        text.contains("srv9.contoso.com\n    analyzer of 2026-03-01T08:01:02Z: "),
        "{text}"
    );
    assert!(
        text.contains("\nanalyzer: 3 results, beside 3 servers; they count for nothing\n"),
        "{text}"
    );
    let number = |text: &str| {
        text.rsplit('\n')
            .find(|line| line.contains("% done"))
            .map(str::to_owned)
    };
    assert_eq!(number(text), number(&before.out));

    let document = desk.run(&with(&["--json"]));
    let value: Value = serde_json::from_str(document.succeeds()).unwrap();
    let servers = value["result"]["servers"].as_array().unwrap();
    let of = |name: &str| servers.iter().find(|one| one["fqdn"] == name).unwrap();
    let long = &of("averylongservername.contoso.com")["evidence"];
    assert_eq!(long["time"], "2026-03-01T20:01:02Z");
    let findings = of("srv1.contoso.com")["evidence"]["findings"]
        .as_array()
        .unwrap();
    assert_eq!(
        (&findings[0]["severity"], &findings[0]["guidance"]),
        (&"Error".into(), &"See this page".into())
    );
    assert_eq!(findings.len(), 2);
    let table = desk.run(&with(&["--csv"]));
    let row = table
        .succeeds()
        .lines()
        .find(|line| line.starts_with("srv1."))
        .unwrap();
    assert!(
        row.contains("2026-03-01T19:01:02Z: scriptVersion 08052024; "),
        "{row}"
    );
}

#[test]
fn results_of_no_server_of_several_and_older_ones_are_told() {
    let mut other = report_of("srv1", "failed", LATELY);
    other["fqdn"] = "srv1.fabrikam.com".into();
    let desk = desk_with(&[
        report_of("srv1", "failed", LATELY),
        other,
        report_of("srv2", "failed", LATELY),
    ]);
    for (folder, device, time) in [
        ("a", "SRV1", "01/03/2026 8:01:02 AM +00:00"),
        ("b", "NOBODY", "01/03/2026 8:01:02 AM +00:00"),
        ("c", "SRV2", "01/03/2026 8:01:02 AM +00:00"),
        ("d", "SRV2", "02/03/2026 8:01:02  +00:00"),
        ("e", "SRV2", "some day"),
    ] {
        let path = format!("results/{folder}/MDEClientAnalyzer.xml");
        put(&desk, &path, result(device, time, "").as_bytes());
    }
    let document = desk.run(&with(&["--json"]));
    let value: Value = serde_json::from_str(document.succeeds()).unwrap();
    assert_eq!(codes(&value), ["GW4014", "GW4015", "GW4016"]);
    let said = value["problems"].to_string();
    assert!(
        said.contains("may be srv1.contoso.com, srv1.fabrikam.com"),
        "{said}"
    );
    assert!(said.contains("`nobody`"), "{said}");
    let servers = value["result"]["servers"].as_array().unwrap();
    let quoted: Vec<&Value> = servers.iter().map(|one| &one["evidence"]).collect();
    assert!(quoted[0].is_null() && quoted[1].is_null());
    assert_eq!(quoted[2]["time"], "2026-03-02T08:01:02Z");
    assert_eq!(quoted[2]["half_day_open"], true);
    let text = desk.run(&with(&[]));
    assert!(
        text.succeeds()
            .contains("analyzer of 2026-03-02T08:01:02Z or twelve hours later: ")
    );
}

/// A name with a domain is of that domain, and what has not happened yet says nothing.
#[test]
fn results_of_another_domain_and_of_the_future_stand_beside_nobody() {
    for (device, time, code) in [
        (
            "srv1.fabrikam.com",
            "01/03/2026 8:01:02 AM +00:00",
            Some("GW4014"),
        ),
        ("SRV1", "01/03/2031 8:01:02 AM +00:00", Some("GW4013")),
        ("SRV1.contoso.com", "01/03/2026 8:01:02 AM +00:00", None),
    ] {
        let desk = desk_with(&[report_of("srv1", "failed", LATELY)]);
        let result = result(device, time, "");
        put(&desk, "results/MDEClientAnalyzer.xml", result.as_bytes());
        let document = desk.run(&with(&["--json"]));
        let value: Value = serde_json::from_str(document.succeeds()).unwrap();
        assert_eq!(codes(&value), Vec::from_iter(code), "{device} {time}");
        let quoted = &value["result"]["servers"][0]["evidence"];
        assert_eq!(quoted.is_null(), code.is_some(), "{device} {time}");
    }
}

#[test]
fn what_is_no_result_is_named_and_changes_nothing() {
    let good = result("SRV1", "01/03/2026 8:01:02 AM +00:00", "");
    let doctype = good.replacen(
        "<MDEResults>",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><MDEResults>",
        1,
    );
    let mut huge = good.clone().into_bytes();
    huge.resize((16 << 20) + 1, b' ');
    let packed_huge = archive(&String::from_utf8(huge.clone()).unwrap(), 8);
    let cases: [(&str, &[u8], &str); 8] = [
        ("MDEClientAnalyzer.xml", b"", "line 1"),
        ("MDEClientAnalyzer.xml", b"<x/>", "its root is `x`"),
        ("MDEClientAnalyzer.xml", b"<MDEResults/>", "names no device"),
        ("MDEClientAnalyzer.xml", doctype.as_bytes(), "document type"),
        ("MDEClientAnalyzer.xml", &huge, "more than 16777216 bytes"),
        (
            "MDEClientAnalyzerResult.zip",
            b"PK\x03\x04",
            "end of the archive",
        ),
        (
            "MDEClientAnalyzerResult.zip",
            b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            "no result",
        ),
        (
            "MDEClientAnalyzerResult.ZIP",
            &packed_huge,
            "more than 16777216 bytes",
        ),
    ];
    for (name, bytes, why) in cases {
        let desk = desk();
        put(&desk, &format!("results/{name}"), bytes);
        let document = desk.run(&with(&["--json"]));
        let value: Value = serde_json::from_str(document.succeeds()).unwrap();
        assert_eq!(codes(&value), ["GW4013"], "{name}");
        let evidence = value["problems"][0]["evidence"][0].as_str().unwrap();
        assert!(evidence.contains(why), "{evidence}");
        assert_eq!(value["result"]["evidence"]["results"], 0);
    }
}

#[test]
fn a_path_without_any_result_is_a_failure() {
    let desk = desk();
    desk.run(&with(&[]))
        .fails_with(3, &["results", "hint: `--analyzer` takes"]);
    put(&desk, "results/readme.txt", b"x");
    desk.run(&with(&[]))
        .fails_with(3, &["`results` holds no result of the analyzer", "hint:"]);
    put(&desk, "x.zip", &archive(&result("SRV1", "", ""), 8));
    let alone = desk.run(&ask(&["--analyzer", "x.zip"]));
    assert!(
        alone
            .succeeds()
            .contains("analyzer of a time that cannot be read (``): ")
    );
}
