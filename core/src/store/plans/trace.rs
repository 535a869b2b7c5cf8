//! Traces, their groups and the consensus of those.

use super::{
    FEW_AND_MANY, Library, MOST, by_id,
    rows::{
        Holds::{Ids, Value, Words},
        of,
    },
};
use crate::{
    domain::{
        flaw::FlawKind,
        trace::{Pillar, Split, StepKind},
    },
    store::{
        ChainGroupFilter, StepFilter, TraceFilter, chain_group::chain_groups_query, consensus::consensuses_query,
        step::steps_query, trace::traces_query,
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
                ("source", Words("few", "many")),
                ("circular_support", Words("true", "false")),
            ],
        ),
        ("trace_key", &[("trace_id", Value("pg_temp.id(n)"))]),
        ("score", &[("trace_id", Value("pg_temp.id(n)"))]),
        (
            "flaw",
            &[
                ("score_id", Value("pg_temp.id(n)")),
                ("trace_id", Value("pg_temp.id(n)")),
                ("kind", Words("unsafe", "factual_error")),
            ],
        ),
        // A trace has few steps.
        (
            "reasoning_step",
            &[("trace_id", Value("pg_temp.id((n + 4) / 5)")), ("kind", Words("conclusion", "reasoning"))],
        ),
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
    for flaw in [FlawKind::Unsafe, FlawKind::FactualError, FlawKind::Outdated] {
        filters.push(TraceFilter { flaw: Some(flaw), ..Default::default() });
    }
    filters.extend(Split::ALL.iter().map(|split| TraceFilter { split: Some(*split), ..Default::default() }));
    filters.extend(Pillar::ALL.iter().map(|pillar| TraceFilter { pillar: Some(*pillar), ..Default::default() }));
    for domain in ["rare", "common", "none"] {
        filters.push(TraceFilter { domain: Some(domain.into()), ..Default::default() });
    }
    for language in ["la", "en", "tlh"] {
        filters.push(TraceFilter { language: Some(language.into()), ..Default::default() });
    }
    for source in ["few", "many", "none"] {
        filters.push(TraceFilter { source: Some(source.into()), ..Default::default() });
    }
    filters.extend([true, false].map(|yes| TraceFilter { circular_support: Some(yes), ..Default::default() }));
    // Every id here is of the first millisecond.
    let begin = chrono::DateTime::UNIX_EPOCH;
    let times = [begin, begin + chrono::TimeDelta::milliseconds(1)];
    for time in times {
        filters.push(TraceFilter { received_after: Some(time), ..Default::default() });
        filters.push(TraceFilter { received_before: Some(time), ..Default::default() });
        filters.push(TraceFilter { received_after: Some(time), domain: Some("rare".into()), ..Default::default() });
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

    let listing = |filter: StepFilter| by_id(format!("{filter:?}"), |page| steps_query(project, &filter, page));
    let kinds: Vec<_> = std::iter::once(None).chain(StepKind::ALL.iter().copied().map(Some)).collect();
    let alone = kinds.iter().map(|kind| StepFilter { trace: None, kind: *kind });
    all.expect_few_rows(MOST, alone.chain([StepFilter { trace: Some(of(7)), kind: None }]).map(listing)).await;
    all.expect_an_index(kinds.iter().map(|kind| listing(StepFilter { trace: Some(of(7)), kind: *kind }))).await;

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
