//! The form of a review, as browsers send it: names and values in the order of the page. Its fields are those of a draft;
//! marks are named `step:{place}` and `claim:{clm}`, the note of one as the mark with `note:` before it, and each `cite` has
//! its `quoted` after it.

use std::collections::HashMap;

use atr_core::{
    domain::{
        citation::CitationInput,
        review::{ClaimMarkInput, DraftContent, StepInput, StepMarkInput, Verdict},
    },
    ids::GuidelineId,
};

use crate::app::AppError;

/// What was sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sent {
    /// What is written of the review.
    pub(super) said: DraftContent,
    /// The version of the draft that it was made from.
    pub(super) version: i32,
    /// The version of the guideline that was shown.
    pub(super) guideline: Option<GuidelineId>,
}

/// Reads a form. What is blank was not said; names that are not known are passed over.
///
/// # Errors
/// If a value is none of its field's: names the field.
pub(super) fn read(pairs: Vec<(String, String)>) -> Result<Sent, AppError> {
    let mut sent = Sent::default();
    let mut notes = HashMap::new();
    let said = &mut sent.said;
    for (name, value) in pairs {
        let blank = value.trim().is_empty();
        match name.as_str() {
            "quoted" => {
                if let Some(cited) = said.citations.last_mut().filter(|_| !blank) {
                    cited.quoted = Some(value);
                }
            }
            // Also a blank one: its words come next, and are no earlier one's.
            "cite" => said.citations.push(cited(value.trim())),
            _ if blank => {}
            "verdict" => said.verdict = Some(word("verdict", &value)?),
            "severity" => said.severity = Some(word("severity", &value)?),
            "suspect_step" => said.suspect_step = Some(StepInput::Ordinal(number("suspect_step", &value)?)),
            "flaw_labels" => {
                let labels = value.split(',').map(str::trim).filter(|label| !label.is_empty());
                said.flaw_labels = labels.map(str::to_owned).collect();
            }
            "corrected_answer" => said.corrected_answer = Some(value),
            "corrected_steps" => {
                let steps = value.lines().map(str::trim).filter(|step| !step.is_empty());
                said.corrected_steps = Some(steps.map(str::to_owned).collect());
            }
            "rationale" => said.rationale = Some(value),
            "seconds_spent" => said.seconds_spent = Some(number("seconds_spent", &value)?),
            "version" => sent.version = number("version", &value)?,
            "guideline" => sent.guideline = Some(number("guideline", &value)?),
            other => match other.strip_prefix("note:") {
                Some(marked) => drop(notes.insert(marked.to_owned(), value)),
                None => mark(said, other, &value)?,
            },
        }
    }
    note(said, notes)?;
    said.citations.retain(|cited| *cited != CitationInput { quoted: cited.quoted.clone(), ..CitationInput::default() });
    // Whoever finds no fault finds none in a step: the page may still hold what was chosen before.
    if said.verdict.is_some_and(|verdict| !matches!(verdict, Verdict::Incorrect | Verdict::PartlyCorrect)) {
        said.suspect_step = None;
    }
    Ok(sent)
}

/// What a citation names, by how that is written.
fn cited(name: &str) -> CitationInput {
    let (named, none) = (Some(name.to_owned()), CitationInput::default());
    if name.is_empty() {
        none
    } else if name.starts_with("https://") || name.starts_with("http://") {
        CitationInput { url: named, ..none }
    } else if name.starts_with("10.") || name.starts_with("doi:") {
        CitationInput { doi: named, ..none }
    } else if name.starts_with("src_") {
        CitationInput { source: named, ..none }
    } else {
        CitationInput { fact: named, ..none }
    }
}

/// A mark of a step or a claim.
fn mark(said: &mut DraftContent, name: &str, value: &str) -> Result<(), AppError> {
    if let Some(place) = name.strip_prefix("step:") {
        let step = StepInput::Ordinal(number("step_marks", place)?);
        said.step_marks.push(StepMarkInput { step, finding: word("step_marks", value)?, note: None });
    } else if let Some(claim) = name.strip_prefix("claim:") {
        let verdict = word("claim_marks", value)?;
        said.claim_marks.push(ClaimMarkInput { claim: claim.to_owned(), verdict, note: None });
    }
    Ok(())
}

/// Puts each note to its mark.
fn note(said: &mut DraftContent, mut notes: HashMap<String, String>) -> Result<(), AppError> {
    if notes.is_empty() {
        return Ok(());
    }
    for mark in &mut said.step_marks {
        if let StepInput::Ordinal(place) = mark.step {
            mark.note = notes.remove(&format!("step:{place}"));
        }
    }
    for mark in &mut said.claim_marks {
        mark.note = notes.remove(&format!("claim:{}", mark.claim));
    }
    let field = match notes.keys().next() {
        Some(of) if of.starts_with("claim:") => "claim_marks",
        Some(_) => "step_marks",
        None => return Ok(()),
    };
    Err(AppError::invalid(field, "a note tells why something is marked: mark it too, or clear the note"))
}

fn word<T: std::str::FromStr<Err: std::fmt::Display>>(field: &str, value: &str) -> Result<T, AppError> {
    value.parse().map_err(|error: T::Err| AppError::invalid(field, error.to_string()))
}

fn number<T: std::str::FromStr<Err: std::fmt::Display>>(field: &str, value: &str) -> Result<T, AppError> {
    word(field, value.trim())
}

#[cfg(test)]
mod tests {
    use atr_core::domain::{judgement::ClaimVerdict, review::StepFinding};

    use super::*;

    fn pairs(sent: &[(&str, &str)]) -> Vec<(String, String)> {
        sent.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_form_says_what_a_review_says() {
        let sent = read(pairs(&[
            ("version", "3"),
            ("verdict", "incorrect"),
            ("suspect_step", "2"),
            ("flaw_labels", "units, ,arithmetic "),
            ("corrected_steps", "One.\r\n\r\n Two. "),
            ("rationale", " "),
            ("note:step:0", "The unit is right."),
            ("step:0", "sound"),
            ("step:1", "flawed"),
            ("claim:clm_x", "contradicted"),
            ("note:claim:clm_x", "Since 2021."),
            ("cite", "https://example.org/a"),
            ("quoted", "a b"),
            ("cite", ""),
            ("quoted", "of nothing"),
            ("cite", "10.1000/1"),
            ("quoted", ""),
        ]))
        .expect("a form");
        assert_eq!((sent.version, sent.said.verdict), (3, Some(Verdict::Incorrect)));
        assert_eq!(sent.said.suspect_step, Some(StepInput::Ordinal(2)));
        assert_eq!(sent.said.flaw_labels, ["units", "arithmetic"]);
        assert_eq!(sent.said.corrected_steps.as_deref(), Some(&["One.".to_owned(), "Two.".to_owned()][..]));
        assert_eq!(sent.said.rationale, None);
        assert_eq!(sent.said.step_marks[0].finding, StepFinding::Sound);
        let notes: Vec<_> = sent.said.step_marks.iter().map(|mark| mark.note.as_deref()).collect();
        assert_eq!(notes, [Some("The unit is right."), None]);
        assert_eq!(sent.said.claim_marks[0].note.as_deref(), Some("Since 2021."));
        assert_eq!(sent.said.claim_marks[0].verdict, ClaimVerdict::Contradicted);
        let cited: Vec<_> = sent.said.citations.iter().map(|cited| (cited.url.is_some(), &cited.quoted)).collect();
        assert_eq!(cited, [(true, &Some("a b".to_owned())), (false, &None)], "in pairs, and none of nothing");
    }

    #[test]
    fn what_is_no_value_of_its_field_is_told_by_its_name() {
        for (name, value) in [("verdict", "wrong"), ("suspect_step", "two"), ("version", "x"), ("guideline", "g")] {
            match read(pairs(&[(name, value)])) {
                Err(AppError::Invalid { field, .. }) => assert_eq!(field, name),
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_note_of_what_is_not_marked_is_told() {
        for (name, field) in [("note:step:3", "step_marks"), ("note:claim:clm_x", "claim_marks")] {
            match read(pairs(&[("step:0", "sound"), (name, "Why.")])) {
                Err(AppError::Invalid { field: told, .. }) => assert_eq!(told, field),
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn whoever_finds_no_fault_finds_none_in_a_step() {
        let sent = read(pairs(&[("suspect_step", "2"), ("verdict", "correct")])).expect("a form");
        assert_eq!(sent.said.suspect_step, None);
    }
}
