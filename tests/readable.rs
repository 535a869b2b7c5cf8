//! Everything that is recorded can be read through GraphQL, and everything that can be done can be asked for.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use atr_core::domain::access::Role;

use crate::world::World;

/// Types by the tables that they tell of, where one is not named as the other.
const TYPES: [(&str, &str); 14] = [
    ("api_key", "Key"),
    ("attachment", "AttachedFile"),
    ("attachment_text", "PictureText"),
    ("error_trace", "Trace"),
    ("fact_state", "FactChange"),
    ("grounding_fact", "Fact"),
    ("grounding_source", "Source"),
    ("ingest_batch", "Batch"),
    ("quarantined_item", "QuarantinedItem"),
    ("reasoning_step", "Step"),
    ("job_event", "JobEvent"),
    ("stage_pause", "StagePause"),
    ("lineage_edge", "LineageEdge"),
    ("trace_revision", "TraceRevision"),
];

/// Tables that no type tells of, and why.
const NOT_TOLD: [(&str, &str); 20] = [
    ("audit_salt", "what the log's hashes are salted with: told, it would open what erasure closes"),
    ("broker", "how a program hears of the broker, for doctor and health"),
    ("chain_group_key", "keeps one name for one group"),
    ("doorbell", "what the relay rang"),
    ("example_key", "keeps one example of a format for one review"),
    ("fact_word", "the vocabulary that a search looks words up in that are spelt alike: each is in some fact"),
    ("fact_word_sample", "tells a search how many facts have a word"),
    ("feedback_key", "keeps one name for one feedback"),
    ("ingest_answer", "what a body's lines were answered: the doors tell it again"),
    ("ingest_key", "how far a body got: the doors tell it"),
    ("installation", "which installation a private database is of"),
    ("leader", "which worker relays"),
    ("notice", "what was told to whom: of what waits, and of what could not be told, its task tells"),
    ("partial_trace", "what is to be put together"),
    ("review_key", "keeps one name for one review"),
    ("review_revision", "keeps one number for one revision"),
    ("snapshot_held_out", "what the frozen rule of the held out reads; the cases themselves are evaluationCases"),
    ("staged_event", "telemetry until it is put together: `staged` counts it"),
    ("staged_span", "telemetry until it is put together: `staged` counts it"),
    ("trace_key", "keeps one name for one trace"),
];

/// Columns that no field is named after, and by what they are told, or why not at all.
const OTHERWISE: [(&str, &str, &str); 72] = [
    ("api_key", "token_hash", "told to nobody"),
    ("assignment", "refilled", "what the others of its trace and slot tell"),
    ("assignment", "xact", "the place in what is followed: cursor"),
    ("attachment", "blob", "digest"),
    ("attachment", "byte_count", "bytes"),
    ("attachment_reference", "record_kind", "the id's prefix"),
    ("attachment_reference", "blob", "the AttachedFile it is asked of"),
    ("attachment_reference", "trace_id", "record"),
    ("attachment_reference", "step_ordinal", "record"),
    ("attachment_reference", "fact_id", "record"),
    ("attachment_reference", "review_id", "record"),
    ("attachment_reference", "attached_blob", "made of blob"),
    ("attachment_text", "attachment_id", "the AttachedFile it is asked of"),
    ("attachment_text", "reading", "the newest is told"),
    ("chain_group", "group_key", "key"),
    ("citation", "span_start", "span"),
    ("citation", "span_end", "span"),
    ("citation", "copy_start", "copySpan"),
    ("citation", "copy_end", "copySpan"),
    ("claim", "span_start", "span"),
    ("claim", "span_end", "span"),
    ("claim", "fact_span_start", "factSpan"),
    ("claim", "fact_span_end", "factSpan"),
    ("consensus", "chain_group_id", "group"),
    ("error_trace", "model_version_id", "model"),
    ("error_trace", "chain_group_id", "group"),
    ("evaluation", "training_job_id", "job"),
    ("fact_state", "quote_start", "quoteSpan"),
    ("fact_state", "quote_end", "quoteSpan"),
    ("fact_conflict", "earlier_span_start", "earlierSpan"),
    ("fact_conflict", "earlier_span_end", "earlierSpan"),
    ("fact_conflict", "later_span_start", "laterSpan"),
    ("fact_conflict", "later_span_end", "laterSpan"),
    ("feedback", "subject", "trace, spanId, traceExternalId"),
    ("score", "formula_version", "formula"),
    ("score", "weights", "formula"),
    ("feedback", "content_hash", "tells the same from other feedback under one name"),
    ("grounding_fact", "terms", "what it is searched by"),
    ("grounding_fact", "verified", "state"),
    ("ingest_batch", "received", "balance"),
    ("ingest_batch", "stored", "balance"),
    ("ingest_batch", "duplicate", "balance"),
    ("ingest_batch", "quarantined", "balance"),
    ("ingest_batch", "filtered", "balance"),
    ("ingest_batch", "rejected", "balance"),
    ("job_event", "job_id", "the TrainingJob it is asked of"),
    ("job_event", "xact", "the place in what is followed: cursor"),
    ("lineage_edge", "from_kind", "the id's prefix"),
    ("lineage_edge", "to_kind", "the id's prefix"),
    ("model_version", "base_model_id", "base"),
    ("model_version", "training_job_id", "job"),
    ("model_version", "artefact_digest", "artefact"),
    ("model_version", "artefact_bytes", "artefact"),
    ("person", "password_hash", "hasPassword"),
    ("person", "invitation_hash", "told to nobody"),
    ("person", "invitation_expires_at", "invitedUntil"),
    ("person", "link_hash", "told to nobody"),
    ("person", "link_expires_at", "linkUntil"),
    ("quarantined_item", "problem_field", "field"),
    ("reasoning_step", "step_key", "key"),
    ("webhook_endpoint", "secret", "told once, to whoever adds it"),
    ("quote_place", "span_start", "span"),
    ("quote_place", "span_end", "span"),
    ("source_copy", "blob", "digest"),
    ("source_copy", "byte_count", "bytes"),
    ("source_copy_text", "copy_id", "the SourceCopy it is asked of"),
    ("source_copy_text", "at", "createdAt of the SourceCopy"),
    ("snapshot_file", "snapshot_id", "the Snapshot it is asked of"),
    ("suggestion", "cycle", "the Assignment it is asked of"),
    ("suggestion", "expert_id", "the Assignment it is asked of"),
    ("suggestion", "trace_id", "the Assignment it is asked of"),
    ("suggestion", "at", "openedAt of the Assignment"),
];

/// Of these, more is told elsewhere than by a field of the type.
const ELSEWHERE: [(&str, &str, &str); 17] = [
    ("project", "quiet_seconds", "keepRule"),
    ("project", "keep_below", "keepRule"),
    ("project", "keep_flagged", "keepRule"),
    ("project", "keep_share", "keepRule"),
    ("project", "redacted_patterns", "redactedPatterns"),
    ("project", "review_calendar", "reviewCalendar"),
    ("project", "routing_policy", "routingPolicy"),
    ("snapshot_member", "pinned", "the frozen input: trace, review, score, facts and citations"),
    ("stage_pause", "id", "one pause holds at a time"),
    ("stage_pause", "resumed_at", "the audit log"),
    ("stage_pause", "resumed_by", "the audit log"),
    ("task", "unique_key", "keeps one task for one work"),
    ("task", "owner", "a worker's lease: it is moving while it is told"),
    ("task", "leased_until", "a worker's lease: it is moving while it is told"),
    ("task", "traceparent", "goes to who traces the service"),
    ("trace_revision", "error_trace_id", "the Trace it is asked of"),
    ("trace_revision", "trace_id", "spansOf"),
];

/// The fields of each type of the schema.
fn fields() -> BTreeMap<String, BTreeSet<String>> {
    let sdl = atr::graphql::sdl();
    let document = async_graphql::parser::parse_schema(&sdl).expect("the schema");
    let mut types = BTreeMap::new();
    for definition in document.definitions {
        use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
        let TypeSystemDefinition::Type(of) = definition else { continue };
        let TypeKind::Object(object) = of.node.kind else { continue };
        let names = object.fields.iter().map(|field| field.node.name.node.to_string()).collect();
        types.insert(of.node.name.node.to_string(), names);
    }
    types
}

fn camel(name: &str, first: bool) -> String {
    let mut parts = name.split('_').map(str::to_owned);
    let upper = |part: String| part[..1].to_uppercase() + &part[1..];
    let head = parts.next().map(|head| if first { upper(head) } else { head }).unwrap_or_default();
    head + &parts.map(upper).collect::<String>()
}

#[tokio::test]
async fn every_column_of_every_table_can_be_read_or_says_why_not() {
    let world = World::new().await;
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select c.table_name::text, c.column_name::text from information_schema.columns c
         join pg_tables t on t.schemaname = c.table_schema and t.tablename = c.table_name
         where c.table_schema = 'public' and not starts_with(c.table_name, '_') order by 1, c.ordinal_position",
    )
    .fetch_all(&world.database.owner)
    .await
    .expect("the columns");
    let types = fields();
    let mut excused: BTreeSet<(&str, &str)> =
        OTHERWISE.iter().chain(&ELSEWHERE).map(|(table, column, _)| (*table, *column)).collect();
    let mut untold: BTreeSet<&str> = NOT_TOLD.iter().map(|(table, _)| *table).collect();
    let (mut seen, mut missing) = (BTreeSet::new(), vec![]);
    for (table, column) in &columns {
        let of = TYPES.iter().find(|(name, _)| name == table).map(|(_, of)| (*of).to_owned());
        let of = of.unwrap_or_else(|| camel(table, true));
        let Some(fields) = types.get(&of) else {
            if !NOT_TOLD.iter().any(|(name, _)| name == table) {
                missing.push(format!("{table}: no type {of}"));
            }
            untold.remove(table.as_str());
            continue;
        };
        seen.insert(table.clone());
        let told =
            [column.as_str(), column.trim_end_matches("_id")].iter().any(|name| fields.contains(&camel(name, false)));
        let is_excused = excused.remove(&(table.as_str(), column.as_str()));
        if !told && !is_excused && column != "project_id" {
            missing.push(format!("{of} tells nothing of {table}.{column}"));
        }
        if told && is_excused {
            missing.push(format!("{of} tells of {table}.{column}: it needs no excuse"));
        }
    }
    assert!(seen.len() > 25, "{seen:?}");
    assert_eq!(missing, Vec::<String>::new());
    assert!(excused.is_empty() && untold.is_empty(), "there are no such: {excused:?} {untold:?}");
}

/// The files of a folder and of those in it.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![];
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() { all.extend(sources(&entry)) } else { all.push(entry) }
    }
    all
}

#[test]
fn every_use_case_can_be_asked_for_through_a_door() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let text = |path: &PathBuf| fs::read_to_string(path).expect("a source");
    let doors: String =
        ["graphql", "http"].iter().flat_map(|room| sources(&root.join(room))).map(|path| text(&path)).collect();
    let words: BTreeSet<&str> = doors.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    // A page of it at a time, for the command; the mutation takes the ids of such a page. Several questions on one reading, for
    // a page; a document asks each by itself.
    let alike = BTreeMap::from([("replay_open", "replay"), ("agreements", "agreement")]);
    let mut cases = 0;
    let mut closed = vec![];
    for path in sources(&root.join("app")) {
        let source = text(&path);
        for declared in source.split("pub async fn ").skip(1) {
            let (name, rest) = declared.split_once(['(', '<']).expect("a function");
            let arguments = rest.split(") ->").next().unwrap_or_default();
            if arguments.contains("&Actor") {
                cases += 1;
                if !words.contains(alike.get(name).copied().unwrap_or(name)) {
                    closed.push(format!("{name} in {}", path.display()));
                }
            }
        }
    }
    assert!(cases >= 45, "{cases} use cases");
    assert_eq!(closed, Vec::<String>::new());
}

#[tokio::test]
async fn what_the_pages_for_readers_ask_is_answered() {
    let world = World::new().await;
    let key = world.key(Role::Admin, None).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = sources(&root.join("docs")).into_iter().chain([root.join("README.md")]);
    let mut asked = 0;
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page");
        for query in text.split("```graphql\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            asked += 1;
            let answer = world.graphql(&key, query).await;
            assert!(answer.get("errors").is_none(), "{}: {answer:#}", page.display());
        }
    }
    assert!(asked > 0, "there is a query in README.md");
}
