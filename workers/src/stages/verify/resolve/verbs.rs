//! Verbs as questions with "do" have them, and the forms they take in the answer: "did the war end" is "the war ended".
//!
//! Only common verbs are known; a question whose verb is not known has no rule.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Base, past, participle.
const IRREGULAR: &[(&str, &str, &str)] = &[
    ("be", "was", "been"),
    ("become", "became", "become"),
    ("begin", "began", "begun"),
    ("break", "broke", "broken"),
    ("bring", "brought", "brought"),
    ("build", "built", "built"),
    ("buy", "bought", "bought"),
    ("catch", "caught", "caught"),
    ("choose", "chose", "chosen"),
    ("come", "came", "come"),
    ("cost", "cost", "cost"),
    ("draw", "drew", "drawn"),
    ("drink", "drank", "drunk"),
    ("drive", "drove", "driven"),
    ("eat", "ate", "eaten"),
    ("fall", "fell", "fallen"),
    ("feed", "fed", "fed"),
    ("fight", "fought", "fought"),
    ("find", "found", "found"),
    ("fly", "flew", "flown"),
    ("freeze", "froze", "frozen"),
    ("get", "got", "got"),
    ("give", "gave", "given"),
    ("go", "went", "gone"),
    ("grow", "grew", "grown"),
    ("have", "had", "had"),
    ("hold", "held", "held"),
    ("keep", "kept", "kept"),
    ("know", "knew", "known"),
    ("lead", "led", "led"),
    ("leave", "left", "left"),
    ("lie", "lay", "lain"),
    ("lose", "lost", "lost"),
    ("make", "made", "made"),
    ("mean", "meant", "meant"),
    ("meet", "met", "met"),
    ("pay", "paid", "paid"),
    ("read", "read", "read"),
    ("ride", "rode", "ridden"),
    ("rise", "rose", "risen"),
    ("run", "ran", "run"),
    ("say", "said", "said"),
    ("see", "saw", "seen"),
    ("sell", "sold", "sold"),
    ("send", "sent", "sent"),
    ("shine", "shone", "shone"),
    ("sing", "sang", "sung"),
    ("sink", "sank", "sunk"),
    ("sit", "sat", "sat"),
    ("sleep", "slept", "slept"),
    ("speak", "spoke", "spoken"),
    ("spend", "spent", "spent"),
    ("stand", "stood", "stood"),
    ("swim", "swam", "swum"),
    ("take", "took", "taken"),
    ("teach", "taught", "taught"),
    ("tell", "told", "told"),
    ("think", "thought", "thought"),
    ("wear", "wore", "worn"),
    ("win", "won", "won"),
    ("write", "wrote", "written"),
];

const REGULAR: &str = "add arrive attack bear boil border burn call carry cause change circle circulate conquer contain convert \
     cover create cross crash declare defeat deliver depend describe develop die direct discover dissolve divide drop earn emit end enter \
     escape establish evolve exist explode explore express fire float flow form found gain govern happen help hatch import export \
     include increase decrease introduce invade invent join kill land last launch like live look lower marry measure melt move name \
     need occur occupy open close orbit own paint pass play plant point possess prevent produce protect publish receive reach react \
     refer reflect reign release remain represent require resign retire return rotate rule sail sign speed spin start stay store \
     study succeed support surrender surround treat travel turn use visit walk want weigh work";

/// Whether a lower-case word is the base form of a verb that is known.
pub(in crate::stages::verify) fn is_base(word: &str) -> bool {
    IRREGULAR.iter().any(|v| v.0 == word) || regular(word)
}

fn regular(word: &str) -> bool {
    REGULAR.split_whitespace().any(|v| v == word)
}

/// Whether a lower-case word has the form of a past participle.
pub(in crate::stages::verify) fn is_participle(word: &str) -> bool {
    (word.len() > 3 && word.ends_with("ed") && !word.ends_with("eed"))
        || word == "born"
        || IRREGULAR.iter().any(|v| v.2 == word && v.0 != v.2)
}

/// The forms that [`is_finite`] knows: it is asked of every word.
static FINITE: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let auxiliary = ["is", "are", "was", "were", "has", "have", "had", "can"].map(str::to_owned);
    let irregular = IRREGULAR.iter().flat_map(|v| [v.1.to_owned(), third(v.0)]);
    let regular = REGULAR.split_whitespace().flat_map(|v| [past(v), third(v)]);
    auxiliary.into_iter().chain(irregular).chain(regular).collect()
});

/// Whether a lower-case word can be the verb of a sentence as it stands: a form of "be", "have", "can", or the third person or the
/// past of a verb that is known.
pub(in crate::stages::verify) fn is_finite(word: &str) -> bool {
    FINITE.contains(word)
}

/// "orbits", "flies", "passes", "has".
pub(super) fn third(base: &str) -> String {
    let consonant_y = base.strip_suffix('y').filter(|head| !head.ends_with(['a', 'e', 'o', 'u']));
    match (base, consonant_y) {
        ("have", _) => "has".to_owned(),
        ("be", _) => "is".to_owned(),
        (_, Some(head)) => format!("{head}ies"),
        _ if ["s", "sh", "ch", "x", "z", "o"].iter().any(|end| base.ends_with(end)) => format!("{base}es"),
        _ => format!("{base}s"),
    }
}

/// "ended", "occurred", "died", "took".
pub(super) fn past(base: &str) -> String {
    if let Some(verb) = IRREGULAR.iter().find(|v| v.0 == base) {
        return verb.1.to_owned();
    }
    let consonant_y = base.strip_suffix('y').filter(|head| !head.ends_with(['a', 'e', 'o', 'u']));
    match consonant_y {
        Some(head) => format!("{head}ied"),
        None if base.ends_with('e') => format!("{base}d"),
        None if matches!(base, "occur" | "refer" | "drop" | "spin") => {
            format!("{base}{}ed", base.chars().next_back().unwrap_or_default())
        }
        None => format!("{base}ed"),
    }
}

/// The verb as it stands after a subject, given the "do" of the question.
pub(super) fn conjugated(auxiliary: &str, base: &str) -> String {
    match auxiliary.to_lowercase().as_str() {
        "does" => third(base),
        "did" => past(base),
        _ => base.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_take_their_forms() {
        let forms: Vec<(String, String)> = ["have", "carry", "pass", "end", "take", "play", "occur", "die"]
            .iter()
            .map(|v| (third(v), past(v)))
            .collect();
        let expected = [
            ("has", "had"),
            ("carries", "carried"),
            ("passes", "passed"),
            ("ends", "ended"),
            ("takes", "took"),
            ("plays", "played"),
            ("occurs", "occurred"),
            ("dies", "died"),
        ];
        assert_eq!(forms, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
