//! Citations: what an answer or a review refers to, and whether the reference holds.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::{Rejection, check, grounding, grounding::FactState, source_copy::Freshness};
use crate::ids::{CitationId, FactId, ReviewId, SourceCopyId, SourceId, TraceId, VerificationId};

words! {
    /// How a citation names what it refers to.
    CitationKind {
        /// A mark in the text, such as `[3]`.
        Marker = "marker",
        /// A web address.
        Url = "url",
        /// A DOI.
        Doi = "doi",
        /// A grounding source.
        Source = "source",
        /// A grounding fact.
        Fact = "fact",
    }
}

words! {
    /// Whether a citation holds.
    CitationState {
        /// It exists, is current, and says what is quoted, if anything is.
        Verified = "verified",
        /// It says nearly, and not quite, what is quoted.
        Misquoted = "misquoted",
        /// It does not say what is quoted.
        NotInSource = "not_in_source",
        /// Nothing of that name is known here.
        UnknownSource = "unknown_source",
        /// It held once, and holds no more.
        Stale = "stale",
        /// It was found to be false.
        Retracted = "retracted",
        /// It could not be read when this was last tried, and no copy of it was kept.
        Unreachable = "unreachable",
    }
}

/// Who gave a citation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CitationOrigin {
    /// The answer: a run of the verifier found it there.
    Verification(VerificationId),
    /// A review.
    Review(ReviewId),
}

/// A reference in an answer or in a review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// Its id.
    pub id: CitationId,
    /// The trace it is about.
    pub trace: TraceId,
    /// Who gave it.
    pub origin: CitationOrigin,
    /// How it names what it refers to.
    pub kind: CitationKind,
    /// As written.
    pub raw: String,
    /// Byte offsets in the answer, begin and end.
    pub span: Option<(i32, i32)>,
    /// The source it names.
    pub source: Option<SourceId>,
    /// The fact it names.
    pub fact: Option<FactId>,
    /// The words it claims to quote.
    pub quoted: Option<String>,
    /// Whether it holds.
    pub state: CitationState,
    /// Why, in words.
    pub reason: String,
    /// The copy of the source that it was held against.
    pub copy: Option<SourceCopyId>,
    /// Where the nearest passage stands in that copy's text, in bytes.
    pub copy_span: Option<(i32, i32)>,
}

/// A citation as sent: exactly one of source, fact, url and doi.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("oneOf" = check::one_of(&["source", "fact", "url", "doi"])))]
pub struct CitationInput {
    /// A source, by its external id or its id.
    #[schemars(length(min = 1, max = grounding::EXTERNAL_ID))]
    pub source: Option<String>,
    /// A fact, by its external id or its id.
    #[schemars(length(min = 1, max = grounding::EXTERNAL_ID))]
    pub fact: Option<String>,
    /// A web address.
    pub url: Option<String>,
    /// A DOI.
    pub doi: Option<String>,
    /// The words that are said to stand there.
    #[schemars(length(max = grounding::QUOTE))]
    pub quoted: Option<String>,
}

/// What a citation names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A source, by its external id or its id.
    Source(String),
    /// A fact, by its external id or its id.
    Fact(String),
    /// A web address.
    Url(String),
    /// A DOI, in lower case.
    Doi(String),
}

impl Target {
    /// How it names it.
    pub fn kind(&self) -> CitationKind {
        match self {
            Self::Source(_) => CitationKind::Source,
            Self::Fact(_) => CitationKind::Fact,
            Self::Url(_) => CitationKind::Url,
            Self::Doi(_) => CitationKind::Doi,
        }
    }

    /// The name itself.
    pub fn name(&self) -> &str {
        match self {
            Self::Source(name) | Self::Fact(name) | Self::Url(name) | Self::Doi(name) => name,
        }
    }
}

/// A new citation of a review, checked; whether it holds is not decided yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct NewCitation {
    /// What it names.
    pub target: Target,
    /// The words that are said to stand there.
    pub quoted: Option<String>,
}

impl TryFrom<CitationInput> for NewCitation {
    type Error = Rejection;
    fn try_from(sent: CitationInput) -> Result<Self, Rejection> {
        let target = match (sent.source, sent.fact, sent.url, sent.doi) {
            (Some(name), None, None, None) => Target::Source(check::text("source", name, grounding::EXTERNAL_ID)?),
            (None, Some(name), None, None) => Target::Fact(check::text("fact", name, grounding::EXTERNAL_ID)?),
            (None, None, Some(url), None) => Target::Url(check::url("url", url)?),
            (None, None, None, Some(doi)) => Target::Doi(check::doi("doi", &doi)?),
            _ => return Err(Rejection::new(".", "names not exactly one of source, fact, url and doi: give one")),
        };
        Ok(Self { target, quoted: check::optional_text("quoted", sent.quoted, grounding::QUOTE)? })
    }
}

impl From<NewCitation> for CitationInput {
    fn from(cited: NewCitation) -> Self {
        let quoted = cited.quoted;
        match cited.target {
            Target::Source(name) => Self { source: Some(name), quoted, ..Self::default() },
            Target::Fact(name) => Self { fact: Some(name), quoted, ..Self::default() },
            Target::Url(url) => Self { url: Some(url), quoted, ..Self::default() },
            Target::Doi(doi) => Self { doi: Some(doi), quoted, ..Self::default() },
        }
    }
}

/// Whether a citation holds, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether it holds.
    pub state: CitationState,
    /// Why, in words.
    pub reason: String,
}

impl Finding {
    fn new(state: CitationState, reason: impl Into<String>) -> Self {
        Self { state, reason: reason.into() }
    }

    /// Of a citation that names nothing known.
    pub fn unknown(target: &Target) -> Self {
        Self::new(
            CitationState::UnknownSource,
            format!(
                "no {} of that name is known",
                match target.kind() {
                    CitationKind::Fact => "fact",
                    CitationKind::Url => "source with that address",
                    CitationKind::Doi => "source with that DOI",
                    CitationKind::Source | CitationKind::Marker => "source",
                }
            ),
        )
    }

    /// Of a citation of a source: whether the quoted words stand in something that the source is known to state and
    /// that is not retracted, or in the copy that was kept of it, if one was; `None` where nothing is quoted.
    pub fn of_source(stands: Option<bool>, kept: bool, freshness: Option<Freshness>) -> Self {
        if stands != Some(false)
            && let Some(until) = freshness.filter(|found| found.stale).and_then(|found| found.fresh_until)
        {
            let why = format!("the source was to be read again by {}, and was not", until.format("%Y-%m-%d %H:%M UTC"));
            return Self::new(CitationState::Stale, why);
        }
        if stands != Some(true) && !kept && freshness.is_some_and(|found| found.failing) {
            let why = "the source could not be read when this was last tried, and no copy of it is kept";
            return Self::new(CitationState::Unreachable, why);
        }
        match stands {
            None => Self::new(CitationState::Verified, "the source is known; nothing is quoted"),
            Some(true) => {
                Self::new(CitationState::Verified, "the quoted words stand in what the source is known to state")
            }
            Some(false) => Self::new(
                CitationState::NotInSource,
                "the quoted words stand in nothing that the source is known to state, and in no copy of it",
            ),
        }
    }

    /// Of a citation of a fact, on a day.
    pub fn of_fact(cited: &grounding::Fact, quoted: Option<&str>, today: NaiveDate) -> Self {
        if cited.state == FactState::Retracted {
            return Self::new(CitationState::Retracted, "the fact was retracted");
        }
        if cited.state == FactState::Superseded {
            return Self::new(CitationState::Stale, "another fact holds instead");
        }
        if let Some(end) = cited.valid_to.filter(|end| *end < today) {
            return Self::new(CitationState::Stale, format!("the fact held until {end}"));
        }
        let known = match cited.state {
            FactState::Verified => "the fact is verified",
            FactState::Proposed => "the fact is proposed, and nobody has vouched for it yet",
            FactState::Disputed | FactState::Retracted | FactState::Superseded => "the fact is known, and disputed",
        };
        match quoted.map(Wording::of) {
            None => Self::new(CitationState::Verified, format!("{known}; nothing is quoted")),
            Some(words) if words.stands_in_fact(&cited.statement, cited.quote.as_deref()) => {
                Self::new(CitationState::Verified, format!("{known}, and the quoted words stand in it"))
            }
            Some(_) => Self::new(
                CitationState::NotInSource,
                "the quoted words stand neither in the fact's statement nor in its source's words",
            ),
        }
    }
}

/// A text as a sequence of words to compare by: compatibility forms, case, white space and punctuation make no
/// difference; numbers stay whole, and their signs, units and other symbols stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording(Vec<String>);

impl Wording {
    /// Of a text.
    pub fn of(text: &str) -> Self {
        let plain: String = text.nfkc().flat_map(char::to_lowercase).nfkc().map(plain).collect();
        let parts: Vec<&str> = plain.split_word_bounds().collect();
        let begins_word = |part: &str| part.starts_with(char::is_alphanumeric);
        let mut words = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let keep = if begins_word(part) {
                true
            } else if *part == "-" {
                // A sign stands before a digit and after no word; a hyphen or a range does not.
                parts.get(at + 1).is_some_and(|next| next.starts_with(|c: char| c.is_numeric()))
                    && !(at > 0 && begins_word(parts[at - 1]))
            } else {
                part.chars().any(|c| !c.is_whitespace() && !c.is_control() && !is_punctuation(c))
            };
            if keep {
                words.push((*part).to_owned());
            }
        }
        Self(words)
    }

    /// Whether these words stand in those, next to each other and in the same order. No words stand nowhere.
    pub fn stands_in(&self, text: &Self) -> bool {
        !self.0.is_empty() && text.0.windows(self.0.len()).any(|window| window == self.0)
    }

    /// Whether these words stand in a fact's statement or in its source's words.
    pub fn stands_in_fact(&self, statement: &str, quote: Option<&str>) -> bool {
        self.stands_in(&Self::of(statement)) || quote.is_some_and(|quote| self.stands_in(&Self::of(quote)))
    }
}

fn plain(c: char) -> char {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201b}' => '\'',
        '\u{201c}' | '\u{201d}' | '\u{00ab}' | '\u{00bb}' => '"',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    }
}

/// Marks that only divide or enclose; symbols such as `%`, `°`, `+` and `=` say something and are none.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation() && !"%+=<>$^*/&@#~|".contains(c) || "…·•¡¿„‚‹›、。「」『』（）！？：；，．".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stands(quoted: &str, text: &str) -> bool {
        Wording::of(quoted).stands_in(&Wording::of(text))
    }

    #[test]
    fn case_space_and_punctuation_make_no_difference() {
        assert!(stands("the ATOMIC number\nof gold", "The atomic number, of “gold”, is 79."));
        assert!(stands("don’t panic!", "he said: don't panic"));
        assert!(stands("H₂O", "water is H2O."));
    }

    #[test]
    fn numbers_signs_and_symbols_do() {
        for (quoted, text) in [
            ("is 7", "gold is 79"),
            ("14 metres", "3.14 metres"),
            ("5 °C", "-5 °C"),
            ("-5 °C", "5 °C"),
            ("5", "0.5"),
            ("15%", "15"),
            ("1,000", "1.000"),
            ("gold is silver", "gold silver"),
            ("", "anything"),
            ("...", "anything..."),
        ] {
            // A number without its sign is a part of the signed one, word by word; with what stands before, it is not.
            let expected = (quoted, text) == ("5 °C", "-5 °C");
            assert_eq!(stands(quoted, text), expected, "`{quoted}` in `{text}`");
        }
    }

    #[test]
    fn a_citation_names_exactly_one_thing() {
        let two = CitationInput { fact: Some("f".into()), url: Some("https://a.b".into()), ..Default::default() };
        assert!(NewCitation::try_from(two).is_err() && NewCitation::try_from(CitationInput::default()).is_err());
        let one = CitationInput { doi: Some("doi:10.1000/X".into()), ..Default::default() };
        assert_eq!(NewCitation::try_from(one).unwrap().target, Target::Doi("10.1000/x".into()));
    }

    proptest! {
        #[test]
        fn whole_words_cut_out_of_a_text_stand_in_it(text in "[A-Za-z0-9 ,.%°-]{1,60}", from in 0usize..30, most in 1usize..10) {
            let whole = Wording::of(&text);
            let cut = Wording(whole.0.iter().skip(from).take(most).cloned().collect());
            prop_assert_eq!(cut.stands_in(&whole), !cut.0.is_empty());
        }

        #[test]
        fn a_wording_reads_the_same_in_capitals_and_with_other_spaces(text in "[a-z0-9 .,'-]{0,60}") {
            prop_assert_eq!(Wording::of(&text), Wording::of(&text.to_uppercase().replace(' ', "\n ")));
        }

        #[test]
        fn no_text_makes_comparing_panic(one in any::<String>(), two in any::<String>()) {
            stands(&one, &two);
        }
    }
}
