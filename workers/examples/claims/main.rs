//! How well claims are judged with the evidence given for them, on data sets that people labelled; nothing is fetched and no model of
//! language is asked.
//!
//! `cargo run --release -p atr-workers --example claims` prints tables and, last, the figures as JSON; with `--fit` the constants of
//! `workers/src/stages/verify/veracity/fitted.rs`, fitted on all of factcheck-bench. `DATA` is `../shared/data` if it is not set.
//! What is fitted is fitted on other answers than it is measured on.
#![expect(clippy::print_stdout, reason = "figures are what it is for")]

#[path = "../data/mod.rs"]
mod data;
mod evidence;
mod factcheck;
mod fit;
mod support;

use std::error::Error;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let data = std::env::var("DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let claims = evidence::factcheck(&data)?;
    if std::env::args().nth(1).as_deref() == Some("--fit") {
        print!("{}", fit::source(&factcheck::fitted(&claims)));
        return Ok(());
    }
    let mut figures = serde_json::Map::new();
    factcheck::report(&claims, &mut figures)?;
    support::report(&evidence::expertqa(&data)?, &mut figures)?;
    println!("{}", serde_json::Value::Object(figures));
    Ok(())
}
