//! `atr import FORMAT FILE…`: an export of another tool, through a service's doors.

use std::{
    collections::BTreeMap,
    io::{BufWriter, Seek as _, Write as _},
    path::PathBuf,
};

use anyhow::{Context as _, anyhow};
use atr_core::domain::{expert::Handle, review::Verdict};
use clap::{Args, builder::PossibleValuesParser};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::io::ReaderStream;

use super::{
    client::{Account, Client, Unfinished},
    output::Output,
};
use crate::import::{FORMATS, Format, Mapped, Options, format, report::Report, run};

/// How many traces wait for the door before no more are read.
const WAITING: usize = 256;

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// What wrote the export
    #[arg(value_parser = PossibleValuesParser::new(FORMATS.iter().map(|format| format.name)))]
    format: String,
    /// Its files: JSON, JSON lines, CSV (by its name) or Parquet
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Send nothing: say what would be sent, and what cannot be
    #[arg(long)]
    dry_run: bool,
    /// The field that holds the question [default: one that has a usual name]
    #[arg(long, value_name = "FIELD")]
    query: Option<String>,
    /// The field that holds the answer [default: one that has a usual name]
    #[arg(long, value_name = "FIELD")]
    answer: Option<String>,
    /// The model that answered, where the export names none
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// The field of knowledge, where the export names none
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,
    /// Under what terms it may be trained on, where the export does not say; an SPDX expression
    #[arg(long, value_name = "SPDX")]
    licence: Option<String>,
    /// A question whose answers are verdicts [default: verdict and correctness]
    #[arg(long, value_name = "QUESTION")]
    verdict_from: Vec<String>,
    /// A label that is a verdict, beside those that are called so
    #[arg(long, value_name = "LABEL=VERDICT", value_parser = pair::<Verdict>)]
    verdict: Vec<(String, Verdict)>,
    /// Who a user of the export is here
    #[arg(long, value_name = "USER=HANDLE", value_parser = pair::<Handle>)]
    expert_of: Vec<(String, Handle)>,
    /// Who all other users of the export are here
    #[arg(long, value_name = "HANDLE")]
    expert: Option<Handle>,
    /// The service
    #[arg(long, env = "ATR_URL", default_value = "http://127.0.0.1:8321", value_name = "ADDRESS")]
    url: String,
    /// The key
    #[arg(long, env = "ATR_KEY", hide_env_values = true, value_name = "KEY", required_unless_present = "dry_run")]
    key: Option<String>,
}

/// `NAME=VALUE`.
fn pair<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<(String, T), String> {
    let (name, value) = text.rsplit_once('=').ok_or("give two names with `=` between them")?;
    Ok((name.to_owned(), value.parse().map_err(|error: T::Err| error.to_string())?))
}

/// What became of the export, and of what it was made.
#[derive(Debug, Serialize)]
struct Outcome {
    format: &'static str,
    dry_run: bool,
    #[serde(flatten)]
    mapping: Report,
    sent_traces: Option<Sent>,
    sent_reviews: Option<Sent>,
}

/// What a door made of what was sent.
#[derive(Debug, Serialize)]
struct Sent {
    #[serde(flatten)]
    account: Account,
    /// The records of the export that the account's lines were made of.
    records: BTreeMap<u64, u64>,
}

impl Sent {
    fn new(account: Account, places: &[u64]) -> Self {
        let place = |line: u64| Some((line, *places.get(usize::try_from(line.checked_sub(1)?).ok()?)?));
        let records = account.errors.iter().filter_map(|error| place(error.line)).collect();
        Self { account, records }
    }

    fn is_whole(&self) -> bool {
        self.account.quarantined + self.account.rejected == 0
    }
}

/// What was mapped and laid by.
struct Done {
    mapping: Report,
    /// The record of each line that was sent.
    traces: Vec<u64>,
    /// Likewise.
    reviews: Vec<u64>,
    review_lines: std::fs::File,
}

impl Import {
    /// Maps the export and sends it; true if every record was mapped, and all of it stored or had been.
    pub(crate) async fn run(self, out: Output) -> anyhow::Result<bool> {
        let format = format(&self.format).ok_or_else(|| anyhow!("there is no format {}", self.format))?;
        let (dry_run, url, key) = (self.dry_run, self.url.clone(), self.key.clone().unwrap_or_default());
        let (lines, mut waiting) = mpsc::channel::<Vec<u8>>(WAITING);
        let mapping = tokio::task::spawn_blocking(move || self.map(format, &lines));
        if dry_run {
            while waiting.recv().await.is_some() {}
            let Done { mapping, .. } = mapping.await.context("a record could not be read")??;
            return tell(out, Outcome { format: format.name, dry_run, mapping, sent_traces: None, sent_reviews: None });
        }
        let client = Client::new(&url, &key)?;
        // A door is not asked for nothing.
        let traces = match waiting.recv().await {
            None => None,
            Some(first) => {
                let rest =
                    futures_util::stream::unfold(waiting, async |mut waiting| Some((waiting.recv().await?, waiting)));
                let all = futures_util::StreamExt::chain(futures_util::stream::iter([first]), rest);
                let body = futures_util::StreamExt::map(all, Ok::<_, std::io::Error>);
                Some(finished(client.ingest("traces", reqwest::Body::wrap_stream(body)).await))
            }
        };
        let done = mapping.await.context("a record could not be read")??;
        let (sent_traces, stopped) = traces.map_or((None, None), |(account, stopped)| (account, stopped));
        let sent_traces = sent_traces.map(|account| Sent::new(account, &done.traces));
        let (sent_reviews, stopped) = match stopped {
            None if !done.reviews.is_empty() => {
                let body = reqwest::Body::wrap_stream(ReaderStream::new(tokio::fs::File::from_std(done.review_lines)));
                let (account, stopped) = finished(client.ingest("reviews", body).await);
                (account.map(|account| Sent::new(account, &done.reviews)), stopped)
            }
            stopped => (None, stopped),
        };
        let whole =
            tell(out, Outcome { format: format.name, dry_run, mapping: done.mapping, sent_traces, sent_reviews })?;
        match stopped {
            Some(error) => Err(error.context("the export is not in whole: import it again, what is stored stays")),
            None => Ok(whole),
        }
    }

    /// Goes through the files; traces go to `lines` as they come, and reviews are laid by: they are taken only once
    /// their traces are stored.
    fn map(self, format: &'static Format, lines: &mpsc::Sender<Vec<u8>>) -> anyhow::Result<Done> {
        let options = Options {
            query: self.query,
            answer: self.answer,
            model: self.model,
            domain: self.domain,
            licence: self.licence,
            verdict_questions: self.verdict_from,
            verdicts: self.verdict.into_iter().map(|(label, verdict)| (label.to_lowercase(), verdict)).collect(),
            experts: self.expert_of.into_iter().collect(),
            expert: self.expert,
        };
        let mut laid_by = BufWriter::new(tempfile::tempfile()?);
        let (mut traces, mut reviews, mut failed) = (vec![], vec![], None);
        let mapping = run::run(format, &self.files, &options, &mut |place, mapped| {
            let Mapped { trace, reviews: said } = mapped;
            let send = || {
                for review in said {
                    serde_json::to_writer(&mut laid_by, &review)?;
                    laid_by.write_all(b"\n")?;
                    reviews.push(place);
                }
                let mut line = serde_json::to_vec(&trace)?;
                line.push(b'\n');
                traces.push(place);
                Ok(lines.blocking_send(line).is_ok())
            };
            send().unwrap_or_else(|error: std::io::Error| {
                failed = Some(error);
                false
            })
        })?;
        if let Some(error) = failed {
            return Err(error).context("cannot lay reviews by until their traces are stored");
        }
        let mut review_lines = laid_by.into_inner()?;
        review_lines.rewind()?;
        Ok(Done { mapping, traces, reviews, review_lines })
    }
}

/// The account of a request, also of one that ended early, and why it did.
fn finished(answered: anyhow::Result<Account>) -> (Option<Account>, Option<anyhow::Error>) {
    match answered {
        Ok(account) => (Some(account), None),
        Err(error) => {
            let account = error.downcast_ref::<Unfinished>().and_then(|stopped| stopped.account.clone());
            (account, Some(error))
        }
    }
}

/// Prints the report; true if nothing is wrong with any of it.
fn tell(out: Output, outcome: Outcome) -> anyhow::Result<bool> {
    let Outcome { mapping, sent_traces, sent_reviews, .. } = &outcome;
    if !out.is_json() {
        for field in &mapping.taken {
            eprintln!("taken     {:>8} × {} → {}", field.times, field.field, field.to);
        }
        for field in &mapping.left_out {
            eprintln!("left out  {:>8} × {}: {}", field.times, field.field, field.why);
        }
        if mapping.more_fields > 0 {
            eprintln!("and {} × fields that are not listed: there are too many", mapping.more_fields);
        }
        for one in &mapping.unmapped_shown {
            eprintln!("record {}: cannot be mapped: {}: {}", one.record, one.field, one.message);
        }
        let more = mapping.unmapped - mapping.unmapped_shown.len() as u64;
        if more > 0 {
            eprintln!("and {more} more records that cannot be mapped");
        }
        for sent in [sent_traces, sent_reviews].into_iter().flatten() {
            for error in &sent.account.errors {
                let record = sent.records.get(&error.line).map_or_else(String::new, |at| format!("record {at}: "));
                eprintln!("{record}{}: {}: {}", error.status, error.field, error.message);
            }
        }
    }
    let sent = || [sent_traces, sent_reviews].into_iter().flatten();
    let whole = mapping.unmapped == 0 && sent().all(Sent::is_whole);
    out.result(&outcome, || {
        let mut words = format!(
            "{} records make {} traces and {} reviews; {} could not be mapped",
            mapping.records, mapping.traces, mapping.reviews, mapping.unmapped
        );
        for (name, sent) in [("traces", sent_traces), ("reviews", sent_reviews)] {
            let Some(Sent { account, .. }) = sent else { continue };
            words.push_str(&format!("\n{name}: {account}"));
        }
        words
    })?;
    Ok(whole)
}
