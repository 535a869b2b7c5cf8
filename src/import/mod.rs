//! What teams already have: exports of other tools become traces and reviews, the very lines that the doors take.
//!
//! A format is a pure rule from its records to a trace and its reviews ([`Format::map`]), a file each; [`records`]
//! reads files of any size, [`together`] brings the records of one trace together,
//! [`report`] tells what went where, [`run`] goes through it all.

mod argilla;
mod flat;
mod label_studio;
mod langfuse;
mod openai_chat;
mod phoenix;
pub mod records;
pub mod report;
pub mod run;
mod said;
mod sharegpt;
mod spans;
pub mod table;
#[cfg(test)]
mod tests;
pub mod together;

use std::collections::BTreeMap;

use atr_core::domain::{
    Rejection,
    expert::Handle,
    new_trace::{NewTrace, TraceInput},
    review::{NewReview, ReviewInput, Verdict},
};
use serde_json::Value;

use self::report::Tally;

/// A format of export.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// The id of the trace that a record belongs to, where several records make one trace.
    pub trace_of: Option<fn(&Value) -> Option<String>>,
    /// From the records of one trace, in their order, to what is sent.
    pub map: Rule,
}

/// From the records of one trace to what is sent.
pub type Rule = fn(&[Value], &Options, &mut Tally) -> Result<Mapped, Rejection>;

/// Every format.
pub const FORMATS: &[Format] =
    &[argilla::FORMAT, label_studio::FORMAT, langfuse::FORMAT, openai_chat::FORMAT, phoenix::FORMAT, sharegpt::FORMAT];

/// What an export does not say by itself.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The field that holds the question; the usual names by default.
    pub query: Option<String>,
    /// The field that holds the answer; the usual names by default.
    pub answer: Option<String>,
    /// The model, where the export names none.
    pub model: Option<String>,
    /// The field of knowledge, where the export names none.
    pub domain: Option<String>,
    /// Under what terms it may be trained on, where the export does not say.
    pub licence: Option<String>,
    /// The questions whose answers are verdicts; `verdict` and `correctness` where none is given.
    pub verdict_questions: Vec<String>,
    /// Which verdict a label is, by the label in lower case, beside those that are called so.
    pub verdicts: BTreeMap<String, Verdict>,
    /// Who a user of the export is here.
    pub experts: BTreeMap<String, Handle>,
    /// Who all other users of the export are here.
    pub expert: Option<Handle>,
}

/// What the records of one trace became.
#[derive(Debug, Clone)]
pub struct Mapped {
    /// The trace; it has an external id.
    pub trace: TraceInput,
    /// What was said of it.
    pub reviews: Vec<ReviewInput>,
}

impl Mapped {
    /// Checks what the doors would check: what they refuse is no line to send.
    ///
    /// # Errors
    /// Names the field at fault.
    pub fn checked(self) -> Result<Self, Rejection> {
        NewTrace::try_from(self.trace.clone()).map_err(|refused| refused.within("trace"))?;
        for review in &self.reviews {
            NewReview::try_from(review.clone()).map_err(|refused| refused.within("review"))?;
        }
        Ok(self)
    }
}

/// The format of that name.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}
