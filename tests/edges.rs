//! Every edge of every type is read for all records at once: a document issues as many statements over fifty records as
//! over five.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
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
use tracing::{Event, Subscriber, subscriber::DefaultGuard};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

use crate::world::{World, body_of};

/// Counts the statements of the thread it is set on. The database's driver tells each as an event.
#[derive(Clone, Default)]
struct Statements(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Statements {
    fn watch() -> (Self, DefaultGuard) {
        let counted = Self::default();
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(counted.clone()));
        (counted, guard)
    }

    async fn of(&self, world: &World, key: &str, query: &str) -> (usize, Value) {
        let before = self.0.load(Ordering::Relaxed);
        let answer = ask(world, key, query).await;
        (self.0.load(Ordering::Relaxed) - before, answer)
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
async fn fill(world: &World, from: usize, to: usize) {
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

/// A document for each edge of each type, found by walking the schema from its lists.
fn documents() -> BTreeMap<String, String> {
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

    let (mut known, mut next, mut documents) = (BTreeSet::new(), VecDeque::new(), BTreeMap::new());
    let root = Way { before: "{".to_owned(), after: "}".to_owned() };
    for field in &types["Query"] {
        if let Some((to, true)) = leads(field)
            && known.insert(to.clone())
        {
            next.push_back((to, root.through(&asked(field, true), true)));
        }
    }
    while let Some((of, way)) = next.pop_front() {
        for field in &types[&of] {
            let Some((to, connection)) = leads(field) else { continue };
            let there = way.through(&asked(field, false), connection);
            documents
                .insert(format!("{of}.{}", field.name.node), format!("{} __typename {}", there.before, there.after));
            if known.insert(to.clone()) {
                next.push_back((to, there));
            }
        }
    }
    documents
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
    let documents = documents();
    assert!(documents.len() > 80, "{} edges", documents.len());
    let (statements, _watching) = Statements::watch();

    fill(&world, 1, 5).await;
    let mut few = BTreeMap::new();
    for (edge, query) in &documents {
        few.insert(edge, statements.of(&world, &key, query).await.0);
    }
    assert!(few.values().all(|count| *count > 2), "statements are not seen: {few:#?}");

    fill(&world, 6, 50).await;
    let (mut grown, mut empty) = (Vec::new(), Vec::new());
    for (edge, query) in &documents {
        let (many, answer) = statements.of(&world, &key, query).await;
        let reached = answer.to_string().matches("__typename").count();
        if reached <= 20 {
            empty.push(format!("{edge}: {reached} records by {query}"));
        }
        if many != few[edge] {
            grown.push(format!("{edge}: {} statements for 5 records, {many} for 50", few[edge]));
        }
    }
    assert!(empty.is_empty(), "nothing is there to be counted: {empty:#?}");
    assert!(grown.is_empty(), "{grown:#?}");
}

#[tokio::test]
async fn a_whole_trace_costs_as_many_statements_for_fifty_as_for_five() {
    let world = World::new().await;
    let key = world.key(Role::Reader, None).await;
    let (statements, _watching) = Statements::watch();
    let query = "{ traces(first: 50) { edges { node { model { name base { name } } batch { id }
        group { key traces { id } consensus { dissenters { id } } }
        steps { text } claims { verdict decidingFact { statement source { publisher } states { state } } }
        verification { citations { state source { title } fact { statement } } }
        latestScore { reward review { verdict } consensus { confidence } rewardModel { name } }
        standingReviews { expert { handle } citations { raw } } examples { snapshotRows { format } }
        snapshotMembers { snapshot { name } facts { fact { statement } } } } } } }";
    fill(&world, 1, 5).await;
    let (few, _) = statements.of(&world, &key, query).await;
    fill(&world, 6, 50).await;
    let (many, answer) = statements.of(&world, &key, query).await;
    assert_eq!(answer["data"]["traces"]["edges"].as_array().map(Vec::len), Some(50));
    assert_eq!(many, few);
}

#[tokio::test]
async fn a_page_of_each_of_several_parents_is_that_parents_own() {
    let world = World::new().await;
    let key = world.key(Role::Reader, None).await;
    fill(&world, 1, 3).await;
    let query = "{ snapshots { edges { node { name
        members(first: 1) { edges { cursor node { trace { externalId } } } pageInfo { hasNextPage hasPreviousPage } }
        later: members(first: 5, after: \"0\") { edges { cursor } pageInfo { hasPreviousPage } }
        last: members(last: 1) { edges { cursor } }
        kept: decisions(filter: {kept: true}) { edges { node { reason } } }
        dropped: decisions(filter: {kept: false}) { edges { node { reason } } }
        sft: rows(format: SFT) { edges { node { position } } } kto: rows(format: KTO) { edges { cursor } }
        files { path } decisionCounts { reason members } jobs { events { edges { node { ordinal } } } } } } } }";
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
            "jobs": [{"events": {"edges": [{"node": {"ordinal": 0}}]}}],
        });
        assert_eq!(snapshot["node"], expected);
    }
}
