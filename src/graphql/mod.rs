//! The GraphQL door: what is recorded, and what can be asked for. Everything that changes something calls a use
//! case; resolvers hold no rules.

mod adjudication;
mod agreement;
mod attachment;
mod audit;
mod chain_group;
mod citation;
mod consensus;
mod curation;
mod evaluation;
mod example;
mod expert;
mod explanation;
mod fact_conflict;
mod fault;
mod feedback;
mod flaw;
mod gather;
mod gold;
mod grounding;
mod guideline;
mod intake;
mod judge;
mod leaf;
mod limits;
mod lineage;
mod loading;
mod model;
mod mutations;
mod node;
mod paging;
mod persisted;
mod person;
mod project;
mod queue;
mod reader;
mod record;
mod redaction;
mod review;
mod review_calendar;
mod review_cycle;
mod review_draft;
mod reward_formula;
mod routing_policy;
mod scalars;
mod score;
mod session;
mod snapshot;
mod source_copy;
mod step;
mod subscription;
mod text;
mod trace;
mod trace_revision;
mod training;
mod verification;
mod webhook;
mod words;
mod worth;

use std::{
    any::TypeId,
    sync::{Arc, LazyLock},
};

use async_graphql::{
    MergedObject, Request, Response, SDLExportOptions, Schema, ServerError,
    parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet},
};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};

use fault::refused;
use limits::Limits;
use persisted::Persisted;
use record::AtOnce;

pub use mutations::Mutation;
pub use session::Session;
pub use subscription::Subscription;
pub use text::body;

/// What is recorded. Lists are pages in Relay's form, newest first where nothing else is said.
#[derive(Debug, Default, MergedObject)]
pub struct Query(PeopleQueries, IntakeQueries, JudgementQueries, LearningQueries);

// The engine merges objects one within the other: in groups, they nest less deep.

#[derive(Debug, Default, MergedObject)]
struct PeopleQueries(
    node::NodeQuery,
    project::ProjectQuery,
    person::PersonQuery,
    redaction::RedactionQuery,
    queue::QueueQuery,
    audit::AuditQuery,
);

#[derive(Debug, Default, MergedObject)]
struct IntakeQueries(
    trace::TraceQuery,
    step::StepQuery,
    chain_group::ChainGroupQuery,
    grounding::GroundingQuery,
    fact_conflict::FactConflictQuery,
    attachment::AttachmentQuery,
    feedback::FeedbackQuery,
    intake::IntakeQuery,
);

#[derive(Debug, Default, MergedObject)]
struct JudgementQueries(
    citation::CitationQuery,
    verification::VerificationQuery,
    judge::JudgeQuery,
    consensus::ConsensusQuery,
    score::ScoreQuery,
    worth::WorthQuery,
    reward_formula::RewardFormulaQuery,
    explanation::ExplanationQuery,
    review::ReviewQuery,
    review_calendar::ReviewCalendarQuery,
    review_draft::ReviewDraftQuery,
    expert::ExpertQuery,
    JudgingQueries,
);

#[derive(Debug, Default, MergedObject)]
struct JudgingQueries(
    guideline::GuidelineQuery,
    gold::GoldQuery,
    adjudication::AdjudicationQuery,
    agreement::AgreementQuery,
    routing_policy::RoutingPolicyQuery,
    review_cycle::ReviewCycleQuery,
    webhook::WebhookQuery,
);

#[derive(Debug, Default, MergedObject)]
struct LearningQueries(
    model::ModelQuery,
    example::ExampleQuery,
    snapshot::SnapshotQuery,
    source_copy::SourceCopyQuery,
    training::TrainingQuery,
    evaluation::EvaluationQuery,
    lineage::LineageQuery,
);

/// The engine, which answers whatever it is given.
type Engine = Schema<Query, Mutation, Subscription>;

/// How many errors a document that is not run is told at most: the first ones are what helps, and a document can be
/// wrong in as many places as it has words.
const ERRORS: usize = 5;

/// The schema with its limits. Requests reach the engine through it alone.
#[derive(Clone)]
pub struct Api {
    engine: Engine,
    limits: Arc<Limits>,
    persisted: Arc<Persisted>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

/// A request whose document was read and is within the limits.
#[derive(Debug)]
pub struct Admitted {
    request: Request,
    /// What the operation that would run does; where its name leaves that open, the most that it may do.
    pub does: Does,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Does {
    /// It reads.
    Query,
    /// It follows.
    Subscription,
    /// It changes something.
    Mutation,
}

impl From<OperationType> for Does {
    fn from(ty: OperationType) -> Self {
        match ty {
            OperationType::Query => Self::Query,
            OperationType::Mutation => Self::Mutation,
            OperationType::Subscription => Self::Subscription,
        }
    }
}

impl Api {
    fn new(introspection: bool) -> Self {
        let mut engine = Schema::build(Query::default(), Mutation::default(), Subscription);
        if !introspection {
            // Suggestions would tell the schema name by name.
            engine = engine.disable_introspection().disable_suggestions();
        }
        let engine = engine.finish();
        let limits = Arc::new(Limits::of(&engine.sdl(), introspection));
        Self { engine, limits, persisted: Arc::new(Persisted::new()) }
    }

    /// Reads a request's document, which it brings or names by its hash, and holds it against the limits.
    ///
    /// # Errors
    /// What to answer to a document that cannot be read or asks for too much.
    pub fn admit(&self, request: Request) -> Result<Admitted, Box<Response>> {
        self.read(request).map_err(|error| Box::new(told(Response::from_errors(vec![error]))))
    }

    fn read(&self, mut request: Request) -> Result<Admitted, ServerError> {
        let hash = self.persisted.complete(&mut request)?;
        if request.query.is_empty() {
            return Err(refused("BAD_USER_INPUT", "give the document in `query`"));
        }
        let document = self.limits.read(&request.query, &request.variables)?;
        let mut does = Does::Query;
        for (known, operation) in document.operations.iter() {
            let meant = match (known, &request.operation_name) {
                (Some(known), Some(wanted)) => known.as_str() == wanted,
                _ => true,
            };
            if meant {
                does = does.max(operation.node.ty.into());
            }
            if operation.node.ty == OperationType::Subscription
                && roots(&document, &operation.node.selection_set.node) != 1
            {
                return Err(refused(
                    "BAD_USER_INPUT",
                    "a subscription follows one field: give each an operation of its own",
                ));
            }
        }
        if let Some(hash) = hash {
            self.persisted.keep(hash, &request.query);
        }
        if let Some(at_once) = AtOnce::of(&document) {
            request = request.data(at_once);
        }
        request.set_parsed_query(document);
        Ok(Admitted { request, does })
    }

    /// Runs a query or a mutation.
    pub async fn run(&self, admitted: Admitted) -> Response {
        let Admitted { request, does } = admitted;
        let asks = session(&request).map(|session| (Arc::clone(&session.reader), Arc::clone(&session.loader)));
        let running = self.engine.execute(request);
        told(match asks {
            Some((reader, gatherer)) => {
                if does == Does::Query {
                    reader.share();
                }
                gatherer.drive(running).await
            }
            // Without a caller nothing is read but the schema.
            None => running.await,
        })
    }

    /// Runs a subscription; of another operation the one answer.
    pub fn follow(&self, admitted: Admitted) -> BoxStream<'static, Response> {
        let gatherer = session(&admitted.request).map(|session| Arc::clone(&session.loader));
        let events = self.engine.execute_stream(admitted.request).map(told).boxed();
        let Some(gatherer) = gatherer else { return events };
        stream::unfold((events, gatherer), async |(mut events, gatherer)| {
            let event = gatherer.drive(events.next()).await?;
            Some((event, (events, gatherer)))
        })
        .boxed()
    }

    /// Admits a request and runs it.
    pub async fn execute(&self, request: impl Into<Request>) -> Response {
        match self.admit(request.into()) {
            Ok(admitted) => self.run(admitted).await,
            Err(refused) => *refused,
        }
    }
}

/// Who asks.
fn session(request: &Request) -> Option<&Session> {
    request.data.get(&TypeId::of::<Session>())?.downcast_ref()
}

/// An answer as it is told: every error with a code, and few where nothing was run.
fn told(mut answer: Response) -> Response {
    if answer.errors.iter().all(|error| error.path.is_empty()) {
        answer.errors.truncate(ERRORS);
    }
    for error in &mut answer.errors {
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", "BAD_USER_INPUT");
        }
    }
    answer
}

/// How many fields a selection has, those of its fragments included. The limits bound them, and refuse circles.
fn roots(document: &ExecutableDocument, set: &SelectionSet) -> usize {
    let fields = |selection: &Selection| match selection {
        Selection::Field(_) => 1,
        Selection::InlineFragment(inline) => roots(document, &inline.node.selection_set.node),
        Selection::FragmentSpread(spread) => document
            .fragments
            .get(&spread.node.fragment_name.node)
            .map_or(1, |fragment| roots(document, &fragment.node.selection_set.node)),
    };
    set.items.iter().map(|selection| fields(&selection.node)).sum()
}

/// The schema of this program, which tells itself to who asks.
pub fn api() -> Api {
    static API: LazyLock<Api> = LazyLock::new(|| Api::new(true));
    API.clone()
}

/// The same, which neither tells its schema nor suggests names of it.
pub fn silent_api() -> Api {
    static API: LazyLock<Api> = LazyLock::new(|| Api::new(false));
    API.clone()
}

/// The schema in its own language.
pub fn sdl() -> String {
    api().engine.sdl_with_options(SDLExportOptions::new().include_specified_by())
}
