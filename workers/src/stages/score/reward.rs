//! The reward of reinforcement learning from factual feedback: what an expert says, what the facts say, less what cannot be
//! verified, and how far the reasoning holds together; and, as far as they go, what a trained model and users say.
//!
//! With each term brought to -1..1 (the penalty to -1..0), the reward is their weighted mean over the terms that are there:
//!
//! ```text
//! value = (e·expert + s·support − u·unverifiable + c·(2·consistency − 1) + m·(2·model − 1) + f·feedback)
//!         / (e + s + u + c + m + f)
//! ```
//!
//! An absent expert, model or feedback leaves both sums. Feedback is the sum of users' opinions, each -1 to 1, over one
//! more than there are: one voice says half of what many say, and none says it all. With the weights below it has at most
//! an eighth of all weight, and a sixteenth of it beside an expert. So the value lies in -1..1; it falls when a claim turns from supported to
//! contradicted, when more claims cannot be verified, and when a flaw is found, all else being equal. The unverifiable term is only ever
//! a penalty: an answer that says nothing checkable gains nothing by it. The terms are kept beside the value, with a hash of
//! the weights, so that any reward can be recomputed and two rewards are comparable only where the hashes agree.

use serde::{Deserialize, Serialize};

use crate::stages::verify::judge::Counts;

/// What the reward is made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// The expert's verdict, -1 (wrong) to 1 (right); none before a review.
    pub expert: Option<f64>,
    /// Factual support, -1 (all contradicted) to 1 (all supported).
    pub support: f64,
    /// Share of the claims that no fact decides, 0 to 1.
    pub unverifiable: f64,
    /// Logical consistency of the steps, 0 to 1.
    pub consistency: f64,
    /// How likely the trained reward model holds the answer to be true, 0 to 1; none before one is trained.
    pub model: Option<f64>,
    /// What users said, -1 (bad) to 1 (good); none where nobody said anything. It is no verdict.
    pub feedback: Option<f64>,
}

/// How much each term counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RewardWeights {
    /// The version of the formula and its weights.
    pub version: u32,
    /// Weight of the expert's verdict.
    pub expert: f64,
    /// Weight of factual support.
    pub support: f64,
    /// Weight of the penalty for unverifiable claims.
    pub unverifiable: f64,
    /// Weight of logical consistency.
    pub consistency: f64,
    /// Weight of the trained reward model.
    pub model: f64,
    /// Weight of users' feedback.
    pub feedback: f64,
}

impl Default for RewardWeights {
    /// An expert outweighs the facts, and these the rest; users' feedback the least.
    fn default() -> Self {
        Self { version: 2, expert: 4.0, support: 2.0, unverifiable: 0.5, consistency: 1.0, model: 1.0, feedback: 0.5 }
    }
}

/// A reward with what made it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reward {
    /// -1 to 1.
    pub value: f64,
    /// The terms it was made of.
    pub terms: Terms,
    /// The hash of the weights, as [`RewardWeights::hash`] gives it.
    pub weights_hash: String,
}

/// What a term adds to a reward.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// The term: a field of [`Terms`].
    pub name: &'static str,
    /// The term as it is weighed, -1 to 1.
    pub term: f64,
    /// What it adds: itself by its share of all weight.
    pub adds: f64,
}

/// Why no reward could be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RewardError {
    /// A weight that is negative or no number.
    #[error("the weight `{0}` must be a number of at least 0")]
    Weight(&'static str),
    /// Support, unverifiable and consistency together weigh nothing.
    #[error("at least one of the weights `support`, `unverifiable` and `consistency` must be above 0")]
    Weightless,
    /// A term outside its range.
    #[error("the term `{0}` must lie between {1} and {2}")]
    Term(&'static str, i8, i8),
}

impl RewardWeights {
    /// The reward for `terms`.
    ///
    /// # Errors
    /// A weight or a term that is outside its range.
    pub fn reward(&self, terms: Terms) -> Result<Reward, RewardError> {
        let value: f64 = self.parts(terms)?.iter().map(|part| part.adds).sum();
        Ok(Reward { value: value.clamp(-1.0, 1.0), terms, weights_hash: self.hash() })
    }

    /// What each term that is there adds to the reward; in sum they are it.
    ///
    /// # Errors
    /// As of [`Self::reward`].
    pub fn parts(&self, terms: Terms) -> Result<Vec<Part>, RewardError> {
        self.check()?;
        terms.check()?;
        let parts = [
            ("expert", self.expert, terms.expert),
            ("support", self.support, Some(terms.support)),
            ("unverifiable", self.unverifiable, Some(-terms.unverifiable)),
            ("consistency", self.consistency, Some(2.0 * terms.consistency - 1.0)),
            ("model", self.model, terms.model.map(|m| 2.0 * m - 1.0)),
            ("feedback", self.feedback, terms.feedback),
        ];
        let present = || parts.iter().filter_map(|(name, weight, term)| Some((*name, *weight, (*term)?)));
        let total: f64 = present().map(|(_, weight, _)| weight).sum();
        Ok(present()
            .map(|(name, weight, term)| {
                // No penalty is no negative zero.
                let term = term + 0.0;
                Part { name, term, adds: weight / total * term }
            })
            .collect())
    }

    /// The BLAKE3 hash, in hex, of the weights as JSON with sorted keys and no white space.
    pub fn hash(&self) -> String {
        let number = |value: f64| serde_json::Number::from_f64(value).map_or("null".to_owned(), |n| n.to_string());
        // In the order of the keys: canonical whatever serde_json's features are.
        let json = format!(
            r#"{{"consistency":{},"expert":{},"feedback":{},"model":{},"support":{},"unverifiable":{},"version":{}}}"#,
            number(self.consistency),
            number(self.expert),
            number(self.feedback),
            number(self.model),
            number(self.support),
            number(self.unverifiable),
            self.version
        );
        blake3::hash(json.as_bytes()).to_hex().to_string()
    }

    fn check(&self) -> Result<(), RewardError> {
        let named = [
            ("expert", self.expert),
            ("support", self.support),
            ("unverifiable", self.unverifiable),
            ("consistency", self.consistency),
            ("model", self.model),
            ("feedback", self.feedback),
        ];
        if let Some((name, _)) = named.iter().find(|(_, w)| !w.is_finite() || *w < 0.0) {
            return Err(RewardError::Weight(name));
        }
        if self.support + self.unverifiable + self.consistency > 0.0 { Ok(()) } else { Err(RewardError::Weightless) }
    }
}

impl Terms {
    /// The factual terms of counted verdicts: support is (supported − contradicted) over all claims, unverifiable the share that no fact
    /// decides. An answer without claims has neither support nor penalty.
    pub fn factual(supported: usize, contradicted: usize, unverifiable: usize) -> (f64, f64) {
        let total = supported.saturating_add(contradicted).saturating_add(unverifiable);
        if total == 0 {
            return (0.0, 0.0);
        }
        ((supported as f64 - contradicted as f64) / total as f64, unverifiable as f64 / total as f64)
    }

    /// The same of counted claims.
    pub fn of_counts(counts: Counts) -> (f64, f64) {
        let claims = |count: i32| usize::try_from(count).unwrap_or(0);
        Self::factual(claims(counts.supported), claims(counts.contradicted), claims(counts.unverifiable))
    }

    /// The term of users' opinions, each -1 to 1: their mean, drawn towards 0 as by one who is undecided.
    pub fn of_opinions(count: i32, sum: f64) -> Option<f64> {
        (count > 0).then(|| sum / (f64::from(count) + 1.0))
    }

    fn check(&self) -> Result<(), RewardError> {
        let within = |name, value: Option<f64>, low: i8, high: i8| match value {
            Some(v) if !(f64::from(low)..=f64::from(high)).contains(&v) => Err(RewardError::Term(name, low, high)),
            _ => Ok(()),
        };
        within("expert", self.expert, -1, 1)?;
        within("support", Some(self.support), -1, 1)?;
        within("unverifiable", Some(self.unverifiable), 0, 1)?;
        within("consistency", Some(self.consistency), 0, 1)?;
        within("model", self.model, 0, 1)?;
        within("feedback", self.feedback, -1, 1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn terms(support: f64, unverifiable: f64, consistency: f64) -> Terms {
        Terms { expert: None, support, unverifiable, consistency, model: None, feedback: None }
    }

    #[test]
    fn the_best_answer_has_one_and_the_worst_minus_one() {
        let weights = RewardWeights { unverifiable: 0.0, ..RewardWeights::default() };
        let best = Terms { expert: Some(1.0), model: Some(1.0), ..terms(1.0, 0.0, 1.0) };
        let worst = Terms { expert: Some(-1.0), model: Some(0.0), ..terms(-1.0, 0.0, 0.0) };
        assert!((weights.reward(best).unwrap().value - 1.0).abs() < 1e-12);
        assert!((weights.reward(worst).unwrap().value + 1.0).abs() < 1e-12);
    }

    #[test]
    fn an_experts_verdict_outweighs_the_rest() {
        let weights = RewardWeights::default();
        let refused = Terms { expert: Some(-1.0), model: Some(0.5), ..terms(1.0, 0.0, 1.0) };
        assert!(weights.reward(refused).unwrap().value < 0.0);
    }

    #[test]
    fn the_hash_names_the_weights() {
        let weights = RewardWeights::default();
        assert_eq!(weights.hash(), RewardWeights::default().hash());
        assert_ne!(weights.hash(), RewardWeights { version: weights.version + 1, ..weights }.hash());
        assert_ne!(weights.hash(), RewardWeights { support: 2.5, ..weights }.hash());
        let parsed: serde_json::Value = serde_json::to_value(weights).unwrap();
        assert_eq!(parsed["expert"], 4.0);
    }

    #[test]
    fn what_is_out_of_range_is_refused_by_name() {
        let weights = RewardWeights::default();
        assert_eq!(weights.reward(terms(2.0, 0.0, 1.0)), Err(RewardError::Term("support", -1, 1)));
        assert_eq!(weights.reward(terms(f64::NAN, 0.0, 1.0)), Err(RewardError::Term("support", -1, 1)));
        assert_eq!(
            RewardWeights { model: -1.0, ..weights }.reward(terms(0.0, 0.0, 1.0)),
            Err(RewardError::Weight("model"))
        );
        let none = RewardWeights { support: 0.0, unverifiable: 0.0, consistency: 0.0, ..weights };
        assert_eq!(none.reward(terms(0.0, 0.0, 1.0)), Err(RewardError::Weightless));
    }

    proptest! {
        #[test]
        fn more_contradicted_or_unverifiable_claims_never_raise_it(
            supported in 1usize..20, contradicted in 0usize..20, unverifiable in 0usize..20,
            consistency in 0.0..=1.0f64, expert in proptest::option::of(-1.0..=1.0f64), model in proptest::option::of(0.0..=1.0f64),
        ) {
            let value = |s, c, u| {
                let (support, unverifiable) = Terms::factual(s, c, u);
                RewardWeights::default().reward(Terms { expert, support, unverifiable, consistency, model, feedback: None }).unwrap().value
            };
            let base = value(supported, contradicted, unverifiable);
            prop_assert!((-1.0..=1.0).contains(&base));
            prop_assert!(value(supported - 1, contradicted + 1, unverifiable) <= base + 1e-12);
            prop_assert!(value(supported - 1, contradicted, unverifiable + 1) <= base + 1e-12);
        }

        #[test]
        fn what_users_say_moves_it_their_way_and_by_a_bounded_step(
            count in 1i32..1000, mean in -1.0..=1.0f64, support in -1.0..=1.0f64, consistency in 0.0..=1.0f64,
            expert in proptest::option::of(-1.0..=1.0f64), model in proptest::option::of(0.0..=1.0f64),
        ) {
            let weights = RewardWeights::default();
            let silent = Terms { expert, model, ..terms(support, 0.0, consistency) };
            let term = Terms::of_opinions(count, mean * f64::from(count)).unwrap();
            prop_assert!(term.abs() <= mean.abs() + 1e-12 && term.abs() < 1.0);
            let heard = Terms { feedback: Some(term), ..silent };
            let (before, after) = (weights.reward(silent).unwrap().value, weights.reward(heard).unwrap().value);
            prop_assert!((after - before) * (term - before) >= -1e-12);
            // Its share of all weights, over the widest way it can go.
            let others = 3.5 + if expert.is_some() { 4.0 } else { 0.0 } + if model.is_some() { 1.0 } else { 0.0 };
            prop_assert!((after - before).abs() <= 2.0 * 0.5 / (others + 0.5) + 1e-12);
        }

        #[test]
        fn a_flaw_never_raises_it(low in 0.0..=1.0f64, high in 0.0..=1.0f64, support in -1.0..=1.0f64) {
            let value = |consistency| RewardWeights::default().reward(terms(support, 0.0, consistency)).unwrap().value;
            prop_assert!(value(low.min(high)) <= value(low.max(high)) + 1e-12);
        }
    }
}
