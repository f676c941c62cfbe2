//! What was decided for a share, as a publication finds it.

use super::*;

#[test]
fn what_was_decided_is_obeyed_and_a_lost_switch_comes_as_it_says() {
    let world = World::new();
    let decided = |text: &str| world.put("rollout.json", text);
    decided(
        r#"{"schema":1,"paused":true,"min_sequence":2,"ring":{"percent":50,"up_to_sequence":6}}"#,
    );
    let told = world.publish();
    told.ended.unwrap();
    assert!(
        told.notes[0].contains("rollout.json` pauses every server"),
        "{:?}",
        told.notes
    );
    let last = told.steps.last().unwrap();
    assert!(last.contains("as `rollout.json` beside it says"), "{last}");
    let control = Control::parse(world.share()["control.json"].as_bytes()).unwrap();
    assert!(control.paused);
    assert_eq!((control.min_sequence, control.ring_percent), (2, 50));
    assert!(world.publish().steps.is_empty());
    for (text, told) in [
        (
            r#"{"schema":1,"paused":false,"min_sequence":8}"#,
            "below sequence 8",
        ),
        (r#"{"schema":1}"#, "`mde/rollout.json`: "),
    ] {
        decided(text);
        let before = world.share();
        let error = world.publish().ended.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
        assert_eq!(world.share(), before);
    }
}

/// The bundle has sequence 7 and begins with all servers, or with some.
#[test]
fn how_many_servers_begin_is_noted_where_the_share_has_a_say() {
    for (control, up_to_sequence, start, told) in [
        (100, 7, 10, ""),
        (50, 7, 10, "lets 50 % of the servers begin"),
        (50, 6, 100, "lets 50 % of the servers begin"),
        (50, 6, 10, "this one has 7, and begins with 10 %"),
    ] {
        let world = World::new();
        let decided = format!(
            r#"{{"schema":1,"paused":false,"min_sequence":0,
                "ring":{{"percent":{control},"up_to_sequence":{up_to_sequence}}}}}"#
        );
        world.put("rollout.json", &decided);
        let mut release = world.release();
        release.ring_percent = start;
        let mut share = world.uncut();
        let found = world.publish_to(&mut share, &release, true);
        found.ended.unwrap();
        let is_told = match told {
            "" => found.notes.is_empty(),
            told => found.notes.len() == 1 && found.notes[0].contains(told),
        };
        assert!(
            is_told,
            "{control} {up_to_sequence} {start}: {:?}",
            found.notes
        );
    }
}
