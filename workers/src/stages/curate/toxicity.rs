//! Toxicity filtration by the word list of `rustrict`, which sees through spellings made to evade it.
//!
//! A finding counts only where a whole word, also one spelt apart, is offensive by itself, or a phrase of up to four
//! is a severe threat: hits across the border of harmless words do not. Terms of anatomy, history, zoology and medicine that the list calls offensive are plain.

use std::collections::BTreeSet;
use std::fmt;

use rustrict::{Censor, Type};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation as _;

use super::candidate::Candidate;
use super::decision::{Detail, Fall, Reason};
use super::normalise::words;
use super::recipe::ToxicityRule;

/// Kinds of offence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Swearing.
    Profane,
    /// Slurs and calls for violence.
    Offensive,
    /// Sexual words.
    Sexual,
    /// Insults and threats to a person.
    Mean,
}

/// How severe, or how certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Mild or more.
    Mild,
    /// Moderate or more.
    Moderate,
    /// Severe.
    Severe,
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Profane => "profane",
            Self::Offensive => "offensive",
            Self::Sexual => "sexual",
            Self::Mean => "mean",
        })
    }
}

/// Plain terms of the recipe that is followed where nobody wrote another.
pub(super) const PLAIN_TERMS: &[&str] = &[
    "anal",
    "anus",
    "arse",
    "ass",
    "asses",
    "bitcoin",
    "bitcoins",
    "cock",
    "cocks",
    "cracker",
    "crackers",
    "debugger",
    "debuggers",
    "dicaprio",
    "dickinson",
    "dicom",
    "dyke",
    "dykes",
    "fascist",
    "fascists",
    "fuchs",
    "gay",
    "get cancer",
    "ghetto",
    "ghettos",
    "hartree fock",
    "hitler",
    "hoffman",
    "holocaust",
    "homo",
    "homosexual",
    "homosexuality",
    "homosexuals",
    "houdini",
    "kkk",
    "klan",
    "lesbian",
    "moby dick",
    "nazi",
    "nazis",
    "nazism",
    "negro",
    "neonazi",
    "prick",
    "rape",
    "raped",
    "rapist",
    "schwarzenegger",
    "shiitake",
    "shitake",
    "suicide",
    "terrorist",
    "terrorists",
    "tit",
    "tits",
];

/// Longest run of words that is looked at as one finding: a word of so many letters, spelt apart.
const RUN: usize = 8;
/// Longest phrase.
const PHRASE: usize = 4;

/// The rows among `standing` that are offensive beyond the recipe's threshold, in any text that would be trained on.
pub(super) fn judge(rule: &ToxicityRule, candidates: &[Candidate], standing: &[usize]) -> Vec<Fall> {
    let fall = |&at: &usize| {
        let row = &candidates[at];
        let fields = [
            ("question", &row.question),
            ("reasoning", &row.reasoning),
            ("completion", &row.completion),
            ("correction", &row.correction),
        ];
        let (field, (category, quote)) =
            fields.into_iter().find_map(|(field, text)| Some((field, find(rule, text)?)))?;
        let words = format!("the {field} is {category}: “{quote}”");
        let detail = Detail::Toxic { category, field: field.to_owned(), quote };
        Some(Fall { at, reason: Reason::Toxic, words, detail: Some(detail) })
    };
    standing.iter().filter_map(fall).collect()
}

/// The first offence of a text beyond the threshold, and the words that commit it.
pub fn find(rule: &ToxicityRule, text: &str) -> Option<(Category, String)> {
    text.unicode_sentences().find_map(|sentence| {
        // Most sentences are clean: one look at the whole spares one at each word.
        category(rule, sentence, Severity::Mild)?;
        let spans: Vec<(usize, &str)> = sentence
            .split_whitespace()
            .map(|word| (word.as_ptr() as usize - sentence.as_ptr() as usize, word))
            .collect();
        (1..=RUN).find_map(|length| {
            spans.windows(length).find_map(|run| {
                let (start, _) = run[0];
                let (last, word) = run[length - 1];
                let quote = sentence[start..last + word.len()].trim_matches(is_punctuation);
                if is_plain(&rule.plain_terms, quote) || !run.iter().all(|(_, word)| is_wordlike(word)) {
                    return None;
                }
                if is_formula(quote) && (quote.len() <= SHORT_FORMULA || letters_alone(rule, quote).is_none()) {
                    return None;
                }
                let found = if length > 1 && !is_spelt_apart(run) {
                    // Harmless neighbours such as `bass hit` are found too, but not as severe threats.
                    let threat = length <= PHRASE && !quote.contains(is_punctuation);
                    category(rule, quote, Severity::Severe).filter(|found| threat && *found == Category::Mean)
                } else {
                    category(rule, quote, Severity::Mild)
                };
                found.map(|category| (category, quote.to_owned()))
            })
        })
    })
}

/// Whether a word can be read as one: the list reads digits as letters, and so finds offence in formulas, years and
/// addresses.
fn is_wordlike(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let digits = word.chars().filter(char::is_ascii_digit).count();
    letters > 0 && letters >= 2 * digits && !word.contains(['/', '=', '<', '>', '\\']) && !word.contains("&#")
}

/// The symbols of the elements (IUPAC, 2016).
const ELEMENTS: &str = "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr \
    Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir \
    Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og";

/// So short a formula is no word, whatever its letters spell: `H2O`, `HHO2`.
const SHORT_FORMULA: usize = 4;

/// Whether a word is a chemical formula with a count in it: symbols of elements, each with a count of its own or none.
fn is_formula(word: &str) -> bool {
    fn rest(text: &str) -> bool {
        let symbol = |length: usize| {
            let (symbol, after) = text.split_at_checked(length)?;
            ELEMENTS.split_whitespace().any(|element| element == symbol).then_some(after)
        };
        text.is_empty()
            || [2, 1].into_iter().filter_map(symbol).any(|after| {
                let counted = after.trim_start_matches(|c: char| c.is_ascii_digit());
                !after.starts_with('0') && rest(counted)
            })
    }
    word.len() <= 24 && word.contains(|c: char| c.is_ascii_digit()) && rest(word)
}

/// What the letters of a word spell, without its digits.
fn letters_alone(rule: &ToxicityRule, word: &str) -> Option<Category> {
    let letters: String = word.chars().filter(|c| !c.is_ascii_digit()).collect();
    category(rule, &letters, Severity::Mild)
}

/// Whether each word of a run is one letter, as in `f u c k`.
fn is_spelt_apart(run: &[(usize, &str)]) -> bool {
    run.iter()
        .all(|(_, word)| word.chars().filter(|c| !is_punctuation(*c)).eq(word.chars().find(|c| c.is_alphanumeric())))
}

/// What stands around words; signs that stand for letters (`@`, `$`, `*`) are no punctuation here.
fn is_punctuation(c: char) -> bool {
    ",.;:!?…\"'“”‘’«»()[]{}".contains(c)
}

fn is_plain(terms: &BTreeSet<String>, quote: &str) -> bool {
    let words = words(quote);
    let phrase = words.join(" ");
    words.iter().all(|word| terms.contains(word))
        || terms.iter().any(|t| t.contains(' ') && phrase.contains(t.as_str()))
}

/// The first category of which a text has a finding at its threshold, or at `least` where that is more.
fn category(rule: &ToxicityRule, text: &str, least: Severity) -> Option<Category> {
    let found = Censor::from_str(text).with_ignore_self_censoring(true).analyze();
    let beyond =
        |(category, severity): &(&Category, &Severity)| found.is(kind(**category) & at_least(least.max(**severity)));
    rule.thresholds.iter().find(beyond).map(|(category, _)| *category)
}

fn kind(category: Category) -> Type {
    match category {
        Category::Profane => Type::PROFANE,
        Category::Offensive => Type::OFFENSIVE,
        Category::Sexual => Type::SEXUAL,
        Category::Mean => Type::MEAN,
    }
}

fn at_least(severity: Severity) -> Type {
    match severity {
        Severity::Mild => Type::MILD_OR_HIGHER,
        Severity::Moderate => Type::MODERATE_OR_HIGHER,
        Severity::Severe => Type::SEVERE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::curate::recipe::Recipe;

    fn found(text: &str) -> Option<(Category, String)> {
        find(&Recipe::default().toxicity, text)
    }

    #[test]
    fn ordinary_words_of_the_sciences_do_not_fall() {
        let texts = [
            "Scunthorpe lies in Lincolnshire; Penistone in Yorkshire; Lake Titicaca between Peru and Bolivia.",
            "Arsenic has the symbol As and atomic number 33. As, Sb and Bi are in group 15.",
            "Qualitative analysis of the mass of the assay; the class of bass instruments.",
            "Uranus has rings. The anus is the end of the alimentary canal; the penis and the vagina are organs.",
            "The great tit and the blue-footed booby are birds; the cock crows; the ass is a beast of burden.",
            "Nazi Germany invaded Poland on 1 September 1939. Hitler died by suicide in 1945.",
            "Sexual reproduction joins gametes; semen carries sperm. Homo sapiens and Homo erectus are species.",
            "The Bass hit the rocks; if u c 5 mol of it, f = u + c + k.",
            "Charles Dickens wrote of Mr Micawber, Emily Dickinson poems; Moby-Dick is by Herman Melville; shiitake is a mushroom.",
            "<<4*4=16>>16 apples in 1969, in 1936; see https://www.scribd.com/document/59451153/corrosion-technology",
            "Sharks get cancer. Can you get cancer from a finger prick? The Holocaust, homosexual rights and bitcoin are topics of study.",
            "The Hartree-Fock method, a debugger and DICOM images are tools.",
            "Water is H2O, hydrogen peroxide H2O2; a slip is HHO2 or HH2O; glucose is C6H12O6, acetic acid CH3COOH.",
            "The dam at Hoover holds Lake Mead; it can kill fish. Fluorine kills bacteria.",
        ];
        let falling: Vec<_> = texts.iter().filter_map(|text| found(text)).collect();
        assert_eq!(falling, []);
    }

    #[test]
    fn swearing_falls_with_the_words_that_did_it_also_when_spelt_to_evade() {
        assert_eq!(found("Oxygen. That is a fucking easy one!"), Some((Category::Profane, "fucking".to_owned())));
        assert!(found("Just kill yourself.").is_some());
        for text in
            ["What a load of sh1t.", "You are an @sshole, really", "f u c k this question", "FÜCK off", "FUCK2", "Sh1T"]
        {
            assert!(found(text).is_some(), "{text}");
        }
    }

    #[test]
    fn the_threshold_is_the_recipes() {
        let mut rule = Recipe::default().toxicity;
        assert_eq!(find(&rule, "damn, it is 7"), None);
        rule.thresholds.insert(Category::Profane, Severity::Mild);
        assert_eq!(find(&rule, "damn, it is 7"), Some((Category::Profane, "damn".to_owned())));
    }
}
