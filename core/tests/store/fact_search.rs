//! Searching facts for claims: what is found, by whom, and by what is spelt alike.

use std::collections::BTreeSet;

use atr_core::{
    domain::{grounding::FactState, intake::ItemOutcome},
    ids::{FactId, ProjectId},
    store::{FactQuery, SAMPLE, SampledWord, Store, StoreError, Tx},
};

use super::grounding::{CURATOR, fact, record, source};
use crate::support::Database;

/// Enters facts as verified.
async fn enter(store: &Store, project: ProjectId, statements: &[&str]) -> Result<Vec<FactId>, StoreError> {
    let mut lines = vec![source("s")];
    lines.extend(statements.iter().enumerate().map(|(at, statement)| fact(&format!("f{at}"), "s", statement)));
    let outcome = record(store, project, CURATOR, &lines).await?;
    let ids = outcome.items[1..].iter().map(|item| match item {
        ItemOutcome::Stored(id) => id.parse().expect("a fact's id"),
        other => panic!("stored was expected, not {other:?}"),
    });
    Ok(ids.collect())
}

async fn words(tx: &mut Tx, claims: &[&str]) -> Result<Vec<SampledWord>, StoreError> {
    let claims: Vec<String> = claims.iter().map(|&claim| claim.to_owned()).collect();
    let mut words = tx.sample_fact_words(&claims).await?;
    words.sort_by(|a, b| (&a.asked, &a.word).cmp(&(&b.asked, &b.word)));
    Ok(words)
}

fn query(any: &[&[&str]], ranked: &[&str]) -> FactQuery {
    let texts = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
    FactQuery { any: any.iter().map(|all| texts(all)).collect(), ranked: texts(ranked) }
}

async fn found(tx: &mut Tx, query: FactQuery) -> Result<Vec<FactId>, StoreError> {
    Ok(tx.facts_for_queries(&[query], 20).await?.into_iter().map(|found| found.fact).collect())
}

#[tokio::test]
async fn facts_that_have_all_words_of_one_alternative_are_found_those_with_the_most_words_first()
-> Result<(), StoreError> {
    let db = Database::create().await;
    let statements = ["Gold is a heavy metal.", "Gold melts at 1064 degrees.", "Iron is a metal.", "Tin is soft."];
    let ids = enter(&db.store, db.project, &statements).await?;
    let mut tx = db.store.begin(db.project).await?;
    let asked = query(&[&["gold"], &["iron", "metal"], &["tin", "metal"]], &["gold", "metal", "heavi", "iron"]);
    assert_eq!(found(&mut tx, asked.clone()).await?, [ids[0], ids[2], ids[1]]);
    assert_eq!(found(&mut tx, asked.clone()).await?, found(&mut tx, asked.clone()).await?);
    let both = [asked, query(&[&["tin"]], &["tin"])];
    let of: Vec<usize> = tx.facts_for_queries(&both, 2).await?.into_iter().map(|found| found.query).collect();
    assert_eq!(of, [0, 0, 1], "at most two each, the first query's first");
    Ok(())
}

#[tokio::test]
async fn a_word_that_no_fact_has_stands_for_those_spelt_alike() -> Result<(), StoreError> {
    let db = Database::create().await;
    enter(&db.store, db.project, &["Shakespeare wrote Hamlet in 1601.", "The river Dnipro flows through Kyiv."])
        .await?;
    let mut tx = db.store.begin(db.project).await?;
    let told = words(&mut tx, &["Shakespare wrote", "hamlets 1602", "wrote Dniepro"]).await?;
    let told: Vec<_> =
        told.iter().map(|word| (word.asked.as_str(), word.word.as_str(), word.claims.as_slice())).collect();
    let expected: [(&str, &str, &[usize]); 4] = [
        ("dniepro", "dnipro", &[2]),
        ("hamlet", "hamlet", &[1]),
        ("shakespar", "shakespear", &[0]),
        ("wrote", "wrote", &[0, 2]),
    ];
    assert_eq!(told, expected, "1602 is another number than 1601, however it is spelt");
    Ok(())
}

#[tokio::test]
async fn samples_tell_of_a_share_of_the_facts_and_of_the_same_ones_for_all_their_words() -> Result<(), StoreError> {
    let db = Database::create().await;
    let statements: Vec<String> =
        (0..1600).map(|n| format!("Gold grain {}.", if n % 2 == 0 { "even" } else { "odd" })).collect();
    enter(&db.store, db.project, &statements.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let mut tx = db.store.begin(db.project).await?;
    let told = words(&mut tx, &["gold even odd"]).await?;
    let [even, gold, odd] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(gold.places.len(), SAMPLE, "the least of about a hundred");
    assert!(gold.places.is_sorted());
    let of = |word: &SampledWord| word.places.iter().copied().collect::<BTreeSet<u64>>();
    assert!(of(even).is_disjoint(&of(odd)));
    assert!(of(gold).is_subset(&of(even).union(&of(odd)).copied().collect()));
    Ok(())
}

#[tokio::test]
async fn a_fact_is_searched_as_long_as_it_is_verified() -> Result<(), StoreError> {
    let db = Database::create().await;
    // Enough that some are in the samples.
    let statements: Vec<String> = (0..100).map(|n| format!("Gold grain n{n}.")).collect();
    let ids = enter(&db.store, db.project, &statements.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let (gold, one) = (query(&[&["gold"]], &["gold"]), query(&[&["n7"]], &["n7"]));
    let mut tx = db.store.begin(db.project).await?;
    let before = words(&mut tx, &["gold"]).await?;
    assert!(!before[0].places.is_empty());
    for id in &ids {
        tx.change_fact_state(*id, FactState::Retracted, "no more", None).await?;
    }
    assert_eq!(found(&mut tx, gold.clone()).await?, []);
    assert_eq!(tx.search_facts("gold", 10).await?, []);
    assert_eq!(words(&mut tx, &["gold"]).await?[0].places, Vec::<u64>::new());
    for id in &ids {
        tx.change_fact_state(*id, FactState::Verified, "after all", None).await?;
    }
    assert_eq!(words(&mut tx, &["gold"]).await?, before);
    assert_eq!(found(&mut tx, one.clone()).await?, [ids[7]]);
    tx.rollback().await?;
    // Others see it once it is committed.
    let mut tx = db.store.begin(db.project).await?;
    tx.change_fact_state(ids[7], FactState::Disputed, "is it", None).await?;
    assert_eq!(found(&mut db.store.begin(db.project).await?, one.clone()).await?, [ids[7]]);
    tx.commit().await?;
    assert_eq!(found(&mut db.store.begin(db.project).await?, one).await?, []);
    Ok(())
}

#[tokio::test]
async fn a_proposed_fact_adds_no_word_until_it_is_verified() -> Result<(), StoreError> {
    let db = Database::create().await;
    let outcome = record(&db.store, db.project, false, &[source("s"), fact("f", "s", "Osmium is dense.")]).await?;
    let ItemOutcome::Stored(id) = &outcome.items[1] else { panic!("{outcome:?}") };
    let id: FactId = id.parse().expect("a fact's id");
    let mut tx = db.store.begin(db.project).await?;
    assert_eq!(words(&mut tx, &["osmium"]).await?, []);
    assert_eq!(found(&mut tx, query(&[&["osmium"]], &["osmium"])).await?, []);
    tx.change_fact_state(id, FactState::Verified, "looked up", None).await?;
    assert_eq!(words(&mut tx, &["osmium"]).await?[0].word, "osmium");
    assert_eq!(found(&mut tx, query(&[&["osmium"]], &["osmium"])).await?, [id]);
    Ok(())
}

#[tokio::test]
async fn another_projects_facts_and_words_are_never_found() -> Result<(), StoreError> {
    let db = Database::create().await;
    let other = db.add_project("other").await;
    let same = "Gold is a metal.";
    let own = enter(&db.store, db.project, &[same, "Rhodium is rare."]).await?;
    let theirs = enter(&db.store, other, &[same, "Iridium is hard."]).await?;
    for (project, own, foreign) in [(db.project, own, "iridium"), (other, theirs, "rhodium")] {
        let mut tx = db.store.begin(project).await?;
        assert_eq!(found(&mut tx, query(&[&["gold"]], &["gold"])).await?, [own[0]]);
        assert_eq!(found(&mut tx, query(&[&[foreign]], &[foreign])).await?, []);
        assert_eq!(tx.search_facts("gold metal", 10).await?.len(), 1);
        let misspelt = format!("{foreign}s {foreign}e");
        assert_eq!(words(&mut tx, &[foreign, &misspelt]).await?, [], "{foreign}");
    }
    Ok(())
}

#[tokio::test]
async fn whatever_a_claim_or_a_query_holds_is_a_word_or_nothing() -> Result<(), StoreError> {
    let db = Database::create().await;
    let statements =
        ["It's a quote's \"end\" & | ! ( ) :* <-> \\.", "الذهب معدن ثقيل", "金是一种金属。", "सोना एक धातु है"];
    let ids = enter(&db.store, db.project, &statements).await?;
    let mut tx = db.store.begin(db.project).await?;
    let odd = ["", " ", "the of and", "' | '' \\ & ! :* <-> (", "\"", "''''", "\u{1F600}", "a'b\\c"];
    assert_eq!(words(&mut tx, &odd).await?.len(), 0, "no fact has such a word");
    for word in odd {
        found(&mut tx, query(&[&[word], &[word, "x"]], &[word])).await?;
    }
    assert_eq!(found(&mut tx, FactQuery::default()).await?, []);
    assert_eq!(found(&mut tx, query(&[&[]], &[])).await?, []);
    // In other scripts, as they are written.
    for (statement, id) in statements.iter().zip(&ids).skip(1) {
        let told = words(&mut tx, &[statement]).await?;
        let own: Vec<&str> = told.iter().map(|word| word.word.as_str()).collect();
        assert!(!own.is_empty(), "{statement}");
        assert_eq!(found(&mut tx, query(&[&own], &own)).await?, [*id], "{statement}");
    }
    // A long text costs its words, each once.
    let long = "quote ".repeat(20_000);
    assert_eq!(words(&mut tx, &[&long]).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn people_search_with_phrases_and_denials_as_before() -> Result<(), StoreError> {
    let db = Database::create().await;
    let statements = ["Gold is a heavy metal.", "A heavy coin of gold.", "Iron is a metal."];
    let ids = enter(&db.store, db.project, &statements).await?;
    let mut tx = db.store.begin(db.project).await?;
    for (text, expected) in [
        ("\"heavy metal\"", vec![0]),
        ("heavy gold", vec![0, 1]),
        ("metal -gold", vec![2]),
        ("metal -\"heavy metal\"", vec![2]),
        ("coin or iron", vec![1, 2]),
        ("-gold", vec![]),
        ("the", vec![]),
        ("'\\ <-> !", vec![]),
    ] {
        let found: BTreeSet<FactId> = tx.search_facts(text, 10).await?.into_iter().map(|(id, _)| id).collect();
        assert_eq!(found, expected.into_iter().map(|at: usize| ids[at]).collect(), "{text}");
    }
    Ok(())
}
