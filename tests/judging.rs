//! What leads do about judging: guidelines, gold items, disagreements; and how far experts agree.

use atr_core::{
    domain::{access::Role, agreement::questions::ReviewQuestion},
    queue::Work,
};
use atr_workers::stages::curate::{AgreementRule, Recipe};
use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};

use crate::{panel::Panel, world::body_of};

#[tokio::test]
async fn a_guideline_is_written_version_by_version_and_a_review_names_the_one_it_followed() {
    let panel = Panel::of(1).await;
    let write = async |arguments: &str| {
        panel.admin_does(&format!("writeGuideline({arguments})"), "status guideline { id domain version }").await
    };
    assert_eq!(write(r#"text: "Be fair.""#).await["guideline"]["version"], 1);
    let first = write(r#"domain: "chemistry", text: "Look at the units.""#).await["guideline"].clone();
    let second = write(r#"domain: "chemistry", text: "Look at the units twice.""#).await["guideline"].clone();
    assert_eq!((&first["version"], &second["version"]), (&json!(1), &json!(2)));
    let held = r#"{ c: guideline(domain: "chemistry") { version text } h: guideline(domain: "history") { text } }"#;
    let told = panel.world.graphql(&panel.experts[0].1, held).await["data"].clone();
    assert_eq!(told, json!({"c": {"version": 2, "text": "Look at the units twice."}, "h": {"text": "Be fair."}}));
    let trace = panel.trace("gold").await;
    let given = panel.judges(0, trace, json!({"verdict": "incorrect", "guideline": second["id"]})).await;
    assert_eq!(given["status"], "stored", "{given:#}");
    let asked = "{ reviews { edges { node { guideline { version } } } } }";
    let told = panel.world.graphql(&panel.admin, asked).await["data"]["reviews"]["edges"][0]["node"].clone();
    assert_eq!(told, json!({"guideline": {"version": 2}}));
    let unknown = json!({"verdict": "correct", "guideline": format!("gdl_{}", "0".repeat(26))});
    assert_eq!(panel.judges(0, trace, unknown).await["error"]["field"], "guideline");
    assert_eq!(write(r#"text: " ""#).await, json!({"status": "INVALID", "guideline": null}));
}

#[tokio::test]
async fn gold_items_tell_how_an_expert_did_to_that_expert_and_to_the_lead_alone() {
    let panel = Panel::of(2).await;
    for (name, known, said) in [("a", "INCORRECT, suspectStep: 1", "partly_correct"), ("b", "CORRECT", "incorrect")] {
        let trace = panel.trace(name).await;
        let entered =
            panel.admin_does(&format!(r#"enterGoldItem(trace: "{trace}", verdict: {known})"#), "status").await;
        assert_eq!(entered["status"], "DONE");
        assert_eq!(panel.judges(0, trace, json!({"verdict": said, "suspect_step": 1})).await["status"], "stored");
    }
    let expert = panel.experts[0].0;
    let asked = format!(
        r#"{{ expertReliability(expert: "{expert}") {{ goldJudged goldVerdictsRight goldWithStep goldStepsRight restsOn }} }}"#
    );
    let did = json!({"goldJudged": 2, "goldVerdictsRight": 1, "goldWithStep": 1, "goldStepsRight": 1, "restsOn": 2});
    for key in [&panel.admin, &panel.experts[0].1] {
        assert_eq!(panel.world.graphql(key, &asked).await["data"]["expertReliability"], did);
    }
    let auditor = panel.world.key(Role::Auditor, None).await;
    for (key, role) in [(&panel.experts[1].1, "another expert"), (&auditor, "an auditor")] {
        assert_eq!(panel.world.graphql(key, &asked).await["data"]["expertReliability"], Value::Null, "{role}");
    }
    let items = panel.world.graphql(&panel.experts[0].1, "{ goldItems { edges { cursor } } }").await;
    assert_eq!(items["errors"][0]["extensions"]["code"], "FORBIDDEN", "who judges does not learn which are gold");
    let trace = panel.trace("c").await;
    let nothing = panel
        .admin_does(&format!(r#"enterGoldItem(trace: "{trace}", verdict: INCORRECT, suspectStep: 9)"#), "status field")
        .await;
    assert_eq!(nothing, json!({"status": "INVALID", "field": "suspectStep"}));
    assert_eq!(
        panel.admin_does(&format!(r#"retireGoldItem(trace: "{trace}")"#), "status").await["status"],
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn whoever_decides_a_disagreement_sees_what_was_said_and_not_by_whom() {
    let panel = Panel::of(2).await;
    let trace = panel.trace("a").await;
    let mut reviews = vec![];
    for (expert, verdict) in [(0, "correct"), (1, "incorrect")] {
        let given =
            panel.judges(expert, trace, json!({"verdict": verdict, "rationale": format!("{verdict} it is")})).await;
        reviews.push(given["id"].as_str().expect("an id").parse().expect("an id"));
    }
    let mut tx = panel.world.app.store.begin(panel.world.database.project).await.expect("a transaction");
    let found = [(trace, reviews.clone())];
    tx.open_adjudications(&found).await.expect("opened");
    tx.open_adjudications(&found).await.expect("opened once");
    tx.commit().await.expect("a commit");
    let open = "{ adjudications(filter: {open: true}) { edges { node { id opinions { verdict rationale } reviews { id } verdict } } } }";
    let told = panel.world.graphql(&panel.admin, open).await["data"]["adjudications"]["edges"].clone();
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told:#}");
    let node = &told[0]["node"];
    assert_eq!(
        node["opinions"],
        json!([{"verdict": "CORRECT", "rationale": "correct it is"}, {"verdict": "INCORRECT", "rationale": "incorrect it is"}])
    );
    assert_eq!((&node["reviews"], &node["verdict"]), (&json!([]), &Value::Null));
    let id = node["id"].as_str().expect("an id");
    let decide =
        format!(r#"adjudicate(adjudication: "{id}", verdict: PARTLY_CORRECT, suspectStep: 1, rationale: "half")"#);
    // Whoever judged it does not decide it.
    let judge = panel.experts[0].0;
    let own = panel.world.key(Role::Admin, Some(judge)).await;
    let refused = panel.world.graphql(&own, &format!("mutation {{ {decide} {{ status }} }}")).await;
    assert_eq!(refused["data"]["adjudicate"]["status"], "CONFLICT", "{refused:#}");
    let decided = panel
        .admin_does(&decide, "status adjudication { verdict suspectStep settledAt reviews { expert { handle } } }")
        .await;
    assert_eq!(decided["adjudication"]["verdict"], "PARTLY_CORRECT", "{decided:#}");
    assert_eq!(decided["adjudication"]["reviews"][0]["expert"]["handle"], "expert-0");
    assert_eq!(panel.admin_does(&decide, "status").await["status"], "CONFLICT");
    let work: Vec<Value> =
        sqlx::query_scalar("select work from task where stage in ('derive', 'score') and state = 'available'")
            .fetch_all(&panel.world.database.owner)
            .await
            .expect("tasks");
    for review in reviews {
        let derive = serde_json::to_value(Work::DeriveReview { review }).expect("JSON");
        assert!(work.contains(&derive), "{work:#?}");
    }
}

#[tokio::test]
async fn how_far_experts_agree_is_told_with_its_interval_or_why_it_is_not_defined() {
    let panel = Panel::of(3).await;
    let asked = r#"{ reviewAgreement { traces experts ratings alpha { value undefined } }
        flaw: reviewAgreement(question: FLAW, label: "units") { alpha { undefined } } }"#;
    let nothing = panel.world.graphql(&panel.admin, asked).await["data"].clone();
    assert_eq!(
        nothing["reviewAgreement"],
        json!({"traces": 0, "experts": 0, "ratings": 0, "alpha": {"value": null, "undefined": "TOO_FEW_RATINGS"}})
    );
    assert_eq!(nothing["flaw"]["alpha"]["undefined"], "TOO_FEW_RATINGS");
    for n in 0..6 {
        let trace = panel.trace(&format!("t{n}")).await;
        for expert in 0..3 {
            // The third errs on every other one.
            let right = (n % 3 == 0) ^ (expert == 2 && n % 2 == 0);
            let said = json!({"verdict": if right { "correct" } else { "incorrect" }, "flaw_labels": if right { vec![] } else { vec!["units"] }});
            assert_eq!(panel.judges(expert, trace, said).await["status"], "stored");
        }
    }
    let asked = r#"{ reviewAgreement { traces experts ratings alpha { value low high } fleissKappa { value low high } }
        other: reviewAgreement(filter: {domain: "history"}) { traces } }"#;
    let told = panel.world.graphql(&panel.admin, asked).await["data"].clone();
    let of = &told["reviewAgreement"];
    assert_eq!((&of["traces"], &of["experts"], &of["ratings"]), (&json!(6), &json!(3), &json!(18)));
    for name in ["alpha", "fleissKappa"] {
        let [low, value, high] = ["low", "value", "high"].map(|end| of[name][end].as_f64().expect("a number"));
        assert!(-1.0 <= low && low <= value && value <= high && high <= 1.0 && value < 1.0, "{of:#}");
    }
    assert_eq!(told["other"]["traces"], 0);
    // The first two are believed where the third says otherwise.
    let reliable = async |expert: usize| {
        let asked = format!(
            r#"{{ expertReliability(expert: "{}") {{ reliability kappaWithOthers {{ value undefined }} }} }}"#,
            panel.experts[expert].0
        );
        panel.world.graphql(&panel.admin, &asked).await["data"]["expertReliability"].clone()
    };
    let (first, third) = (reliable(0).await, reliable(2).await);
    assert!(first["reliability"].as_f64() > third["reliability"].as_f64(), "{first:#} {third:#}");
    let trace = panel.world.graphql(&panel.admin, "{ traces(last: 1) { edges { node { id } } } }").await["data"]["traces"]["edges"][0]["node"]["id"].clone();
    let asked = format!("{{ reviewConsensus(trace: {trace}) {{ verdict probability gold }} }}");
    let consensus = panel.world.graphql(&panel.admin, &asked).await["data"]["reviewConsensus"].clone();
    assert_eq!((&consensus["verdict"], &consensus["gold"]), (&json!("CORRECT"), &json!(false)), "{consensus:#}");
}

#[tokio::test]
async fn a_recipe_can_ask_that_experts_agree_before_what_they_say_is_learnt_of() {
    let panel = Panel::of(2).await;
    let request = async |alpha: f64| {
        let rule = AgreementRule { question: ReviewQuestion::Verdict, alpha };
        let recipe = Recipe { agreement: Some(rule), ..Recipe::default() };
        let document = "mutation ($recipe: JSON) { requestSnapshot(recipe: $recipe) { status message field } }";
        let body = json!({"query": document, "variables": {"recipe": recipe}}).to_string();
        let request = Request::post("/graphql")
            .header(header::AUTHORIZATION, format!("Bearer {}", panel.admin))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body));
        let answer = body_of(panel.world.ask(request.expect("a request")).await).await;
        serde_json::from_slice::<Value>(&answer).expect("JSON")["data"]["requestSnapshot"].clone()
    };
    let said = |answer: &Value| answer["message"].as_str().expect("a message").to_owned();
    let unknown = request(0.5).await;
    assert_eq!(unknown["status"], "CONFLICT", "{unknown:#}");
    assert!(said(&unknown).contains("is not known: no trace was judged by two"), "{unknown:#}");
    for n in 0..8 {
        let trace = panel.trace(&format!("t{n}")).await;
        for expert in 0..2 {
            let right = (n % 2 == 0) ^ (n == 7 && expert == 1);
            let verdict = if right { "correct" } else { "incorrect" };
            assert_eq!(panel.judges(expert, trace, json!({"verdict": verdict})).await["status"], "stored");
        }
    }
    let below = request(0.9).await;
    assert!(said(&below).contains("of 0.9 or more") && said(&below).contains("over 16 ratings"), "{below:#}");
    // Then it is another thing that is missing.
    assert!(said(&request(0.5).await).contains("no trace is ready"));
    let beyond = request(2.0).await;
    assert_eq!((&beyond["status"], &beyond["field"]), (&json!("INVALID"), &json!("recipe")));
}
