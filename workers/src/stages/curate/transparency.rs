//! Source transparency: where each row comes from, and whether it may be used.

use super::candidate::Candidate;
use super::decision::{Detail, Fall, Reason, Tag};
use super::recipe::{LicenceRule, UnknownLicence};

/// The first licence of a row that the recipe does not let pass: that of the row itself, then those of its facts.
pub(super) fn fault(rule: &LicenceRule, candidate: &Candidate) -> Option<(Reason, String, Detail)> {
    let own = (candidate.id.as_str(), candidate.licence.as_str());
    let facts = candidate.facts.iter().map(|fact| (fact.id.as_str(), fact.licence.as_str()));
    std::iter::once(own).chain(facts).find_map(|(of, licence)| {
        let what = if of == candidate.id { "the row".to_owned() } else { format!("fact {of}") };
        let (reason, words) = if is_unknown(licence) {
            match rule.unknown {
                UnknownLicence::Tag => return None,
                UnknownLicence::Fall => (Reason::LicenceUnknown, format!("{what} has no known licence")),
            }
        } else if rule.allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(licence.trim())) {
            return None;
        } else {
            let words = format!("{what} is under {}, which the recipe does not allow", licence.trim());
            (Reason::LicenceNotAllowed, words)
        };
        Some((reason, words, Detail::Licence { of: of.to_owned(), licence: licence.to_owned() }))
    })
}

/// The rows among `standing` that may not be used.
pub(super) fn judge(rule: &LicenceRule, candidates: &[Candidate], standing: &[usize]) -> Vec<Fall> {
    let fall = |&at: &usize| {
        fault(rule, &candidates[at]).map(|(reason, words, detail)| Fall { at, reason, words, detail: Some(detail) })
    };
    standing.iter().filter_map(fall).collect()
}

/// Where a row comes from.
pub(super) fn tags(candidate: &Candidate) -> Vec<Tag> {
    let licence =
        |licence: &str| Tag::Licence(if is_unknown(licence) { String::new() } else { licence.trim().to_owned() });
    let mut tags = vec![
        Tag::Source(candidate.source.clone()),
        Tag::Model(candidate.model_version.clone()),
        Tag::Reviewer(candidate.reviewer_pseudonym.clone()),
        licence(&candidate.licence),
    ];
    if candidate.facts.is_empty() {
        tags.push(Tag::Ungrounded);
    }
    for fact in &candidate.facts {
        tags.push(Tag::Publisher(fact.publisher.clone()));
        tags.push(licence(&fact.licence));
    }
    tags
}

fn is_unknown(licence: &str) -> bool {
    let licence = licence.trim();
    licence.is_empty() || licence.eq_ignore_ascii_case("unknown") || licence.eq_ignore_ascii_case("NOASSERTION")
}
