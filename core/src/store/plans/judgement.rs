//! Verifications, claims, scores, reviews, and who reviews what.

use super::{
    FEW_AND_MANY, Library, MOST, by_id,
    rows::{
        Holds::{Ids, Value, Words},
        of,
    },
};
use crate::{
    domain::{assignment::AssignmentState, judgement::ClaimVerdict, review::Verdict},
    store::{
        AdjudicationFilter, AssignmentFilter, ClaimFilter, ExpertFilter, FeedbackFilter, ReviewFilter, ScoreFilter,
        adjudication::adjudications_query,
        assignment::assignments_query,
        expert::experts_query,
        feedback::{feedback_of_traces_query, feedback_query},
        review::reviews_query,
        score::scores_query,
        verification::{claims_query, verifications_query},
    },
};

#[tokio::test]
async fn a_page_of_judgements_costs_a_page_by_whatever_they_are_filtered() {
    let all = Library::fill(&[
        ("verification", &[("trace_id", Ids)]),
        ("claim", &[("trace_id", Ids), ("deciding_fact_id", Ids), ("verdict", Words("contradicted", "supported"))]),
        ("score", &[("trace_id", Ids), ("reward", Words("-1", "1"))]),
        // A trace has few reviews.
        (
            "review",
            &[
                ("trace_id", Value("pg_temp.id((n + 4) / 5)")),
                ("expert_id", Ids),
                ("verdict", Words("cannot_judge", "correct")),
            ],
        ),
        ("review_key", &[("review_id", Value("pg_temp.id(n)"))]),
        ("adjudication", &[("reviews", Value("'{}'"))]),
        (
            "assignment",
            &[
                ("expert_id", Ids),
                ("cycle", Words("2026-11-16", "2026-11-23")),
                ("state", Words("passed", "returned")),
                ("purpose", Value("'single'")),
                ("slot", Value("n")),
                ("ended_at", Value("now()")),
            ],
        ),
        ("expert", &[("active", Words("false", "true")), ("domains", Words("{few}", "{many}"))]),
    ])
    .await;
    let project = all.project();
    let traces = [None, Some(of(1)), Some(of(2))];
    all.expect_few_rows(
        MOST,
        traces.map(|trace| by_id(format!("verifications {trace:?}"), |page| verifications_query(project, trace, page))),
    )
    .await;
    let signs = [None, Some(false), Some(true)];
    let listing = |filter: ScoreFilter| by_id(format!("{filter:?}"), |page| scores_query(project, &filter, page));
    let alone = traces.map(|trace| ScoreFilter { trace, below_zero: None });
    all.expect_few_rows(
        MOST,
        alone.into_iter().chain(signs.map(|below_zero| ScoreFilter { trace: None, below_zero })).map(listing),
    )
    .await;
    let pairs = traces.into_iter().flat_map(|trace| signs.map(|below_zero| ScoreFilter { trace, below_zero }));
    all.expect_an_index(pairs.map(listing)).await;
    let facts = [None, Some(of(1)), Some(of(2))];
    let listing = |filter: ClaimFilter| by_id(format!("{filter:?}"), |page| claims_query(project, &filter, page));
    let alone = traces.map(|trace| ClaimFilter { trace, ..Default::default() });
    let decided = facts.map(|deciding_fact| ClaimFilter { deciding_fact, ..Default::default() });
    let judged: Vec<_> = std::iter::once(None).chain(ClaimVerdict::ALL.iter().copied().map(Some)).collect();
    let verdicts = judged.iter().map(|verdict| ClaimFilter { verdict: *verdict, ..Default::default() });
    all.expect_few_rows(MOST, alone.into_iter().chain(decided).chain(verdicts).map(listing)).await;
    let pairs = traces.into_iter().flat_map(|trace| {
        let judged = &judged;
        facts.into_iter().flat_map(move |deciding_fact| {
            judged.iter().map(move |verdict| ClaimFilter { trace, deciding_fact, verdict: *verdict })
        })
    });
    all.expect_an_index(pairs.map(listing)).await;

    let mut filters = vec![ReviewFilter::default(), ReviewFilter { trace: Some(of(7)), ..Default::default() }];
    filters.push(ReviewFilter { external_id: Some("v7".into()), ..Default::default() });
    filters.extend(FEW_AND_MANY.map(|n| ReviewFilter { expert: Some(of(n)), ..Default::default() }));
    filters.extend(Verdict::ALL.iter().map(|verdict| ReviewFilter { verdict: Some(*verdict), ..Default::default() }));
    let listing = |filter: ReviewFilter| by_id(format!("{filter:?}"), |page| reviews_query(project, &filter, page));
    all.expect_few_rows(MOST, filters.into_iter().map(listing)).await;
    let pairs = FEW_AND_MANY.into_iter().flat_map(|n| {
        let expert = ReviewFilter { expert: Some(of(n)), ..Default::default() };
        [
            ReviewFilter { trace: Some(of(7)), ..expert.clone() },
            ReviewFilter { verdict: Some(Verdict::CannotJudge), ..expert },
        ]
    });
    all.expect_an_index(pairs.map(listing)).await;

    let experts = [None, Some(of(1)), Some(of(2))];
    let cycles = [None, Some("2026-11-16"), Some("2026-11-23"), Some("2026-11-30")]
        .map(|day| day.map(|day| day.parse().expect("a day")));
    let states = [None, Some(AssignmentState::Passed), Some(AssignmentState::Returned)];
    let listing =
        |filter: AssignmentFilter| by_id(format!("{filter:?}"), |page| assignments_query(project, &filter, page));
    all.expect_few_rows(
        MOST,
        experts
            .map(|expert| AssignmentFilter { expert, ..AssignmentFilter::default() })
            .into_iter()
            .chain(cycles.map(|cycle| AssignmentFilter { cycle, ..AssignmentFilter::default() }))
            .chain(states.map(|state| AssignmentFilter { state, ..AssignmentFilter::default() }))
            .map(listing),
    )
    .await;
    let pairs = experts.into_iter().flat_map(|expert| cycles.map(|cycle| (expert, cycle)));
    let pairs = pairs.flat_map(|(expert, cycle)| states.map(|state| AssignmentFilter { expert, cycle, state }));
    all.expect_an_index(pairs.map(listing)).await;

    let listing =
        |filter: AdjudicationFilter| by_id(format!("{filter:?}"), |page| adjudications_query(project, &filter, page));
    let open = [None, Some(true), Some(false)];
    all.expect_few_rows(MOST, open.map(|open| AdjudicationFilter { open, trace: None }).into_iter().map(listing)).await;
    let of_one = open.map(|open| AdjudicationFilter { open, trace: Some(of(7)) });
    all.expect_an_index(of_one.into_iter().map(listing)).await;

    // Experts are people and programs: their number does not grow with what comes in.
    let domains = [None, Some("few"), Some("none")].map(|domain| domain.map(str::to_owned));
    let people = domains
        .into_iter()
        .flat_map(|domain| [None, Some(false)].map(|active| ExpertFilter { active, domain: domain.clone() }));
    all.expect_an_index(
        people.map(|filter| by_id(format!("{filter:?}"), |page| experts_query(project, &filter, page))),
    )
    .await;
}

#[tokio::test]
async fn a_page_of_feedback_costs_a_page_by_whatever_it_is_filtered() {
    let all = Library::fill(&[
        ("error_trace", &[("external_id", Value("'t' || n"))]),
        (
            "feedback",
            &[("subject", Words("nt1", "nt2")), ("external_id", Words("few", "many")), ("opinion", Words("-1", "1"))],
        ),
    ])
    .await;
    let project = all.project();
    let named = |few: &str, many: &str| [None, Some(few.to_owned()), Some(many.to_owned()), Some("none".to_owned())];
    let listing = |filter: FeedbackFilter| by_id(format!("{filter:?}"), |page| feedback_query(project, &filter, page));
    let bad = [None, Some(true), Some(false)];
    let alone = bad.map(|bad| FeedbackFilter { bad, ..FeedbackFilter::default() }).into_iter();
    let alone = alone
        .chain(named("few", "many").map(|external_id| FeedbackFilter { external_id, ..FeedbackFilter::default() }));
    let alone = alone.chain(
        named("t1", "t2").map(|trace_external_id| FeedbackFilter { trace_external_id, ..FeedbackFilter::default() }),
    );
    all.expect_few_rows(MOST, alone.map(listing)).await;
    let mut together = vec![];
    for bad in bad {
        for external_id in named("few", "many") {
            for trace_external_id in named("t1", "t2") {
                together.push(FeedbackFilter { bad, external_id: external_id.clone(), trace_external_id });
            }
        }
    }
    all.expect_an_index(together.into_iter().map(listing)).await;
    let of_traces =
        by_id("of traces", |page| feedback_of_traces_query(project, &FEW_AND_MANY.map(super::rows::id), page));
    all.expect_few_rows(MOST, [of_traces]).await;
}
