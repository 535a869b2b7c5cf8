//! Factcheck-bench: is a claim true, false, or neither?

use std::collections::BTreeMap;

use atr_core::domain::agreement::Bootstrap;
use atr_core::domain::judgement::Leaning;
use atr_workers::stages::verify::compare::{FactText, Relation, compare_parsed};
use atr_workers::stages::verify::decide::{Candidate, Judgement, decide};
use atr_workers::stages::verify::veracity::model::Model;
use atr_workers::stages::verify::veracity::{Features, Likelihood, Measures, asked, mean};
use serde_json::{Map, Value, json};

use crate::Outcome;
use crate::evidence::Labelled;
use crate::fit::fit;

const FOLDS: usize = 11;
/// So many ways to part the answers are gone through, and what they give averaged: which answers share a fold is chance.
const PARTINGS: usize = 5;
/// How strongly weights are held back, in rows.
pub const PRIOR: f64 = 10.0;

/// A claim's features, label and answer.
struct Row {
    features: Features,
    overlap: f64,
    label: usize,
    answer: usize,
}

/// The measures of claims, with those of their answers beside them.
pub fn features(claims: &[Labelled]) -> Vec<(Features, Measures)> {
    let own: Vec<Measures> = claims
        .iter()
        .map(|claim| {
            let passages: Vec<FactText> = claim.passages.iter().map(|p| FactText::new(p)).collect();
            Measures::of(&asked(&claim.question), &FactText::new(&claim.text), &passages.iter().collect::<Vec<_>>())
        })
        .collect();
    let mut answers: BTreeMap<usize, Vec<Measures>> = BTreeMap::new();
    for (claim, measures) in claims.iter().zip(&own) {
        answers.entry(claim.answer).or_default().push(*measures);
    }
    let means: BTreeMap<usize, Measures> = answers.into_iter().map(|(answer, all)| (answer, mean(&all))).collect();
    claims.iter().zip(own).map(|(claim, own)| (Features::new(&own, &means[&claim.answer]), own)).collect()
}

fn rows(claims: &[Labelled]) -> Vec<Row> {
    claims
        .iter()
        .zip(features(claims))
        .map(|(c, (features, own))| Row { features, overlap: own.mean_passage, label: c.label, answer: c.answer })
        .collect()
}

/// The model fitted on all, with what its likelihoods are raised by.
pub fn fitted(claims: &[Labelled]) -> Model {
    let rows = rows(claims);
    trained(&rows.iter().collect::<Vec<_>>())
}

fn trained(rows: &[&Row]) -> Model {
    let pairs = |rows: &[&Row]| rows.iter().map(|r| (r.features, r.label)).collect::<Vec<_>>();
    // What the likelihoods are raised by is chosen on answers that the inner model has not seen.
    let mut unseen: Vec<(Likelihood, usize)> = Vec::new();
    for fold in 0..5 {
        let (out, within): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|r| part(r.answer, 5, PARTINGS) == fold);
        let inner = fit(&pairs(&within), PRIOR);
        unseen.extend(out.iter().map(|r| (inner.likelihood(&r.features), r.label)));
    }
    let common = |kind: usize| rows.iter().filter(|r| r.label == kind).count().max(1) as f64 / rows.len() as f64;
    let mut best = (f64::NEG_INFINITY, [1.0; 3]);
    for power in (6..=20).map(|step| f64::from(step) / 20.0) {
        let raise = [0, 1, 2].map(|kind| common(kind).powf(-power));
        let said: Vec<(usize, usize)> = unseen.iter().map(|(l, label)| (kind(l.leaning(raise)), *label)).collect();
        let f1 = macro_f1(&said);
        if f1 > best.0 {
            best = (f1, raise);
        }
    }
    Model { raise: best.1, ..fit(&pairs(rows), PRIOR) }
}

/// Which of `parts` an answer is in, in one of the ways to part them: by a hash, so that neighbours are apart (Steele, Lea and Flood
/// 2014, SplitMix64).
pub fn part(answer: usize, parts: usize, way: usize) -> usize {
    let mut mixed = ((answer as u64) << 8 | way as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((mixed ^ (mixed >> 31)) % parts as u64) as usize
}

fn kind(leaning: Leaning) -> usize {
    match leaning {
        Leaning::LikelyTrue => 0,
        Leaning::LikelyFalse => 1,
        Leaning::Open => 2,
    }
}

/// The mean of the kinds' F1 over pairs of what was said and what is.
fn macro_f1(pairs: &[(usize, usize)]) -> f64 {
    let f1 = |kind: usize| {
        let hit = pairs.iter().filter(|(said, is)| *said == kind && *is == kind).count() as f64;
        let both = pairs.iter().map(|(said, is)| usize::from(*said == kind) + usize::from(*is == kind)).sum::<usize>();
        if both == 0 { 0.0 } else { 2.0 * hit / both as f64 }
    };
    (0..3).map(f1).sum::<f64>() / 3.0
}

/// Two thresholds on the share of the claim that one sentence has, chosen on the rows given.
fn thresholds(rows: &[&Row]) -> (f64, f64) {
    let grid: Vec<f64> = (0..=20).map(|step| f64::from(step) / 20.0).collect();
    let mut best = (f64::NEG_INFINITY, (0.0, 0.0));
    for low in &grid {
        for high in grid.iter().filter(|high| *high >= low) {
            let said: Vec<(usize, usize)> = rows.iter().map(|r| (by_overlap(r, (*low, *high)), r.label)).collect();
            let f1 = macro_f1(&said);
            if f1 > best.0 {
                best = (f1, (*low, *high));
            }
        }
    }
    best.1
}

fn by_overlap(row: &Row, (low, high): (f64, f64)) -> usize {
    if row.overlap >= high {
        0
    } else if row.overlap >= low {
        1
    } else {
        2
    }
}

/// Prints tables and notes the figures.
pub fn report(claims: &[Labelled], figures: &mut Map<String, Value>) -> Outcome<()> {
    let rows = rows(claims);
    let (mut leant, mut overlap) = (vec![vec![0; rows.len()]; PARTINGS], vec![vec![0; rows.len()]; PARTINGS]);
    for (way, (leant, overlap)) in leant.iter_mut().zip(&mut overlap).enumerate() {
        for fold in 0..FOLDS {
            let within: Vec<&Row> = rows.iter().filter(|r| part(r.answer, FOLDS, way) != fold).collect();
            let (model, cut) = (trained(&within), thresholds(&within));
            for (at, row) in rows.iter().enumerate().filter(|(_, r)| part(r.answer, FOLDS, way) == fold) {
                leant[at] = kind(model.likelihood(&row.features).leaning(model.raise));
                overlap[at] = by_overlap(row, cut);
            }
        }
    }
    let verdicts = claims.iter().map(verdict).collect::<Vec<_>>();
    let answers: BTreeMap<usize, Vec<usize>> =
        rows.iter().enumerate().fold(BTreeMap::new(), |mut all: BTreeMap<usize, Vec<usize>>, (at, row)| {
            all.entry(row.answer).or_default().push(at);
            all
        });
    let groups: Vec<Vec<usize>> = answers.into_values().collect();
    let mut note = |name: &str, ways: &[Vec<usize>]| -> Outcome<()> {
        let pairs = |said: &[usize], at: &[usize]| at.iter().map(|at| (said[*at], rows[*at].label)).collect::<Vec<_>>();
        let found = Bootstrap::default().interval(groups.len(), |drawn| {
            let at: Vec<usize> = drawn.iter().flat_map(|g| groups[*g].iter().copied()).collect();
            Ok::<f64, std::convert::Infallible>(
                ways.iter().map(|said| macro_f1(&pairs(said, &at))).sum::<f64>() / ways.len() as f64,
            )
        })?;
        figures
            .insert(name.to_owned(), json!({"value": found.value, "low": found.low, "high": found.high, "unit": ""}));
        let mut table = [[0; 3]; 3];
        for (said, is) in pairs(&ways[0], &(0..rows.len()).collect::<Vec<_>>()) {
            table[is][said] += 1;
        }
        println!(
            "{name} {:.3} ({:.3} to {:.3}); rows true, false, unknown, columns the same as said: {table:?}",
            found.value, found.low, found.high
        );
        Ok(())
    };
    note("factcheck_macro_f1", &leant)?;
    note("factcheck_lexical", &overlap)?;
    note("factcheck_majority", &[vec![0; rows.len()]])?;
    note("factcheck_verdict_macro_f1", std::slice::from_ref(&verdicts))?;
    contradicted(claims, &verdicts, figures)
}

/// The verdict on a claim by its passages: 0 supported, 1 contradicted, 2 unverifiable.
fn verdict(claim: &Labelled) -> usize {
    let texts: Vec<FactText> = claim.passages.iter().map(|p| FactText::new(p)).collect();
    let candidates: Vec<Candidate> = texts.iter().map(|text| Candidate { fact: "evidence", text, rank: 0.0 }).collect();
    match decide(&FactText::new(&claim.text), &candidates).judgement {
        Judgement::Supported => 0,
        Judgement::Contradicted => 1,
        Judgement::Unverifiable => 2,
    }
}

/// Where "contradicted" is said, by passages or by the expert's correction taken for a fact: how often is the claim false?
fn contradicted(claims: &[Labelled], verdicts: &[usize], figures: &mut Map<String, Value>) -> Outcome<()> {
    let mut table = [[0; 3]; 3];
    let mut said: Vec<bool> =
        claims.iter().zip(verdicts).filter(|(_, v)| **v == 1).map(|(c, _)| c.label == 1).collect();
    let by_passages = said.len();
    for claim in claims {
        let Some(correction) = &claim.correction else { continue };
        let found = compare_parsed(&FactText::new(&claim.text), &FactText::new(correction)).relation;
        table[claim.label][found as usize] += 1;
        if found == Relation::Contradicts {
            said.push(claim.label == 1);
        }
    }
    println!(
        "beside the expert's correction; rows true, false, unknown, columns supports, contradicts, unrelated: {table:?}"
    );
    let right = said.iter().filter(|right| **right).count();
    let (low, high) = wilson(right, said.len());
    let value = right as f64 / said.len().max(1) as f64;
    println!(
        "contradicted is said {} times, {by_passages} of them by passages; right {value:.3} ({low:.3} to {high:.3})",
        said.len()
    );
    figures.insert("contradicted_precision".to_owned(), json!({"value": value, "low": low, "high": high, "unit": ""}));
    figures.insert(
        "contradicted_said".to_owned(),
        json!({"value": said.len(), "low": said.len(), "high": said.len(), "unit": "claims"}),
    );
    Ok(())
}

/// The 95 % interval of a share (Wilson 1927): a bootstrap of nothing but hits has no width.
fn wilson(hits: usize, of: usize) -> (f64, f64) {
    let (n, z) = (of.max(1) as f64, 1.96_f64);
    let share = hits as f64 / n;
    let middle = share + z * z / (2.0 * n);
    let half = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let below = 1.0 + z * z / n;
    ((middle - half) / below, ((middle + half) / below).min(1.0))
}
