//! An expert's desk: the items they hold, what they write before it is given, and what becomes of what they leave.

use atr_core::{
    domain::{
        access::Role,
        assignment::{Assignment, Purpose},
    },
    ids::TraceId,
    queue::{State, Work},
};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::panel::Panel;

/// A panel with a trace.
struct Desk {
    panel: Panel,
    trace: TraceId,
}

impl Desk {
    async fn of(experts: usize) -> Self {
        let panel = Panel::of(experts).await;
        let trace = panel.trace("gold").await;
        Self { panel, trace }
    }

    /// Gives the first slot of the trace to an expert, in the open cycle.
    async fn give(&self, expert: usize, purpose: Purpose) -> Assignment {
        let (expert, _) = self.panel.experts[expert];
        self.panel.world.asks(expert, &[self.trace], purpose).await.remove(0)
    }

    async fn does(&self, expert: usize, mutation: &str, selection: &str) -> Value {
        self.panel.does(&self.panel.experts[expert].1, mutation, selection).await
    }

    async fn saves(&self, expert: usize, from: i32, content: &str) -> Value {
        let mutation = format!(r#"saveReviewDraft(trace: "{}", from: {from}, content: {content})"#, self.trace);
        self.does(expert, &mutation, "status message field saved { kept draft { version content } }").await
    }

    async fn judges(&self, expert: usize, review: Value) -> Value {
        self.panel.judges(expert, self.trace, review).await
    }

    async fn state(&self, item: &Assignment) -> Value {
        let asked = format!(r#"{{ assignment(id: "{}") {{ state review {{ verdict }} }} }}"#, item.id);
        self.panel.world.graphql(&self.panel.admin, &asked).await["data"]["assignment"].clone()
    }
}

#[tokio::test]
async fn a_review_ends_what_its_expert_holds_and_takes_the_place_of_the_draft() {
    let desk = Desk::of(1).await;
    let item = desk.give(0, Purpose::Single).await;
    let kept = desk.saves(0, 0, r#"{verdict: "incorrect", rationale: "Silver"}"#).await;
    assert_eq!(
        kept["saved"]["draft"],
        json!({"version": 1, "content": {"verdict": "incorrect", "rationale": "Silver"}})
    );
    let review = json!({"verdict": "incorrect", "suspect_step": 1,
        "step_marks": [{"step": 1, "finding": "flawed", "note": "gold was asked for"}, {"step": 0, "finding": "sound"}]});
    assert_eq!(desk.judges(0, review).await["status"], "stored");
    assert_eq!(desk.state(&item).await, json!({"state": "DONE", "review": {"verdict": "INCORRECT"}}));
    let asked = format!(
        r#"{{ reviewDraft(trace: "{}") {{ version }} reviews {{ edges {{ node {{ stepMarks {{ ordinal finding note step {{ text }} }} }} }} }} }}"#,
        desk.trace
    );
    let told = desk.panel.world.graphql(&desk.panel.experts[0].1, &asked).await["data"].clone();
    let marks = json!([{"ordinal": 0, "finding": "SOUND", "note": null, "step": {"text": "Silver is Ag."}},
        {"ordinal": 1, "finding": "FLAWED", "note": "gold was asked for", "step": {"text": "So it is Ag."}}]);
    assert_eq!(told, json!({"reviewDraft": null, "reviews": {"edges": [{"node": {"stepMarks": marks}}]}}));
}

#[tokio::test]
async fn a_mark_of_what_is_no_step_or_claim_of_the_trace_is_refused_with_its_place() {
    let desk = Desk::of(1).await;
    for (marks, field) in [
        (
            json!({"step_marks": [{"step": 0, "finding": "sound"}, {"step": 7, "finding": "sound"}]}),
            "step_marks[1].step",
        ),
        (
            json!({"step_marks": [{"step": 0, "finding": "sound"}, {"step": 0, "finding": "flawed"}]}),
            "step_marks[1].step",
        ),
        (
            json!({"claim_marks": [{"claim": format!("clm_{}", "0".repeat(26)), "verdict": "supported"}]}),
            "claim_marks[0].claim",
        ),
        (json!({"claim_marks": [{"claim": "clm", "verdict": "supported"}]}), "claim_marks[0].claim"),
    ] {
        let mut review = json!({"verdict": "incorrect"});
        review.as_object_mut().expect("an object").extend(marks.as_object().expect("an object").clone());
        let refused = desk.judges(0, review).await;
        assert_eq!(
            (&refused["status"], &refused["error"]["field"]),
            (&json!("rejected"), &json!(field)),
            "{refused:#}"
        );
    }
}

#[tokio::test]
async fn two_tabs_do_not_overwrite_each_other_and_a_draft_that_was_given_stays_given() {
    let desk = Desk::of(2).await;
    assert_eq!(desk.saves(0, 0, r#"{rationale: "a"}"#).await["saved"]["kept"], true);
    assert_eq!(desk.saves(0, 1, r#"{rationale: "ab"}"#).await["saved"]["draft"]["version"], 2);
    // The other tab still has what it read first.
    let other = desk.saves(0, 1, r#"{rationale: "x"}"#).await["saved"].clone();
    assert_eq!(other, json!({"kept": false, "draft": {"version": 2, "content": {"rationale": "ab"}}}));
    // Another expert's draft is their own.
    assert_eq!(desk.saves(1, 0, "{}").await["saved"]["draft"]["version"], 1);
    assert_eq!(desk.judges(0, json!({"verdict": "incorrect"})).await["status"], "stored");
    assert_eq!(desk.saves(0, 2, r#"{rationale: "late"}"#).await["saved"], json!({"kept": false, "draft": null}));
    let asked = format!(r#"{{ reviewDraft(trace: "{}") {{ content }} }}"#, desk.trace);
    assert_eq!(
        desk.panel.world.graphql(&desk.panel.experts[1].1, &asked).await["data"]["reviewDraft"]["content"],
        json!({})
    );
    let unknown = desk.saves(1, 1, r#"{opinion: "x"}"#).await;
    assert_eq!((&unknown["status"], &unknown["saved"]), (&json!("INVALID"), &Value::Null), "{unknown:#}");
}

#[tokio::test]
async fn what_one_gives_back_another_takes_and_only_one_of_them() {
    let desk = Desk::of(4).await;
    let item = desk.give(0, Purpose::Single).await;
    assert_eq!(desk.does(1, "takeAssignment", "status").await["status"], "CONFLICT", "it is held");
    let mutation = format!(r#"returnAssignment(assignment: "{}")"#, item.id);
    assert_eq!(desk.does(1, &mutation, "status").await["status"], "NOT_FOUND", "another's");
    assert_eq!(desk.does(0, &mutation, "status assignment { state }").await["assignment"]["state"], "RETURNED");
    assert_eq!(desk.does(0, &mutation, "status").await["status"], "CONFLICT");
    let took = futures_util::future::join_all(
        (0..4).map(|expert| desk.does(expert, "takeAssignment", "status assignment { id reason { words } }")),
    )
    .await;
    let done: Vec<_> = took.iter().filter(|took| took["status"] == "DONE").collect();
    assert_eq!(done.len(), 1, "{took:#?}");
    assert_eq!(done[0]["assignment"]["reason"]["words"], "among what is most worth judging in chemistry");
    assert_ne!(took[0]["status"], "DONE", "they gave it back");
    // Given back once more, it is free once more, and for those who had it not.
    let taker = took.iter().position(|took| took["status"] == "DONE").expect("someone");
    let mutation = format!("returnAssignment(assignment: {})", done[0]["assignment"]["id"]);
    assert_eq!(desk.does(taker, &mutation, "status").await["status"], "DONE");
    for expert in 0..4 {
        let expected = if [0, taker].contains(&expert) { "CONFLICT" } else { "DONE" };
        assert_eq!(desk.does(expert, "takeAssignment", "status").await["status"], expected, "expert {expert}");
        if expected == "DONE" {
            break;
        }
    }
}

#[tokio::test]
async fn what_is_left_beyond_its_time_goes_to_whoever_asks_and_what_is_looked_at_stays_a_day() {
    let desk = Desk::of(2).await;
    let item = desk.give(0, Purpose::Single).await;
    let lapse = async || {
        sqlx::query("update assignment set leased_until = at")
            .execute(&desk.panel.world.database.owner)
            .await
            .expect("a lapse")
    };
    let open = format!(r#"openAssignment(assignment: "{}")"#, item.id);
    let opened = desk.does(0, &open, "status assignment { openedAt leasedUntil }").await;
    let until: chrono::DateTime<chrono::Utc> =
        opened["assignment"]["leasedUntil"].as_str().expect("a time").parse().expect("a time");
    assert!(until >= item.at + TimeDelta::days(1), "{opened:#}");
    assert_eq!(desk.does(1, "takeAssignment", "status").await["status"], "CONFLICT");
    lapse().await;
    assert_eq!(desk.does(0, &open, "status").await["status"], "CONFLICT");
    assert_eq!(desk.does(1, "takeAssignment", "status").await["status"], "DONE");
    assert_eq!(desk.state(&item).await["state"], "RETURNED");
    // Their judgement counts all the same, and the other still holds the item.
    assert_eq!(desk.judges(0, json!({"verdict": "incorrect"})).await["status"], "stored");
    assert_eq!(desk.state(&item).await["state"], "RETURNED");
}

#[tokio::test]
async fn what_is_not_ones_field_is_passed_on_and_routed_anew() {
    let desk = Desk::of(2).await;
    let item = desk.give(0, Purpose::Single).await;
    assert_eq!(desk.judges(0, json!({"verdict": "not_my_field"})).await["status"], "stored");
    assert_eq!(desk.state(&item).await, json!({"state": "PASSED", "review": {"verdict": "NOT_MY_FIELD"}}));
    let waiting: Vec<Value> = sqlx::query_scalar("select work from task where stage = 'route' and state = $1")
        .bind(State::Available.word())
        .fetch_all(&desk.panel.world.database.owner)
        .await
        .expect("tasks");
    assert_eq!(waiting, [serde_json::to_value(Work::RouteCycle { cycle: item.cycle }).expect("JSON")]);
    assert_eq!(desk.does(1, "takeAssignment", "status").await["status"], "DONE");
}

#[tokio::test]
async fn whoever_is_away_holds_nothing_and_the_days_are_told() {
    let desk = Desk::of(1).await;
    let item = desk.give(0, Purpose::Single).await;
    let away = async |days: &str| {
        let mutation = format!(
            r#"mutation {{ updateExpert(expert: "{}", input: {{away: [{days}]}}) {{ status field expert {{ away {{ first last }} }} }} }}"#,
            desk.panel.experts[0].0
        );
        desk.panel.world.graphql(&desk.panel.admin, &mutation).await["data"]["updateExpert"].clone()
    };
    let later = away(r#"{first: "2030-01-01", last: "2030-01-05"}"#).await;
    assert_eq!(later["expert"]["away"], json!([{"first": "2030-01-01", "last": "2030-01-05"}]));
    assert_eq!(desk.state(&item).await["state"], "HELD");
    assert_eq!(away(r#"{first: "2030-01-02", last: "2030-01-01"}"#).await["field"], "away[0].last");
    assert_eq!(away(r#"{first: "2026-01-01", last: "2030-01-05"}"#).await["status"], "DONE");
    assert_eq!(desk.state(&item).await["state"], "RETURNED");
}

#[tokio::test]
async fn an_expert_cannot_learn_what_an_item_is_for_nor_what_is_suspected_of_it() {
    let desk = Desk::of(1).await;
    let item = desk.give(0, Purpose::Gold).await;
    let asked = format!(r#"{{ assignment(id: "{}") {{ purpose slot value reason {{ words }} }} }}"#, item.id);
    let told = async |key: &str| desk.panel.world.graphql(key, &asked).await["data"]["assignment"].clone();
    let words = "among what is most worth judging in chemistry";
    let blind = json!({"purpose": null, "slot": null, "value": 0.0, "reason": {"words": words}});
    assert_eq!(told(&desk.panel.experts[0].1).await, blind);
    // Nor does a lead of what they are to judge themselves.
    let own = desk.panel.world.key(Role::Admin, Some(desk.panel.experts[0].0)).await;
    assert_eq!(told(&own).await, blind);
    let all = json!({"purpose": "GOLD", "slot": 1, "value": 0.5, "reason": {"words": "it is the only one"}});
    assert_eq!(told(&desk.panel.admin).await, all);
}
