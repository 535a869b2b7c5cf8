//! How often the rules of verify are right, on data sets that people labelled.
//!
//! `DATA=… cargo run -p atr-workers --example judgements` prints the figures; `DATA` is `../shared/data` if it is not set.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::error::Error;
use std::process::Command;

use atr_workers::stages::verify::compare::{FactText, Relation, compare};
use atr_workers::stages::verify::consensus::{ChainAnswer, final_answer, merge, normalise};
use atr_workers::stages::verify::decide::{Candidate, Judgement, decide};
use serde_json::Value;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let data = std::env::var("DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    consensus(&rows(&data, "gsm8k-model-solutions/example_model_solutions.jsonl.gz")?);
    factcheck(&rows(&data, "factcheck-bench/factcheck_bench.jsonl.gz")?);
    expertqa(&rows(&data, "expertqa/expertqa.jsonl.gz")?);
    Ok(())
}

fn rows(data: &str, file: &str) -> Result<Vec<Value>, Box<dyn Error>> {
    let path = format!("{data}/{file}");
    let out = Command::new("zcat").arg(&path).output()?;
    if !out.status.success() {
        return Err(format!("zcat {path}: {}", String::from_utf8_lossy(&out.stderr)).into());
    }
    String::from_utf8(out.stdout)?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or("")
}

fn list<'a>(value: &'a Value, field: &str) -> Vec<&'a str> {
    value[field].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn share(part: usize, of: usize) -> String {
    format!("{part}/{of} = {:.3}", part as f64 / of.max(1) as f64)
}

const MODELS: [&str; 4] = ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"];

/// Four models' solutions as four chains.
fn consensus(rows: &[Value]) {
    let (mut right, mut any, mut singles) = (0.0, 0u32, [0u32; 4]);
    for row in rows {
        let chains: Vec<(&str, bool)> =
            MODELS.iter().map(|m| (text(&row[*m], "solution"), row[*m]["is_correct"] == true)).collect();
        for (count, chain) in singles.iter_mut().zip(&chains) {
            *count += u32::from(chain.1);
        }
        any += u32::from(chains.iter().any(|c| c.1));
        let answers: Vec<ChainAnswer> =
            chains.iter().map(|c| ChainAnswer { answer: c.0, mean_logprob: None }).collect();
        let merged = merge(&answers);
        if let Some(group) = merged.groups.first() {
            // A tie counts for the share of the tied groups that is right: which of them wins is no merit.
            let tied: Vec<_> = merged.groups.iter().filter(|g| g.share == group.share).collect();
            let won = tied.iter().filter(|g| g.chains.iter().any(|at| chains[*at].1)).count();
            right += won as f64 / tied.len() as f64;
        }
    }
    let n = rows.len() as f64;
    println!(
        "gsm8k-model-solutions: {} questions, agreed answer right {:.3}, at least one right {:.3}",
        rows.len(),
        right / n,
        f64::from(any) / n
    );
    for (model, count) in MODELS.iter().zip(singles) {
        println!("  {model} alone {:.3}", f64::from(count) / n);
    }
    let mut split = 0;
    for row in rows {
        let keys: Vec<(String, bool)> = MODELS
            .iter()
            .map(|m| (normalise(final_answer(text(&row[*m], "solution"))), row[*m]["is_correct"] == true))
            .collect();
        split += usize::from(keys.iter().any(|a| keys.iter().any(|b| a.0 == b.0 && a.1 != b.1)));
    }
    println!("  questions where one normal form was graded both right and wrong {split}");
}

/// Claims with the evidence given for them, against the label of the claim and the stance of each piece.
fn factcheck(rows: &[Value]) {
    let mut stances = [[0; 3]; 4];
    let mut verdicts = [[0; 3]; 3];
    let mut corrections = [[0; 3]; 3];
    for row in rows {
        for sentence in row["sentences"].as_object().into_iter().flat_map(|s| s.values()) {
            let claims = list(sentence, "claims");
            for (at, claim) in claims.iter().enumerate() {
                let evidence: Vec<&str> =
                    sentence["auto_evidence"][at].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let stance: Vec<&str> = sentence["stance_claim_autoEvid"][at]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                for (piece, stance) in evidence.iter().zip(&stance) {
                    let found = compare(claim, &FactText::new(piece)).relation;
                    let row = if stance.contains("refute") {
                        0
                    } else if stance.contains("partial") {
                        2
                    } else if stance.contains("support") {
                        1
                    } else {
                        3
                    };
                    stances[row][found as usize] += 1;
                    if found == Relation::Contradicts && std::env::var_os("SHOW").is_some() {
                        let c = compare(claim, &FactText::new(piece));
                        println!("  {stance}: {claim} | {} | {}", c.reason, c.fact_span.of(piece));
                    }
                }
                let label = &sentence["claims_factuality_label"][at];
                let row = match label.as_bool() {
                    Some(true) => 0,
                    Some(false) => 1,
                    None => 2,
                };
                if let Some(correction) = sentence["revised_claims"][at].as_str().filter(|c| *c != "NA") {
                    corrections[row][compare(claim, &FactText::new(correction)).relation as usize] += 1;
                }
                let human = list(sentence, "human_evidence");
                let mut pieces = evidence;
                pieces.extend(human.get(at).copied().filter(|h| *h != "NA"));
                let texts: Vec<FactText> = pieces.iter().map(|statement| FactText::new(statement)).collect();
                let candidates: Vec<Candidate> =
                    texts.iter().map(|text| Candidate { fact: "evidence", text, rank: 0.0 }).collect();
                let column = match decide(claim, &candidates).judgement {
                    Judgement::Supported => 0,
                    Judgement::Contradicted => 1,
                    Judgement::Unverifiable => 2,
                };
                verdicts[row][column] += 1;
            }
        }
    }
    println!(
        "factcheck-bench, each piece of evidence: rows refute, support, partial, irrelevant; columns supports, contradicts, unrelated"
    );
    println!("  {stances:?}");
    println!(
        "factcheck-bench, claims against their correction: rows true, false, unknown; columns supports, contradicts, unrelated"
    );
    println!("  {corrections:?}");
    println!("factcheck-bench, claims: rows true, false, unknown; columns supported, contradicted, unverifiable");
    println!("  {verdicts:?}");
    println!("  contradicted is right {}", share(verdicts[1][1], verdicts.iter().map(|r| r[1]).sum()));
    println!("  supported is right {}", share(verdicts[0][0], verdicts.iter().map(|r| r[0]).sum()));
}

/// Claims with the passages cited for them, against the expert's word on support.
fn expertqa(rows: &[Value]) {
    let mut table = [[0; 3]; 3];
    for row in rows {
        for answer in row["answers"].as_object().into_iter().flat_map(|a| a.values()) {
            for claim in answer["claims"].as_array().into_iter().flatten() {
                let line = match text(claim, "support") {
                    "Complete" => 0,
                    "Incomplete" => 1,
                    "Partial" => 2,
                    _ => continue,
                };
                let pieces = list(claim, "evidence");
                let texts: Vec<FactText> = pieces.iter().map(|statement| FactText::new(statement)).collect();
                let candidates: Vec<Candidate> =
                    texts.iter().map(|text| Candidate { fact: "evidence", text, rank: 0.0 }).collect();
                let verdict = decide(text(claim, "claim_string"), &candidates);
                let column = match verdict.judgement {
                    Judgement::Supported => 0,
                    Judgement::Contradicted => 1,
                    Judgement::Unverifiable => 2,
                };
                table[line][column] += 1;
            }
        }
    }
    println!(
        "expertqa, claims with evidence: rows complete, incomplete, partial support; columns supported, contradicted, unverifiable"
    );
    println!("  {table:?}");
}
