//! Sources, facts, and citations of them.

use chrono::NaiveDate;

use sqlx::{AssertSqlSafe, Row};

use super::{
    FEW_AND_MANY, Library, MOST, by_id,
    rows::{
        Holds::{Ids, Value, Words},
        of,
    },
};
use crate::{
    domain::{
        citation::CitationState,
        grounding::{FactState, TrustTier},
    },
    ids::Id,
    store::{
        CitationFilter, FactConflictFilter, FactFilter, FactQuery, SourceFilter, Tx, citation::citations_query,
        fact::facts_query, fact_conflict::conflicts_query, source::sources_query,
    },
};

#[tokio::test]
async fn a_page_of_grounding_costs_a_page_by_whatever_it_is_filtered() {
    let all = Library::fill(&[
        ("grounding_source", &[("publisher", Words("few", "many")), ("trust_tier", Words("primary", "secondary"))]),
        (
            "grounding_fact",
            &[
                ("source_id", Ids),
                ("domain", Words("few", "many")),
                ("subject", Words("few", "many")),
                ("valid_to", Value("case when n <= 5 then date '2020-01-01' end")),
            ],
        ),
        ("fact_conflict", &[("earlier_id", Ids), ("settled_at", Value("case when n > 5 then now() end"))]),
        (
            "fact_state",
            &[("fact_id", Value("pg_temp.id(n + p.nth * 1000000)")), ("state", Words("retracted", "verified"))],
        ),
        (
            "citation",
            &[("trace_id", Ids), ("source_id", Ids), ("fact_id", Ids), ("state", Words("misquoted", "verified"))],
        ),
    ])
    .await;
    let project = all.project();
    let texts = ["few", "many", "none"].map(|text| Some(text.to_owned()));
    let external = ["v7", "none"].map(|text| Some(text.to_owned()));

    let mut filters = vec![SourceFilter::default()];
    filters.extend(external.clone().map(|external_id| SourceFilter { external_id, ..Default::default() }));
    filters.extend(texts.clone().map(|publisher| SourceFilter { publisher, ..Default::default() }));
    filters.extend(TrustTier::ALL.iter().map(|tier| SourceFilter { trust_tier: Some(*tier), ..Default::default() }));
    let listing = |filter: SourceFilter| by_id(format!("{filter:?}"), |page| sources_query(project, &filter, page));
    all.expect_few_rows(MOST, filters.into_iter().map(listing)).await;

    let mut filters = vec![FactFilter::default()];
    filters.extend(external.map(|external_id| FactFilter { external_id, ..Default::default() }));
    filters.extend(texts.clone().map(|domain| FactFilter { domain, ..Default::default() }));
    filters.extend(texts.clone().map(|subject| FactFilter { subject, ..Default::default() }));
    filters.extend(FEW_AND_MANY.map(|n| FactFilter { source: Some(of(n)), ..Default::default() }));
    filters.push(FactFilter { lapsed_by: NaiveDate::from_ymd_opt(2026, 11, 1), ..Default::default() });
    filters.extend(FactState::ALL.iter().map(|state| FactFilter { state: Some(*state), ..Default::default() }));
    let listing = |filter: FactFilter| by_id(format!("{filter:?}"), |page| facts_query(project, &filter, page));
    all.expect_few_rows(MOST, filters.into_iter().map(listing)).await;
    let mut pairs = vec![];
    for state in FactState::ALL {
        let state = FactFilter { state: Some(*state), ..Default::default() };
        pairs.extend(texts.clone().map(|domain| FactFilter { domain, ..state.clone() }));
        pairs.extend(FEW_AND_MANY.map(|n| FactFilter { source: Some(of(n)), ..state.clone() }));
    }
    pairs.extend(texts.map(|domain| FactFilter { domain, subject: Some("many".into()), ..Default::default() }));
    all.expect_an_index(pairs.into_iter().map(listing)).await;

    let mut filters = vec![FactConflictFilter::default()];
    filters.extend([true, false].map(|settled| FactConflictFilter { settled: Some(settled), ..Default::default() }));
    let listing =
        |filter: FactConflictFilter| by_id(format!("{filter:?}"), |page| conflicts_query(project, &filter, page));
    all.expect_few_rows(MOST, filters.into_iter().map(listing)).await;
    let of_facts = FEW_AND_MANY.map(|n| FactConflictFilter { fact: Some(of(n)), ..Default::default() });
    all.expect_an_index(of_facts.into_iter().map(listing)).await;

    let mut filters = vec![CitationFilter::default()];
    for n in FEW_AND_MANY {
        filters.push(CitationFilter { trace: Some(of(n)), ..Default::default() });
        filters.push(CitationFilter { source: Some(of(n)), ..Default::default() });
        filters.push(CitationFilter { fact: Some(of(n)), ..Default::default() });
    }
    filters.extend(CitationState::ALL.iter().map(|state| CitationFilter { state: Some(*state), ..Default::default() }));
    let listing = |filter: CitationFilter| by_id(format!("{filter:?}"), |page| citations_query(project, &filter, page));
    all.expect_few_rows(MOST, filters.into_iter().map(listing)).await;
    let pairs = FEW_AND_MANY.into_iter().flat_map(|n| {
        let state = Some(CitationState::Misquoted);
        [
            CitationFilter { trace: Some(of(n)), state, ..Default::default() },
            CitationFilter { source: Some(of(n)), state, ..Default::default() },
        ]
    });
    all.expect_an_index(pairs.map(listing)).await;
}

/// Facts that the search is tried on.
const FACTS: u64 = 100_000;

/// How many rows of a table this transaction has looked at so far, and how often it read all of it.
async fn looked_at(tx: &mut Tx, table: &str) -> (i64, i64) {
    let row = sqlx::query("select idx_tup_fetch, seq_scan from pg_stat_xact_user_tables where relname = $1")
        .bind(table)
        .fetch_one(tx.connection())
        .await
        .expect("what the transaction did");
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn a_search_for_facts_looks_at_those_it_asks_for_alone_among_a_hundred_thousand() {
    let db = super::support::Database::create().await;
    super::without_checks(&db.owner).await;
    let project = db.project.uuid();
    // A word in every fact, one in every tenth, one in every thousandth, and one in one alone. Another project has as many of the rare ones.
    let sql = format!(
        "insert into grounding_fact (project_id, id, external_id, source_id, domain, subject, statement, content_hash, recorded_at, verified)
         select p.id, gen_random_uuid(), 'f' || n, gen_random_uuid(), 'd', 's', format('metal tenth%s thousandth%s alone%s', n % 10, n % 1000, n),
                int8send(n), now(), true
         from generate_series(1, {FACTS}) n, (values ('{project}'::uuid)) p (id);
         insert into grounding_fact (project_id, id, external_id, source_id, domain, subject, statement, content_hash, recorded_at, verified)
         select '{}', gen_random_uuid(), 'f' || n, gen_random_uuid(), 'd', 's', 'metal thousandth7', int8send(n), now(), true
         from generate_series(1, 2000) n",
        db.add_project("two").await.uuid()
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&db.owner).await.expect("facts");
    let mut tx = db.store.begin(db.project).await.expect("a transaction");
    let asked = |any: &[&[&str]]| FactQuery {
        any: any.iter().map(|all| all.iter().map(|&word| word.to_owned()).collect()).collect(),
        ranked: vec!["metal".to_owned()],
    };
    let searches: [(&[&[&str]], i64); 4] = [
        (&[&["alone77"]], 1),
        (&[&["thousandth7"]], 100),
        (&[&["tenth7", "alone77"], &["thousandth8", "metal"]], 101),
        (&[&["metal"]], 5000),
    ];
    for (any, most) in searches {
        let before = looked_at(&mut tx, "grounding_fact").await;
        let found = tx.facts_for_queries(&[asked(any)], 20).await.expect("facts");
        let (rows, scans) = looked_at(&mut tx, "grounding_fact").await;
        assert_eq!(i64::try_from(found.len()).expect("few"), most.min(20), "{any:?}");
        assert_eq!(scans, before.1, "{any:?} reads all facts");
        assert!(rows - before.0 <= most, "{any:?} looks at {} facts", rows - before.0);
    }
    let claims = ["metal tenth7 thousandth7 alone77".to_owned(), "metall alone77".to_owned()];
    let words = tx.sample_fact_words(&claims).await.expect("words");
    assert!(words.iter().all(|word| word.places.len() <= crate::store::SAMPLE));
    for table in ["fact_word", "fact_word_sample"] {
        let (rows, scans) = looked_at(&mut tx, table).await;
        assert_eq!(scans, 0, "{table} is read from end to end");
        assert!(rows <= 1000, "{table}: {rows}");
    }
}
