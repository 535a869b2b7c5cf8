//! How often the rules of verify and score are right, on data sets that people labelled.
//!
//! `DATA=… cargo run -p atr-workers --example judgements` prints the figures; `DATA` is `../shared/data` if it is not set.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

use std::error::Error;
use std::process::Command;

use atr_workers::stages::score::arithmetic;
use atr_workers::stages::score::logic::{FaultKind, Step, examine};
use atr_workers::stages::verify::compare::{FactText, Relation, compare};
use atr_workers::stages::verify::consensus::final_answer;
use atr_workers::stages::verify::decide::{Candidate, Judgement, decide};
use serde_json::Value;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let data = std::env::var("DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    steps(&rows(&data, "mr-gsm8k/mr_gsm8k.jsonl.gz")?);
    let solutions = rows(&data, "gsm8k-model-solutions/example_model_solutions.jsonl.gz")?;
    right_solutions(&solutions);
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

/// Wrong solutions with the first wrong step: where does the arithmetic of steps fail?
fn steps(rows: &[Value]) {
    let (mut flagged, mut exact, mut later, mut before, mut equations) = (0, 0, 0, 0, 0);
    let mut others = [0; 4];
    for row in rows {
        let steps = list(row, "model_output_steps");
        let wrong = row["model_output_solution_first_error_step"].as_u64().unwrap_or(0) as usize;
        let first = steps.iter().position(|s| !arithmetic::check(s).wrong.is_empty()).map(|at| at + 1);
        equations += steps.iter().map(|s| arithmetic::check(s).checked).sum::<usize>();
        if let Some(at) = first {
            flagged += 1;
            exact += usize::from(at == wrong);
            later += usize::from(at > wrong);
            before += usize::from(at < wrong);
            if at < wrong && std::env::var_os("SHOW").is_some() {
                println!("  before: {} (first wrong: {wrong})", steps[at - 1]);
            }
        }
        for (count, kind) in others.iter_mut().zip(KINDS) {
            *count += usize::from(faults(text(row, "question"), &steps, None).contains(&kind));
        }
    }
    println!("mr-gsm8k: {} wrong solutions, {equations} equations computed", rows.len());
    println!("  solutions with a wrong equation {}", share(flagged, rows.len()));
    println!(
        "  first wrong equation is the first wrong step {}, after it {later}, before it {before}",
        share(exact, flagged)
    );
    println!("  other findings: {}", named(&others));
}

const KINDS: [FaultKind; 4] =
    [FaultKind::CircularSupport, FaultKind::Unsupported, FaultKind::Contradiction, FaultKind::ConclusionDoesNotFollow];

fn named(counts: &[usize; 4]) -> String {
    KINDS.iter().zip(counts).map(|(kind, count)| format!("{kind:?} {count}")).collect::<Vec<_>>().join(", ")
}

fn faults(question: &str, steps: &[&str], conclusion: Option<&str>) -> Vec<FaultKind> {
    let before: Vec<Vec<usize>> = (0..steps.len()).map(|at| at.checked_sub(1).into_iter().collect()).collect();
    let graph: Vec<Step> = steps.iter().zip(&before).map(|(text, rests_on)| Step { text, rests_on }).collect();
    let logic = examine(question, &graph, conclusion);
    if std::env::var_os("SHOW").is_some() {
        for finding in logic.findings.iter().filter(|f| f.kind != FaultKind::WrongArithmetic) {
            println!(
                "  {:?}: {} | {:?}",
                finding.kind,
                finding.reason,
                finding.steps.iter().map(|s| steps[*s]).collect::<Vec<_>>()
            );
        }
    }
    logic.findings.into_iter().map(|f| f.kind).collect()
}

const MODELS: [&str; 4] = ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"];

/// Solutions graded right: every finding in one is a false alarm, as far as a right answer means right steps.
fn right_solutions(rows: &[Value]) {
    for right in [true, false] {
        let (mut all, mut arithmetic, mut others) = (0, 0, [0; 4]);
        for row in rows {
            for model in MODELS.iter().map(|m| &row[*m]).filter(|m| m["is_correct"] == right) {
                let solution = text(model, "solution");
                let steps: Vec<&str> = solution.lines().collect();
                all += 1;
                let found = faults(text(row, "question"), &steps, Some(final_answer(solution)));
                arithmetic += usize::from(found.contains(&FaultKind::WrongArithmetic));
                for (count, kind) in others.iter_mut().zip(KINDS) {
                    *count += usize::from(found.contains(&kind));
                }
            }
        }
        let graded = if right { "right" } else { "wrong" };
        println!(
            "gsm8k-model-solutions graded {graded}: wrong arithmetic in {}; {}",
            share(arithmetic, all),
            named(&others)
        );
    }
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
