//! Every edge of every type is read for all records at once: a document issues as many statements over fifty records as
//! over five.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Once,
};

use async_graphql::parser::{
    parse_schema,
    types::{BaseType, FieldDefinition, TypeKind, TypeSystemDefinition},
};
use atr_core::domain::access::Role;
use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use tracing::{Event, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::Targets, layer::Context, prelude::*};

use crate::world::{World, body_of};

thread_local! {
    /// How many statements this thread, and so this test, has issued.
    static ISSUED: Cell<usize> = const { Cell::new(0) };
}

/// Counts statements. The database's driver tells each as an event, on the thread of the test that issues it.
#[derive(Debug)]
pub struct Statements;

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        ISSUED.set(ISSUED.get() + 1);
    }
}

impl Statements {
    /// One listener for the whole process: of several, set and dropped by tests at once, some hear nothing.
    pub fn watch() -> Self {
        static LISTENING: Once = Once::new();
        LISTENING.call_once(|| {
            let of_statements = Targets::new().with_target("sqlx::query", LevelFilter::TRACE);
            let listener = tracing_subscriber::registry().with(Self.with_filter(of_statements));
            tracing::subscriber::set_global_default(listener).expect("nothing else listens");
        });
        Self
    }

    async fn of(&self, world: &World, key: &str, query: &str) -> (usize, Value) {
        let before = ISSUED.get();
        let answer = ask(world, key, query).await;
        (ISSUED.get() - before, answer)
    }

    /// How many something issues.
    pub async fn during<T>(&self, doing: impl Future<Output = T>) -> usize {
        let before = ISSUED.get();
        doing.await;
        ISSUED.get() - before
    }
}

async fn ask(world: &World, key: &str, query: &str) -> Value {
    let request = Request::post("/graphql")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(json!({"query": query}).to_string()))
        .expect("a request");
    let answer: Value = serde_json::from_slice(&body_of(world.ask(request).await).await).expect("JSON");
    assert!(answer.get("errors").is_none(), "{query}: {answer:#}");
    answer
}

/// Puts records of every kind in.
pub async fn fill(world: &World, from: usize, to: usize) {
    let sql = include_str!("edges.sql").replace("$FROM", &from.to_string()).replace("$TO", &to.to_string());
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&world.database.owner).await.expect("records");
}

/// A way to the records of a type: what stands before and after their fields.
#[derive(Clone)]
struct Way {
    before: String,
    after: String,
}

impl Way {
    fn through(&self, field: &str, connection: bool) -> Self {
        let (open, close) = if connection { ("{ edges { node {", "} } }") } else { ("{", "}") };
        Self { before: format!("{} {field} {open}", self.before), after: format!("{close} {}", self.after) }
    }
}

/// Documents, found by walking the schema from its lists.
struct Documents {
    /// For each edge of each type.
    edges: BTreeMap<String, String>,
    /// For all values of each type: as they come, and with a condition, so that the engine asks for each.
    values: BTreeMap<String, [String; 2]>,
}

fn documents() -> Documents {
    let schema = parse_schema(atr::graphql::sdl()).expect("the schema");
    let mut types: BTreeMap<String, Vec<FieldDefinition>> = BTreeMap::new();
    for definition in schema.definitions {
        let TypeSystemDefinition::Type(kind) = definition else { continue };
        let fields = match kind.node.kind {
            TypeKind::Object(object) => object.fields,
            TypeKind::Interface(interface) => interface.fields,
            _ => continue,
        };
        types.insert(kind.node.name.node.to_string(), fields.into_iter().map(|field| field.node).collect());
    }
    // Where a field leads: the type, and whether by a connection.
    let leads = |field: &FieldDefinition| -> Option<(String, bool)> {
        let mut base = &field.ty.node.base;
        let name = loop {
            match base {
                BaseType::List(inner) => base = &inner.base,
                BaseType::Named(name) => break name.to_string(),
            }
        };
        let Some(record) = types.get(&name)?.iter().find(|field| field.name.node == "edges") else {
            return Some((name, false));
        };
        let mut base = &record.ty.node.base;
        while let BaseType::List(inner) = base {
            base = &inner.base;
        }
        let node = types[&base.to_string()].iter().find(|field| field.name.node == "node")?;
        Some((node.ty.node.base.to_string(), true))
    };
    let asked = |field: &FieldDefinition, root: bool| {
        let mut arguments = Vec::new();
        if field.arguments.iter().any(|argument| argument.node.name.node == "first") {
            arguments.push(if root { "first: 50".to_owned() } else { "first: 2".to_owned() });
        }
        match field.name.node.as_str() {
            "rows" => arguments.push("format: SFT".to_owned()),
            "lineage" => arguments.push(format!("from: {{of: \"{}\", direction: ORIGINS}}", first_snapshot())),
            _ => {}
        }
        let list = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        format!("{}{list}", field.name.node)
    };

    let (mut known, mut next) = (BTreeSet::new(), VecDeque::new());
    let (mut edges, mut values) = (BTreeMap::new(), BTreeMap::new());
    let root = Way { before: "{".to_owned(), after: "}".to_owned() };
    for field in &types["Query"] {
        if let Some((to, true)) = leads(field)
            && known.insert(to.clone())
        {
            next.push_back((to, root.through(&asked(field, true), true)));
        }
    }
    while let Some((of, way)) = next.pop_front() {
        let stands_by_itself = |field: &&FieldDefinition| leads(field).is_none() && field.arguments.is_empty();
        let names: Vec<_> = types[&of].iter().filter(stands_by_itself).map(|field| field.name.node.as_str()).collect();
        let asked_for = |typename: &str| format!("{} {typename} {} {}", way.before, names.join(" "), way.after);
        values.insert(of.clone(), [asked_for("__typename"), asked_for("__typename @include(if: true)")]);
        for field in &types[&of] {
            let Some((to, connection)) = leads(field) else { continue };
            let there = way.through(&asked(field, false), connection);
            edges.insert(format!("{of}.{}", field.name.node), format!("{} __typename {}", there.before, there.after));
            if known.insert(to.clone()) {
                next.push_back((to, there));
            }
        }
    }
    Documents { edges, values }
}

fn first_snapshot() -> String {
    use atr_core::ids::{Id, SnapshotId};
    let uuid = "00000015-0000-7000-8000-000000000001".parse().expect("an id");
    SnapshotId::from_uuid(uuid).to_string()
}

#[tokio::test]
async fn every_edge_costs_as_many_statements_for_fifty_records_as_for_five() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    let documents = documents().edges;
    assert!(documents.len() > 80, "{} edges", documents.len());
    let statements = Statements::watch();

    // The key is looked up once.
    statements.of(&world, &key, "{ __typename }").await;

    fill(&world, 1, 5).await;
    let mut few = BTreeMap::new();
    for (edge, query) in &documents {
        few.insert(edge, statements.of(&world, &key, query).await.0);
    }
    assert!(few.values().all(|count| *count > 0), "statements are not seen: {few:#?}");

    fill(&world, 6, 50).await;
    let (mut grown, mut empty) = (Vec::new(), Vec::new());
    for (edge, query) in &documents {
        let (many, answer) = statements.of(&world, &key, query).await;
        let reached = answer.to_string().matches("__typename").count();
        if reached <= 20 {
            empty.push(format!("{edge}: {reached} records by {query}: {answer:.400}"));
        }
        if many != few[edge] {
            grown.push(format!("{edge}: {} statements for 5 records, {many} for 50", few[edge]));
        }
    }
    assert!(empty.is_empty(), "nothing is there to be counted: {empty:#?}");
    assert!(grown.is_empty(), "{grown:#?}");
}

#[tokio::test]
async fn every_value_is_answered_as_the_engine_would() {
    let world = World::new().await;
    let key = world.key(Role::Operator, None).await;
    fill(&world, 1, 5).await;
    let values = documents().values;
    assert!(values.len() > 40, "{} types", values.len());
    let mut empty = Vec::new();
    for (of, [at_once, by_engine]) in values {
        let answer = ask(&world, &key, &at_once).await;
        if !answer.to_string().contains("__typename") {
            empty.push(of.clone());
        }
        assert_eq!(answer, ask(&world, &key, &by_engine).await, "{of}");
    }
    assert!(empty.is_empty(), "nothing is there to be answered: {empty:?}");
}

#[tokio::test]
async fn a_whole_trace_costs_as_many_statements_for_fifty_as_for_five() {
    let world = World::new().await;
    let key = world.key(Role::Auditor, None).await;
    let statements = Statements::watch();
    let query = "{ traces(first: 50) { edges { node { model { name base { name } } batch { id }
        group { key traces(first: 2) { edges { node { id } } } consensus { dissenters { id } } }
        steps { text } claims { verdict decidingFact { statement source { publisher } states(first: 2) { edges { node { state } } } } }
        verification { citations { state source { title } fact { statement } } }
        latestScore { reward review { verdict } consensus { confidence } rewardModel { name } }
        standingReviews { expert { handle } citations { raw } } examples { snapshotRows { format } }
        snapshotMembers { snapshot { name } facts { fact { statement } } } } } } }";
    fill(&world, 1, 5).await;
    let (few, _) = statements.of(&world, &key, query).await;
    fill(&world, 6, 50).await;
    let (many, answer) = statements.of(&world, &key, query).await;
    assert_eq!(answer["data"]["traces"]["edges"].as_array().map(Vec::len), Some(50));
    // Facts are reached by several ways; which of them meet in one read depends on when the reads before them end.
    assert!(few > 2 && many < few + few / 2, "{many} statements for 50 traces, {few} for 5");
}

#[tokio::test]
async fn a_page_of_each_of_several_parents_is_that_parents_own() {
    let world = World::new().await;
    let key = world.key(Role::Auditor, None).await;
    fill(&world, 1, 3).await;
    let query = "{ snapshots(first: 3) { edges { node { name
        members(first: 1) { edges { cursor node { trace { externalId } } } pageInfo { hasNextPage hasPreviousPage } }
        later: members(first: 5, after: \"0\") { edges { cursor } pageInfo { hasPreviousPage } }
        last: members(last: 1) { edges { cursor } }
        kept: decisions(filter: {kept: true}) { edges { node { reason } } }
        dropped: decisions(filter: {kept: false}) { edges { node { reason } } }
        sft: rows(format: SFT) { edges { node { position } } } kto: rows(format: KTO) { edges { cursor } }
        files { path } decisionCounts { reason members } jobs(first: 2) { edges { node { events { edges { node { ordinal } } } } } } } } } }";
    let answer = ask(&world, &key, query).await;
    let snapshots = answer["data"]["snapshots"]["edges"].as_array().expect("snapshots");
    for (snapshot, number) in snapshots.iter().zip([3, 2, 1]) {
        let expected = json!({
            "name": format!("snapshot-{number}"),
            "members": {"edges": [{"cursor": "0", "node": {"trace": {"externalId": format!("t{number}")}}}],
                        "pageInfo": {"hasNextPage": false, "hasPreviousPage": false}},
            "later": {"edges": [], "pageInfo": {"hasPreviousPage": true}},
            "last": {"edges": [{"cursor": "0"}]},
            "kept": {"edges": [{"node": {"reason": "kept"}}]},
            "dropped": {"edges": []},
            "sft": {"edges": [{"node": {"position": 0}}]}, "kto": {"edges": []},
            "files": [{"path": "train/sft.parquet"}],
            "decisionCounts": [{"reason": "kept", "members": 1}],
            "jobs": {"edges": [{"node": {"events": {"edges": [{"node": {"ordinal": 0}}]}}}]},
        });
        assert_eq!(snapshot["node"], expected);
    }
}

#[tokio::test]
async fn what_a_step_rests_on_and_what_is_wrong_with_it_lead_to_the_steps_themselves() {
    let world = World::new().await;
    let key = world.key(Role::Auditor, None).await;
    fill(&world, 1, 2).await;
    let answer = ask(
        &world,
        &key,
        "{ steps(first: 2) { edges { node { key restsOn support { key } dependents { key } } } }
           reviews(first: 1) { edges { node { suspectStep suspect { key trace { externalId } } } } }
           scores(first: 1) { edges { node { findings { steps concerns { key } } } } } }",
    )
    .await;
    let expected = json!({
        "steps": {"edges": [
            {"node": {"key": "1", "restsOn": [0], "support": [{"key": "0"}], "dependents": []}},
            {"node": {"key": "0", "restsOn": [], "support": [], "dependents": [{"key": "1"}]}},
        ]},
        "reviews": {"edges": [{"node": {"suspectStep": 0, "suspect": {"key": "0", "trace": {"externalId": "t2"}}}}]},
        "scores": {"edges": [{"node": {"findings": [{"steps": [0], "concerns": [{"key": "0"}]}]}}]},
    });
    assert_eq!(answer["data"], expected);
}

#[tokio::test]
async fn lists_have_what_their_filters_ask_for_and_nothing_else() {
    let world = World::new().await;
    let key = world.key(Role::Operator, None).await;
    fill(&world, 1, 3).await;
    // The ids of all these traces are of one millisecond, 0x70000 after 1970 began.
    let change = "update error_trace set circular_support = true, source = 'rare' where external_id = 't2';
                  update claim set verdict = 'contradicted' where id = (select max(id::text)::uuid from claim);
                  update score set reward = -1 where id = (select max(id::text)::uuid from score);
                  update example set format = 'kto' where id = (select max(id::text)::uuid from example);
                  update reasoning_step set kind = 'conclusion' where ordinal = 1";
    sqlx::raw_sql(change).execute(&world.database.owner).await.expect("changed");
    let answer = ask(
        &world,
        &key,
        "{ circular: traces(filter: {circularSupport: true}) { edges { node { externalId } } }
           straight: traces(filter: {circularSupport: false}) { edges { node { externalId } } }
           rare: traces(filter: {source: \"rare\"}) { edges { node { externalId } } }
           since: traces(filter: {receivedAfter: \"1970-01-01T00:07:38.752Z\"}) { edges { cursor } }
           later: traces(filter: {receivedAfter: \"1970-01-01T00:07:38.753Z\"}) { edges { cursor } }
           until: traces(filter: {receivedBefore: \"1970-01-01T00:07:38.753Z\"}) { edges { cursor } }
           earlier: traces(filter: {receivedBefore: \"1970-01-01T00:07:38.752Z\"}) { edges { cursor } }
           contradicted: claims(filter: {verdict: CONTRADICTED}) { edges { node { verdict } } }
           bad: scores(filter: {belowZero: true}) { edges { node { reward } } }
           good: scores(filter: {belowZero: false}) { edges { node { reward } } }
           kto: examples(filter: {format: KTO}) { edges { node { format trace { externalId } } } }
           conclusions: steps(filter: {kind: CONCLUSION}) { edges { node { ordinal } } }
           one: projects(slug: \"one\") { edges { node { slug } } }
           none: projects(slug: \"none\") { edges { cursor } } }",
    )
    .await;
    let found = |list: &str, field: &str| -> Vec<Value> {
        let edges = answer["data"][list]["edges"].as_array().expect("edges").iter();
        edges.map(|edge| if field == "cursor" { json!("there") } else { edge["node"][field].clone() }).collect()
    };
    assert_eq!(found("circular", "externalId"), ["t2"]);
    assert_eq!(found("straight", "externalId"), ["t3", "t1"]);
    assert_eq!(found("rare", "externalId"), ["t2"]);
    let counts = ["since", "later", "until", "earlier"].map(|list| found(list, "cursor").len());
    assert_eq!(counts, [3, 0, 3, 0]);
    assert_eq!(found("contradicted", "verdict"), ["CONTRADICTED"]);
    assert_eq!((found("bad", "reward"), found("good", "reward")), (vec![json!(-1.0)], vec![json!(1.0); 2]));
    assert_eq!(found("kto", "format"), ["KTO"]);
    assert_eq!(found("conclusions", "ordinal"), [1, 1, 1]);
    assert_eq!(found("one", "slug"), ["one"]);
    assert_eq!(found("none", "cursor"), [json!(null); 0]);
}

#[tokio::test]
async fn projects_are_paged_from_either_end() {
    let world = World::new().await;
    let key = world.key(Role::Operator, None).await;
    for slug in ["two", "three"] {
        world.database.add_project(slug).await;
    }
    let page = async |arguments: &str| {
        let query = format!(
            "{{ projects{arguments} {{ edges {{ cursor node {{ slug }} }} pageInfo {{ hasNextPage hasPreviousPage }} }} }}"
        );
        let answer = ask(&world, &key, &query).await["data"]["projects"].clone();
        let slugs: Vec<_> =
            answer["edges"].as_array().expect("edges").iter().map(|edge| edge["node"]["slug"].clone()).collect();
        let info = &answer["pageInfo"];
        (json!(slugs), info["hasNextPage"] == true, info["hasPreviousPage"] == true, answer["edges"].clone())
    };
    let (slugs, next, previous, edges) = page("(first: 2)").await;
    assert_eq!((slugs, next, previous), (json!(["three", "two"]), true, false));
    let after = edges[1]["cursor"].as_str().expect("a cursor").to_owned();
    let (slugs, next, previous, _) = page(&format!("(first: 2, after: \"{after}\")")).await;
    assert_eq!((slugs, next, previous), (json!(["one"]), false, true));
    let (slugs, _, previous, _) = page("(last: 1)").await;
    assert_eq!((slugs, previous), (json!(["one"]), true));
    let (slugs, next, ..) = page(&format!("(last: 5, before: \"{after}\")")).await;
    assert_eq!((slugs, next), (json!(["three"]), true));
}

#[tokio::test]
async fn every_record_of_the_schema_is_found_by_its_id() {
    let schema = parse_schema(atr::graphql::sdl()).expect("the schema");
    let mut without = Vec::new();
    for definition in schema.definitions {
        let TypeSystemDefinition::Type(kind) = definition else { continue };
        let TypeKind::Object(object) = kind.node.kind else { continue };
        let has_id = object.fields.iter().any(|field| field.node.name.node == "id" && !field.node.ty.node.nullable);
        if has_id && !object.implements.iter().any(|of| of.node == "Node") {
            without.push(kind.node.name.node.to_string());
        }
    }
    assert!(without.is_empty(), "types with an id that node() does not know: {without:?}");

    let world = World::new().await;
    let key = world.key(Role::Auditor, None).await;
    fill(&world, 1, 1).await;
    let states = ask(&world, &key, "{ facts { edges { node { states { edges { node { id } } } } } } }").await;
    let id = states["data"]["facts"]["edges"][0]["node"]["states"]["edges"][0]["node"]["id"].clone();
    let query =
        format!("{{ node(id: {id}) {{ __typename id ... on FactChange {{ reason fact {{ externalId }} }} }} }}");
    let expected = json!({"__typename": "FactChange", "id": id, "reason": "r", "fact": {"externalId": "f1"}});
    assert_eq!(ask(&world, &key, &query).await["data"]["node"], expected);
}
