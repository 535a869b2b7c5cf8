//! Where the subject of a question ends and its verb begins: told by articles, capitals and the verbs that are known.

use super::super::words::{Word, words};
use super::verbs;

/// A question's words after its auxiliary, parted; the parts are as written, without white space around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub subject: &'a str,
    /// An adverb before the verb ("first").
    pub adverb: &'a str,
    /// The base form of the verb; empty where "be" or "have" is the verb.
    pub verb: &'a str,
    pub tail: &'a str,
}

fn determiner(word: &str) -> bool {
    matches!(
        word,
        "the"
            | "a"
            | "an"
            | "all"
            | "every"
            | "each"
            | "some"
            | "no"
            | "most"
            | "this"
            | "these"
            | "those"
            | "its"
            | "their"
            | "his"
            | "her"
    )
}

/// A preposition that begins a phrase of place, time or manner. "of" belongs to what is before it.
pub(super) fn preposition(word: &str) -> bool {
    matches!(
        word,
        "in" | "on"
            | "at"
            | "to"
            | "for"
            | "from"
            | "by"
            | "with"
            | "per"
            | "around"
            | "between"
            | "during"
            | "under"
            | "over"
            | "through"
            | "near"
            | "after"
            | "before"
            | "within"
            | "off"
    )
}

fn adverb(word: &str) -> bool {
    matches!(
        word,
        "first"
            | "last"
            | "finally"
            | "ever"
            | "officially"
            | "originally"
            | "usually"
            | "normally"
            | "always"
            | "still"
    )
}

/// "the Second World War end in Europe": subject, verb, rest. Nothing where no verb is known among the words.
pub(super) fn with_verb(rest: &str) -> Option<Parts<'_>> {
    let all = words(rest);
    let at = (1..all.len()).find(|at| {
        let before = all[at - 1].lower.as_str();
        !all[*at].capital
            && verbs::is_base(&all[*at].lower)
            && !determiner(before)
            && !matches!(before, "of" | "and" | "or")
    })?;
    let adverbial = at > 1 && adverb(&all[at - 1].lower) && !determiner(&all[at - 2].lower);
    let subject = if adverbial { at - 1 } else { at };
    Some(Parts {
        subject: slice(rest, &all, 0, subject),
        adverb: slice(rest, &all, subject, at),
        verb: slice(rest, &all, at, at + 1),
        tail: rest[all[at].span.end..].trim(),
    })
}

/// "the first modern Olympic Games held in Athens": subject and rest, for a question with "be" or "have". The rest is empty where all of
/// it is the subject, as far as can be told.
pub(super) fn with_be(rest: &str) -> Parts<'_> {
    let all = words(rest);
    let participle = (1..all.len())
        .find(|at| !all[*at].capital && verbs::is_participle(&all[*at].lower) && !determiner(&all[at - 1].lower));
    let end = participle.unwrap_or_else(|| subject(&all));
    let adverbial = end > 1 && end < all.len() && adverb(&all[end - 1].lower) && !determiner(&all[end - 2].lower);
    let end = if adverbial { end - 1 } else { end };
    Parts {
        subject: slice(rest, &all, 0, end),
        adverb: "",
        verb: "",
        tail: all.get(end.wrapping_sub(1)).map_or("", |w| rest[w.span.end..].trim()),
    }
}

fn slice<'a>(text: &'a str, all: &[Word], from: usize, to: usize) -> &'a str {
    match (all.get(from), to.checked_sub(1).and_then(|last| all.get(last))) {
        (Some(first), Some(last)) if from < to => &text[first.span.start..last.span.end],
        _ => "",
    }
}

/// How many of the words are the subject: a run of names, or a determiner and what is before the next article, comparison or
/// preposition.
fn subject(all: &[Word]) -> usize {
    let word = |at: usize| all.get(at).map_or("", |w| w.lower.as_str());
    let capital = |at: usize| all.get(at).is_some_and(|w| w.capital);
    let start = (0..all.len()).find(|at| !determiner(word(*at))).unwrap_or(all.len());
    let mut end = start;
    // "the moon Phobos": a common noun before a name belongs to it.
    if !capital(start) && capital(start + 1) {
        end = start + 1;
    }
    if capital(end) {
        end = name(all, end);
    } else {
        let breaks = |at: usize| {
            let compares = word(at).ends_with("er") && word(at + 1) == "than";
            matches!(word(at), "the" | "a" | "an") || compares
        };
        let next =
            (start + 1..all.len()).take_while(|at| !preposition(word(*at)) && word(*at) != "of").find(|at| breaks(*at));
        end = if start > 0 { next.unwrap_or(start + 1) } else { 1 };
    }
    // "the capital of France": the object of "of" belongs to the subject.
    while word(end) == "of" && end + 1 < all.len() {
        let object = (end + 1..all.len()).find(|at| !determiner(word(*at))).unwrap_or(end + 1);
        end = if capital(object) { name(all, object) } else { object + 1 };
    }
    end.min(all.len())
}

/// The end of the run of capitals that begins at `from`; "of", "the" and "and" join two of them.
fn name(all: &[Word], from: usize) -> usize {
    let capital = |at: usize| all.get(at).is_some_and(|w| w.capital);
    let mut end = from;
    loop {
        while capital(end) {
            end += 1;
        }
        let joins = all.get(end).is_some_and(|w| matches!(w.lower.as_str(), "of" | "the" | "and"));
        if joins && capital(end + 1) {
            end += 1;
        } else if joins && all.get(end + 1).is_some_and(|w| w.lower == "the") && capital(end + 2) {
            end += 2;
        } else {
            return end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subject_and_verb_are_told_apart() {
        for (rest, subject, verb, tail) in [
            ("the Second World War end", "the Second World War", "end", ""),
            ("light travel in one second", "light", "travel", "in one second"),
            ("the moon Phobos orbit", "the moon Phobos", "orbit", ""),
            ("the first person fly into space", "the first person", "fly", "into space"),
            ("most people in Mexico speak", "most people in Mexico", "speak", ""),
        ] {
            let parts = with_verb(rest).expect(rest);
            assert_eq!((parts.subject, parts.verb, parts.tail), (subject, verb, tail));
        }
        assert_eq!(with_verb("the zorb frobnicate"), None);
    }

    #[test]
    fn subject_and_rest_are_told_apart() {
        for (rest, subject, tail) in [
            ("Paris the capital of France", "Paris", "the capital of France"),
            ("the first modern Olympic Games held", "the first modern Olympic Games", "held"),
            ("a mile longer than a kilometre", "a mile", "longer than a kilometre"),
            ("the capital of France larger than Rome", "the capital of France", "larger than Rome"),
            ("the Great Wall in Japan", "the Great Wall", "in Japan"),
            ("the Great Barrier Reef", "the Great Barrier Reef", ""),
            ("Nelson Mandela president", "Nelson Mandela", "president"),
            ("all cats mammals", "all cats", "mammals"),
        ] {
            let parts = with_be(rest);
            assert_eq!((parts.subject, parts.tail), (subject, tail));
        }
    }
}
