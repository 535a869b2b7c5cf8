//! The facts that claims are held against: that the right ones are found.

use std::{collections::HashMap, fs, path::Path};

use atr_core::{
    domain::grounding::NewGrounding,
    store::{StoreError, Tx},
};
use serde_json::{Value, json};

use super::{super::verify, support::Database};
use verify::{
    claims,
    compare::FactText,
    decide::{Judgement, Verdict},
    parsed_facts::{ParsedFacts, hold},
    resolve::resolve,
    search::{Found, facts_for},
    search_terms::search_terms,
};

const FACTS: u16 = 20;

fn demo(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// Facts with these curators' ids, of one source.
async fn enter<'a>(db: &Database, facts: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let source = json!({"kind": "source", "external_id": "s", "publisher": "p", "title": "t", "licence": "l"});
    let fact = |(id, statement): (&str, &str)| json!({"kind": "fact", "external_id": id, "source": "s", "domain": "d", "subject": "s", "statement": statement});
    let lines: Vec<_> = std::iter::once(source)
        .chain(facts.into_iter().map(fact))
        .map(|line| NewGrounding::parse(line.to_string().as_bytes()))
        .collect();
    let mut tx = db.store.begin(db.project).await.expect("a transaction");
    tx.record_grounding(&lines, true).await.expect("stored");
    tx.commit().await.expect("committed");
}

/// What was found before for each claim: the best of all facts that have any of its words.
async fn of_any_word(tx: &mut Tx, terms: &str) -> Result<Vec<Found>, StoreError> {
    let ranked = tx.search_facts(&terms.replace(' ', " or "), FACTS.into()).await?;
    let facts = tx.facts_by_id(&ranked.iter().map(|(fact, _)| *fact).collect::<Vec<_>>()).await?;
    let statements: HashMap<_, _> = facts.into_iter().map(|fact| (fact.id, fact.statement)).collect();
    Ok(ranked
        .into_iter()
        .map(|(fact, rank)| Found { fact, statement: statements[&fact].clone(), rank: rank.into() })
        .collect())
}

#[tokio::test]
async fn the_demos_answers_are_judged_as_by_all_facts_that_have_a_word_of_theirs() -> Result<(), StoreError> {
    let db = Database::create().await;
    let (facts, questions) = (demo("facts.jsonl"), demo("questions.jsonl"));
    enter(&db, facts.iter().map(|fact| (text(fact, "id"), text(fact, "statement")))).await;
    let questions: HashMap<&str, &str> = questions.iter().map(|q| (text(q, "id"), text(q, "question"))).collect();
    let (mut resolved, mut terms) = (vec![], vec![]);
    for answer in demo("answers.jsonl").iter().step_by(4) {
        for claim in claims::split(text(answer, "text")) {
            let claim = resolve(questions[text(answer, "question")], &claim.statement);
            if claims::worth_checking(&claim)
                && let Some(found) = search_terms(&claim)
            {
                resolved.push(claim);
                terms.push(found);
            }
        }
    }
    let mut tx = db.store.begin(db.project).await?;
    let (parsed, mut decided, mut other) = (ParsedFacts::default(), 0, vec![]);
    let found = facts_for(&mut tx, &terms, FACTS).await?;
    for ((claim, terms), found) in resolved.iter().zip(&terms).zip(&found) {
        let before = of_any_word(&mut tx, terms).await?;
        let judged = |facts: &[Found]| {
            // Of two facts that decide it equally well, either may be named.
            let Verdict { judgement, score, .. } = hold(&FactText::new(claim), facts, &parsed.texts(facts));
            (judgement, score)
        };
        let (now, then) = (judged(found), judged(&before));
        decided += usize::from(now.0 != Judgement::Unverifiable);
        if now != then {
            other.push(format!("{claim}: {now:?}, and {then:?} by all"));
        }
    }
    assert!(decided > 200, "{decided} of {} are decided", resolved.len());
    assert_eq!(other, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_misspelt_name_finds_its_fact_and_so_does_a_name_that_all_other_words_surround() -> Result<(), StoreError> {
    let db = Database::create().await;
    let facts = [
        ("hamlet", "William Shakespeare wrote Hamlet."),
        ("ukraine", "The capital of Ukraine is Kyiv."),
        ("dune", "Frank Herbert wrote Dune."),
        ("france", "The capital of France is Paris."),
    ];
    enter(&db, facts).await;
    let mut tx = db.store.begin(db.project).await?;
    for (claim, best) in [
        ("Hamlet is by Shakespare.", "William Shakespeare wrote Hamlet."),
        ("Shakspeare wrote plays.", "William Shakespeare wrote Hamlet."),
        ("Kiev is the capital of Ukraine.", "The capital of Ukraine is Kyiv."),
        ("Herberts wrote novels.", "Frank Herbert wrote Dune."),
    ] {
        let found = facts_for(&mut tx, &[search_terms(claim).expect("words")], FACTS).await?;
        assert_eq!(found[0].first().map(|found| found.statement.as_str()), Some(best), "{claim}");
    }
    Ok(())
}

#[tokio::test]
async fn a_claim_without_words_or_of_a_hundred_thousand_finds_what_it_can() -> Result<(), StoreError> {
    let db = Database::create().await;
    enter(&db, [("gold", "Gold is a metal."), ("quote", "It's \"odd\" \\ & | ! :* <->")]).await;
    let mut tx = db.store.begin(db.project).await?;
    let long = format!("Gold {}", "is not quite unlike some metal ".repeat(5_000));
    let claims = ["", "Is it so?", "الذهب معدن", "金是一种金属", "सोना धातु है", "It's \"odd\" \\ & | ! :* <->", &long];
    let terms: Vec<String> = claims.iter().map(|claim| search_terms(claim).unwrap_or_default()).collect();
    let found = facts_for(&mut tx, &terms, FACTS).await?;
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 0, 0, 0, 1, 1]);
    assert!(facts_for(&mut tx, &[], FACTS).await?.is_empty());
    Ok(())
}
