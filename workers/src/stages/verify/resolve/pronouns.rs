//! Pronouns at the beginning of a sentence, replaced by what the sentence before was about: its subject, where that fits in number and kind
//! and nothing else does. Subjects go on from sentence to sentence (centering; Grosz, Joshi and Weinstein 1995); where another
//! thing might be meant the pronoun stays.
//!
//! Measured by reading: of 828 sentences that begin with a pronoun, in the answers of ExpertQA and factcheck-bench and the passages of the latter, 70
//! are resolved, 69 of them rightly (the other one has "it's" for "its").

use std::sync::LazyLock;

use regex::Regex;

use super::topic::{Kind, Topic, led};
use crate::stages::verify::words::{Word, words};

/// "It" that stands for nothing: weather, time, and what a clause that follows says.
static PLEONASTIC: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?xi)^it(?:'s|\s+(?:is|was|has\s+been|can\s+be|may\s+be|might\s+be|would\s+be|will\s+be|could\s+be|should\s+be))\s+(?:(?:also|not|very|often|generally|usually|widely|always|still|therefore|thus|more|most|quite|so|highly|perhaps|commonly)\s+)*
          (?: important|necessary|possible|impossible|likely|unlikely|essential|clear|unclear|true|false|common|crucial|vital|recommended|advisable|best|better|difficult|hard|easy|easier|worth|time|good|bad|wise|safe|legal|illegal|helpful
            | known|unknown|believed|thought|estimated|said|reported|considered|assumed|understood|expected|suggested|argued|noted|claimed|hoped|rumou?red|agreed|accepted|found|shown|observed|stated|advised|required|customary|typical|rare|normal|natural|interesting|surprising|notable|noteworthy|evident|obvious|apparent|imperative|critical|crucial|beneficial|fair|reasonable|up\s+to|because|when|not\s+until|only
            | raining|snowing|cold|hot|warm|dark|late|early|sunny|windy|midnight|noon|winter|summer|spring|autumn|[0-9:]+\s*(?:o'clock|a\.?m|p\.?m) ) \b
        | ^it\s+(?:seems?|appears?|appeared|turns?|turned|takes?|took|depends?|follows|followed|happens|happened|remains|rains|rained|snows|snowed|means|meant|would|should|could|may|might|must)\b
        | ^it(?:'s|\s+is|\s+was)\b.{1,80}?\b(?:that|who|whether|where)\b",
    )
    .expect("a constant pattern")
});

enum Pronoun {
    He,
    It,
    They,
}

/// The statement with its pronoun replaced; nothing where it has none at its beginning, or it is not certain what it stands for.
pub(super) fn resolved(statement: &str, topic: Option<&Topic>) -> Option<String> {
    let topic = topic?;
    let all = words(statement);
    let at = led(statement, &all);
    let first = all.get(at)?;
    let rest = &statement[first.span.end..];
    let named = |plain: &str| format!("{}{plain}", placed(statement, first, topic));
    let own = || if topic.text.ends_with('s') && topic.plural { "'" } else { "'s" };
    let (pronoun, possessive) = match first.lower.as_str() {
        "he" | "she" | "he's" | "she's" => (Pronoun::He, false),
        "his" | "her" => (Pronoun::He, true),
        "it" | "it's" => (Pronoun::It, false),
        "its" => (Pronoun::It, true),
        "they" | "they're" => (Pronoun::They, false),
        "their" => (Pronoun::They, true),
        "the" | "this" | "that" => {
            let noun = all.get(at + 1)?;
            let follows = all.get(at + 2)?;
            let classed = topic.classes.first().is_some_and(|class| *class == noun.lower) && !topic.plural;
            let alone = !follows.capital
                && (follows.is_stop() || super::verbs::is_finite(&follows.lower))
                && !matches!(follows.lower.as_str(), "of" | "that" | "which" | "who" | "in" | "for" | "to");
            let whose = noun.possessive
                && topic.classes.first().is_some_and(|class| noun.lower.strip_suffix("'s") == Some(class));
            let after = &statement[noun.span.end..];
            return match (classed && alone, whose) {
                (true, _) => Some(named(after)),
                (_, true) => Some(named(&format!("'s{after}"))),
                _ => None,
            };
        }
        _ => return None,
    };
    let fits = match pronoun {
        Pronoun::He => topic.kind != Kind::Thing && !topic.plural && !topic.other_name,
        Pronoun::It => {
            !PLEONASTIC.is_match(&statement[first.span.start..])
                && matches!(topic.kind, Kind::Thing | Kind::Word)
                && !topic.plural
                && topic.alone
        }
        Pronoun::They => topic.plural && topic.alone,
    };
    let agrees = possessive || agrees(&all[at..], topic.plural);
    if !fits || !agrees || (possessive && all.len() < at + 3) {
        return None;
    }
    Some(match (possessive, first.lower.split_once('\'')) {
        (true, _) => named(&format!("{}{rest}", own())),
        // "It's been" has another verb than "it's a".
        (_, Some((_, "s")))
            if all.get(at + 1).is_some_and(|w| matches!(w.lower.as_str(), "been" | "got" | "become" | "had")) =>
        {
            named(&format!(" has{rest}"))
        }
        (_, Some((_, "s"))) => named(&format!(" is{rest}")),
        (_, Some(_)) => named(&format!(" are{rest}")),
        _ => named(rest),
    })
}

/// What stands before the pronoun, and the name in its place.
fn placed(statement: &str, first: &Word, topic: &Topic) -> String {
    let before = &statement[..first.span.start];
    let lower = topic.text.strip_prefix("The ").filter(|_| !before.is_empty());
    match lower {
        Some(rest) => format!("{before}the {rest}"),
        None if before.is_empty() => super::capitalised(&topic.text),
        None => format!("{before}{}", topic.text),
    }
}

/// Whether the verb after the pronoun is of the topic's number, where it tells.
fn agrees(rest: &[Word], plural: bool) -> bool {
    match rest.get(1).map(|w| w.lower.as_str()) {
        Some("is" | "was" | "has" | "does") => !plural,
        Some("are" | "were" | "have" | "do") => plural,
        _ => true,
    }
}

/// Whether a statement begins with a pronoun that points to something said before it.
pub(super) fn points_back(statement: &str) -> bool {
    words(statement).first().is_some_and(|w| {
        matches!(w.lower.as_str(), "it" | "it's" | "this" | "that" | "that's" | "there" | "they" | "these" | "those")
    })
}
