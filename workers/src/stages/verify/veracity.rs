//! How far all that was found about a claim, taken together, speaks for it: a likelihood, where [`super::decide`] gives a verdict.
//!
//! A verdict is given where one fact decides. Most claims meet no such fact, but passages about the same things; what is then measured
//! is how much of the claim stands in them, alone and beside the other claims of its answer (an answer that is made up is made up
//! throughout), and what numbers and names it commits itself to. A multinomial logistic
//! regression over these ([`model`]) gives the likelihoods that the claim is true, false, or open: an opinion, or nothing that could be
//! settled.
//!
//! It is a leaning, no verdict: it weighs nothing in the reward, and who judges an answer is not told of it.

mod features;
pub mod fitted;
pub mod model;

use atr_core::domain::judgement::Leaning;

pub use self::features::{FEATURES, Features, Measures, asked, mean};

/// How likely a claim is true, false and open; in sum 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likelihood {
    /// That it is true.
    pub true_: f64,
    /// That it is false.
    pub false_: f64,
    /// That it is open.
    pub open: f64,
}

impl Likelihood {
    /// What it leans to. False and open claims are rarer than true ones: `raise` raises each likelihood by how rare its kind is, so that
    /// every kind is found about as well as the others (the macro-averaged F1), rather than most claims called true.
    pub fn leaning(&self, raise: [f64; 3]) -> Leaning {
        let raised = [self.true_ * raise[0], self.false_ * raise[1], self.open * raise[2]];
        let highest = (0..3).rev().max_by(|a, b| raised[*a].total_cmp(&raised[*b])).unwrap_or(0);
        [Leaning::LikelyTrue, Leaning::LikelyFalse, Leaning::Open][highest]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::compare::FactText;
    use super::*;

    fn likelihood(claim: &str, passages: &[&str]) -> Likelihood {
        let texts: Vec<FactText> = passages.iter().map(|p| FactText::new(p)).collect();
        let measures = Measures::of(&asked("Where is it?"), &FactText::new(claim), &texts.iter().collect::<Vec<_>>());
        fitted::FITTED.likelihood(&Features::new(&measures, &mean(std::slice::from_ref(&measures))))
    }

    #[test]
    fn a_claim_that_stands_in_every_passage_is_likelier_than_one_that_stands_in_none() {
        let passages = ["The bridge over the Tamar was opened in 1859.", "Brunel built the bridge over the Tamar."];
        let stands = likelihood("The bridge over the Tamar was built by Brunel.", &passages);
        let invented = likelihood("Queen Victoria painted the Albert Hall in 1912.", &passages);
        assert!(stands.true_ > invented.true_, "{stands:?} {invented:?}");
        assert!(stands.false_ < invented.false_, "{stands:?} {invented:?}");
    }

    #[test]
    fn what_is_highest_beside_how_common_it_is_is_what_it_leans_to() {
        let even = Likelihood { true_: 0.6, false_: 0.3, open: 0.1 };
        assert_eq!(even.leaning([1.0, 1.0, 1.0]), Leaning::LikelyTrue);
        assert_eq!(even.leaning([1.0, 3.0, 1.0]), Leaning::LikelyFalse);
        assert_eq!(even.leaning([1.0, 1.0, 9.0]), Leaning::Open);
    }

    proptest! {
        #[test]
        fn any_claim_beside_any_passages_has_likelihoods_of_sum_one(
            claim in any::<String>(), passages in proptest::collection::vec(any::<String>(), 0..4),
        ) {
            let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
            let found = likelihood(&claim, &passages);
            for part in [found.true_, found.false_, found.open] {
                prop_assert!((0.0..=1.0).contains(&part));
            }
            prop_assert!((found.true_ + found.false_ + found.open - 1.0).abs() < 1e-9);
        }
    }
}
