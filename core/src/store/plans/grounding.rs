//! Sources, facts, and citations of them.

use chrono::NaiveDate;

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
    store::{
        CitationFilter, FactConflictFilter, FactFilter, SourceFilter, citation::citations_query, fact::facts_query,
        fact_conflict::conflicts_query, source::sources_query,
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
