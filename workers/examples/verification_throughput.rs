//! How long the search takes for the facts that a claim could be held against, whether it finds the right one, and how many claims are verified
//! a second: run by `benches/retrieval`, on the database that `DATABASE_URL` names.
//!
//! Arguments: what is measured, a file of claims (a line of JSON each: `claim`, and the UUID of the `fact` that it is about), how many
//! clients there are, and the project. The claims are measured in turn, each once, after a first tenth that only warms up. It then says `ready`, waits for a line, and
//! prints an object of JSON; it ends when nothing more
//! is to be read.
//!
//! - `search`: claims are searched for one at a time, by the code of the stage.
//! - `every`: the same by ranking every fact that has any of the claim's words, as [`atr_core::store::Tx::search_facts`] does.
//! - `verify`: claims are split, resolved, searched for, compared, decided and weighed, 64 in a transaction, as the stage does but for writing.
//!
//! `prepare` makes the schema and two projects, `one` and `two`, each with a source, and nothing else.
#![allow(clippy::print_stdout, reason = "prints what it measured")]

use std::{
    io::Read as _,
    sync::Arc,
    time::{Duration, Instant},
};

use atr_core::{
    clock::Clock,
    domain::{grounding::NewGrounding, judgement::ClaimVerdict},
    ids::{FactId, Id, Ids, ProjectId},
    store::{Connect, Store, migrate},
};
use atr_workers::stages::verify::{
    judge::{Answered, judge},
    parsed_facts::ParsedFacts,
    search::facts_for,
    search_terms::search_terms,
};
use serde::Deserialize;
use uuid::Uuid;

/// How many facts are held against a claim, as in the stage.
const FACTS: u16 = 20;
/// How many claims are verified in a transaction, as the stage takes so many tasks at once.
const AT_ONCE: usize = 64;

#[derive(Clone, Copy, PartialEq)]
enum Measured {
    Search,
    Every,
    Verify,
}

#[derive(Deserialize)]
struct Asked {
    claim: String,
    fact: Uuid,
}

/// What a client measured.
#[derive(Default)]
struct Told {
    took: Vec<Duration>,
    found: usize,
    decided: usize,
    claims: usize,
}

struct Bench {
    store: Store,
    project: ProjectId,
    claims: Vec<Asked>,
    parsed: ParsedFacts,
    measured: Measured,
}

impl Bench {
    /// Does every nth of these claims, from one of them on.
    async fn client(self: Arc<Self>, range: std::ops::Range<usize>, from: usize, nth: usize) -> Told {
        let mut told = Told::default();
        let own: Vec<&Asked> = self.claims[range].iter().skip(from).step_by(nth).collect();
        match self.measured {
            Measured::Verify => {
                for batch in own.chunks(AT_ONCE) {
                    self.verify(batch, &mut told).await;
                }
            }
            Measured::Search | Measured::Every => {
                for asked in own {
                    self.search(asked, &mut told).await;
                }
            }
        }
        told
    }

    async fn search(&self, asked: &Asked, told: &mut Told) {
        let Some(terms) = search_terms(&asked.claim) else { return };
        let mut tx = self.store.begin(self.project).await.expect("a transaction");
        let began = Instant::now();
        let facts: Vec<FactId> = if self.measured == Measured::Every {
            let any = terms.replace(' ', " or ");
            tx.search_facts(&any, FACTS.into()).await.expect("facts").into_iter().map(|(fact, _)| fact).collect()
        } else {
            let found = facts_for(&mut tx, &[terms], FACTS).await.expect("facts");
            found.into_iter().flatten().map(|found| found.fact).collect()
        };
        told.took.push(began.elapsed());
        told.claims += 1;
        told.found += usize::from(facts.contains(&FactId::from_uuid(asked.fact)));
    }

    async fn verify(&self, batch: &[&Asked], told: &mut Told) {
        let mut tx = self.store.begin(self.project).await.expect("a transaction");
        let began = Instant::now();
        let query = "What is known about this?".to_owned();
        let answers =
            batch.iter().map(|asked| Answered { query: query.clone(), answer: asked.claim.clone() }).collect();
        let judged = judge(&mut tx, &self.parsed, answers).await.expect("judged");
        let claims = || judged.iter().flatten().filter(|claim| claim.check_worthy);
        told.decided += claims().filter(|claim| claim.verdict != ClaimVerdict::Unverifiable).count();
        told.took.push(began.elapsed());
        told.claims += claims().count();
    }

    async fn clients(self: &Arc<Self>, range: std::ops::Range<usize>, clients: usize) -> Told {
        let running: Vec<_> =
            (0..clients).map(|from| tokio::spawn(Arc::clone(self).client(range.clone(), from, clients))).collect();
        let mut all = Told::default();
        for client in running {
            let told = client.await.expect("a client ends");
            all.took.extend(told.took);
            all.found += told.found;
            all.decided += told.decided;
            all.claims += told.claims;
        }
        all
    }
}

/// The schema, and two projects with a source each.
async fn prepare(url: &str, clock: Clock, ids: Ids) {
    migrate(url).await.expect("the schema");
    let store = store(url, 1, clock, ids).await;
    for slug in ["one", "two"] {
        let mut tx = store.begin(store.ids().make()).await.expect("a transaction");
        tx.insert_project(slug, slug).await.expect("a project");
        let source =
            serde_json::json!({"kind": "source", "external_id": "s", "publisher": "p", "title": "t", "licence": "l"});
        let source = NewGrounding::parse(source.to_string().as_bytes());
        tx.record_grounding(&[source], true).await.expect("a source");
        tx.commit().await.expect("committed");
    }
}

async fn store(url: &str, connections: u32, clock: Clock, ids: Ids) -> Store {
    Store::connect(Connect { url: url.to_owned(), connections, clock, ids }).await.expect("a store")
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = std::env::var("DATABASE_URL").expect("the database's address");
    let clock = Clock::system();
    let ids = Ids::from_system(clock.clone());
    let measured = match arguments.next().as_deref() {
        Some("search") => Measured::Search,
        Some("every") => Measured::Every,
        Some("verify") => Measured::Verify,
        Some("prepare") => return prepare(&url, clock, ids).await,
        _ => panic!("what is measured: search, every or verify"),
    };
    let file = arguments.next().expect("a file of claims");
    let clients: usize = arguments.next().and_then(|text| text.parse().ok()).expect("how many clients");
    let text = std::fs::read_to_string(file).expect("a file that can be read");
    let claims: Vec<Asked> = text.lines().map(|line| serde_json::from_str(line).expect("a claim")).collect();
    let store = store(&url, u32::try_from(clients).expect("few clients"), clock, ids).await;
    let slug = arguments.next().expect("the project");
    let project = store.project_named(&slug).await.expect("the projects").expect("the project").id;
    let bench = Arc::new(Bench { store, project, claims, parsed: ParsedFacts::default(), measured });
    let (warm, all) = (bench.claims.len() / 10, bench.claims.len());
    bench.clients(0..warm, clients).await;
    println!("ready");
    // Who measures reads the processor's time now.
    let mut input = std::io::stdin();
    input.read_exact(&mut [0]).expect("a line");
    let began = Instant::now();
    let mut told = bench.clients(warm..all, clients).await;
    let seconds = began.elapsed().as_secs_f64();
    told.took.sort();
    let at = |share: usize| told.took[(told.took.len() * share / 100).min(told.took.len() - 1)].as_secs_f64() * 1000.0;
    println!(
        "{}",
        serde_json::json!({
            "claims": told.claims, "seconds": seconds, "found": told.found, "decided": told.decided,
            "p50_ms": at(50), "p99_ms": at(99), "most_ms": at(100),
        })
    );
    input.read_to_end(&mut vec![]).expect("the end");
}
