//! Lists as tools and people write them, and the servers that they give.

use super::*;

/// Two servers whatever the list looks like: what it says of them, and which are matched.
#[track_caller]
fn gives_both(list: &[u8]) -> ExpectedServers {
    let shown = String::from_utf8_lossy(list);
    let servers = ExpectedServers::read(list).unwrap_or_else(|error| panic!("{error}: {shown}"));
    assert_eq!(servers.len(), 2, "{servers:?}: {shown}");
    let matched = servers.matched(["srv1.contoso.com", "srv2.contoso.com"].into_iter());
    assert_eq!(matched.expected.len(), 2, "{matched:?}: {shown}");
    assert_eq!(matched.missing.len(), 0, "{matched:?}: {shown}");
    servers
}

#[test]
fn every_form_of_a_list_gives_the_same_servers() {
    for list in [
        // Rows that begin as a comment does, and one that stands further in.
        "Ticket;Name\n#4711;srv1\n#4712;srv2\n",
        "Description,DNSHostName\nrack 1,srv1.contoso.com\n#12 rack,srv2.contoso.com\n",
        "Description DNSHostName\n----------- -----------\n#12 rack    srv1.contoso.com\n\
         rack 1      srv2.contoso.com\n",
        "Name : srv1\n  Name : srv2\n",
        // By hand.
        "SRV1.contoso.com\nsrv2.contoso.com\n\n",
        "# pilot\r\nsrv1.contoso.com.\r\nsrv2.contoso.com\u{a0}\r\n",
        "SRV1\r\nSRV2\r\n",
        "SRV1$\nSRV2$\n",
        "ComputerName\r\nsrv1.contoso.com\r\nsrv2.contoso.com\r\n",
        "\"Name\"\r\n\"SRV1\"\r\n\"SRV2\"\r\n",
        "Server Name;Owner\r\nsrv1.contoso.com;A\r\nsrv2.contoso.com;B\r\n",
        "Name|DNSHostName\r\nSRV1|srv1.contoso.com\r\nSRV2|srv2.contoso.com\r\n",
        // `Get-ADComputer | Export-Csv` of 5.1 and 7, and with the system's separator.
        "\u{23}TYPE Microsoft.ActiveDirectory.Management.ADComputer\r\n\
         \"DistinguishedName\",\"DNSHostName\",\"Enabled\"\r\n\
         \"CN=SRV1,OU=Servers,DC=contoso,DC=com\",\"srv1.contoso.com\",\"True\"\r\n\
         \"CN=SRV2,OU=Servers,DC=contoso,DC=com\",\"SRV2.contoso.com\",\"True\"\r\n",
        "DistinguishedName;DNSHostName\n\"CN=SRV1,DC=contoso,DC=com\";srv1.contoso.com\n\
         \"CN=SRV2,DC=contoso,DC=com\";srv2.contoso.com\n",
        // `csvde`.
        "DN,sAMAccountName,userAccountControl,objectSid\r\n\
         \"CN=SRV1,OU=SQL,DC=contoso,DC=com\",SRV1$,4096,X'0105000000000005150000000100000002000000030000004d040000'\r\n\
         \"CN=SRV2,OU=SQL,DC=contoso,DC=com\",SRV2$,4096,X'0105000000000005150000000100000002000000030000004e040000'\r\n",
        // `ldifde`, a folded line and a name in base64.
        "dn: CN=SRV1,OU=SQL,DC=contoso,DC=com\r\nchangetype: add\r\n\
         description: file server of accounting, room 4711, backup plan B, do not resta\r\n \
         rt without asking\r\ndNSHostName: srv1.contoso.com\r\n\r\n\
         dn:: Q049U1JWMixEQz1jb250b3NvLERDPWNvbQ==\r\nchangetype: add\r\n\
         dNSHostName:: c3J2Mi5jb250b3NvLmNvbQ==\r\n\r\n",
        // `ldbsearch`.
        "# record 1\ndn: CN=SRV1,DC=contoso,DC=com\ncn: SRV1\nobjectClass: top\n\
         objectClass: computer\n\n# record 2\ndn: CN=SRV2,DC=contoso,DC=com\ncn: SRV2\n\n\
         # Referral\nref: ldap://contoso.com/CN=Configuration,DC=contoso,DC=com\n\n\
         # returned 3 records\n# 2 entries\n# 1 referrals\n",
        // `dsquery computer`.
        "\"CN=SRV1,OU=Servers,DC=contoso,DC=com\"\r\n\"CN=SRV2,OU=Servers,DC=contoso,DC=com\"\r\n",
        // What PowerShell prints.
        "\r\nDNSHostName         \r\n-----------         \r\nsrv1.contoso.com    \r\n\
         srv2.contoso.com    \r\n\r\n\r\n",
        "\r\nName DNSHostName      Enabled\r\n---- -----------      -------\r\n\
         SRV1 srv1.contoso.com    True\r\nSRV2 srv2.contoso.com    True\r\n",
        "\r\nDNSHostName : srv1.contoso.com\r\n\r\nDNSHostName : srv2.contoso.com\r\n\r\n",
        "@{DNSHostName=srv1.contoso.com}\r\n@{DNSHostName=srv2.contoso.com; Enabled=True}\r\n",
        // The header once more on the next page, without and with a page break.
        "\r\nName DNSHostName\r\n---- -----------\r\nSRV1 srv1.contoso.com\r\n\r\n\u{c}\r\n\
         Name DNSHostName\r\n---- -----------\r\nSRV2 srv2.contoso.com\r\n",
        "Name DNSHostName\n---- -----------\nSRV1 srv1.contoso.com\n\u{c}Name DNSHostName\n\
         ---- -----------\nSRV2 srv2.contoso.com\n",
        // Entries that no blank line parts, and a value that goes on below.
        "Name        : SRV1\r\nDescription : file server\r\n              old : yes\r\n\
         DNSHostName : srv1.contoso.com\r\nName        : SRV2\r\nDescription : \r\n\
         DNSHostName : srv2.contoso.com\r\n",
        // Two lists below each other.
        "\"Name\",\"DNSHostName\"\r\n\"SRV1\",\"srv1.contoso.com\"\r\n\"Name\",\"DNSHostName\"\r\n\
         \"SRV2\",\"srv2.contoso.com\"\r\n",
        "ComputerName\nSRV1\nComputerName\nSRV2\n",
        // Excel's word on the separator, and lines as old Macintosh programs end them.
        "sep=;\r\nName;DNSHostName\r\nSRV1;srv1.contoso.com\r\nSRV2;srv2.contoso.com\r\n",
        "srv1.contoso.com\rsrv2.contoso.com\r",
        // Distinguished names in one column.
        "\"DistinguishedName\"\r\n\"CN=SRV1,DC=contoso,DC=com\"\r\n\"CN=SRV2,DC=contoso,DC=com\"\r\n",
        // An entry that has lost its name, at the top and below.
        "dNSHostName: srv1.contoso.com\nobjectClass: computer\nobjectClass: user\nobjectClass: top\n\n\
         dn: CN=SRV2,DC=contoso,DC=com\n\n# search result\nsearch: 2\nresult: 0 Success\n\n# numEntries: 1\n",
        "dn: CN=SRV1,DC=contoso,DC=com\n\nchangetype: add\ndNSHostName: srv2.contoso.com\n",
        // A quote inside a cell without quotes, and a cell of several lines.
        "Name;Rack\nSRV1;19\" left\nSRV2;\"below\nSRV1\"\n",
    ] {
        let servers = gives_both(list.as_bytes());
        assert_eq!(servers.problems(), [], "{list}");
    }
}

#[test]
fn a_code_page_does_not_matter_where_names_are_ascii() {
    gives_both(
        b"\"DNSHostName\",\"Description\"\r\n\"srv1.contoso.com\",\"\x93\x8C\x8B\x9E\"\r\n\
          \"srv2.contoso.com\",\"\x91\xE5\x8D\xE3\"\r\n",
    );
    let servers = ExpectedServers::read(b"srv1.contoso.com\nsrv\xFC.contoso.com\n").unwrap();
    assert_eq!(servers.len(), 2);
    let problem = &servers.problems()[0];
    assert!(
        problem.next_action.contains("-Encoding UTF8"),
        "{problem:?}"
    );
}

#[test]
fn a_row_that_names_nothing_stays_an_expected_server() {
    for (list, line) in [
        ("srv1.contoso.com\nsrv 2\n", "line 2"),
        (
            "Name,DNSHostName\r\nSRV1,srv1.contoso.com\r\nSRV?,\r\n",
            "line 3",
        ),
        ("Name,DNSHostName\nSRV1,srv1.contoso.com\n,\n", "line 3"),
        ("srv1.contoso.com\n10.0.0.7\n", "line 2"),
        // An entry without a name, a property that is none, a rule that is no header's.
        (
            "dn: CN=SRV1,DC=contoso,DC=com\n\nchangetype: add\nobjectClass: computer\n",
            "line 3",
        ),
        ("Name : SRV1\n\nEnabled : True\n", "line 3"),
        ("Name : SRV1\nwhat is this\n", "line 2"),
        ("Name\n----\nSRV1\n----\n", "line 4"),
        // A separator in a cell without quotes.
        (
            "Name;Site;DNSHostName\nSRV1;A;srv1.contoso.com\nSRV2;B;left;srv2.contoso.com\n",
            "line 3",
        ),
    ] {
        let servers = ExpectedServers::read(list.as_bytes()).unwrap();
        assert_eq!(servers.len(), 2, "{list}");
        let matched = servers.matched(["srv1.contoso.com"].into_iter());
        assert_eq!(matched.missing.len(), 1, "{list}");
        let problem = &servers.problems()[0];
        assert_eq!(problem.code.id, "GW4003");
        assert!(problem.evidence[0].starts_with(line), "{problem:?}");
    }
}

#[test]
fn another_account_of_a_name_stays_an_expected_server() {
    for (list, line) in [
        (
            "Name,DistinguishedName\nSRV1,\"CN=SRV1,DC=contoso,DC=com\"\nSRV1,\"CN=SRV1,DC=fabrikam,DC=com\"\n",
            "line 3",
        ),
        (
            "# pilot\nname,sid\nSRV1,S-1-5-21-1-2-3-1101\n\n\nsrv1,S-1-5-21-1-2-3-1102\n",
            "line 6",
        ),
    ] {
        let servers = ExpectedServers::read(list.as_bytes()).unwrap();
        assert_eq!(servers.len(), 2, "{list}");
        let matched = servers.matched(["srv1.contoso.com"].into_iter());
        assert_eq!(matched.missing.len(), 1, "{list}");
        let problem = &servers.problems()[0];
        assert_eq!(problem.code.id, "GW4017");
        assert!(problem.evidence[0].starts_with(line), "{problem:?}");
    }
}

#[test]
fn a_short_name_of_one_sid_with_a_full_one_is_that_server() {
    let list = "Name,DNSHostName,SID\nSRV1,srv1.contoso.com,S-1-5-21-1-2-3-1101\n\
                SRV2,srv2.contoso.com,S-1-5-21-1-2-3-1102\nSRV1,,S-1-5-21-1-2-3-1101\n";
    let problems = gives_both(list.as_bytes()).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].code.id, "GW4010");
    assert_eq!(
        problems[0].evidence,
        ["`srv1`: its SID is that of `srv1.contoso.com`"]
    );
}

/// Nobody knows, so the share of servers that are done stays lower and it is told why.
#[test]
fn a_short_name_beside_a_full_one_stays_and_is_told() {
    let servers = ExpectedServers::read(b"srv1.contoso.com\nSRV1\n").unwrap();
    assert_eq!(servers.len(), 2);
    let problem = &servers.problems()[0];
    assert_eq!(problem.code.id, "GW4011");
    assert!(
        problem.evidence[0].starts_with("`srv1` stands beside `srv1.contoso.com`"),
        "{problem:?}"
    );
}

#[test]
fn what_a_row_says_twice_or_wrongly_is_told() {
    for (list, told) in [
        (
            "DNSHostName,FQDN\nsrv1.contoso.com,srv1.contoso.com.\nsrv2.contoso.com,gone.contoso.com\n",
            "line 3: `srv2.contoso.com` is taken, and `gone.contoso.com` is another full name",
        ),
        (
            "dn: CN=SRV1,DC=contoso,DC=com\ndNSHostName: srv1.contoso.com\n\n\
             dn: CN=SRV2,DC=contoso,DC=com\ndNSHostName: srv2.contoso.com\n\
             dNSHostName: srv3.contoso.com\n",
            "line 4: `srv2.contoso.com` is taken, and `srv3.contoso.com` is another full name",
        ),
        (
            "DNSHostName,SID\nsrv1.contoso.com,S-1-5-21-1-2-3-1101\nsrv2.contoso.com,System.Byte[]\n",
            "line 3: `System.Byte[]` is no SID, so that nobody can tell whose the report is",
        ),
    ] {
        let problems = gives_both(list.as_bytes()).problems;
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].code.id, "GW4011");
        assert_eq!(problems[0].evidence, [told]);
    }
}

#[test]
fn disabled_accounts_and_other_objects_are_left_out_and_counted() {
    let list = "DNSHostName,Enabled,ObjectClass\nsrv1.contoso.com,True,computer\n\
                old.contoso.com,False,computer\nsvc.contoso.com,True,msDS-GroupManagedServiceAccount\n";
    let servers = ExpectedServers::read(list.as_bytes()).unwrap();
    assert_eq!(
        (servers.len(), servers.disabled(), servers.no_computers()),
        (1, 1, 1)
    );
}

#[test]
fn a_line_taken_for_a_header_on_its_looks_alone_is_named() {
    for (list, servers, told) in [
        (
            "Hosts of the pilot\nsrv1.contoso.com\nsrv2.contoso.com\n",
            2,
            true,
        ),
        (
            "DNSHostName\nsrv1.contoso.com\nsrv2.contoso.com\n",
            2,
            false,
        ),
        // Words that people give a column and a server.
        ("host\nSRV1\nSRV2\n", 2, true),
        ("\"server\"\n\"SRV1\"\n", 1, true),
        ("host;London\nSRV1;Paris\nSRV2;Rome\n", 2, true),
        ("\"Server\",\"Owner\"\n\"SRV1\",\"A\"\n", 1, true),
        ("Server;DNSHostName\nSRV1;srv1.contoso.com\n", 1, false),
        // A table without a header.
        ("srv0.contoso.com,name\nsrv1.contoso.com,x\n", 1, true),
        ("SRV0$;DN\nSRV1$;x\n", 1, true),
        (
            "S-1-5-21-1-2-3-1101,name\nS-1-5-21-1-2-3-1102,SRV1\n",
            1,
            true,
        ),
        // Accounts are servers.
        ("SERVER$\nSRV1$\n", 2, false),
        ("SERVER$\nsrv1.contoso.com\n", 2, false),
    ] {
        let found = ExpectedServers::read(list.as_bytes()).unwrap();
        assert_eq!(found.len(), servers, "{list}");
        let named = found.problems().iter().any(|one| one.code.id == "GW4004");
        assert_eq!(named, told, "{list}");
    }
}

#[test]
fn one_label_above_full_names_counts_as_a_server_and_is_told() {
    let list = "SRV0\nsrv1.contoso.com\nsrv2.contoso.com\n";
    let found = ExpectedServers::read(list.as_bytes()).unwrap();
    assert_eq!(found.len(), 3);
    let told: Vec<_> = found
        .problems()
        .iter()
        .flat_map(|one| one.evidence.clone())
        .collect();
    assert!(
        told.iter()
            .any(|one| one.starts_with("`SRV0` in the first line counts")),
        "{told:?}"
    );
}

/// Columns of `Get-VM | Export-Csv`, of which `ComputerName` is the Hyper-V host.
#[test]
fn the_column_that_names_servers_is_taken_and_the_other_one_named() {
    let list = "\u{23}TYPE Microsoft.HyperV.PowerShell.VirtualMachine\r\n\
                \"VMName\",\"VMId\",\"State\",\"Name\",\"ComputerName\"\r\n\
                \"SRV1\",\"0f\",\"Running\",\"SRV1\",\"HV01\"\r\n\
                \"SRV2\",\"1f\",\"Running\",\"SRV2\",\"HV01\"\r\n";
    let servers = gives_both(list.as_bytes());
    let problems = servers.problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].code.id, "GW4011");
    assert_eq!(
        problems[0].evidence,
        ["the column `Name` is taken, and `ComputerName` names other servers"]
    );
}

#[test]
fn rows_that_name_a_server_once_more_are_told() {
    for (list, line) in [
        ("SRV1\nSRV2\nsrv1\n", "line 3: `srv1`"),
        (
            "srv1.contoso.com\nsrv2.contoso.com\nSRV1.contoso.com.\n",
            "line 3: `SRV1.contoso.com.`",
        ),
        ("Name;Site\nSRV1;A\nSRV2;B\nSRV2;B\n", "line 4: `SRV2`"),
    ] {
        let problems = gives_both(list.as_bytes()).problems;
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].code.id, "GW4010");
        assert_eq!(problems[0].evidence, [line]);
    }
}

#[test]
fn a_quoted_cell_that_holds_what_looks_like_rows_is_told() {
    let list = "Name,Note\nSRV1,\"below\nSRV3,left\nSRV4,right\"\nSRV2,none\n";
    let problems = gives_both(list.as_bytes()).problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].code.id, "GW4011");
    assert!(
        problems[0].evidence[0].starts_with("line 2:"),
        "{problems:?}"
    );
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    let short_row =
        |ending: &str| format!("Name,DNSHostName{ending}SRV1,srv1.contoso.com{ending}{ending}");
    for ending in ["\n", "\r\n"] {
        let list = format!("{}\"\"", short_row(ending));
        assert_eq!(
            ExpectedServers::read(list.as_bytes()),
            Err(ExpectedError::ShortRow { line: 4 }),
            "{list:?}"
        );
    }
    for (list, refused) in [
        (
            "Description,Enabled\nSRV1,True\n",
            ExpectedError::NoColumn {
                header: "Description,Enabled".to_owned(),
            },
        ),
        (
            "Enabled\n-------\nTrue\n",
            ExpectedError::NoColumn {
                header: "Enabled".to_owned(),
            },
        ),
        (
            "Name,DNSHostName\nSRV1,srv1.contoso.com\nSRV2,\"srv2.contoso.com\nSRV3,srv3.contoso.com\n",
            ExpectedError::OpenQuote { line: 3 },
        ),
        // A closing quote that is missing, and one more below that hides it.
        (
            "Name,DNSHostName\nSRV1,\"srv1.contoso.com\nSRV2,srv2.contoso.com\nSRV3,\"srv3.contoso.com\n",
            ExpectedError::OpenQuote { line: 2 },
        ),
        (
            "\"Name\",\"Note\"\r\n\"SRV1\",\"a\nb\"\r\n\"SRV2\",\"left\r\n\"SRV3\",\"right\"\r\n",
            ExpectedError::OpenQuote { line: 4 },
        ),
        (
            "# pilot\n\"Name\",\"Note\"\n\"SRV1,\"x\"\n\"SRV2\",\"y\"\n",
            ExpectedError::OpenQuote { line: 3 },
        ),
        (
            "dn: CN=SRV1,DC=contoso,DC=com\nno attribute\n",
            ExpectedError::NoAttribute { line: 2 },
        ),
        ("# none\n\n", ExpectedError::Empty),
        ("DNSHostName\n", ExpectedError::Empty),
        ("", ExpectedError::Empty),
    ] {
        assert_eq!(
            ExpectedServers::read(list.as_bytes()),
            Err(refused),
            "{list}"
        );
    }
}

#[test]
fn a_short_name_means_one_server_or_none() {
    let servers = ExpectedServers::read(b"SRV1\nLONG-NAME-OF-A-$\nGONE\n").unwrap();
    let reported = [
        "srv1.contoso.com",
        "srv1.fabrikam.com",
        "long-name-of-a-server.contoso.com",
    ];
    let matched = servers.matched(reported.into_iter());
    let expected: Vec<&str> = matched.expected.iter().map(String::as_str).collect();
    assert_eq!(expected, ["long-name-of-a-server.contoso.com"]);
    let missing: Vec<&str> = matched.missing.iter().map(String::as_str).collect();
    assert_eq!(missing, ["gone", "srv1"]);
    assert_eq!(matched.problems[0].code.id, "GW4005");
    assert_eq!(matched.problems[0].evidence.len(), 2);
}

#[test]
fn a_report_counts_for_one_row_of_the_list() {
    for (list, reported, expected, missing) in [
        // A full name, and another account of the same short name.
        (
            "DNSHostName,sAMAccountName,SID\nsrv1.child.contoso.com,SRV1$,S-1-5-21-1-2-3-1101\n\
             ,SRV1$,S-1-5-21-1-2-3-2202\n",
            "srv1.child.contoso.com",
            2,
            1,
        ),
        // One short name of two accounts.
        (
            "sAMAccountName,SID\nSRV1$,S-1-5-21-1-2-3-1101\nSRV1$,S-1-5-21-9-2-3-1101\n",
            "srv1.contoso.com",
            2,
            1,
        ),
        // A name, and what NetBIOS leaves of it.
        (
            "Name\napplicationserver1\napplicationserv\n",
            "applicationserver1.contoso.com",
            2,
            1,
        ),
        (
            "Name\napplicationserv\n",
            "applicationserver1.contoso.com",
            1,
            0,
        ),
    ] {
        let servers = ExpectedServers::read(list.as_bytes()).unwrap();
        assert_eq!(servers.len(), expected, "{list}");
        let matched = servers.matched([reported].into_iter());
        assert!(matched.expected.contains(reported), "{list}");
        assert_eq!(matched.missing.len(), missing, "{list}");
    }
}
