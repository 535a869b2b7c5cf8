//! A judge that is out of reach, slow, or answers what is none.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    CLAIM, FACT, Judged, QUOTE,
    endpoint::{FakeModel, Reply, says},
    judge, judge_of,
};

/// One that does something else the first time.
async fn at_first(mut reply: impl FnMut() -> Reply + Send + 'static) -> FakeModel {
    let mut first = true;
    FakeModel::that(move |_| if std::mem::take(&mut first) { reply() } else { says("supported", 1, QUOTE) }).await
}

#[tokio::test]
async fn what_a_judge_does_not_answer_now_it_is_asked_later_and_each_call_is_counted() {
    let replies: [fn() -> Reply; 4] = [
        || Reply::Status(StatusCode::INTERNAL_SERVER_ERROR),
        || Reply::Status(StatusCode::TOO_MANY_REQUESTS),
        || Reply::Body("<html>It works!</html>".to_owned()),
        || Reply::Silence,
    ];
    let tries = replies.map(|reply| async move {
        let judged = Judged::with_facts(&[FACT]).await;
        let model = at_first(reply).await;
        judged.answered("a", CLAIM).await;
        let dead = judged.work(Some(judge_of(&model.url, 10, Duration::from_secs(1))), 1).await;
        assert_eq!(dead, Vec::<Value>::new());
        assert_eq!((judged.verdict("a").await.as_str(), model.asked().len()), ("SUPPORTED", 2));
        assert_eq!(judged.calls().await, [2]);
    });
    futures_util::future::join_all(tries).await;
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_kept_and_not_asked_for_again() {
    for (text, told) in [
        ("I think that it is supported.".to_owned(), "another form"),
        (r#"{"verdict": "supported", "fact": 1, "quote": "organelles"#.to_owned(), "another form"),
        (String::new(), "no answer that can be read"),
        // Longer than is read.
        ("supported ".repeat(20_000), "no answer that can be read"),
        ("nul \u{0} byte".to_owned(), "another form"),
    ] {
        let judged = Judged::with_facts(&[FACT]).await;
        let model = {
            let text = text.clone();
            FakeModel::that(move |_| Reply::Says(text.clone())).await
        };
        judged.answered("a", CLAIM).await;
        judged.answered("b", CLAIM).await;
        assert_eq!(judged.work(Some(judge(&model.url, 10)), 1).await, Vec::<Value>::new());
        let claim = judged.claims("a").await[0].clone();
        assert_eq!(claim["verdict"], "UNVERIFIABLE", "{claim:#}");
        assert!(claim["reason"].as_str().is_some_and(|why| why.contains(told)), "{told}: {claim:#}");
        assert!(claim["opinion"]["answer"].as_str().is_some_and(|answer| answer.len() < 64 << 10));
        judged.answered("c", CLAIM).await;
        judged.work(Some(judge(&model.url, 10)), 1).await;
        assert_eq!(model.asked().len(), 1, "{told}");
    }
}

#[tokio::test]
async fn a_server_that_knows_no_forms_is_asked_plainly_from_then_on() {
    let judged = Judged::with_facts(&[FACT]).await;
    let model = FakeModel::to_requests(|asked| match asked.body.get("response_format") {
        Some(_) => Reply::Status(StatusCode::BAD_REQUEST),
        None => says("supported", 1, QUOTE),
    })
    .await;
    let judge = judge(&model.url, 10);
    judged.answered("a", CLAIM).await;
    judged.work(Some(judge.clone()), 1).await;
    judged.answered("b", "The organelles of photosynthesis in moss are chloroplasts.").await;
    judged.work(Some(judge), 1).await;
    assert_eq!(
        (judged.verdict("a").await, judged.verdict("b").await),
        ("SUPPORTED".to_owned(), "SUPPORTED".to_owned())
    );
    let forms: Vec<bool> = model.asked().iter().map(|asked| asked.body.get("response_format").is_some()).collect();
    assert_eq!((forms, judged.calls().await), (vec![true, false, false], vec![3]));
}

#[tokio::test]
async fn redirects_are_not_followed_and_a_refusal_is_told_with_what_to_mend() {
    let elsewhere = FakeModel::that(|_| says("supported", 1, QUOTE)).await;
    let to = format!("{}/chat/completions", elsewhere.url);
    let refusals: [Box<dyn Fn() -> Reply + Send>; 2] =
        [Box::new(move || Reply::Redirect(to.clone())), Box::new(|| Reply::Status(StatusCode::UNAUTHORIZED))];
    for refusal in refusals {
        let judged = Judged::with_facts(&[FACT]).await;
        let model = FakeModel::that(move |_| refusal()).await;
        judged.answered("a", CLAIM).await;
        let dead = judged.work(Some(judge(&model.url, 10)), 1).await;
        assert_eq!((dead.len(), model.asked().len()), (1, 1), "{dead:#?}");
        let told = dead[0].to_string();
        assert!(told.contains("ATR_JUDGE_URL") && !told.contains("very-secret"), "{told}");
        assert_eq!(judged.verdict("a").await, "UNVERIFIABLE");
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_judge_that_is_silent_holds_up_no_verification() {
    let judged = Judged::with_facts(&[FACT, "The chemical symbol of gold is Au."]).await;
    let model = FakeModel::that(|_| Reply::Silence).await;
    let stop = CancellationToken::new();
    let worker = judged.worker(Some(judge(&model.url, 100)), 2, &stop);
    for name in ["a", "b", "c"] {
        judged.answered(name, &format!("In {name}-cells, {}", CLAIM.to_lowercase())).await;
    }
    while model.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    judged.answered("gold", "The chemical symbol of gold is Au.").await;
    while judged.claims("gold").await.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(judged.claims("gold").await[0]["verdict"], json!("SUPPORTED"));
    assert_eq!(model.asked().len(), 1, "one slot of the two waits for the judge");
    // Who waits is told to stop, and leaves the work to others.
    drop(model);
    worker.abort();
    assert!(worker.await.expect_err("it is cut off").is_cancelled());
}
