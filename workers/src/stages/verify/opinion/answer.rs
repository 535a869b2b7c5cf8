//! What a judge answers, read: one JSON object of one form, or nothing that counts.

use serde::Deserialize;

use super::super::compare::Relation;

/// An answer that has the form that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// How the fact bears on the claim.
    pub relation: Relation,
    /// The number of the fact that decides, from 1; 0 for none.
    pub fact: usize,
    /// Words of that fact.
    pub quote: String,
    /// Why, in the judge's words.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    verdict: WrittenVerdict,
    fact: usize,
    quote: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum WrittenVerdict {
    Supported,
    Contradicted,
    Unverifiable,
}

/// Reads an answer, alone or in one fence of Markdown, as models put it that are not held to a form; none where it has another form.
pub(super) fn read(text: &str) -> Option<Answer> {
    let text = text.trim();
    let fenced = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    let text = fenced.map_or(text, |inner| inner.strip_prefix("json").unwrap_or(inner));
    let Written { verdict, fact, quote, reason } = serde_json::from_str(text).ok()?;
    let relation = match verdict {
        WrittenVerdict::Supported => Relation::Supports,
        WrittenVerdict::Contradicted => Relation::Contradicts,
        WrittenVerdict::Unverifiable => Relation::Unrelated,
    };
    Some(Answer { relation, fact, quote, reason })
}
