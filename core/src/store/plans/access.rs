//! Keys, people, and the audit log.

use super::{
    FEW_AND_MANY, Library, MOST, by_id,
    rows::{
        Holds::{Ids, Words},
        of,
    },
};
use crate::{
    domain::audit::Action,
    store::{AuditFilter, audit::audit_entries_query, key::keys_query, person::people_query},
};

#[tokio::test]
async fn a_page_of_keys_or_of_the_audit_log_costs_a_page_by_whatever_it_is_filtered() {
    let all = Library::fill(&[
        ("api_key", &[]),
        ("person", &[]),
        (
            "audit_entry",
            &[("key_id", Ids), ("action", Words("key.created", "task.replayed")), ("subject", Words("few", "many"))],
        ),
    ])
    .await;
    let project = all.project();
    all.expect_few_rows(
        MOST,
        [by_id("keys", |page| keys_query(project, page)), by_id("people", |page| people_query(project, page))],
    )
    .await;
    let listing =
        |filter: AuditFilter| by_id(format!("{filter:?}"), |page| audit_entries_query(project, &filter, page));
    let keys = [None].into_iter().chain(FEW_AND_MANY.map(|n| Some(of(n))));
    let actions = [Action::KeyCreated, Action::TaskReplayed, Action::ProjectCreated];
    let subjects = ["few", "many", "none"];
    let alone = keys
        .clone()
        .map(|key| AuditFilter { key, ..Default::default() })
        .chain(actions.map(|action| AuditFilter { action: Some(action), ..Default::default() }))
        .chain(subjects.map(|subject| AuditFilter { subject: Some(subject.to_owned()), ..Default::default() }));
    all.expect_few_rows(MOST, alone.map(listing)).await;
    let pairs = actions.into_iter().flat_map(|action| {
        keys.clone().flat_map(move |key| {
            subjects.map(|subject| AuditFilter { action: Some(action), subject: Some(subject.to_owned()), key })
        })
    });
    all.expect_an_index(pairs.map(listing)).await;
}
