//! Bias detection and balancing.
//!
//! Detection: for each attribute the distribution of the rows over its values, and its Jensen–Shannon divergence (Lin 1991)
//! to the target, in bits: 0 is the target, 1 has nothing in common with it.
//!
//! Balancing loses little by design. Rows get weights by iterative proportional fitting (Deming and Stephan 1940) over the
//! recipe's attributes, clipped to 1 / clip … clip. Only where a domain has more than clip times its target share, which no
//! such weight can mend, the excess falls: rows chosen by a hash of seed and id, so that the choice favours no label and no
//! reward and is the same for ever, and never more than the recipe's share of all rows.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::candidate::Candidate;
use super::decision::{Detail, Fall, Reason};
use super::recipe::{BalanceRule, Recipe};

/// What rows are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    /// Field of knowledge.
    Domain,
    /// Language.
    Language,
    /// System that sent the trace.
    Source,
    /// Version of the model that answered.
    ModelVersion,
    /// Pseudonym of the reviewer.
    Reviewer,
    /// Preferred (`true`) or avoided (`false`).
    Label,
    /// Length of the completion in words: `0-15`, `16-63`, `64-255`, `256-`.
    Length,
}

impl Attribute {
    /// Every attribute.
    pub const ALL: [Self; 7] =
        [Self::Domain, Self::Language, Self::Source, Self::ModelVersion, Self::Reviewer, Self::Label, Self::Length];

    /// A row's value; `unknown` where it has none.
    pub fn of(self, row: &Candidate) -> &str {
        let value = match self {
            Self::Domain => &row.domain,
            Self::Language => &row.language,
            Self::Source => &row.source,
            Self::ModelVersion => &row.model_version,
            Self::Reviewer => &row.reviewer_pseudonym,
            Self::Label => return if row.label { "true" } else { "false" },
            Self::Length => {
                return match row.completion.split_whitespace().count() {
                    0..=15 => "0-15",
                    16..=63 => "16-63",
                    64..=255 => "64-255",
                    256.. => "256-",
                };
            }
        };
        if value.trim().is_empty() { "unknown" } else { value }
    }
}

/// Distribution of rows over the values of an attribute.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Distribution {
    /// The attribute.
    pub attribute: Attribute,
    /// Rows that have each value.
    pub rows: BTreeMap<String, usize>,
    /// Share of the total weight that each value has.
    pub shares: BTreeMap<String, f64>,
    /// Target share of each value.
    pub target: BTreeMap<String, f64>,
    /// Jensen–Shannon divergence of shares and target, in bits, 0 to 1.
    pub divergence: f64,
}

/// The distribution of weighted rows over one attribute.
pub fn distribution<'a>(
    rule: &BalanceRule,
    attribute: Attribute,
    rows: impl IntoIterator<Item = (&'a Candidate, f64)>,
) -> Distribution {
    // Weights repeat (a stratum has one), so sums run over counts and do not depend on the order of the rows.
    let mut counted: BTreeMap<String, BTreeMap<u64, usize>> = BTreeMap::new();
    for (row, weight) in rows {
        let value = counted.entry(attribute.of(row).to_owned()).or_default();
        *value.entry(weight.to_bits()).or_default() += 1;
    }
    let rows = counted.iter().map(|(value, weights)| (value.clone(), weights.values().sum())).collect();
    let weights: BTreeMap<String, f64> = counted
        .into_iter()
        .map(|(value, weights)| (value, weights.iter().map(|(bits, n)| f64::from_bits(*bits) * *n as f64).sum()))
        .collect();
    let total: f64 = weights.values().sum();
    let shares: BTreeMap<String, f64> =
        weights.into_iter().map(|(value, w)| (value, if total > 0.0 { w / total } else { 0.0 })).collect();
    let target = target(rule, attribute, &shares.keys().cloned().collect());
    let divergence = jensen_shannon(&shares, &target);
    let round = |shares: BTreeMap<String, f64>| shares.into_iter().map(|(k, v)| (k, rounded(v))).collect();
    Distribution { attribute, rows, shares: round(shares), target: round(target), divergence: rounded(divergence) }
}

/// Jensen–Shannon divergence in bits; a value missing from one side has share 0 there.
pub fn jensen_shannon(p: &BTreeMap<String, f64>, q: &BTreeMap<String, f64>) -> f64 {
    let values: BTreeSet<&String> = p.keys().chain(q.keys()).collect();
    let share = |of: &BTreeMap<String, f64>, value: &String| of.get(value).copied().unwrap_or(0.0);
    let term = |a: f64, mean: f64| if a > 0.0 { a * (a / mean).log2() } else { 0.0 };
    let sum: f64 = values
        .into_iter()
        .map(|value| (share(p, value), share(q, value)))
        .map(|(a, b)| (term(a, (a + b) / 2.0) + term(b, (a + b) / 2.0)) / 2.0)
        .sum();
    sum.clamp(0.0, 1.0)
}

/// The target shares: as declared, else uniform over the values present.
fn target(rule: &BalanceRule, attribute: Attribute, present: &BTreeSet<String>) -> BTreeMap<String, f64> {
    let uniform = || present.iter().map(|value| (value.clone(), 1.0 / present.len() as f64)).collect();
    rule.targets.get(&attribute).cloned().unwrap_or_else(uniform)
}

/// The rows among `standing` that are too many, and the weights of the others.
pub(super) fn judge(recipe: &Recipe, candidates: &[Candidate], standing: &[usize]) -> (Vec<Fall>, Vec<(usize, f64)>) {
    let falls = if recipe.balance.attributes.contains(&Attribute::Domain) {
        excess(recipe, candidates, standing)
    } else {
        Vec::new()
    };
    let fallen: BTreeSet<usize> = falls.iter().map(|fall| fall.at).collect();
    let left: Vec<usize> = standing.iter().copied().filter(|at| !fallen.contains(at)).collect();
    (falls, weights(&recipe.balance, candidates, &left))
}

/// Rows beyond clip times their domain's target share.
fn excess(recipe: &Recipe, candidates: &[Candidate], standing: &[usize]) -> Vec<Fall> {
    let rule = &recipe.balance;
    let mut domains: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for &at in standing {
        domains.entry(Attribute::Domain.of(&candidates[at])).or_default().push(at);
    }
    let target = target(rule, Attribute::Domain, &domains.keys().map(|domain| (*domain).to_owned()).collect());
    let total = standing.len() as f64;
    let mut may_fall = (total * rule.max_loss) as usize;
    let mut falls = Vec::new();
    for (domain, mut rows) in domains {
        let share = target.get(domain).copied().unwrap_or(0.0);
        let allowed = (share * rule.clip).min(1.0);
        // Rows x that may stay among the others: x / (x + others) = allowed.
        let others = total - rows.len() as f64;
        let may_stay =
            if allowed < 1.0 { rounded(others * allowed / (1.0 - allowed)).ceil() as usize } else { rows.len() };
        let too_many = rows.len().saturating_sub(may_stay).min(may_fall);
        may_fall -= too_many;
        let observed = rounded(rows.len() as f64 / total);
        rows.sort_by_key(|&at| *lot(recipe.seed, &candidates[at].id).as_bytes());
        falls.extend(rows.into_iter().take(too_many).map(|at| Fall {
            at,
            reason: Reason::OverRepresented,
            words: format!(
                "{domain} has {:.1} % of the rows, and weights can balance {:.1} %",
                observed * 100.0,
                allowed * 100.0
            ),
            detail: Some(Detail::Share {
                attribute: Attribute::Domain,
                value: domain.to_owned(),
                observed,
                allowed: rounded(allowed),
            }),
        }));
    }
    falls
}

fn lot(seed: u64, id: &str) -> blake3::Hash {
    blake3::Hasher::new().update(&seed.to_le_bytes()).update(id.as_bytes()).finalize()
}

/// Weights by iterative proportional fitting over strata, rounded to six decimals. The mean of all is 1 before clipping.
fn weights(rule: &BalanceRule, candidates: &[Candidate], rows: &[usize]) -> Vec<(usize, f64)> {
    struct Stratum {
        rows: Vec<usize>,
        weight: f64,
    }
    let mut strata: BTreeMap<Vec<&str>, Stratum> = BTreeMap::new();
    for &at in rows {
        let values = rule.attributes.iter().map(|attribute| attribute.of(&candidates[at])).collect();
        strata.entry(values).or_insert(Stratum { rows: Vec::new(), weight: 1.0 }).rows.push(at);
    }
    // Fitting converges geometrically; what fifty rounds leave is far below the clip.
    for _ in 0..50 {
        for (place, attribute) in rule.attributes.iter().enumerate() {
            let mut observed: BTreeMap<String, f64> = BTreeMap::new();
            for (values, stratum) in &strata {
                *observed.entry(values[place].to_owned()).or_default() += stratum.weight * stratum.rows.len() as f64;
            }
            let target = target(rule, *attribute, &observed.keys().cloned().collect());
            let reached: f64 = observed.keys().filter_map(|value| target.get(value)).sum();
            if reached <= 0.0 {
                continue;
            }
            for (values, stratum) in &mut strata {
                let wanted = target.get(values[place]).copied().unwrap_or(0.0) / reached * rows.len() as f64;
                stratum.weight = (stratum.weight * wanted / observed[values[place]]).clamp(1.0 / rule.clip, rule.clip);
            }
        }
    }
    strata
        .into_values()
        .flat_map(|stratum| stratum.rows.into_iter().map(move |at| (at, rounded(stratum.weight))))
        .collect()
}

/// Six decimals: what is printed, and what another machine's last bit does not change.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::curate::tests::candidate;

    fn rows(counts: &[(&str, bool, usize)]) -> Vec<Candidate> {
        let of = |(domain, label, n): &(&str, bool, usize)| {
            let (domain, label) = ((*domain).to_owned(), *label);
            (0..*n).map(move |i| Candidate {
                domain: domain.clone(),
                label,
                ..candidate(&format!("{domain}-{label}-{i}"), "Why?", "So.")
            })
        };
        counts.iter().flat_map(of).collect()
    }

    fn divergence(rule: &BalanceRule, attribute: Attribute, rows: &[Candidate], weights: &[(usize, f64)]) -> f64 {
        distribution(rule, attribute, weights.iter().map(|(at, w)| (&rows[*at], *w))).divergence
    }

    #[test]
    fn divergence_is_nothing_for_equals_and_one_bit_for_strangers() {
        let of = |value: &str| BTreeMap::from([(value.to_owned(), 1.0)]);
        assert_eq!(jensen_shannon(&of("a"), &of("a")), 0.0);
        assert!((jensen_shannon(&of("a"), &of("b")) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn weights_bring_domains_and_labels_to_their_targets_and_lose_no_row() {
        let rows = rows(&[
            ("chemistry", true, 40),
            ("chemistry", false, 20),
            ("geography", true, 20),
            ("geography", false, 20),
        ]);
        let recipe = Recipe::default();
        let standing: Vec<usize> = (0..rows.len()).collect();
        let (falls, weights) = judge(&recipe, &rows, &standing);
        assert!(falls.is_empty());
        let before: Vec<(usize, f64)> = standing.iter().map(|at| (*at, 1.0)).collect();
        for attribute in [Attribute::Domain, Attribute::Label] {
            let before = divergence(&recipe.balance, attribute, &rows, &before);
            let after = divergence(&recipe.balance, attribute, &rows, &weights);
            assert!(before > 0.005 && after < 1e-6, "{attribute:?}: {before} to {after}");
        }
        assert!(weights.iter().all(|(_, w)| (1.0 / 3.0..=3.0).contains(w)));
    }

    #[test]
    fn what_weights_cannot_balance_falls_but_never_more_than_the_recipe_lets_go() {
        let rows = rows(&[("a", true, 900), ("b", true, 20), ("c", true, 20), ("d", true, 20), ("e", true, 40)]);
        let standing: Vec<usize> = (0..rows.len()).collect();
        let mut recipe = Recipe::default();
        let (falls, _) = judge(&recipe, &rows, &standing);
        assert_eq!(falls.len(), 100);
        recipe.balance.max_loss = 1.0;
        let (falls, _) = judge(&recipe, &rows, &standing);
        // 150 of 250 rows are 60 %: clip 3 times the uniform share of five domains.
        assert_eq!(falls.len(), 750);
        assert!(falls.iter().all(|fall| rows[fall.at].domain == "a"));
    }

    #[test]
    fn a_declared_target_is_followed() {
        let rows = rows(&[("a", true, 50), ("b", true, 50)]);
        let mut recipe = Recipe::default();
        let shares = BTreeMap::from([("a".to_owned(), 0.75), ("b".to_owned(), 0.25)]);
        recipe.balance.targets.insert(Attribute::Domain, shares);
        let (_, weights) = judge(&recipe, &rows, &(0..100).collect::<Vec<_>>());
        let after = distribution(&recipe.balance, Attribute::Domain, weights.iter().map(|(at, w)| (&rows[*at], *w)));
        assert!((after.shares["a"] - 0.75).abs() < 1e-4, "{after:?}");
    }
}
