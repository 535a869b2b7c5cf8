//! Two chains of reasoning side by side, and where they part.

use atr_core::domain::trace::Step;

/// Two chains, step by step.
#[derive(Debug, Default)]
pub(super) struct Parting<'a> {
    /// The steps beside each other; where one chain is longer, its further steps stand alone.
    pub(super) rows: Vec<(Option<&'a Step>, Option<&'a Step>)>,
    /// The first row whose steps say different things; none where all say the same.
    pub(super) at: Option<usize>,
}

impl Parting<'_> {
    /// Whether they part at this row.
    pub(super) fn parts_at(&self, row: &usize) -> bool {
        self.at == Some(*row)
    }
}

/// What a step says, without how it is set.
fn said(step: &Step) -> String {
    step.text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Compares two chains.
pub(super) fn compare<'a>(one: &'a [Step], other: &'a [Step]) -> Parting<'a> {
    let rows: Vec<_> = (0..one.len().max(other.len())).map(|at| (one.get(at), other.get(at))).collect();
    let at = rows.iter().position(|(one, other)| one.map(said) != other.map(said));
    Parting { rows, at }
}

#[cfg(test)]
mod tests {
    use atr_core::{
        domain::trace::StepKind,
        ids::{Id, StepId, TraceId},
    };

    use super::*;

    fn chain(texts: &[&str]) -> Vec<Step> {
        let step = |(ordinal, text): (i32, &&str)| Step {
            id: StepId::from_uuid(uuid::Uuid::nil()),
            trace: TraceId::from_uuid(uuid::Uuid::nil()),
            ordinal,
            key: ordinal.to_string(),
            kind: StepKind::Reasoning,
            text: (*text).to_owned(),
            rests_on: vec![],
            span_id: None,
            called_by_span_id: None,
            mean_logprob: None,
        };
        (0..).zip(texts).map(step).collect()
    }

    #[test]
    fn chains_part_at_the_first_step_that_says_something_else() {
        let one = chain(&["Gold is a metal.", "Its symbol is Au.", "So Au."]);
        let other = chain(&["gold  is a\nmetal.", "Its symbol is Ag."]);
        let parting = compare(&one, &other);
        assert_eq!((parting.rows.len(), parting.at), (3, Some(1)));
        assert_eq!(compare(&one, &one).at, None);
        assert_eq!(compare(&one, &one[..2]).at, Some(2), "where one ends");
        assert_eq!(compare(&[], &[]).at, None);
    }
}
