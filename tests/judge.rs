//! A judge of claims that the rules leave open: what it is asked, and what of its word counts.

mod endpoint;
mod faults;
mod hostile;

use std::time::Duration;

use atr_core::{domain::access::Role, queue::Stage};
use atr_workers::{
    Context, Options, Worker,
    stages::judge::{Endpoint, EndpointSettings, Judge},
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use self::endpoint::{FakeModel, Reply, says};
use crate::{
    process::{Installation, Result},
    world::World,
};

/// A fact, a claim that says the same in other words, and the fact's words that decide it.
const FACT: &str = "Chloroplasts are the organelles in which photosynthesis takes place.";
const CLAIM: &str = "Photosynthesis happens inside chloroplasts.";
const QUOTE: &str = "organelles in which photosynthesis takes place";

/// A project with facts, and who may do everything in it.
struct Judged {
    world: World,
    admin: String,
    sender: String,
}

impl Judged {
    async fn with_facts(facts: &[&str]) -> Self {
        let world = World::new().await;
        let (admin, sender) = (world.key(Role::Admin, None).await, world.key(Role::Ingest, None).await);
        let mut lines = vec![
            json!({"kind": "source", "external_id": "book", "publisher": "A school", "title": "Biology", "licence": "CC0-1.0", "trust_tier": "primary"}),
        ];
        lines.extend((0..).zip(facts).map(|(n, statement)| {
            json!({"kind": "fact", "external_id": format!("f-{n}"), "source": "book", "domain": "biology", "subject": "cells", "statement": statement})
        }));
        for outcome in world.send_lines(&admin, "grounding", &lines).await {
            assert_eq!(outcome["status"], "stored", "{outcome:#}");
        }
        Self { world, admin, sender }
    }

    /// Records an answer.
    async fn answered(&self, name: &str, answer: &str) {
        let line = json!({"external_id": name, "model": "small", "query": "How do cells work?", "answer": answer});
        assert_eq!(self.world.send_lines(&self.sender, "traces", &[line]).await[0]["status"], "stored");
    }

    /// What is told of the claims of a trace.
    async fn claims(&self, name: &str) -> Vec<Value> {
        let asked = "{ traces(first: 100) { edges { node { externalId claims { text verdict score reason leaning
            decidingFact { id statement } factSpan { begin end } verification { id rulesVersion }
            opinion { id model prompt promptHash answer inputTokens outputTokens } } } } } }";
        let told = self.world.graphql(&self.admin, asked).await;
        let traces = told["data"]["traces"]["edges"].as_array().unwrap_or_else(|| panic!("{told:#}")).clone();
        let trace = traces.into_iter().find(|trace| trace["node"]["externalId"] == name).expect("the trace");
        trace["node"]["claims"].as_array().expect("claims").clone()
    }

    async fn verdict(&self, name: &str) -> String {
        let claims = self.claims(name).await;
        claims[0]["verdict"].as_str().expect("a verdict").to_owned()
    }

    /// How many calls were taken, day by day, the newest first.
    async fn calls(&self) -> Vec<i64> {
        let told = self.world.graphql(&self.admin, "{ judgeDays { day calls } }").await;
        let days = told["data"]["judgeDays"].as_array().unwrap_or_else(|| panic!("{told:#}"));
        days.iter().map(|day| day["calls"].as_i64().expect("a number")).collect()
    }

    fn worker(&self, judge: Option<Judge>, slots: u16, stop: &CancellationToken) -> tokio::task::JoinHandle<()> {
        let folder = std::env::temp_dir();
        let cx = Context {
            store: self.world.app.store.clone(),
            blobs: self.world.app.blobs.clone(),
            trainer: folder.join("no-trainer"),
            tesseract: "no-tesseract".into(),
            work_dir: folder.join("no-work"),
            reward_models: Default::default(),
            parsed_facts: Default::default(),
            judge,
            delivery: Default::default(),
            fetching: Default::default(),
            cancelled: CancellationToken::new(),
        };
        let stages = vec![Stage::Verify, Stage::Judge];
        let options = Options { stages, slots, grace: Duration::from_secs(10), lease: Options::LEASE, broker: None };
        tokio::spawn(Worker::new(cx, options).run(stop.clone()))
    }

    /// Verifies and judges all that waits, by so many workers; answers the errors of what died.
    async fn work(&self, judge: Option<Judge>, workers: usize) -> Vec<Value> {
        let stop = CancellationToken::new();
        let stages = if judge.is_some() { vec!["verify", "judge"] } else { vec!["verify"] };
        let workers: Vec<_> = (0..workers).map(|_| self.worker(judge.clone(), 2, &stop)).collect();
        let left = "select exists (select from task where stage = any($1) and state not in ('succeeded', 'dead'))";
        while self.asked::<bool>(left, &stages).await {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        for worker in workers {
            worker.await.expect("the worker ends");
        }
        let dead = "select coalesce(jsonb_agg(errors), '[]') from task where stage = any($1) and state = 'dead'";
        self.asked::<Value>(dead, &stages).await.as_array().expect("a list").clone()
    }

    async fn asked<T>(&self, query: &'static str, stages: &[&str]) -> T
    where
        T: Send + Unpin + for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        sqlx::query_scalar(query).bind(stages).fetch_one(&self.world.database.owner).await.expect("an answer")
    }
}

/// A judge at an address, with so many calls a day.
fn judge(url: &str, calls_per_day: u32) -> Judge {
    judge_of(url, calls_per_day, Duration::from_secs(60))
}

fn judge_of(url: &str, calls_per_day: u32, patience: Duration) -> Judge {
    // As the program does when it starts; another test may have done it.
    drop(rustls::crypto::ring::default_provider().install_default());
    let url = url.parse().expect("an address");
    let key = Some("very-secret".to_owned());
    let settings = EndpointSettings { url, model: "small-judge".to_owned(), key, calls_per_day, patience };
    let endpoint = Endpoint::new(settings).expect("an endpoint");
    assert!(!format!("{endpoint:?}").contains("very-secret"));
    Judge::Endpoint(endpoint)
}

#[tokio::test]
async fn a_claim_that_no_rule_decides_is_decided_by_a_judge_that_quotes_a_fact_and_its_prompt_is_kept() {
    let judged = Judged::with_facts(&[FACT]).await;
    let model = FakeModel::that(|_| says("supported", 1, QUOTE)).await;
    judged.answered("a", CLAIM).await;
    // The rules' word does not wait for it.
    assert_eq!(judged.work(None, 1).await, Vec::<Value>::new());
    let before = judged.claims("a").await[0].clone();
    assert_eq!((&before["verdict"], &before["opinion"]), (&json!("UNVERIFIABLE"), &Value::Null));
    judged.answered("b", CLAIM).await;
    assert_eq!(judged.work(Some(judge(&model.url, 10)), 1).await, Vec::<Value>::new());

    let claim = judged.claims("b").await[0].clone();
    assert_eq!(claim["verdict"], "SUPPORTED", "{claim:#}");
    assert_eq!(claim["decidingFact"]["statement"], FACT);
    let end = |name: &str| usize::try_from(claim["factSpan"][name].as_u64().expect("an offset")).expect("an offset");
    assert_eq!(&FACT[end("begin")..end("end")], QUOTE);
    assert_eq!((&claim["leaning"], &claim["verification"]["rulesVersion"]), (&Value::Null, &json!("verify-4+judge-1")));
    assert!(claim["reason"].as_str().is_some_and(|why| why.contains("small-judge") && why.contains("so it is")));
    let opinion = &claim["opinion"];
    assert_eq!(
        (&opinion["model"], &opinion["inputTokens"], &opinion["outputTokens"]),
        (&json!("small-judge"), &json!(300), &json!(40))
    );
    let asked = model.asked();
    assert_eq!(asked.len(), 1, "{asked:#?}");
    let kept: Value = serde_json::from_str(opinion["prompt"].as_str().expect("a prompt")).expect("JSON");
    assert_eq!(kept, asked[0].body["messages"], "the prompt is kept as it was sent");
    let answer: Value = serde_json::from_str(opinion["answer"].as_str().expect("an answer")).expect("JSON");
    assert_eq!(answer["quote"], QUOTE);
    assert_eq!(asked[0].authorization.as_deref(), Some("Bearer very-secret"));
    assert_eq!(
        (&asked[0].body["model"], &asked[0].body["response_format"]["type"]),
        (&json!("small-judge"), &json!("json_schema"))
    );
    let data = asked[0].data();
    assert_eq!((&data["claim"], &data["facts"]), (&json!(CLAIM), &json!([{"fact": 1, "statement": FACT}])));

    // What the rules said first stays, as another run; by its id the opinion is found.
    let runs = judged.world.graphql(&judged.admin, "{ verifications { edges { node { rulesVersion } } } }").await;
    let runs: Vec<&Value> = runs["data"]["verifications"]["edges"]
        .as_array()
        .expect("runs")
        .iter()
        .map(|run| &run["node"]["rulesVersion"])
        .collect();
    assert_eq!(runs, ["verify-4+judge-1", "verify-4", "verify-4"]);
    let id = opinion["id"].as_str().expect("an id");
    assert!(id.starts_with("jop_"));
    let node = format!(r#"{{ node(id: "{id}") {{ ... on JudgeOpinion {{ promptHash }} }} }}"#);
    assert_eq!(judged.world.graphql(&judged.admin, &node).await["data"]["node"]["promptHash"], opinion["promptHash"]);
    assert_eq!(judged.calls().await, [1]);
}

#[tokio::test]
async fn the_same_is_not_asked_twice_and_what_rules_decide_is_not_asked_at_all() {
    let judged = Judged::with_facts(&[FACT, "The chemical symbol of gold is Au."]).await;
    let model = FakeModel::that(|_| says("supported", 1, QUOTE)).await;
    let at = || Some(judge(&model.url, 10));
    judged.answered("first", CLAIM).await;
    judged.work(at(), 1).await;
    // A worker that has just started knows of it.
    judged.answered("again", CLAIM).await;
    judged.answered("wrong", "The chemical symbol of gold is Ag.").await;
    judged.answered("right", "The chemical symbol of gold is Au.").await;
    judged.answered("unknown", "Quokkas smile.").await;
    assert_eq!(judged.work(at(), 1).await, Vec::<Value>::new());
    let [first, again] = [judged.claims("first").await, judged.claims("again").await];
    assert_eq!((&first[0]["verdict"], &again[0]["verdict"]), (&json!("SUPPORTED"), &json!("SUPPORTED")));
    assert_eq!(first[0]["opinion"]["id"], again[0]["opinion"]["id"]);
    for (name, verdict) in [("wrong", "CONTRADICTED"), ("right", "SUPPORTED"), ("unknown", "UNVERIFIABLE")] {
        let claim = judged.claims(name).await[0].clone();
        assert_eq!((&claim["verdict"], &claim["opinion"]), (&json!(verdict), &Value::Null), "{name}");
    }
    assert_eq!((model.asked().len(), judged.calls().await), (1, vec![1]));
}

#[tokio::test]
async fn facts_that_disagree_are_not_settled_by_a_judge() {
    let judged = Judged::with_facts(&["The capital of Bolivia is La Paz.", "The capital of Bolivia is Sucre."]).await;
    let model = FakeModel::that(|_| says("supported", 2, "The capital of Bolivia is Sucre")).await;
    judged.answered("a", "The capital of Bolivia is Sucre.").await;
    judged.work(Some(judge(&model.url, 10)), 1).await;
    let claim = judged.claims("a").await[0].clone();
    assert_eq!(claim["verdict"], "UNVERIFIABLE");
    assert!(claim["reason"].as_str().is_some_and(|why| why.starts_with("facts disagree")), "{claim:#}");
    assert!(model.asked().is_empty());
}

#[tokio::test]
async fn a_day_has_so_many_calls_however_many_workers_ask_and_the_next_day_has_its_own() {
    let judged = Judged::with_facts(&[FACT]).await;
    let model = FakeModel::that(|_| says("supported", 1, QUOTE)).await;
    let names: Vec<String> = (0..8).map(|n| format!("t-{n}")).collect();
    for (name, where_) in names.iter().zip(["leaves", "stems", "moss", "ferns", "algae", "needles", "reeds", "kelp"]) {
        judged.answered(name, &format!("The organelles of photosynthesis in {where_} are chloroplasts.")).await;
    }
    assert_eq!(judged.work(Some(judge(&model.url, 3)), 2).await, Vec::<Value>::new());
    assert_eq!((model.asked().len(), judged.calls().await), (3, vec![3]));
    let mut opinions = 0;
    for name in &names {
        let claim = judged.claims(name).await[0].clone();
        opinions += usize::from(!claim["opinion"].is_null());
        assert_eq!(claim["opinion"].is_null(), claim["verdict"] == "UNVERIFIABLE", "{claim:#}");
    }
    assert_eq!(opinions, 3);
    judged.world.database.clock.advance(chrono::TimeDelta::days(1));
    judged.answered("tomorrow", CLAIM).await;
    judged.work(Some(judge(&model.url, 3)), 2).await;
    assert_eq!((model.asked().len(), judged.calls().await), (4, vec![1, 3]));
    assert_eq!(judged.verdict("tomorrow").await, "SUPPORTED");
}

#[tokio::test]
async fn of_a_long_answer_no_more_than_sixteen_claims_are_asked_about() {
    let judged = Judged::with_facts(&[FACT]).await;
    let model = FakeModel::that(|_| says("unverifiable", 0, "")).await;
    let answer: String = (0..40).map(|n| format!("Photosynthesis happens inside chloroplasts of plant{n}. ")).collect();
    judged.answered("long", &answer).await;
    assert_eq!(judged.work(Some(judge(&model.url, 1000)), 1).await, Vec::<Value>::new());
    assert_eq!((model.asked().len(), judged.calls().await), (16, vec![16]));
    assert_eq!(judged.claims("long").await.len(), 40);
}

#[tokio::test]
async fn a_retraction_of_the_fact_that_a_judge_went_by_takes_its_verdict_back() {
    let judged = Judged::with_facts(&[FACT]).await;
    let model = FakeModel::that(|_| says("supported", 1, QUOTE)).await;
    judged.answered("a", CLAIM).await;
    judged.work(Some(judge(&model.url, 10)), 1).await;
    let claim = judged.claims("a").await[0].clone();
    assert_eq!(claim["verdict"], "SUPPORTED");
    let fact = claim["decidingFact"]["id"].as_str().expect("an id");
    let retract = format!(r#"mutation {{ retractFact(fact: "{fact}", reason: "it was a misprint") {{ status }} }}"#);
    let done = judged.world.graphql(&judged.admin, &retract).await;
    assert_eq!(done["data"]["retractFact"]["status"], "DONE", "{done:#}");
    judged.work(Some(judge(&model.url, 10)), 1).await;
    let claim = judged.claims("a").await[0].clone();
    assert_eq!((&claim["verdict"], &claim["decidingFact"]), (&json!("UNVERIFIABLE"), &Value::Null), "{claim:#}");
}

#[tokio::test]
async fn doctor_says_whether_the_judge_answers_so_that_it_counts() -> Result {
    let installation = Installation::new()?;
    let told = ["--judge-model", "small-judge", "--trainer", "/bin/true"];
    let decides =
        FakeModel::that(|data| says("supported", 1, data["facts"][0]["statement"].as_str().expect("a fact"))).await;
    let found = installation.end(&[&["doctor", "--judge-url", &decides.url], &told[..]].concat()).await?;
    assert!(found.said.contains(&format!("small-judge at {}/chat/completions answers", decides.url)), "{}", found.said);
    let babbles = FakeModel::that(|_| Reply::Says("Certainly! It is supported.".to_owned())).await;
    let lost = installation.end(&[&["doctor", "--judge-url", &babbles.url], &told[..]].concat()).await?;
    assert_eq!(lost.code, Some(1));
    assert!(lost.said.contains("WRONG  judge of claims") && lost.said.contains("another form"), "{}", lost.said);
    let alone = installation.end(&["doctor", "--judge-url", &decides.url]).await?;
    assert_eq!(alone.code, Some(2), "{}", alone.complained);
    Ok(())
}
