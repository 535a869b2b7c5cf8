//! Models, evaluations, promotions and jobs.

use super::{
    FEW_AND_MANY, Library, MOST, by_id, by_place,
    rows::{
        Holds::{Ids, Value, Words},
        of,
    },
};
use crate::{
    domain::{
        evaluation::{CaseFilter, CasePurpose, EvaluationFilter, PromotionDecision, PromotionFilter},
        example::ExampleFormat,
        model::ModelKind,
        training::{JobFilter, JobState},
    },
    store::{
        ExampleFilter, ModelFilter,
        evaluation::{evaluation_cases_query, evaluations_query},
        example::examples_query,
        job::jobs_query,
        job_event::job_events_query,
        model::models_query,
        promotion::promotions_query,
    },
};

#[tokio::test]
async fn a_page_of_what_was_learnt_costs_a_page_by_whatever_it_is_filtered() {
    let all = Library::fill(&[
        ("model_version", &[("kind", Words("reward_model", "language_model"))]),
        ("example", &[("trace_id", Ids), ("review_id", Value("pg_temp.id(n)")), ("format", Words("kto", "sft"))]),
        ("evaluation_case", &[("purpose", Words("regression", "held_out"))]),
        ("evaluation", &[("model_id", Ids)]),
        ("promotion", &[("model_id", Ids), ("decision", Words("rolled_back", "refused"))]),
        ("training_job", &[("snapshot_id", Ids), ("state", Words("running", "succeeded"))]),
        ("job_event", &[("job_id", Ids), ("attempt", Value("1"))]),
    ])
    .await;
    let project = all.project();
    let kinds = std::iter::once(None).chain(ModelKind::ALL.iter().copied().map(Some));
    all.expect_few_rows(
        MOST,
        kinds.map(|kind| {
            let filter = ModelFilter { kind };
            by_id(format!("{filter:?}"), |page| models_query(project, &filter, page))
        }),
    )
    .await;
    let purposes = std::iter::once(None).chain(CasePurpose::ALL.iter().copied().map(Some));
    all.expect_few_rows(
        MOST,
        purposes.map(|purpose| {
            let filter = CaseFilter { purpose };
            by_id(format!("{filter:?}"), |page| evaluation_cases_query(project, &filter, page))
        }),
    )
    .await;
    let mut filters = vec![ExampleFilter { review: Some(of(7)), ..Default::default() }];
    filters.extend([None, Some(of(1)), Some(of(2))].map(|trace| ExampleFilter { trace, ..Default::default() }));
    filters
        .extend(ExampleFormat::ALL.iter().map(|format| ExampleFilter { format: Some(*format), ..Default::default() }));
    let listing = |filter: ExampleFilter| by_id(format!("{filter:?}"), |page| examples_query(project, &filter, page));
    all.expect_few_rows(MOST, filters.into_iter().map(listing)).await;
    let pairs = FEW_AND_MANY.into_iter().flat_map(|n| {
        ExampleFormat::ALL.iter().map(move |format| ExampleFilter {
            trace: Some(of(n)),
            format: Some(*format),
            ..Default::default()
        })
    });
    all.expect_an_index(pairs.map(listing)).await;
    let models = [None, Some(of(1)), Some(of(2))];
    all.expect_few_rows(
        MOST,
        models.map(|model| {
            let filter = EvaluationFilter { model };
            by_id(format!("{filter:?}"), |page| evaluations_query(project, &filter, page))
        }),
    )
    .await;

    let decisions: Vec<_> = std::iter::once(None).chain(PromotionDecision::ALL.iter().copied().map(Some)).collect();
    let listing =
        |filter: PromotionFilter| by_id(format!("{filter:?}"), |page| promotions_query(project, &filter, page));
    all.expect_few_rows(
        MOST,
        models
            .map(|model| PromotionFilter { model, decision: None })
            .into_iter()
            .chain(decisions.iter().map(|decision| PromotionFilter { model: None, decision: *decision }))
            .map(listing),
    )
    .await;
    let pairs =
        models.into_iter().flat_map(|model| decisions.iter().map(move |d| PromotionFilter { model, decision: *d }));
    all.expect_an_index(pairs.map(listing)).await;

    let snapshots = [None, Some(of(1)), Some(of(2))];
    let states: Vec<_> = std::iter::once(None).chain(JobState::ALL.iter().copied().map(Some)).collect();
    let listing = |filter: JobFilter| by_id(format!("{filter:?}"), |page| jobs_query(project, &filter, page));
    all.expect_few_rows(
        MOST,
        snapshots
            .map(|snapshot| JobFilter { snapshot, state: None })
            .into_iter()
            .chain(states.iter().map(|state| JobFilter { snapshot: None, state: *state }))
            .map(listing),
    )
    .await;
    let pairs = snapshots
        .into_iter()
        .flat_map(|snapshot| states.iter().map(move |state| JobFilter { snapshot, state: *state }));
    all.expect_an_index(pairs.map(listing)).await;
    all.expect_few_rows(
        MOST,
        FEW_AND_MANY.map(|n| by_place("a job's events", |page| job_events_query(project, &[(of(n), 1)], page))),
    )
    .await;
}
