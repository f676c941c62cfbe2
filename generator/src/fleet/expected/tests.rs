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
        // By hand.
        "SRV1.contoso.com\nsrv2.contoso.com\n\n",
        "# pilot\r\nsrv1.contoso.com.\r\nsrv2.contoso.com\u{a0}\r\n",
        "SRV1\r\nSRV2\r\n",
        "SRV1$\nSRV2$\n",
        "ComputerName\r\nsrv1.contoso.com\r\nsrv2.contoso.com\r\n",
        "\"Name\"\r\n\"SRV1\"\r\n\"SRV2\"\r\n",
        "Server;Owner\r\nsrv1.contoso.com;A\r\nsrv2.contoso.com;B\r\n",
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
         \"CN=SRV1,OU=SQL,DC=contoso,DC=com\",SRV1$,4096,X'0105000000000005'\r\n\
         \"CN=SRV2,OU=SQL,DC=contoso,DC=com\",SRV2$,4096,X'0105000000000005'\r\n",
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
    for (list, assumed) in [
        (
            "Hosts of the pilot\nsrv1.contoso.com\nsrv2.contoso.com\n",
            true,
        ),
        ("SRV0\nsrv1.contoso.com\nsrv2.contoso.com\n", true),
        ("DNSHostName\nsrv1.contoso.com\nsrv2.contoso.com\n", false),
    ] {
        let servers = ExpectedServers::read(list.as_bytes()).unwrap();
        assert_eq!(servers.len(), 2, "{list}");
        let named = servers.problems().iter().any(|one| one.code.id == "GW4004");
        assert_eq!(named, assumed, "{list}");
    }
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
