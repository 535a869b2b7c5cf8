//! Sources, facts and their states: what is stored, what holds, and who sees it.

use std::collections::BTreeSet;

use atr_core::{
    domain::{
        Rejection,
        grounding::{FactState, NewGrounding},
        intake::{BatchOutcome, Door, ItemOutcome},
    },
    ids::{FactId, ProjectId, SourceId},
    queue::{TaskFilter, Work},
    store::{FactFilter, Page, PageRequest, QuarantineFilter, SourceFilter, StateChanged, Store, StoreError},
};
use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::support::Database;

pub type Item = Result<NewGrounding, Rejection>;

pub const CURATOR: bool = true;

pub fn source(external_id: &str) -> Value {
    json!({"kind": "source", "external_id": external_id, "publisher": "IUPAC", "title": "Periodic table",
           "licence": "CC-BY-4.0"})
}

pub fn fact(external_id: &str, source: &str, statement: &str) -> Value {
    json!({"kind": "fact", "external_id": external_id, "source": source, "domain": "chemistry", "subject": "gold",
           "statement": statement})
}

pub async fn record(
    store: &Store,
    project: ProjectId,
    may_vouch: bool,
    lines: &[Value],
) -> Result<BatchOutcome, StoreError> {
    let items: Vec<Item> = lines.iter().map(|line| NewGrounding::parse(line.to_string().as_bytes())).collect();
    let mut tx = store.begin(project).await?;
    let outcome = tx.record_grounding(&items, may_vouch).await?;
    tx.commit().await?;
    Ok(outcome)
}

fn stored<I: std::str::FromStr>(outcome: &ItemOutcome) -> I {
    match outcome {
        ItemOutcome::Stored(id) => id.parse().ok().expect("an id of that kind"),
        other => panic!("stored was expected, not {other:?}"),
    }
}

fn all() -> PageRequest {
    PageRequest::first(200)
}

fn names<T>(page: &Page<T>, name: impl Fn(&T) -> &str) -> BTreeSet<&str> {
    page.rows.iter().map(name).collect()
}

#[tokio::test]
async fn a_source_and_its_fact_are_read_back_as_they_were_sent() -> Result<(), StoreError> {
    let db = Database::create().await;
    let mut from = source("iupac");
    from["url"] = json!("https://iupac.org/table");
    from["doi"] = json!("https://doi.org/10.1515/PAC");
    from["trust_tier"] = json!("primary");
    from["retrieved_at"] = json!("2026-01-02T03:04:05Z");
    let mut says = fact("au", "iupac", "The atomic number of gold is 79.");
    says["quote"] = json!("Gold, 79");
    says["valid_from"] = json!("1913-01-01");
    let outcome = record(&db.store, db.project, CURATOR, &[from, says]).await?;
    let (source_id, fact_id): (SourceId, FactId) = (stored(&outcome.items[0]), stored(&outcome.items[1]));

    let mut tx = db.store.begin(db.project).await?;
    let source = tx.sources_by_id(&[source_id]).await?.pop().expect("the source");
    assert_eq!((source.url.as_deref(), source.doi.as_deref()), (Some("https://iupac.org/table"), Some("10.1515/pac")));
    assert_eq!(source.retrieved_at.map(|at| at.to_rfc3339()).as_deref(), Some("2026-01-02T03:04:05+00:00"));
    assert_eq!(source.trust_tier.word(), "primary");
    let fact = tx.facts_by_id(&[fact_id]).await?.pop().expect("the fact");
    assert_eq!((fact.source, fact.subject.as_str(), fact.quote.as_deref()), (source_id, "gold", Some("Gold, 79")));
    assert_eq!(fact.valid_from.map(|day| day.to_string()).as_deref(), Some("1913-01-01"));
    assert_eq!((fact.state, fact.valid_to), (FactState::Verified, None));
    assert_eq!(tx.facts_of_sources(&[source_id], all()).await?[&source_id].rows, [fact]);
    assert_eq!(
        tx.sources_at(&["https://iupac.org/table".into()]).await?.into_values().collect::<Vec<_>>(),
        [source_id]
    );
    assert_eq!(tx.sources_with_doi(&["10.1515/pac".into()]).await?.into_values().collect::<Vec<_>>(), [source_id]);
    // What rests on the source is its fact.
    let dependents = tx.dependents_of(source_id.into(), 10).await?;
    assert_eq!(dependents.found.iter().map(|found| found.id).collect::<Vec<_>>(), [fact_id.into()]);
    Ok(())
}

#[tokio::test]
async fn sending_again_changes_nothing_and_other_content_is_set_aside_whole() -> Result<(), StoreError> {
    let db = Database::create().await;
    let first = [source("s"), fact("f", "s", "Gold is a metal.")];
    let outcome = record(&db.store, db.project, CURATOR, &first).await?;
    let (source_id, fact_id): (SourceId, FactId) = (stored(&outcome.items[0]), stored(&outcome.items[1]));
    let mut other_source = source("s");
    other_source["title"] = json!("Another title");
    let other_fact = fact("f", "s", "Gold is a gas.");
    let again =
        record(&db.store, db.project, CURATOR, &[source("s"), other_source, first[1].clone(), other_fact.clone()])
            .await?;
    assert_eq!(again.items[0], ItemOutcome::Duplicate(source_id.to_string()));
    assert_eq!(again.items[2], ItemOutcome::Duplicate(fact_id.to_string()));

    let mut tx = db.store.begin(db.project).await?;
    for (at, external_id) in [(1, "s"), (3, "f")] {
        let ItemOutcome::Quarantined { id, field, .. } = &again.items[at] else { panic!("{:?}", again.items[at]) };
        assert_eq!(field, "external_id");
        let kept = tx.quarantined_by_id(&[id.parse().expect("an id")]).await?.pop().expect("the item");
        assert_eq!((kept.external_id.as_deref(), kept.door), (Some(external_id), Door::Grounding));
        // What is kept is a line that could be sent again.
        assert!(NewGrounding::parse(kept.content.to_string().as_bytes()).is_ok(), "{}", kept.content);
    }
    assert_eq!(tx.quarantined(&QuarantineFilter::default(), all()).await?.rows.len(), 2);
    assert_eq!(tx.facts_by_id(&[fact_id]).await?[0].statement, "Gold is a metal.");
    let balance = tx.balance(Some(Door::Grounding)).await?;
    assert_eq!((balance.received(), balance.stored, balance.duplicate, balance.quarantined), (6, 2, 2, 2));
    Ok(())
}

#[tokio::test]
async fn a_fact_names_a_source_that_is_stored_or_stands_before_it() -> Result<(), StoreError> {
    let db = Database::create().await;
    let lines = [
        fact("early", "late", "Its source comes too late."),
        source("late"),
        fact("fits", "late", "Its source stands before it."),
        fact("none", "nowhere", "Its source is nowhere."),
        json!({"kind": "fact"}),
    ];
    let outcome = record(&db.store, db.project, CURATOR, &lines).await?;
    assert!(matches!(outcome.items[2], ItemOutcome::Stored(_)), "{outcome:?}");
    for (at, at_fault) in [(0, "source"), (3, "source"), (4, "external_id")] {
        let ItemOutcome::Rejected { field, message } = &outcome.items[at] else { panic!("{:?}", outcome.items[at]) };
        assert_eq!(field, at_fault, "{message}");
    }
    // Sent again, the first line finds its source.
    let again = record(&db.store, db.project, CURATOR, &lines[..1]).await?;
    assert!(matches!(again.items[0], ItemOutcome::Stored(_)), "{again:?}");
    Ok(())
}

#[tokio::test]
async fn who_may_not_vouch_for_facts_proposes_them_and_only_verified_ones_are_found() -> Result<(), StoreError> {
    let db = Database::create().await;
    let proposer = false;
    let mut vouched = fact("vouched", "s", "Gold melts at 1064 degrees.");
    vouched["state"] = json!("verified");
    let lines = [source("s"), fact("proposed", "s", "Gold boils at 2970 degrees."), vouched];
    let outcome = record(&db.store, db.project, proposer, &lines).await?;
    let proposed: FactId = stored(&outcome.items[1]);
    assert!(matches!(&outcome.items[2], ItemOutcome::Rejected { field, .. } if field == "state"), "{outcome:?}");

    let mut tx = db.store.begin(db.project).await?;
    assert_eq!(tx.facts_by_id(&[proposed]).await?[0].state, FactState::Proposed);
    assert_eq!(tx.search_facts("gold boils", 10).await?, []);
    tx.change_fact_state(proposed, FactState::Verified, "looked up", None).await?;
    let found = tx.search_facts("boils gold", 10).await?;
    assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [proposed]);
    Ok(())
}

#[tokio::test]
async fn the_newest_state_holds_also_within_the_same_millisecond() -> Result<(), StoreError> {
    let db = Database::create().await;
    let outcome = record(&db.store, db.project, CURATOR, &[source("s"), fact("f", "s", "Gold is a metal.")]).await?;
    let fact: FactId = stored(&outcome.items[1]);
    // The clock of the test stands, so that nothing but the order of the changes tells which is the newest.
    let states =
        [FactState::Disputed, FactState::Verified, FactState::Retracted, FactState::Verified, FactState::Retracted];
    for state in states {
        let mut tx = db.store.begin(db.project).await?;
        let changed = tx.change_fact_state(fact, state, "because", None).await?.expect("the fact");
        assert!(matches!(&changed, StateChanged::Recorded(change) if change.state == state), "{changed:?}");
        tx.commit().await?;
        let mut tx = db.store.begin(db.project).await?;
        assert_eq!(tx.facts_by_id(&[fact]).await?[0].state, state);
    }
    let mut tx = db.store.begin(db.project).await?;
    let again = tx.change_fact_state(fact, FactState::Retracted, "once more", None).await?.expect("the fact");
    assert!(matches!(&again, StateChanged::Already(change) if change.reason == "because"), "{again:?}");
    let told = tx.fact_states_of_facts(&[fact], all()).await?.remove(&fact).expect("its states");
    let told: Vec<_> = told.rows.into_iter().rev().map(|change| change.state).collect();
    assert_eq!(told[0], FactState::Verified);
    assert_eq!(told[1..], states);
    let newest = tx.fact_states_of_facts(&[fact], PageRequest::first(1)).await?.remove(&fact).expect("one");
    assert_eq!((newest.rows[0].state, newest.has_next), (FactState::Retracted, true));
    assert_eq!(tx.fact_states_by_id(&[newest.rows[0].id]).await?, newest.rows);
    Ok(())
}

#[tokio::test]
async fn what_rests_on_a_fact_is_verified_again_when_its_state_changes_and_only_then() -> Result<(), StoreError> {
    let db = Database::create().await;
    let outcome = record(&db.store, db.project, CURATOR, &[source("s"), fact("f", "s", "Gold is a gas.")]).await?;
    let fact: FactId = stored(&outcome.items[1]);
    let mut tx = db.store.begin(db.project).await?;
    let contrast = json!(Work::ContrastFacts { facts: vec![fact] });
    for (state, expected) in [
        (FactState::Verified, vec![contrast.clone()]),
        (FactState::Retracted, vec![json!(Work::VerifyDependents { fact, after: None }), contrast]),
    ] {
        tx.change_fact_state(fact, state, "looked up", None).await?;
        let tasks = tx.tasks(&TaskFilter::default(), all()).await?.rows;
        assert_eq!(tasks.into_iter().map(|task| task.work).collect::<Vec<_>>(), expected, "{state}");
    }
    Ok(())
}

#[tokio::test]
async fn facts_are_filtered_by_what_they_are_now() -> Result<(), StoreError> {
    let db = Database::create().await;
    let mut moon = fact("moon", "b", "The Moon is round.");
    moon["domain"] = json!("astronomy");
    moon["subject"] = json!("Moon");
    moon["valid_to"] = json!("2026-10-31");
    let mut b = source("b");
    b["publisher"] = json!("IAU");
    b["trust_tier"] = json!("primary");
    let lines = [source("a"), b, fact("gold", "a", "Gold is a metal."), fact("false", "a", "Gold is a gas."), moon];
    let outcome = record(&db.store, db.project, CURATOR, &lines).await?;
    let (first, wrong): (SourceId, FactId) = (stored(&outcome.items[0]), stored(&outcome.items[3]));

    let mut tx = db.store.begin(db.project).await?;
    tx.change_fact_state(wrong, FactState::Retracted, "it is not", None).await?;
    for (filter, expected) in [
        (FactFilter::default(), &["false", "gold", "moon"][..]),
        (FactFilter { state: Some(FactState::Verified), ..Default::default() }, &["gold", "moon"]),
        (FactFilter { state: Some(FactState::Retracted), ..Default::default() }, &["false"]),
        (FactFilter { domain: Some("astronomy".into()), ..Default::default() }, &["moon"]),
        (FactFilter { source: Some(first), ..Default::default() }, &["false", "gold"]),
        (FactFilter { subject: Some("Moon".into()), ..Default::default() }, &["moon"]),
        (FactFilter { external_id: Some("gold".into()), ..Default::default() }, &["gold"]),
        (FactFilter { lapsed_by: NaiveDate::from_ymd_opt(2026, 11, 1), ..Default::default() }, &["moon"]),
        (FactFilter { lapsed_by: NaiveDate::from_ymd_opt(2026, 10, 31), ..Default::default() }, &[]),
    ] {
        let page = tx.facts(&filter, all()).await?;
        assert_eq!(names(&page, |fact| &fact.external_id), expected.iter().copied().collect(), "{filter:?}");
    }
    for (filter, expected) in [
        (SourceFilter::default(), &["a", "b"][..]),
        (SourceFilter { publisher: Some("IAU".into()), ..Default::default() }, &["b"]),
        (SourceFilter { trust_tier: Some("secondary".parse()?), ..Default::default() }, &["a"]),
        (SourceFilter { external_id: Some("a".into()), ..Default::default() }, &["a"]),
    ] {
        let page = tx.sources(&filter, all()).await?;
        assert_eq!(names(&page, |source| &source.external_id), expected.iter().copied().collect(), "{filter:?}");
    }
    // A page at a time, every fact once.
    let (mut seen, mut page) = (vec![], PageRequest::first(2));
    loop {
        let read = tx.facts(&FactFilter::default(), page).await?;
        seen.extend(read.rows.iter().map(|fact| fact.id));
        match read.rows.last() {
            Some(last) if read.has_next => page = page.after(atr_core::ids::Id::uuid(last.id)),
            _ => break,
        }
    }
    assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (3, 3));
    Ok(())
}

#[tokio::test]
async fn two_batches_at_once_with_the_same_ids_store_each_once() -> Result<(), StoreError> {
    let db = Database::create().await;
    let lines = |order: [&str; 2]| -> Vec<Item> {
        let facts = order.map(|id| fact(id, "s", &format!("Fact {id} is a fact.")));
        [source("s")].iter().chain(&facts).map(|line| NewGrounding::parse(line.to_string().as_bytes())).collect()
    };
    let mut first = db.store.begin(db.project).await?;
    let stored = first.record_grounding(&lines(["x", "y"]), CURATOR).await?;
    let (store, project, items) = (db.store.clone(), db.project, lines(["y", "x"]));
    let second = tokio::spawn(async move {
        let mut tx = store.begin(project).await?;
        let outcome = tx.record_grounding(&items, CURATOR).await?;
        tx.commit().await?;
        Ok::<_, StoreError>(outcome)
    });
    while !db.someone_waits_for_a_lock().await {
        tokio::task::yield_now().await;
    }
    first.commit().await?;
    let second = second.await.expect("the second batch ends")?;
    let id = |at: usize| match &stored.items[at] {
        ItemOutcome::Stored(id) => id.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(second.items, [0, 2, 1].map(|at| ItemOutcome::Duplicate(id(at))));
    Ok(())
}

#[tokio::test]
async fn two_who_retract_a_fact_at_once_retract_it_once() -> Result<(), StoreError> {
    let db = Database::create().await;
    let outcome = record(&db.store, db.project, CURATOR, &[source("s"), fact("f", "s", "Gold is a gas.")]).await?;
    let fact: FactId = stored(&outcome.items[1]);
    let mut first = db.store.begin(db.project).await?;
    first.change_fact_state(fact, FactState::Retracted, "first", None).await?;
    let (store, project) = (db.store.clone(), db.project);
    let second = tokio::spawn(async move {
        let mut tx = store.begin(project).await?;
        tx.change_fact_state(fact, FactState::Retracted, "second", None).await
    });
    while !db.someone_waits_for_a_lock().await {
        tokio::task::yield_now().await;
    }
    first.commit().await?;
    let second = second.await.expect("the second ends")?;
    assert!(matches!(second, Some(StateChanged::Already(change)) if change.reason == "first"));
    Ok(())
}

#[tokio::test]
async fn another_project_sees_nothing_of_it_and_may_use_the_same_ids() -> Result<(), StoreError> {
    let db = Database::create().await;
    let lines = [source("s"), fact("f", "s", "Gold is a metal.")];
    let outcome = record(&db.store, db.project, CURATOR, &lines).await?;
    let (source_id, fact_id): (SourceId, FactId) = (stored(&outcome.items[0]), stored(&outcome.items[1]));
    let other = db.add_project("other").await;
    let mut tx = db.store.begin(other).await?;
    assert_eq!(tx.sources(&SourceFilter::default(), all()).await?.rows, []);
    assert_eq!(tx.facts(&FactFilter::default(), all()).await?.rows, []);
    assert_eq!(tx.sources_by_id(&[source_id]).await?, []);
    assert_eq!(tx.facts_by_id(&[fact_id]).await?, []);
    assert_eq!(tx.facts_of_sources(&[source_id], all()).await?[&source_id].rows, []);
    assert_eq!(tx.fact_states_of_facts(&[fact_id], all()).await?[&fact_id].rows, []);
    assert_eq!(tx.search_facts("gold", 10).await?, []);
    assert_eq!(tx.dependents_of(source_id.into(), 10).await?.found, []);
    assert_eq!(tx.change_fact_state(fact_id, FactState::Retracted, "not mine", None).await?, None);
    drop(tx);
    // A fact cannot rest on another project's source.
    let unknown = record(&db.store, other, CURATOR, &lines[1..]).await?;
    assert!(matches!(&unknown.items[0], ItemOutcome::Rejected { field, .. } if field == "source"), "{unknown:?}");
    let own = record(&db.store, other, CURATOR, &lines).await?;
    assert!(own.items.iter().all(|item| matches!(item, ItemOutcome::Stored(_))), "{own:?}");
    Ok(())
}
