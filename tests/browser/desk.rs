//! Experts at their desks: who they are, and what they are asked.

use atr::app::{Actor, experts, people};
use atr_core::{
    domain::{
        access::Role,
        assignment::Purpose,
        expert::ExpertInput,
        judgement::{Claim, ClaimVerdict, Verification},
        person::NewPerson,
        review::Review,
    },
    ids::{AssignmentId, ExpertId, TraceId},
    store::PageRequest,
};
use serde_json::json;

use super::Visit;

impl Visit {
    /// Enters an expert and lets them in, in place of whoever was signed in.
    pub(super) async fn expert(&self, handle: &str) -> ExpertId {
        let actor = Actor::local(self.world.database.project);
        let sent = ExpertInput { handle: handle.to_owned(), domains: vec![], languages: vec![], weekly_capacity: 5 };
        let expert = experts::create(&self.world.app, &actor, sent).await.expect("an expert").id;
        let email = format!("{handle}@example.org");
        let wanted = NewPerson::parse(&email, Role::Expert, Some(expert)).expect("an address");
        let invited = people::invite(&self.world.app, &actor, wanted).await.expect("invited");
        self.chromium.client.delete_all_cookies().await.expect("signed out");
        self.accept(&format!("/invitation?token={}", invited.invitation)).await;
        assert!(self.text(".who").await.contains(&email));
        expert
    }

    /// A trace with so many steps, whose answer is wrong.
    pub(super) async fn trace(&self, name: &str, steps: i32) -> TraceId {
        let sender = self.world.key(Role::Ingest, None).await;
        let steps: Vec<_> = (0..steps)
            .map(|step| json!({ "text": format!("Step {step} of {name}."), "rests_on": if step > 0 { vec![(step - 1).to_string()] } else { vec![] } }))
            .collect();
        let line = json!({
            "external_id": name, "model": "small", "domain": "chemistry", "language": "en",
            "query": format!("What is the chemical symbol of {name}?"),
            "answer": format!("The symbol of {name} is Ag. It comes from Latin."), "steps": steps,
        });
        let stored = &self.world.send_lines(&sender, "traces", &[line]).await[0];
        stored["id"].as_str().expect("an id").parse().expect("an id")
    }

    /// Asks an expert about traces, in the open cycle.
    pub(super) async fn ask_of(&self, expert: ExpertId, traces: &[TraceId], purpose: Purpose) -> Vec<AssignmentId> {
        self.world.asks(expert, traces, purpose).await.iter().map(|item| item.id).collect()
    }

    /// Notes that a fact contradicts what a trace's answer says first.
    pub(super) async fn contradicted(&self, trace: TraceId, name: &str) {
        let curator = self.world.key(Role::Curator, None).await;
        let source = json!({ "kind": "source", "external_id": "iupac", "publisher": "IUPAC", "title": "Table of elements",
            "licence": "CC0-1.0", "trust_tier": "primary" });
        let fact = json!({ "kind": "fact", "external_id": "gold", "source": "iupac", "domain": "chemistry", "subject": "gold",
            "statement": "The chemical symbol of gold is Au.", "state": "verified" });
        let stored = self.world.send_lines(&curator, "grounding", &[source, fact]).await;
        assert!(stored.iter().all(|one| one["status"] != "rejected"), "{stored:#?}");
        let mut tx = self.world.app.store.begin(self.world.database.project).await.expect("a transaction");
        let fact = *tx.facts_named(&["gold".to_owned()]).await.expect("read").get("gold").expect("the fact");
        let run = Verification {
            id: tx.fresh(),
            trace,
            supported: 0,
            contradicted: 1,
            unverifiable: 0,
            rules_version: "test".to_owned(),
            at: tx.now(),
        };
        let text = format!("The symbol of {name} is Ag.");
        let claim = Claim {
            id: tx.fresh(),
            verification: run.id,
            trace,
            ordinal: 0,
            span: (0, i32::try_from(text.len()).expect("short")),
            resolved: text.clone(),
            text,
            check_worthy: true,
            verdict: ClaimVerdict::Contradicted,
            score: 0.9,
            deciding_fact: Some(fact),
            fact_span: Some((31, 33)),
            lapsed_fact: None,
            reason: "the fact has Au".to_owned(),
            leaning: None,
            opinion: None,
        };
        tx.insert_verifications(&[run], &[claim]).await.expect("stored");
        tx.commit().await.expect("a commit");
    }

    /// The newest review of a trace.
    pub(super) async fn review_of(&self, trace: TraceId) -> Option<Review> {
        let mut tx = self.world.app.store.begin(self.world.database.project).await.expect("a transaction");
        let found = tx.reviews_of_traces(&[trace], PageRequest::first(5)).await.expect("read").remove(&trace);
        found.and_then(|page| page.rows.into_iter().max_by_key(|review| review.revision))
    }

    /// Presses keys one right after another, however busy the machine is: a driver waits for what each has done.
    pub(super) async fn keys_at_once(&self, keys: &str) {
        let press =
            "document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))";
        self.run(&format!("for (const key of '{keys}') {press}")).await;
    }

    /// Presses keys, wherever the focus is.
    pub(super) async fn keys(&self, keys: &str) {
        self.chromium.client.active_element().await.expect("a focus").send_keys(keys).await.expect("keys");
    }
}
