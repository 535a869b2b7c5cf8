//! Traces, their groups and the consensus of those.

use super::{
    FEW_AND_MANY, Library, MOST, by_id,
    rows::{
        Holds::{Ids, Value, Words},
        of,
    },
};
use crate::{
    domain::trace::{Pillar, Split},
    store::{
        ChainGroupFilter, TraceFilter, chain_group::chain_groups_query, consensus::consensuses_query,
        trace::traces_query,
    },
};

#[tokio::test]
async fn a_page_of_traces_costs_a_page_by_whatever_they_are_filtered() {
    let all = Library::fill(&[
        (
            "error_trace",
            &[
                ("model_version_id", Ids),
                ("chain_group_id", Ids),
                ("split", Words("held_out", "train")),
                ("pillar", Words("visual_text", "text")),
                ("domain", Words("rare", "common")),
                ("language", Words("la", "en")),
            ],
        ),
        ("trace_key", &[("trace_id", Value("pg_temp.id(n)"))]),
        ("chain_group", &[]),
        ("consensus", &[("chain_group_id", Ids)]),
    ])
    .await;
    let project = all.project();
    let mut filters = vec![
        TraceFilter::default(),
        TraceFilter { external_id: Some("v7".into()), ..Default::default() },
        TraceFilter { external_id: Some("none".into()), ..Default::default() },
    ];
    for n in FEW_AND_MANY {
        filters.push(TraceFilter { model: Some(of(n)), ..Default::default() });
        filters.push(TraceFilter { group: Some(of(n)), ..Default::default() });
    }
    filters.extend(Split::ALL.iter().map(|split| TraceFilter { split: Some(*split), ..Default::default() }));
    filters.extend(Pillar::ALL.iter().map(|pillar| TraceFilter { pillar: Some(*pillar), ..Default::default() }));
    for domain in ["rare", "common", "none"] {
        filters.push(TraceFilter { domain: Some(domain.into()), ..Default::default() });
    }
    for language in ["la", "en", "tlh"] {
        filters.push(TraceFilter { language: Some(language.into()), ..Default::default() });
    }
    let listing = |filter: TraceFilter| by_id(format!("{filter:?}"), |page| traces_query(project, &filter, page));
    all.expect_few_rows(MOST, filters.into_iter().map(listing)).await;
    let mut pairs = vec![];
    for split in Split::ALL {
        let split = TraceFilter { split: Some(*split), ..Default::default() };
        pairs.push(TraceFilter { domain: Some("rare".into()), ..split.clone() });
        pairs.push(TraceFilter { domain: Some("common".into()), ..split.clone() });
        pairs.push(TraceFilter { model: Some(of(1)), ..split.clone() });
        pairs.push(TraceFilter { model: Some(of(2)), ..split.clone() });
        pairs.push(TraceFilter { group: Some(of(2)), ..split });
    }
    pairs.push(TraceFilter { model: Some(of(2)), domain: Some("rare".into()), ..Default::default() });
    all.expect_an_index(pairs.into_iter().map(listing)).await;

    let groups = ["v7", "none"].map(|key| ChainGroupFilter { key: Some(key.into()) });
    all.expect_few_rows(
        MOST,
        groups
            .into_iter()
            .chain([ChainGroupFilter::default()])
            .map(|filter| by_id(format!("{filter:?}"), |page| chain_groups_query(project, &filter, page))),
    )
    .await;
    all.expect_few_rows(
        MOST,
        [None, Some(of(1)), Some(of(2))]
            .map(|group| by_id(format!("consensuses {group:?}"), |page| consensuses_query(project, group, page))),
    )
    .await;
}
