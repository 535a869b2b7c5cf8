//! Measures the reward model out of sample: outer folds by question, everything chosen inside them.
//!
//!     cargo run -p atr-reward --example measure -- truthfulqa [ROWS] | gsm8k | demo [turn]
//!
//! Public data are read from `DATA` (by default ../shared/data) through `zcat`; the demo's from `demo/`, its held-out
//! questions left out. `SETTINGS` holds hyperparameters as JSON, `REPEATS` deals the outer folds more than once (their
//! probabilities are averaged), `DEMO` is another folder for the demo's data. Prints what was chosen and a line for the
//! model and each plainer rule, with bootstrap intervals over questions.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use atr_reward::metrics::{self, Bootstrap, Scored};
use atr_reward::{Example, RewardModel, Row, Settings, train};
use serde_json::Value;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let limit = |at: usize| arguments.get(at).and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let rows = match arguments.first().map(String::as_str) {
        Some("truthfulqa") => truthfulqa(limit(1))?,
        Some("gsm8k") => gsm8k()?,
        Some("demo") => demo(limit(1))?,
        _ => bail!("say what to measure on: truthfulqa, gsm8k or demo"),
    };
    ensure!(!rows.is_empty(), "there are no rows");
    let settings: Settings = match std::env::var("SETTINGS") {
        Ok(json) => serde_json::from_str(&json).context("SETTINGS is not a JSON object of hyperparameters")?,
        Err(_) => Settings::default(),
    };
    let repeats = std::env::var("REPEATS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    measure(&rows, &settings, repeats)
}

fn data() -> PathBuf {
    std::env::var_os("DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from)
}

fn lines(path: &Path) -> Result<Vec<Value>> {
    let text = if path.extension().is_some_and(|e| e == "gz") {
        let output = Command::new("zcat").arg(path).output().context("zcat did not start")?;
        ensure!(output.status.success(), "zcat cannot read {}", path.display());
        String::from_utf8(output.stdout)?
    } else {
        std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?
    };
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn row(id: String, group: &str, prompt: &str, completion: &str, domain: &str, label: bool) -> Row {
    Row {
        row: id,
        group: group.to_owned(),
        prompt: prompt.to_owned(),
        completion: completion.to_owned(),
        steps: Vec::new(),
        domain: domain.to_owned(),
        label,
        weight: 1.0,
        mean_logprob: None,
        min_logprob: None,
        agreement: None,
        chains: None,
    }
}

fn truthfulqa(limit: usize) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (i, line) in lines(&data().join("truthfulqa/finetune_truth.jsonl.gz"))?.iter().enumerate().take(limit) {
        let text = line["prompt"].as_str().context("a prompt")?;
        let (question, answer) = text.split_once("\nA: ").context("an answer")?;
        let question = question.trim_start_matches("Q: ");
        let answer = answer.trim_end_matches("\nTrue:");
        rows.push(row(format!("{i:05}"), question, question, answer, "", line["completion"] == " yes"));
    }
    Ok(rows)
}

fn gsm8k() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (i, line) in lines(&data().join("gsm8k-model-solutions/example_model_solutions.jsonl.gz"))?.iter().enumerate() {
        let question = line["question"].as_str().context("a question")?;
        let group = format!("{i:04}");
        let first = rows.len();
        for model in ["6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"] {
            let solution = &line[model];
            let text = solution["solution"].as_str().context("a solution")?;
            let mut steps: Vec<String> = text.lines().map(str::to_owned).collect();
            let answer = steps.pop().unwrap_or_default();
            let answer = answer.trim_start_matches("A:").trim();
            let label = solution["is_correct"] == true;
            rows.push(Row { steps, ..row(format!("{group}-{model}"), &group, question, answer, "gsm8k", label) });
        }
        agree(&mut rows[first..], |row| normal(&row.completion));
    }
    Ok(rows)
}

/// Writes agreement and the number of chains into the rows of one question; rows of equal keys agree.
fn agree(rows: &mut [Row], key: impl Fn(&Row) -> String) {
    let keys: Vec<String> = rows.iter().map(key).collect();
    for (row, key) in rows.iter_mut().zip(&keys) {
        let same = keys.iter().filter(|k| *k == key).count();
        row.agreement = Some(same as f64 / keys.len() as f64);
        row.chains = Some(keys.len() as u32);
    }
}

/// The demo's recorded answers to training questions, up to a turn; held-out questions are never read.
fn demo(turn: usize) -> Result<Vec<Row>> {
    let folder = std::env::var_os("DEMO").map_or_else(|| PathBuf::from("demo"), PathBuf::from);
    let mut questions = BTreeMap::new();
    for question in lines(&folder.join("questions.jsonl"))? {
        let taken = question["turn"].as_u64().is_some_and(|t| t as usize <= turn);
        if question["split"] == "train" && taken {
            questions.insert(question["id"].as_str().context("an id")?.to_owned(), question);
        }
    }
    let mut groups: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for answer in lines(&folder.join("answers.jsonl"))? {
        let id = answer["question"].as_str().context("a question")?;
        let Some(question) = questions.get(id) else { continue };
        let text = answer["answer"].as_str().unwrap_or_default();
        let steps = answer["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
        let domain = question["domain"].as_str().unwrap_or_default();
        let prompt = question["question"].as_str().unwrap_or_default();
        groups.entry(id.to_owned()).or_default().push(Row {
            steps: steps.iter().filter_map(|s| s.as_str().map(str::to_owned)).collect(),
            mean_logprob: answer["mean_logprob"].as_f64(),
            min_logprob: answer["min_logprob"].as_f64(),
            ..row(format!("{id}-{}", answer["chain"]), id, prompt, text, domain, right(&question["answer"], text))
        });
    }
    for (id, rows) in &mut groups {
        let kind = questions[id]["answer"]["kind"].as_str().unwrap_or_default().to_owned();
        agree(rows, |row| match kind.as_str() {
            "number" => number(&row.completion).map_or_else(|| normal(&row.completion), |n| n.to_string()),
            "yes_no" => normal(&row.completion).split(' ').next().unwrap_or_default().to_owned(),
            _ => normal(&row.completion),
        });
    }
    Ok(groups.into_values().flatten().collect())
}

/// Lower case, words apart by one space, no leading article: as demo/README.md says.
fn normal(text: &str) -> String {
    let split = text.split(|c: char| !c.is_alphanumeric());
    let mut words: Vec<String> = split.map(str::to_lowercase).filter(|w| !w.is_empty()).collect();
    if words.len() > 1 && matches!(words[0].as_str(), "a" | "an" | "the") {
        words.remove(0);
    }
    words.join(" ")
}

/// The first number after the last `=`, or of the whole answer.
fn number(text: &str) -> Option<f64> {
    let from = |text: &str| {
        let plain = text.replace(',', "");
        let words = plain.split(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-'));
        words.map(|w| w.trim_end_matches('.')).find_map(|w| w.parse::<f64>().ok())
    };
    from(text.rsplit('=').next().unwrap_or(text)).or_else(|| from(text))
}

/// Whether an answer is one of those the demo accepts, as demo/README.md says (numerals as words left out).
fn right(wanted: &Value, given: &str) -> bool {
    let said = normal(given);
    let accepted = wanted["accepted"].as_array().map(Vec::as_slice).unwrap_or_default();
    let accepted: Vec<String> = accepted.iter().filter_map(Value::as_str).map(normal).collect();
    match wanted["kind"].as_str() {
        Some("number") => {
            let value = wanted["value"].as_f64().unwrap_or(f64::NAN);
            let tolerance = wanted["tolerance"].as_f64().unwrap_or(0.0) + 1e-9;
            number(given).is_some_and(|n| (n - value).abs() <= tolerance)
        }
        Some("yes_no") => accepted.iter().any(|a| said.split(' ').next() == Some(a)),
        _ => accepted.iter().any(|a| {
            said == *a || said.ends_with(&format!(" {a}")) || normal(given.split(',').next().unwrap_or_default()) == *a
        }),
    }
}

const FOLDS: usize = 5;

fn measure(rows: &[Row], settings: &Settings, repeats: usize) -> Result<()> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, row) in rows.iter().enumerate() {
        groups.entry(&row.group).or_default().push(i);
    }
    let positives = rows.iter().filter(|r| r.label).count();
    println!("{} rows, {} groups, {positives} true", rows.len(), groups.len());
    let mut scores = vec![0.0; rows.len()];
    let mut seconds = 0.0;
    let mut chosen = Vec::new();
    for repeat in 0..repeats {
        // A fixed pseudo-random place for each group.
        let mut order: Vec<&str> = groups.keys().copied().collect();
        order.sort_by_key(|g| *blake3::hash(format!("{repeat} {g}").as_bytes()).as_bytes());
        for fold in 0..FOLDS {
            let held: Vec<usize> = order.iter().skip(fold).step_by(FOLDS).flat_map(|g| groups[g].clone()).collect();
            let kept = (0..rows.len()).filter(|i| !held.contains(i));
            let kept: Vec<&Row> = kept.map(|i| &rows[i]).collect();
            let begun = Instant::now();
            let examples: Vec<Example> = kept.iter().map(|r| Example::of(r, settings.hash_bits)).collect();
            let (model, found) = train(examples, settings, fold as u64, &mut |_| ())?;
            seconds += begun.elapsed().as_secs_f64();
            chosen.push(format!("{}/{}", found.l2, found.hashed_scale));
            for i in held {
                scores[i] += model.score(&rows[i].candidate()) / repeats as f64;
            }
            if fold == 0 && repeat == 0 {
                show(&model, &kept);
                println!(
                    "inner {:?}",
                    (found.cv_auroc, found.cv_log_loss, found.cv_pick_accuracy, found.train_log_loss)
                );
            }
        }
    }
    println!("chosen (prior/words): {}", chosen.join(" "));
    println!("{:.2} s a training", seconds / (FOLDS * repeats) as f64);
    let many: Vec<&Vec<usize>> = groups.values().collect();
    let report = |name: &str, scores: &[f64]| {
        let over = |drawn: &[usize], figure: fn(&[f64], &[bool]) -> Option<f64>| {
            let of = drawn.iter().flat_map(|g| many[*g]).map(|i| (scores[*i], rows[*i].label));
            let (s, l): (Vec<f64>, Vec<bool>) = of.unzip();
            figure(&s, &l)
        };
        let resamples = if rows.len() > 3_000 { 100 } else { 1_000 };
        let bootstrap = Bootstrap { resamples, ..Bootstrap::default() };
        let say = |figure: Option<metrics::Interval>| {
            figure.map_or_else(|| "-".to_owned(), |f| format!("{:.3} [{:.3} {:.3}]", f.estimate, f.low, f.high))
        };
        let picks: Vec<Vec<Scored>> = many
            .iter()
            .map(|g| g.iter().map(|i| Scored { score: scores[*i], right: rows[*i].label }).collect())
            .collect();
        let pick = bootstrap.interval(many.len(), |drawn| {
            metrics::pick_accuracy(&drawn.iter().map(|g| picks[*g].as_slice()).collect::<Vec<_>>())
        });
        println!(
            "{name:12} auroc {}  log-loss {}  brier {}  pick {}",
            say(bootstrap.interval(many.len(), |d| over(d, metrics::auroc))),
            say(bootstrap.interval(many.len(), |d| over(d, metrics::log_loss))),
            say(bootstrap.interval(many.len(), |d| over(d, metrics::brier))),
            say(pick),
        );
    };
    report("model", &scores);
    let signal = |of: fn(&Row) -> Option<f64>| rows.iter().map(|r| of(r).unwrap_or(0.0)).collect::<Vec<f64>>();
    report("base rate", &vec![positives as f64 / rows.len() as f64; rows.len()]);
    if rows.iter().any(|r| r.agreement.is_some()) {
        report("agreement", &signal(|r| r.agreement));
    }
    if rows.iter().any(|r| r.mean_logprob.is_some()) {
        report("logprob", &signal(|r| r.mean_logprob.map(f64::exp)));
        report("both", &signal(|r| Some(r.agreement? + 0.01 * r.mean_logprob?.exp())));
    }
    let oracle: Vec<f64> = rows.iter().map(|r| if r.label { 0.99 } else { 0.01 }).collect();
    report("oracle", &oracle);
    Ok(())
}

fn show(model: &RewardModel, rows: &[&Row]) {
    let mut sum: BTreeMap<String, f64> = BTreeMap::new();
    for row in rows.iter().take(500) {
        for part in model.explain(&row.candidate(), 30) {
            *sum.entry(part.feature).or_default() += part.log_odds.abs() / rows.len().min(500) as f64;
        }
    }
    let mut strongest: Vec<(String, f64)> = sum.into_iter().collect();
    strongest.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (name, weight) in strongest.into_iter().take(18) {
        println!("  {weight:.3} {name}");
    }
    println!("file: {} bytes", model.save().len());
}
