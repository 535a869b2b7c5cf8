//! A judge's opinion on a claim that the rules leave open: [`prompt`] says what is asked, [`answer`] reads what comes back, [`weigh`] says
//! whether it counts. Claim, question and facts are written by strangers, and so the judge may do what they ask of it: its word counts only
//! where it quotes one of the facts, and nothing that can be told by form speaks against it.

mod answer;
mod consult;
mod prompt;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod weigh;

pub(crate) use consult::{Consulted, consult};
pub use prompt::{Message, Prompt};
pub(crate) use prompt::{answer_schema, sample};
pub(crate) use weigh::{Weighed, weigh};

/// Version of the prompt and of what counts; kept with every verification to which a judge was heard.
pub const VERSION: &str = "judge-1";

/// How many claims of an answer a judge is asked about: who writes an answer shall not spend a day's calls.
const MOST_CLAIMS: usize = 16;
/// How many facts it is shown for one.
const MOST_FACTS: usize = 5;
/// A claim of more bytes is not asked about, and a fact of more is not shown: half of either may say something else.
const LONGEST: usize = 2000;
