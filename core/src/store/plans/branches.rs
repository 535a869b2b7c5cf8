//! From parents to a page of each one's records.

use super::{
    Library, MOST, by_id,
    rows::{
        Holds::{Ids, Value},
        id,
    },
};
use crate::{
    hash::Digest,
    store::{
        attachment_reference::references_query,
        fact::FACTS_OF_SOURCES,
        fact_state::STATES_OF_FACTS,
        job::JOBS_OF_SNAPSHOTS,
        quote_place::PLACES_IN_COPIES,
        review::{REVIEWS_OF_EXPERTS, REVIEWS_OF_TRACES},
        source_copy::COPIES_OF_SOURCES,
        source_retrieval::RETRIEVALS_OF_SOURCES,
        trace::CHAINS_OF_GROUPS,
    },
};

#[tokio::test]
async fn a_page_of_each_of_several_parents_costs_a_page_of_each() {
    let all = Library::fill(&[
        ("error_trace", &[("chain_group_id", Ids)]),
        ("grounding_fact", &[("source_id", Ids)]),
        // Each fact has a state.
        ("fact_state", &[]),
        // A trace has few reviews.
        ("review", &[("trace_id", Value("pg_temp.id((n + 4) / 5)")), ("expert_id", Ids)]),
        ("training_job", &[("snapshot_id", Ids)]),
    ])
    .await;
    let project = all.project();
    let parents = [id(1), id(2)];
    let branches = [
        ("chains", CHAINS_OF_GROUPS),
        ("facts", FACTS_OF_SOURCES),
        ("reviews of traces", REVIEWS_OF_TRACES),
        ("reviews of experts", REVIEWS_OF_EXPERTS),
        ("jobs", JOBS_OF_SNAPSHOTS),
    ];
    let listings = branches.map(|(name, branch)| by_id(name, move |page| branch.query(project, &parents, page)));
    all.expect_few_rows(MOST, listings).await;

    let picture = "decode(lpad(case when n <= 5 then '1' else '2' end, 64, '0'), 'hex')";
    let all = Library::fill(&[("attachment_reference", &[("blob", Value(picture))])]).await;
    let pictures: [Digest; 2] = [1, 2].map(|last| {
        let mut bytes = [0; 32];
        bytes[31] = last;
        Digest::from_bytes(bytes)
    });
    let references = by_id("references", |page| references_query(all.project(), &pictures, page));
    all.expect_few_rows(MOST, [references]).await;

    let all = Library::fill(&[("fact_state", &[("fact_id", Ids)])]).await;
    let states = by_id("states", |page| STATES_OF_FACTS.query(all.project(), &parents, page));
    all.expect_few_rows(MOST, [states]).await;

    let all = Library::fill(&[
        ("source_copy", &[("source_id", Ids)]),
        ("source_retrieval", &[("source_id", Ids)]),
        ("quote_place", &[("copy_id", Ids)]),
    ])
    .await;
    let project = all.project();
    let branches = [("copies", COPIES_OF_SOURCES), ("retrievals", RETRIEVALS_OF_SOURCES), ("places", PLACES_IN_COPIES)];
    let listings = branches.map(|(name, branch)| by_id(name, move |page| branch.query(project, &parents, page)));
    all.expect_few_rows(MOST, listings).await;
}
