//! Everything that can be asked for, and who may ask for it.

use atr_core::{
    domain::access::Role::{self, Admin, Auditor, Curator, Expert, Ingest, Operator, Trainer},
    ids::Kind,
};
use serde_json::Value;

/// A field of the API and the document that asks for it. Ids in it are `trc_0` and so on, until [`Call::with`] fills
/// them in.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) field: String,
    document: String,
    pub(super) allowed: Vec<Role>,
}

impl Call {
    /// The document with an id of each kind; a kind without one gets the id of nothing.
    pub(super) fn with(&self, ids: &[String]) -> String {
        let mut document = self.document.clone();
        let kinds = Kind::ALL.iter().map(|kind| kind.prefix());
        for kind in kinds {
            let known = ids.iter().find(|id| id.split_once('_').is_some_and(|(prefix, _)| prefix == kind));
            let id = known.cloned().unwrap_or_else(|| format!("{kind}_{}", "0".repeat(26)));
            document = document.replace(&format!("\"{kind}_0\""), &format!("\"{id}\""));
        }
        document
    }
}

const CURATORS: &[Role] = &[Operator, Admin, Curator];
const TRAINERS: &[Role] = &[Operator, Admin, Trainer];
const ADMINS: &[Role] = &[Operator, Admin];
const READERS: &[Role] = &[Operator, Admin, Curator, Trainer, Auditor];
/// Who may read what a judgement is made with.
const REVIEWERS: &[Role] = &[Operator, Admin, Curator, Trainer, Expert, Auditor];

/// Which roles may send what, at either door.
pub(super) const SENDERS: [(&str, &[Role]); 4] = [
    ("traces", &[Operator, Admin, Ingest]),
    ("reviews", &[Operator, Admin, Expert]),
    ("grounding", &[Operator, Admin, Curator, Expert]),
    ("feedback", &[Operator, Admin, Ingest]),
];

const MUTATIONS: [(&str, &str, &[Role]); 51] = [
    ("recordTraces", r#"(items: [{external_id: "t", model: "m", query: "q", answer: "b"}])"#, SENDERS[0].1),
    (
        "compareChains",
        r#"(chains: [{model: "m", query: "q", answer: "b"}, {model: "m", query: "q", answer: "c"}], recordBelow: 0)"#,
        SENDERS[0].1,
    ),
    ("recordReviews", r#"(items: [{trace: "trc_0", expert: "exp_0", verdict: "correct"}])"#, SENDERS[1].1),
    (
        "recordGrounding",
        r#"(items: [{kind: "fact", external_id: "f", source: "s", domain: "d", subject: "s", statement: "S."}])"#,
        SENDERS[2].1,
    ),
    ("recordFeedback", r#"(items: [{trace: "trc_0", thumbs: "down"}])"#, SENDERS[3].1),
    ("openAssignment", r#"(assignment: "asg_0")"#, SENDERS[1].1),
    ("returnAssignment", r#"(assignment: "asg_0")"#, SENDERS[1].1),
    ("takeAssignment", "", SENDERS[1].1),
    ("saveReviewDraft", r#"(trace: "trc_0", from: 0, content: {})"#, SENDERS[1].1),
    ("discardReviewDraft", r#"(trace: "trc_0")"#, SENDERS[1].1),
    ("retractFact", r#"(fact: "fct_0", reason: "r")"#, CURATORS),
    ("disputeFact", r#"(fact: "fct_0", reason: "r")"#, CURATORS),
    ("verifyFact", r#"(fact: "fct_0", reason: "r")"#, CURATORS),
    ("supersedeFact", r#"(fact: "fct_0", by: "fct_0", reason: "r")"#, CURATORS),
    ("fetchSource", r#"(source: "src_0")"#, CURATORS),
    ("setSourceRefresh", r#"(source: "src_0", hours: 1)"#, CURATORS),
    ("requestSnapshot", "", TRAINERS),
    ("startTrainingJob", r#"(input: {snapshot: "snp_0", baseModel: "mdl_0"})"#, TRAINERS),
    ("cancelTrainingJob", r#"(job: "job_0")"#, TRAINERS),
    ("promoteModel", r#"(model: "mdl_0", reason: "r")"#, TRAINERS),
    ("rollBack", r#"(reason: "r")"#, TRAINERS),
    ("createExpert", r#"(input: {handle: "new", weeklyCapacity: 1})"#, ADMINS),
    ("updateExpert", r#"(expert: "exp_0", input: {active: false})"#, ADMINS),
    ("createKey", r#"(input: {name: "n", role: EXPERT, expert: "exp_0"})"#, ADMINS),
    ("rotateKey", r#"(key: "key_0")"#, ADMINS),
    ("revokeKey", r#"(key: "key_0")"#, ADMINS),
    ("invitePerson", r#"(input: {email: "someone@example.org", role: AUDITOR})"#, ADMINS),
    ("makeSignInLink", r#"(person: "psn_0")"#, ADMINS),
    ("deactivatePerson", r#"(person: "psn_0")"#, ADMINS),
    ("routeReviews", "", ADMINS),
    ("addWebhookEndpoint", r#"(url: "https://example.org/hook")"#, ADMINS),
    ("removeWebhookEndpoint", r#"(endpoint: "whk_0")"#, ADMINS),
    ("writeGuideline", r#"(text: "Judge.")"#, ADMINS),
    ("enterGoldItem", r#"(trace: "trc_0", verdict: INCORRECT)"#, ADMINS),
    ("retireGoldItem", r#"(trace: "trc_0")"#, ADMINS),
    ("adjudicate", r#"(adjudication: "adj_0", verdict: CORRECT)"#, ADMINS),
    ("replayTask", r#"(task: "tsk_0")"#, ADMINS),
    ("replayDeadTasks", "", ADMINS),
    ("rereadPictures", "", ADMINS),
    ("replayQuarantined", r#"(ids: ["qua_0"])"#, ADMINS),
    ("discardQuarantined", r#"(ids: ["qua_0"], reason: "r")"#, ADMINS),
    ("cancelTask", r#"(task: "tsk_0")"#, ADMINS),
    ("pauseStage", r#"(stage: PROMOTE, why: "w")"#, &[Operator]),
    ("resumeStage", "(stage: PROMOTE)", &[Operator]),
    ("changeKeepRule", "(keepShare: 0.5)", ADMINS),
    ("changeReviewCalendar", r#"(timeZone: "Europe/Berlin")"#, ADMINS),
    ("changeRoutingPolicy", "(goldShare: 0.2)", ADMINS),
    ("setRewardFormula", "(citations: 2)", ADMINS),
    ("setRedactedPatterns", "(patterns: [EMAIL])", ADMINS),
    ("setMaxBacklog", "(tasks: 1000)", &[Operator]),
    ("createProject", r#"(slug: "new", name: "New")"#, &[Operator]),
];

const SUBSCRIPTIONS: [(&str, &str, &[Role]); 4] = [
    ("taskProgress", "", READERS),
    ("jobProgress", r#"(job: "job_0")"#, READERS),
    ("reviewQueue", "", REVIEWERS),
    ("snapshotState", r#"(snapshot: "snp_0")"#, READERS),
];

fn readers(field: &str) -> &'static [Role] {
    match field {
        "projects" => &[Operator],
        "webhookEndpoints" => ADMINS,
        "rewards" => &[Operator, Admin, Curator, Trainer, Auditor, Ingest],
        "key" | "keys" | "person" | "people" | "auditEntry" | "auditEntries" => &[Operator, Admin, Auditor],
        "node" | "nodes" | "trace" | "traces" | "step" | "steps" | "source" | "sources" | "sourceCopy"
        | "sourceCopyText" | "sourceCopyChanges" | "fact" | "facts" | "factConflicts" | "searchFacts"
        | "attachedFile" | "review" | "reviews" | "reviewCalendar" | "reviewCycle" | "reviewDraft"
        | "expertReliability" | "guideline" | "guidelines" | "expert" | "assignment" | "assignments" => REVIEWERS,
        _ => READERS,
    }
}

/// Every mutation, each on things of which the ids are to be filled in.
pub(super) async fn mutations() -> Vec<Call> {
    decided("mutation", &MUTATIONS, "{ status }").await
}

/// Every subscription, likewise.
pub(super) async fn subscriptions() -> Vec<Call> {
    decided("subscription", &SUBSCRIPTIONS, "{ __typename }").await
}

/// The fields of a root type, each with the decision who may ask for it.
async fn decided(root: &str, table: &[(&str, &str, &[Role])], selection: &str) -> Vec<Call> {
    let known: Vec<_> = table
        .iter()
        .map(|(field, arguments, allowed)| Call {
            field: (*field).to_owned(),
            document: format!("{root} {{ {field}{arguments} {selection} }}"),
            allowed: allowed.to_vec(),
        })
        .collect();
    let mut named: Vec<_> = known.iter().map(|call| call.field.clone()).collect();
    let served = fields(&format!("{root}Type")).await;
    let mut served: Vec<_> = served.iter().map(|field| text(field, "name").to_owned()).collect();
    named.sort();
    served.sort();
    assert_eq!(named, served, "the table of who may call what has every {root}");
    known
}

/// Every query with the least that it must be given, as the schema tells it.
pub(super) async fn queries() -> Vec<Call> {
    let mut calls = vec![];
    for field in fields("queryType").await {
        let name = text(&field, "name");
        let mut arguments = vec![];
        for argument in field["args"].as_array().expect("arguments") {
            if argument["type"]["kind"] != "NON_NULL" || !argument["defaultValue"].is_null() {
                continue;
            }
            let value = match text(innermost(&argument["type"]), "name") {
                "ID" => format!("\"{}_0\"", kind_of(text(innermost(&field["type"]), "name")).prefix()),
                "String" => r#""gold""#.to_owned(),
                "JSON" => r#"{query: "q", answer: "a"}"#.to_owned(),
                "LineageInput" => r#"{of: "snp_0", direction: ORIGINS}"#.to_owned(),
                other => panic!("{name} must be given a {other}, which no test knows"),
            };
            // A list of one may be given as the one.
            arguments.push(format!("{}: {value}", text(argument, "name")));
        }
        let of = innermost(&field["type"]);
        let list = text(of, "name").ends_with("Connection");
        if list && name != "lineage" {
            arguments.push("first: 100".to_owned());
        }
        let selection = match text(of, "kind") {
            "SCALAR" | "ENUM" => "",
            _ if list => "{ edges { cursor } }",
            _ => "{ __typename }",
        };
        let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        calls.push(Call {
            field: name.to_owned(),
            document: format!("{{ {name}{arguments} {selection} }}"),
            allowed: readers(name).to_vec(),
        });
    }
    assert!(calls.len() > 40, "{} queries", calls.len());
    calls
}

/// The kind of id that names things of a type of the API.
fn kind_of(name: &str) -> Kind {
    let named = |kind: &&Kind| {
        let kind = format!("{kind:?}");
        kind == name || kind == format!("Api{name}") || format!("{kind}Item") == name
    };
    // What may be anything is asked for as a trace.
    Kind::ALL.iter().find(named).copied().unwrap_or_else(|| match name {
        "Node" | "ReviewDraft" | "ReviewConsensus" | "Explanation" => Kind::Trace,
        "ExpertReliability" => Kind::Expert,
        "SourceCopyText" | "SourceCopyChanges" => Kind::SourceCopy,
        // What a trace came with is an `Attachment` of the API, and no record.
        "AttachedFile" => Kind::Attachment,
        other => panic!("no kind of id names a {other}"),
    })
}

/// The fields of a root type.
async fn fields(root: &str) -> Vec<Value> {
    const TYPE: &str = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
    let asked = format!(
        "{{ __schema {{ {root} {{ fields {{ name args {{ name defaultValue type {{ {TYPE} }} }} type {{ {TYPE} }} }} }} }} }}"
    );
    let answer = atr::graphql::api().execute(asked).await;
    assert!(answer.errors.is_empty(), "{:?}", answer.errors);
    let schema = answer.data.into_json().expect("the schema as JSON");
    schema["__schema"][root]["fields"].as_array().expect("fields").clone()
}

/// A type without what wraps it.
fn innermost(kind: &Value) -> &Value {
    if kind["ofType"].is_null() { kind } else { innermost(&kind["ofType"]) }
}

fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of[field].as_str().expect("a text")
}
