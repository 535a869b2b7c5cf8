//! What is judged: one answer to one question, with what is known about how it came about.

/// One answer to a question. Borrowed: scoring copies none of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate<'a> {
    /// The question as it was asked.
    pub question: &'a str,
    /// The final answer, without the reasoning.
    pub answer: &'a str,
    /// The reasoning steps before the answer, in their order; may be empty.
    pub steps: &'a [String],
    /// The field the question belongs to, as the project names it; may be empty.
    pub domain: &'a str,
    /// What the serving side reported.
    pub signals: Signals,
}

/// What the serving side knows about an answer besides its text. Everything may be missing: the model learns what a
/// missing signal means, it does not take it for zero.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Signals {
    /// The mean natural logarithm of the probability of the sampled tokens.
    pub mean_logprob: Option<f64>,
    /// The smallest of those logarithms.
    pub min_logprob: Option<f64>,
    /// The share, from 0 to 1, of the question's chains that gave the same answer, this one included.
    pub agreement: Option<f64>,
    /// How many chains the question has.
    pub chains: Option<u32>,
}
