//! The weekly review by keyboard, as experts do it.

use atr_core::domain::{assignment::Purpose, review::Verdict};
use fantoccini::{Locator, key::Key};

use super::Visit;

/// A key that is no letter, as WebDriver has it.
fn key(key: Key) -> String {
    char::from(key).to_string()
}

#[tokio::test]
async fn an_expert_does_a_whole_week_by_keyboard_and_takes_one_back() {
    let visit = Visit::of_a_stranger().await;
    let expert = visit.expert("chemist").await;
    let mut traces = vec![];
    for name in ["gold", "iron", "tin"] {
        traces.push(visit.trace(name, 4).await);
    }
    let items = visit.ask_of(expert, &traces, Purpose::Single).await;
    visit.contradicted(traces[0], "gold").await;
    visit.go("/week").await;
    assert_eq!(visit.count("ol.rows > li").await, 3);
    visit.look("week").await;

    // Two keys say it: what is wrong, and from where.
    visit.keys(&key(Key::Enter)).await;
    visit.arrives(&format!("/week/{}", items[0])).await;
    visit.keys("i").await;
    visit.keys("2").await;
    visit.until(async || visit.count("#step-2.wrong").await == 1).await;
    assert_eq!(visit.count(".node.wrong").await, 1, "the graph has it too");
    visit.until(async || visit.text("#saving").await == "Saved").await;
    visit.look("item").await;
    visit.keys(&key(Key::Enter)).await;
    visit.arrives(&format!("/week/{}?after={}", items[1], items[0])).await;
    let given = visit.review_of(traces[0]).await.expect("a review");
    assert_eq!((given.verdict, given.suspect_step), (Verdict::Incorrect, Some(2)));

    // What is pressed by mistake is undone, before it is given and after.
    visit.keys("p").await;
    visit.keys("c").await;
    visit.keys("u").await;
    visit.until(async || visit.run("return document.forms.review.verdict.value").await == "partly_correct").await;
    visit.keys("u").await;
    visit.until(async || visit.run("return document.forms.review.verdict.value").await == "").await;
    visit.keys("u").await;
    visit.arrives(&format!("/week/{}", items[0])).await;
    visit.until(async || visit.run("return document.forms.review.verdict.value").await == "incorrect").await;
    visit.keys("0").await;
    visit.keys(&key(Key::Enter)).await;
    visit.arrives(&format!("/week/{}?after={}", items[1], items[0])).await;
    let revised = visit.review_of(traces[0]).await.expect("a review");
    assert_eq!((revised.revision, revised.suspect_step), (2, Some(0)));

    // Steps one after another, marks, and fields; what is not said is asked for.
    visit.keys(&key(Key::Enter)).await;
    visit.until(async || visit.text("#refused").await == "verdict: is missing: say what you find").await;
    for one in ["j", "j", "s", "k", "+", "p"] {
        visit.keys(one).await;
    }
    visit.keys("r").await;
    visit.keys("Fe comes from ferrum.").await;
    visit.look("item-more").await;
    visit.keys(&format!("{}{}", char::from(Key::Control), char::from(Key::Enter))).await;
    visit.arrives(&format!("/week/{}?after={}", items[2], items[1])).await;
    let given = visit.review_of(traces[1]).await.expect("a review");
    assert_eq!((given.verdict, given.suspect_step), (Verdict::PartlyCorrect, Some(1)));
    assert_eq!(given.rationale.as_deref(), Some("Fe comes from ferrum."));
    assert_eq!(given.step_marks.iter().map(|mark| mark.step).collect::<Vec<_>>(), [0]);
    assert!(given.seconds_spent.is_some());

    visit.keys("?").await;
    visit.until(async || visit.count("dialog[open]").await == 1).await;
    visit.look("item-keys").await;
    visit.keys(&key(Key::Escape)).await;
    visit.until(async || visit.count("dialog[open]").await == 0).await;
    visit.keys("c").await;
    visit.keys(&key(Key::Enter)).await;
    visit.arrives(&format!("/week?after={}", items[2])).await;
    assert!(visit.text("#content").await.contains("All done."));
    visit.look("week-done").await;
    visit.close().await;
}

#[tokio::test]
async fn a_mark_of_a_step_or_a_claim_tells_why() {
    let visit = Visit::of_a_stranger().await;
    let expert = visit.expert("chemist").await;
    let trace = visit.trace("gold", 3).await;
    visit.contradicted(trace, "gold").await;
    let item = visit.ask_of(expert, &[trace], Purpose::Single).await[0];
    let page = format!("/week/{item}");
    let note = "input[name^='note:claim:']";
    visit.go(&page).await;
    // Nothing is marked yet, and nothing tells why.
    assert_eq!(visit.count(&format!("{note}:not([hidden])")).await, 0);
    for one in ["i", "1", "k", "m", "+", "m"] {
        visit.keys(one).await;
    }
    visit.keys("The question is read right.").await;
    visit.keys(&key(Key::Escape)).await;
    let found = visit.chromium.client.find(Locator::Css("select[name^='claim:']")).await.expect("the claim's");
    found.send_keys("contradicted").await.expect("chosen");
    visit.until(async || visit.count(&format!("{note}:not([hidden])")).await == 1).await;
    visit.fill(note, "Ag is silver.").await;
    visit.until(async || visit.text("#saving").await == "Saved").await;
    // It stands there again.
    visit.go(&page).await;
    assert!(visit.text("#step-0").await.contains("The question is read right."));
    assert_eq!(visit.run(&format!("return document.querySelector(\"{note}\").value")).await, "Ag is silver.");
    visit.look("item-noted").await;
    // A mark that is taken back takes its note along; undone, both are back.
    for one in ["j", "+"] {
        visit.keys(one).await;
    }
    visit.until(async || !visit.text("#step-0").await.contains("The question is read right.")).await;
    visit.keys("u").await;
    visit.until(async || visit.text("#step-0").await.contains("The question is read right.")).await;
    visit.keys(&key(Key::Enter)).await;
    visit.arrives(&format!("/week?after={item}")).await;
    let given = visit.review_of(trace).await.expect("a review");
    let steps: Vec<_> = given.step_marks.iter().map(|mark| (mark.step, mark.note.as_deref())).collect();
    assert_eq!(steps, [(0, Some("The question is read right."))]);
    assert_eq!(given.claim_marks[0].note.as_deref(), Some("Ag is silver."));
    visit.close().await;
}

#[tokio::test]
async fn two_tabs_do_not_overwrite_each_other() {
    let visit = Visit::of_a_stranger().await;
    let expert = visit.expert("chemist").await;
    let trace = visit.trace("gold", 2).await;
    let items = visit.ask_of(expert, &[trace], Purpose::Single).await;
    let page = format!("/week/{}", items[0]);
    visit.go(&page).await;
    let client = &visit.chromium.client;
    let first = client.window().await.expect("a window");
    let second = client.new_window(true).await.expect("another one").handle;
    client.switch_to_window(second).await.expect("switched");
    visit.go(&page).await;
    visit.keys("c").await;
    visit.until(async || visit.text("#saving").await == "Saved").await;
    client.switch_to_window(first).await.expect("switched");
    visit.keys("i").await;
    visit.until(async || visit.count("#overtaken:not([hidden])").await == 1).await;
    visit.look("item-overtaken").await;
    visit.press("[data-mine]").await;
    visit.until(async || visit.text("#saving").await == "Saved").await;
    let draft = async || {
        let mut tx = visit.world.app.store.begin(visit.world.database.project).await.expect("a transaction");
        tx.draft(trace, expert).await.expect("read").expect("a draft")
    };
    assert_eq!((draft().await.version, draft().await.content.verdict), (2, Some(Verdict::Incorrect)));
    visit.close().await;
}

#[tokio::test]
async fn what_the_machine_suggests_shows_at_once_or_only_after_ones_own_judgement() {
    let visit = Visit::of_a_stranger().await;
    let expert = visit.expert("chemist").await;
    let (open, blind) = (visit.trace("gold", 2).await, visit.trace("silver", 2).await);
    visit.contradicted(open, "gold").await;
    visit.contradicted(blind, "silver").await;
    let single = visit.ask_of(expert, &[open], Purpose::Single).await[0];
    let double = visit.ask_of(expert, &[blind], Purpose::DoubleBlind).await[0];
    visit.go(&format!("/week/{single}")).await;
    assert!(visit.text(".machine").await.contains("Wrong"));
    assert_eq!(visit.count("mark.claim.bad").await, 1);
    visit.look("item-suggested").await;
    visit.go(&format!("/week/{double}")).await;
    assert_eq!((visit.count(".machine").await, visit.count("mark.claim").await), (0, 1));
    let page = visit.text("#content").await;
    assert!(page.contains("The chemical symbol of gold is Au."), "evidence is there: {page}");
    assert!(!page.contains("the fact has Au"), "{page}");
    assert_eq!(visit.count("#claims + ol .tag").await, 0, "no claim has a verdict");
    visit.keys("c").await;
    visit.keys(&key(Key::Enter)).await;
    visit.arrives(&format!("/week/{single}?after={double}")).await;
    visit.go(&format!("/week/{double}")).await;
    assert!(visit.text(".machine").await.contains("you found otherwise"));
    let told = "{ assignments(first: 5) { edges { node { purpose suggestion { verdict suspectStep borneOut } } } } }";
    let admin = visit.world.key(atr_core::domain::access::Role::Admin, None).await;
    let told = visit.world.graphql(&admin, told).await;
    let nodes = told["data"]["assignments"]["edges"].as_array().expect("edges").iter().map(|edge| &edge["node"]);
    let suggested: Vec<_> =
        nodes.map(|node| (node["purpose"].clone(), node["suggestion"]["borneOut"].clone())).collect();
    assert_eq!(
        suggested,
        [("DOUBLE_BLIND".into(), false.into()), ("SINGLE".into(), serde_json::Value::Null)],
        "{told:#}"
    );
    visit.close().await;
}

#[tokio::test]
async fn nobody_comes_to_an_item_that_another_holds() {
    let visit = Visit::of_a_stranger().await;
    let first = visit.expert("chemist").await;
    let trace = visit.trace("gold", 2).await;
    let item = visit.ask_of(first, &[trace], Purpose::Single).await[0];
    visit.go(&format!("/week/{item}")).await;
    assert_eq!(visit.count("#review").await, 1);
    visit.expert("physicist").await;
    visit.go(&format!("/week/{item}")).await;
    assert_eq!(visit.text("h1").await, "There is nothing here");
    visit.go("/week").await;
    assert_eq!(visit.text("#week .card").await, "Nothing is asked of you this week.");
    visit.press("#week form button").await;
    visit.arrives("/week?nothing=true").await;
    visit.look("week-empty").await;
    visit.close().await;
}

#[tokio::test]
async fn of_two_thousand_steps_the_first_are_there_at_once_and_each_is_a_number_away() {
    let visit = Visit::of_a_stranger().await;
    let expert = visit.expert("chemist").await;
    let trace = visit.trace("gold", 2000).await;
    let item = visit.ask_of(expert, &[trace], Purpose::Single).await[0];
    visit.go(&format!("/week/{item}")).await;
    assert_eq!(visit.count("#steps > [data-step]").await, 100);
    visit.keys("i").await;
    visit.keys_at_once("47").await;
    visit.until(async || visit.count("#step-47.wrong").await == 1).await;
    for _ in 0..3 {
        visit.keys("j").await;
    }
    assert_eq!(visit.count("#step-50 .tools").await, 1);
    visit.run("document.querySelector('#steps .more').scrollIntoView()").await;
    visit.until(async || visit.count("#steps > [data-step]").await >= 200).await;
    visit.keys_at_once("1987").await;
    visit.until(async || visit.run("return document.forms.review.suspect_step.value").await == "1987").await;
    visit.keys(&key(Key::Enter)).await;
    visit.until(async || visit.path().await.starts_with("/week?after=")).await;
    assert_eq!(visit.review_of(trace).await.expect("a review").suspect_step, Some(1987));
    visit.close().await;
}
