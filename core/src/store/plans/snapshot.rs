//! Snapshots, what they hold and decided, and lineage.

use super::{
    Library, MOST, by_id, by_key, by_place,
    rows::{
        Holds::{Value, Words},
        ROWS, id, of,
    },
};
use crate::{
    domain::{
        example::ExampleFormat,
        lineage::{Direction, LineageFilter, Place, Relation},
        snapshot::{DecisionFilter, SnapshotFilter, SnapshotState},
    },
    ids::{AnyId, Kind},
    store::{
        lineage::lineage_query,
        snapshot::{
            curation::decisions_query, members::snapshot_members_query, sealing::snapshot_rows_query, snapshots_query,
        },
    },
};

#[tokio::test]
async fn a_page_of_what_a_snapshot_holds_costs_a_page_by_whatever_it_is_filtered() {
    let all = Library::fill(&[
        ("snapshot", &[("state", Words("failed", "sealed")), ("name", Value("'v' || n"))]),
        ("snapshot_member", &[("snapshot_id", Value("pg_temp.id(2)"))]),
        (
            "curation_decision",
            &[
                ("snapshot_id", Value("pg_temp.id(2)")),
                ("kept", Words("false", "true")),
                ("reason", Words("few", "many")),
            ],
        ),
        ("snapshot_row", &[("snapshot_id", Value("pg_temp.id(2)")), ("format", Words("kto", "sft"))]),
        (
            "lineage_edge",
            &[
                ("from_kind", Value("'snp'")),
                ("from_id", Value("pg_temp.id(n % 4)")),
                ("to_id", Value("pg_temp.id(n / 4)")),
                ("to_kind", Words("scr", "trc")),
            ],
        ),
    ])
    .await;
    let project = all.project();
    let mut filters = vec![SnapshotFilter::default()];
    filters.extend(["v7", "none"].map(|name| SnapshotFilter { name: Some(name.into()), state: None }));
    filters.extend(SnapshotState::ALL.iter().map(|state| SnapshotFilter { state: Some(*state), name: None }));
    all.expect_few_rows(
        MOST,
        filters.into_iter().map(|filter| by_id(format!("{filter:?}"), |page| snapshots_query(project, &filter, page))),
    )
    .await;
    all.expect_few_rows(MOST, [by_place("members", |page| snapshot_members_query(project, &[of(2)], page))]).await;
    all.expect_few_rows(
        MOST,
        [ExampleFormat::Kto, ExampleFormat::Sft]
            .map(|format| by_place("rows", |page| snapshot_rows_query(project, &[of(2)], format, page))),
    )
    .await;
    let kept = [None, Some(false), Some(true)];
    let reasons = [None, Some("few"), Some("many"), Some("none")].map(|reason| reason.map(str::to_owned));
    let listing = |filter: DecisionFilter| {
        by_place(format!("{filter:?}"), |page| decisions_query(project, &[of(2)], &filter, page))
    };
    all.expect_few_rows(
        MOST,
        kept.map(|kept| DecisionFilter { kept, reason: None })
            .into_iter()
            .chain(reasons.clone().map(|reason| DecisionFilter { kept: None, reason }))
            .map(listing),
    )
    .await;
    let pairs = reasons.into_iter().flat_map(|reason| kept.map(|kept| DecisionFilter { kept, reason: reason.clone() }));
    all.expect_an_index(pairs.map(listing)).await;

    let thing = |kind, n| AnyId { kind, uuid: id(n) };
    let edges = [
        (thing(Kind::Snapshot, 2), Direction::Origins),
        (thing(Kind::Trace, 7), Direction::Dependents),
        (thing(Kind::Snapshot, 3), Direction::Dependents),
    ];
    let kinds = [None, Some(Kind::Score), Some(Kind::Trace), Some(Kind::Snapshot)];
    let filters = edges.into_iter().flat_map(|(of, direction)| kinds.map(|kind| LineageFilter { of, direction, kind }));
    let middle = Place { far: id(ROWS / 2), relation: Relation::Used };
    all.expect_few_rows(
        MOST,
        filters.map(|filter| by_key(format!("{filter:?}"), middle, |page| lineage_query(project, &filter, page))),
    )
    .await;
}
