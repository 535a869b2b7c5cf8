//! The closed lists of English that the rules lean on. Each is short and general; a word is here because of what it does in a
//! sentence, never because of a data set.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

type Set = LazyLock<HashSet<&'static str>>;

fn set(words: &'static str) -> HashSet<&'static str> {
    words.split_whitespace().collect()
}

/// Words that carry no topic.
pub(super) static STOP: Set = LazyLock::new(|| {
    set(
        "a an the of in on at by for to from with and or as is are was were be been being am it its this that these those there \
         which who whom whose what when where how why he she they them his her their him we us our you your i me my do does did \
         done has have had having will would shall should can could may might must not no nor never n't so than then thus \
         therefore hence too very also just only even still yet into onto over under about approximately around roughly nearly \
         almost exactly per via up down out off if but because while although though since until before after during between among within \
         against some any each every all both either neither such same other another more most less least many much few \
         isn't aren't wasn't weren't don't doesn't didn't hasn't haven't hadn't won't wouldn't can't cannot couldn't shouldn't \
         it's that's there's he's she's what's who's let's yes here however moreover furthermore indeed actually one ones \
         equals equal",
    )
});

/// Words that stand in a description without narrowing it.
pub(super) static LIGHT: Set = LazyLock::new(|| {
    set("call known name refer locat situat number total amount value official officially chemical commonly typically \
         generally currently already ever approximately widely well originally answer fact equivalent exact approximate nam denot represent consist contain ther")
});

/// "it's" and the like: the s is a verb, no possessive.
pub(super) static CONTRACTED_IS: Set =
    LazyLock::new(|| set("it's that's there's he's she's what's who's let's here's where's how's"));

/// Pronouns that stand for what was spoken of before.
pub(super) static PRONOUN: Set = LazyLock::new(|| set("it he she they we i you it's he's she's they're"));

/// Stems that tell in a name what kind of thing it names; the rest of the name does without.
pub(super) static NAME_CLASS: Set =
    LazyLock::new(|| set("ocean sea river lake mountain mount desert galaxy strait island peninsula"));

/// Stems that a name begins with to tell what it names from another thing that has the rest for its name.
pub(super) static NAME_QUALIFIER: Set =
    LazyLock::new(|| set("north south east west northern southern eastern western central new upper lower great"));

/// Words that turn a clause into its opposite.
pub(super) static NEGATION: Set = LazyLock::new(|| {
    set(
        "not no never none neither nor nobody nothing nowhere cannot isn't aren't wasn't weren't don't doesn't didn't hasn't \
         haven't hadn't won't wouldn't can't couldn't shouldn't mustn't",
    )
});

/// Words after a negation that take its force away ("not only", "no doubt").
pub(super) static NEGATION_UNDONE: Set = LazyLock::new(|| set("only just merely doubt matter wonder necessarily"));

/// Verbs of being, having and doing as they stand in a sentence.
pub(super) static FINITE: Set = LazyLock::new(|| {
    set(
        "is are was were be been has have had can does do did will equals means isn't aren't wasn't weren't doesn't didn't don't can't cannot",
    )
});

/// Words that say a statement is another's, possible, or mistaken: no rule may decide by such a sentence.
pub(super) static HEDGED: Set = LazyLock::new(|| {
    set(
        "myth misconception hoax allegedly supposedly reportedly rumor rumour rumoured rumored claimed claims believed thought \
         might maybe perhaps possibly probably could would should if unless whether hypothetical fictional false falsely \
         incorrect incorrectly untrue wrong wrongly former formerly previously once used",
    )
});

/// Quantifiers that speak of a part.
pub(super) static PARTIAL: Set = LazyLock::new(|| {
    set("some many most few several often sometimes usually rarely seldom generally typically mostly partly")
});

/// Quantifiers that speak of all.
pub(super) static UNIVERSAL: Set = LazyLock::new(|| set("all every each always any"));

/// Prepositions whose object is what a description is about ("the language of Brazil"), not its value.
pub(super) static ARGUMENT_MARK: Set = LazyLock::new(|| {
    set("of for in on at to from with by into within among between about after before during under over")
});

/// Stems of nouns that have one value for each thing: two different values cannot both be right.
pub(super) static FUNCTIONAL_NOUN: Set = LazyLock::new(|| {
    set(
        "capital symbol currency formula abbreviation acronym color birthplace nationality father mother founder inventor \
         author discoverer composer painter successor predecessor winner \
         opposite antonym",
    )
});

/// Stems of verbs that have one agent or one object.
pub(super) static FUNCTIONAL_VERB: Set = LazyLock::new(|| set("invent discover writ paint compos born sculpt"));

/// Stems of what happens to one thing once, so that two dates of it cannot both be right.
pub(super) static ONE_TIME: Set = LazyLock::new(|| {
    set(
        "born die establish found discover invent land end begin start assassinat independenc sign launch find publish releas abolish \
         complet build fall occur happen adopt dissolv introduc birth death debut",
    )
});

/// Words that name one thing of many without the ending -est.
pub(super) static SUPERLATIVE: Set =
    LazyLock::new(|| set("first last best worst highest lowest closest nearest farthest furthest"));

/// Words that end as superlatives do and are none.
pub(super) static NOT_SUPERLATIVE: Set = LazyLock::new(|| {
    set(
        "west east forest interest rest test request protest modest honest harvest arrest contest guest quest suggest invest \
         latest nest chest priest conquest northwest southeast southwest northeast best-known budapest bucharest digest manifest",
    )
});

/// Abbreviations after which a full stop ends no sentence.
pub(super) static ABBREVIATION: Set = LazyLock::new(|| {
    set(
        "mr mrs ms dr prof sr jr st mt gen col sgt capt lt rev hon gov sen rep pres vs etc e.g i.e eg ie cf al fig figs no nos vol \
         p pp ch sec eq approx ca inc ltd co corp dept est jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k u.n d.c ph.d b.c a.d a.m p.m",
    )
});

/// Opposites, as stems.
static OPPOSITES: &[(&str, &str)] = &[
    ("hot", "cold"),
    ("high", "low"),
    ("larg", "small"),
    ("largest", "smallest"),
    ("big", "small"),
    ("biggest", "smallest"),
    ("highest", "lowest"),
    ("longest", "shortest"),
    ("long", "short"),
    ("tallest", "shortest"),
    ("hottest", "coldest"),
    ("fast", "slow"),
    ("fastest", "slowest"),
    ("heavy", "light"),
    ("heaviest", "lightest"),
    ("heavier", "lighter"),
    ("larger", "smaller"),
    ("bigger", "smaller"),
    ("higher", "lower"),
    ("faster", "slower"),
    ("longer", "shorter"),
    ("hotter", "colder"),
    ("older", "younger"),
    ("oldest", "youngest"),
    ("closest", "farthest"),
    ("nearest", "farthest"),
    ("closer", "farther"),
    ("north", "south"),
    ("northern", "southern"),
    ("east", "west"),
    ("eastern", "western"),
    ("increas", "decreas"),
    ("ris", "fall"),
    ("gain", "los"),
    ("win", "los"),
    ("begin", "end"),
    ("start", "end"),
    ("left", "join"),
    ("positiv", "negativ"),
    ("tru", "fals"),
    ("possibl", "impossibl"),
    ("legal", "illegal"),
    ("aliv", "dead"),
    ("male", "femal"),
    ("male", "female"),
    ("even", "odd"),
    ("divisible", "indivisible"),
    ("above", "below"),
    ("saf", "dangerou"),
    ("same", "different"),
    ("accept", "reject"),
    ("allow", "forbid"),
    ("present", "absent"),
    ("soluble", "insoluble"),
    ("acid", "base"),
    ("acidic", "alkalin"),
    ("vertebrat", "invertebrat"),
    ("solid", "liquid"),
    ("solid", "gas"),
    ("liquid", "gas"),
    ("metal", "nonmetal"),
    ("renewabl", "nonrenewabl"),
    ("herbivor", "carnivor"),
    ("import", "export"),
    ("maximum", "minimum"),
];

/// Whether two stems are opposites.
pub(super) fn opposites(a: &str, b: &str) -> bool {
    OPPOSITES.iter().any(|(x, y)| (*x == a && *y == b) || (*x == b && *y == a))
}

/// Opposites among words that otherwise carry no topic: where only they differ, the statements do.
pub(super) const TURNS: &[(&str, &str)] = &[
    ("before", "after"),
    ("more", "less"),
    ("most", "least"),
    ("more", "fewer"),
    ("over", "under"),
    ("up", "down"),
    ("with", "without"),
    ("into", "out"),
];

/// Irregular forms and the stem they share with the regular ones.
pub(super) static IRREGULAR: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    [
        ("wrote", "writ"),
        ("written", "writ"),
        ("began", "begin"),
        ("begun", "begin"),
        ("won", "win"),
        ("lost", "los"),
        ("men", "man"),
        ("women", "woman"),
        ("children", "child"),
        ("people", "person"),
        ("feet", "foot"),
        ("teeth", "tooth"),
        ("made", "mak"),
        ("found", "find"),
        ("built", "build"),
        ("led", "lead"),
        ("became", "becom"),
        ("become", "becom"),
        ("went", "go"),
        ("gone", "go"),
        ("gave", "giv"),
        ("given", "giv"),
        ("took", "tak"),
        ("taken", "tak"),
        ("came", "com"),
        ("rose", "ris"),
        ("risen", "ris"),
        ("fell", "fall"),
        ("fallen", "fall"),
        ("grew", "grow"),
        ("grown", "grow"),
        ("died", "die"),
        ("dies", "die"),
        ("dying", "die"),
        ("bought", "buy"),
        ("sold", "sell"),
        ("ate", "eat"),
        ("eaten", "eat"),
        ("flew", "fly"),
        ("flies", "fly"),
        ("moons", "moon"),
        ("indices", "index"),
        ("vertices", "vertex"),
        ("species", "species"),
        ("series", "series"),
        ("mice", "mouse"),
        ("wolves", "wolf"),
        ("leaves", "leaf"),
        ("left", "left"),
        ("kept", "keep"),
        ("held", "hold"),
    ]
    .into_iter()
    .collect()
});

/// Month names, in order; three letters are enough to know one.
pub(super) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
