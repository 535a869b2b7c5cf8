//! Traces to send: by number, so that the same one can be sent again.

use serde_json::{Value, json};

/// Chains in a group.
pub const CHAINS: usize = 4;

const WORDS: [&str; 16] = [
    "amber", "basalt", "cobalt", "dolomite", "emery", "feldspar", "gypsum", "halite", "ilmenite", "jasper", "kaolin",
    "lazurite", "marble", "nickel", "obsidian", "pyrite",
];

/// Words that differ from number to number, so that no two traces say nearly the same.
fn words(n: usize, salt: usize) -> String {
    let mut state = (n * 31 + salt) as u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        WORDS[(state >> 60) as usize]
    };
    (0..10).map(|_| word()).collect::<Vec<_>>().join(" ")
}

pub fn external_id(n: usize) -> String {
    format!("trace-{n}")
}

/// The n-th trace: one of the chains of its group, with steps that rest on each other.
pub fn trace(n: usize) -> Value {
    let group = n / CHAINS;
    let answer = if n.is_multiple_of(2) { format!("{group} grams") } else { format!("{} grams", group + n % CHAINS) };
    json!({
        "external_id": external_id(n),
        "model": "model-1",
        "query": format!("How many grams of {} are in sample {group}?", words(group, 1)),
        "answer": answer,
        "steps": [
            { "id": "weigh", "text": format!("On the scale lie {}.", words(n, 2)) },
            { "id": "read", "text": format!("The scale shows {answer}."), "rests_on": ["weigh"] },
        ],
        "group": format!("group-{group}"),
        "domain": "chemistry",
        "language": "en",
        "signals": { "mean_logprob": -0.25 - (n % 7) as f64 / 10.0 },
        "licence": "CC0-1.0",
    })
}
