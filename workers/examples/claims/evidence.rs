//! Claims with the evidence given for them.

use serde_json::Value;

use crate::Outcome;
use crate::data::rows;

/// A claim with its evidence and what people said of it.
pub struct Labelled {
    /// Which answer it stands in.
    pub answer: usize,
    /// What was asked.
    pub question: String,
    /// The claim.
    pub text: String,
    /// The passages found or cited for it.
    pub passages: Vec<String>,
    /// The expert's correction, where there is one.
    pub correction: Option<String>,
    /// 0 true or completely supported, 1 false or not, 2 neither.
    pub label: usize,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("").to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn values(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_object().into_iter().flat_map(|all| all.values())
}

/// Factcheck-bench: claims with what a search of the web found, labelled true, false or unknown.
pub fn factcheck(data: &str) -> Outcome<Vec<Labelled>> {
    let mut out = Vec::new();
    for (answer, row) in rows(data, "factcheck-bench/factcheck_bench.jsonl.gz")?.iter().enumerate() {
        for sentence in values(&row["sentences"]) {
            for (at, claim) in texts(&sentence["claims"]).into_iter().enumerate() {
                let label = match sentence["claims_factuality_label"][at].as_bool() {
                    Some(true) => 0,
                    Some(false) => 1,
                    None => 2,
                };
                out.push(Labelled {
                    answer,
                    question: text(&row["prompt"]),
                    text: claim,
                    passages: texts(&sentence["auto_evidence"][at]),
                    correction: sentence["revised_claims"][at].as_str().filter(|c| *c != "NA").map(str::to_owned),
                    label,
                });
            }
        }
    }
    Ok(out)
}

/// ExpertQA: claims with the passages that they cite, labelled by how far these support them.
pub fn expertqa(data: &str) -> Outcome<Vec<Labelled>> {
    let mut out = Vec::new();
    let all = rows(data, "expertqa/expertqa.jsonl.gz")?;
    for (answer, (question, given)) in
        all.iter().flat_map(|row| values(&row["answers"]).map(move |a| (&row["question"], a))).enumerate()
    {
        for claim in given["claims"].as_array().into_iter().flatten() {
            let label = match claim["support"].as_str() {
                Some("Complete") => 0,
                Some("Incomplete" | "Partial") => 1,
                _ => continue,
            };
            let passages = texts(&claim["evidence"]);
            if passages.is_empty() {
                continue;
            }
            let (question, text) = (text(question), text(&claim["claim_string"]));
            out.push(Labelled { answer, question, text, passages, correction: None, label });
        }
    }
    Ok(out)
}
