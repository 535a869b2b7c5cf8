//! Words that reach over more than the clause they stand in.

use crate::stages::verify::lexicon;
use crate::stages::verify::words::Word;

/// Whether a word of the sentence holds all of it together: a negation, a hedge, a condition, what somebody said, an alternative.
pub(super) fn whole(all: &[Word]) -> bool {
    all.iter().any(|w| {
        let lower = w.lower.as_str();
        lexicon::NEGATION.contains(lower)
            || attributes(lower)
            || supposes(lower)
            || matches!(lower, "or" | "either" | "both" | "between" | "without" | "than")
    })
}

/// Says that it is another who says it.
pub(super) fn attributes(word: &str) -> bool {
    matches!(
        word,
        "according"
            | "said"
            | "says"
            | "say"
            | "stated"
            | "states"
            | "claims"
            | "claimed"
            | "argues"
            | "argued"
            | "reported"
            | "reports"
            | "suggests"
            | "suggested"
            | "wrote"
            | "writes"
            | "believes"
            | "believe"
            | "believed"
            | "thinks"
            | "think"
            | "thought"
            | "announced"
            | "noted"
            | "notes"
            | "that"
    )
}

/// Says that it is possible, wished or supposed.
pub(super) fn supposes(word: &str) -> bool {
    lexicon::HEDGED.contains(word)
        || matches!(
            word,
            "may"
                | "might"
                | "could"
                | "would"
                | "should"
                | "must"
                | "can"
                | "if"
                | "unless"
                | "whether"
                | "when"
                | "whenever"
                | "suppose"
                | "assume"
                | "let"
        )
}

/// Begins a clause within a sentence, so that a later verb may be its own.
pub(super) fn subordinates(word: &str) -> bool {
    matches!(
        word,
        "who"
            | "which"
            | "whom"
            | "whose"
            | "that"
            | "where"
            | "when"
            | "while"
            | "because"
            | "although"
            | "though"
            | "if"
            | "after"
            | "before"
            | "as"
            | "since"
            | "until"
            | "unless"
            | "whereas"
            | "to"
            | "so"
    )
}

/// Tells something within an apposition, which then is none.
pub(super) fn told(word: &str) -> bool {
    subordinates(word) || matches!(word, "and" | "or" | "not" | "no")
}

/// Begins a phrase or clause before the subject, of which it is not known how far it reaches.
pub(super) fn leads_in(word: &Word) -> bool {
    matches!(
        word.lower.as_str(),
        "in" | "on"
            | "at"
            | "after"
            | "before"
            | "during"
            | "since"
            | "until"
            | "when"
            | "while"
            | "if"
            | "although"
            | "though"
            | "because"
            | "as"
            | "according"
            | "for"
            | "with"
            | "without"
            | "by"
            | "from"
            | "to"
            | "under"
            | "there"
            | "here"
            | "what"
            | "how"
            | "why"
            | "who"
            | "where"
            | "however"
            | "also"
            | "then"
            | "both"
            | "neither"
            | "either"
            | "not"
            | "no"
            | "only"
    )
}
