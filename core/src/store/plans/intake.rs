//! Batches, what was set aside, and tasks.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{
    Library, MOST, MOST_MERGED, by_id,
    rows::Holds::{Value, Words},
};
use crate::{
    domain::intake::Door,
    ids::{ApiKeyId, Id},
    queue::{Stage, State, TaskFilter, inspect::tasks_query},
    store::{BatchFilter, QuarantineFilter, batch::batches_query, quarantine::quarantined_query},
};

#[tokio::test]
async fn a_page_of_what_came_in_costs_a_page() {
    let all = Library::fill(&[
        (
            "ingest_batch",
            &[
                ("door", Words("reviews", "traces")),
                // The oldest few were sent with one key, most with another.
                ("key_id", Value("lpad((case when n > 5 then 2 else 1 end)::text, 32, '0')::uuid")),
            ],
        ),
        (
            "quarantined_item",
            &[
                ("door", Words("reviews", "traces")),
                ("external_id", Words("few", "many")),
                ("field", Words("group", "external_id")),
                // The oldest few wait.
                ("resolution", Value("case when n > 5 then 'discarded' end")),
            ],
        ),
        (
            "task",
            &[("stage", Words("promote", "verify")), ("state", Words("dead", "succeeded")), ("attempt", Value("0"))],
        ),
    ])
    .await;
    let project = all.project();
    let doors: Vec<Option<Door>> = std::iter::once(None).chain(Door::ALL.iter().copied().map(Some)).collect();
    all.expect_few_rows(
        MOST,
        doors.iter().map(|door| {
            let filter = BatchFilter { door: *door, ..BatchFilter::default() };
            by_id(format!("{filter:?}"), |page| batches_query(project, &filter, page))
        }),
    )
    .await;
    let keys = [1, 2, 3].map(|key| Some(ApiKeyId::from_uuid(Uuid::from_u128(key))));
    all.expect_few_rows(
        MOST,
        keys.iter().map(|key| {
            let filter = BatchFilter { key: *key, ..BatchFilter::default() };
            by_id(format!("{filter:?}"), |page| batches_query(project, &filter, page))
        }),
    )
    .await;
    let quarantined =
        |filter: QuarantineFilter| by_id(format!("{filter:?}"), |page| quarantined_query(project, &filter, page));
    let days = [NaiveDate::from_ymd_opt(1970, 1, 1), NaiveDate::from_ymd_opt(2026, 11, 1)];
    let external = ["few", "many", "none"].map(|id| Some(id.to_owned()));
    all.expect_few_rows(
        MOST,
        doors
            .iter()
            .map(|door| QuarantineFilter { door: *door, ..QuarantineFilter::default() })
            .chain(external.clone().map(|external_id| QuarantineFilter { external_id, ..QuarantineFilter::default() }))
            .chain(
                ["group", "external_id", "none"]
                    .map(|field| QuarantineFilter { field: Some(field.to_owned()), ..QuarantineFilter::default() }),
            )
            .chain(
                [true, false]
                    .map(|resolved| QuarantineFilter { resolved: Some(resolved), ..QuarantineFilter::default() }),
            )
            .chain(days.map(|day| QuarantineFilter { day, ..QuarantineFilter::default() }))
            .map(quarantined),
    )
    .await;
    all.expect_an_index(
        external.into_iter().flat_map(|external_id| doors.iter().map(move |door| (*door, external_id.clone()))).map(
            |(door, external_id)| quarantined(QuarantineFilter { door, external_id, ..QuarantineFilter::default() }),
        ),
    )
    .await;
    let stages = [None, Some(Stage::Promote), Some(Stage::Verify), Some(Stage::Route)];
    let states = [None, Some(State::Dead), Some(State::Succeeded), Some(State::Available)];
    let tasks = stages.into_iter().flat_map(|stage| states.map(|state| TaskFilter { stage, state }));
    all.expect_few_rows(
        MOST_MERGED,
        tasks.map(|filter| by_id(format!("{filter:?}"), |page| tasks_query(project, &filter, page))),
    )
    .await;
}
