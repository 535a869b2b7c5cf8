"""Facts by templates, and claims about them: the same for the same seed, whatever Python's version makes of a shuffled list.

Names and nouns are made of syllables and drawn by Zipf's law, so that there are words in every tenth fact and words in one alone. A
subject has about eight facts. A claim is about one fact, and says it in another way: other phrasing, other forms of its words, a name with a
slip of the pen, or another value in place of the right one; some say it in a longer sentence.
"""
import bisect, itertools, json, random

ONSETS = "b br c ch d dr f fl g gr h j k kl l m n p pr qu r s sh st t th tr v w z".split()
VOWELS = "a e i o u ai ea ie oa ou".split()
CODAS = ["", "", "n", "r", "l", "s", "m", "nd", "rt", "ck", "st", "x"]
MONTHS = "January February March April May June July August September October November December".split()
UNITS = ["metres", "kilometres", "tonnes", "hours", "people", "pages", "degrees", "hectares", "litres", "seats"]

# What is told of a subject: its phrasings, of which facts have the first; %s is the subject, %v the value, %n and %m nouns, %p a place.
RELATIONS = [
    ("name", ["The capital of %s is %v.", "%v is the capital of %s.", "The capital city of %s is called %v."]),
    ("name", ["%s was founded by %v.", "%v founded %s.", "The founder of %s was %v."]),
    ("name", ["The author of the %n of %s is %v.", "%v is the author of %s's %n.", "%v wrote the %n of %s."]),
    ("name", ["%s married %v in the %n of %p.", "%v was married to %s.", "The spouse of %s was %v, in %p."]),
    ("name", ["The largest %n in %s is %v.", "%v is the largest %n of %s.", "In %s the largest of all %ns is %v."]),
    ("name", ["%s succeeded %v as head of the %n.", "%v was succeeded by %s.", "The predecessor of %s was %v."]),
    ("name", ["The official language of %s is %v.", "In %s the official language is %v.", "%v is the language of %s."]),
    ("year", ["%s was born in %p in %v.", "In %v, %s was born in %p.", "The birth of %s was in %v."]),
    ("year", ["%s opened the %n of %p in %v.", "In %v the %n of %p was opened by %s.", "%s began to open a %n in %p in %v."]),
    ("year", ["The %n of %s was completed in %v.", "In %v they completed the %n of %s.", "%s's %n was complete in %v."]),
    ("year", ["%s discovered the %n %m in %v.", "The %n %m was discovered by %s in %v.", "In %v %s made the discovery of the %n %m."]),
    ("year", ["%s won the %n prize of %p in %v.", "The %n prize of %p was won by %s in %v.", "In %v, %s was the winner of the %n prize."]),
    ("date", ["The treaty of %s was signed on %v.", "On %v the treaty of %s was signed.", "They signed the treaty of %s on %v."]),
    ("date", ["%s died on %v in %p.", "On %v, %s died.", "The death of %s was on %v, in %p."]),
    ("number", ["The population of %s is %v.", "%s has a population of %v.", "%v people live in %s."]),
    ("measure", ["The %n of %s is %v long.", "%s has a %n of %v.", "The length of the %n in %s is %v."]),
    ("measure", ["The %n %m of %s weighs %v.", "%s's %n %m has a weight of %v.", "A weight of %v is that of the %n %m of %s."]),
    ("number", ["%s has %v %ns.", "There are %v %ns in %s.", "The number of %ns of %s is %v."]),
    ("measure", ["The %n in %s holds %v.", "%s's %n can hold %v.", "%v is what the %n of %s holds."]),
    ("noun", ["The main export of %s is %v.", "%v is what %s mainly exports.", "%s exports %v above all."]),
    ("noun", ["%s is made of %v and %n.", "%v and %n make up %s.", "The material of %s is %v."]),
    ("noun", ["The symbol of %s is the %v.", "The %v is a symbol of %s.", "%s has the %v as its symbol."]),
    ("noun", ["%s studied %v at the university of %p.", "At the university of %p, %s was a student of %v.", "%s was studying %v in %p."]),
    ("noun", ["The %n of %s causes %v in the %m.", "%v in the %m is caused by the %n of %s.", "%s's %n leads to %v."]),
]
PADDING = ["As the %n of the %m shows, ", "According to most books about the %n, ", "It is often told among people of the %m that ", "For many years, "]


def word(rng, syllables):
    return "".join(rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS) for _ in range(syllables))


class Words:
    """So many different words, drawn by Zipf's law with an exponent."""

    def __init__(self, rng, many, syllables, exponent):
        seen = {}
        while len(seen) < many:
            seen.setdefault(word(rng, rng.choice(syllables)))
        self.words = list(seen)
        self.weights = list(itertools.accumulate(1 / (rank + 3) ** exponent for rank in range(many)))

    def draw(self, rng):
        return self.words[bisect.bisect(self.weights, rng.random() * self.weights[-1])]


class Library:
    def __init__(self, seed, facts):
        rng = self.rng = random.Random(seed)
        self.nouns = Words(rng, 6_000, [2, 2, 3], 1.0)
        self.names = Words(rng, max(2_000, min(120_000, facts // 5)), [2, 3, 3], 0.8)
        self.subjects = [self.subject() for _ in range(max(1, facts // 8))]
        self.facts = []
        for at in range(facts):
            subject = rng.choice(self.subjects)
            kind, phrasings = rng.choice(RELATIONS)
            slots = {"s": subject, "v": self.value(kind), "n": self.nouns.draw(rng), "m": self.nouns.draw(rng), "p": self.name()}
            self.facts.append((phrasings, kind, slots))

    def name(self):
        return self.names.draw(self.rng).capitalize()

    def subject(self):
        return " ".join(self.name() for _ in range(self.rng.choice([1, 2, 2])))

    def value(self, kind):
        rng = self.rng
        year = rng.randint(1500, 2025)
        return {
            "name": lambda: self.subject(),
            "noun": lambda: self.nouns.draw(rng),
            "year": lambda: str(year),
            "date": lambda: f"{rng.randint(1, 28)} {rng.choice(MONTHS)} {year}",
            "number": lambda: f"{int(10 ** rng.uniform(0.5, 7)):,}",
            "measure": lambda: f"{int(10 ** rng.uniform(0.5, 4))} {rng.choice(UNITS)}",
        }[kind]()

    def statement(self, at):
        phrasings, _, slots = self.facts[at]
        return said(phrasings[0], slots)

    def claim(self):
        """A claim, the place of the fact that it is about, and in which way it differs."""
        rng = self.rng
        at = rng.randrange(len(self.facts))
        phrasings, kind, slots = self.facts[at]
        slots = dict(slots)
        how = rng.choice(["same", "value", "value", "phrasing", "phrasing", "both", "form", "slip"])
        phrasing = rng.choice(phrasings[1:]) if how in ("phrasing", "both") else phrasings[0]
        if how in ("value", "both"):
            slots["v"] = self.value(kind)
        if how == "form":
            for slot in "nm":
                slots[slot] = inflected(rng, slots[slot])
        if how == "slip":
            slots["s"] = slip(rng, slots["s"])
        text = said(phrasing, slots)
        if rng.random() < 0.15:
            padding = said(rng.choice(PADDING), {"n": self.nouns.draw(rng), "m": self.nouns.draw(rng)})
            text = padding + text
        return text, at, how


def said(phrasing, slots):
    for slot, value in slots.items():
        phrasing = phrasing.replace("%" + slot, value)
    return phrasing[0].upper() + phrasing[1:]


def inflected(rng, noun):
    return noun + rng.choice(["s", "ed", "ing"])


def slip(rng, name):
    """One letter of the longest part is left out, doubled, or changes places with the next."""
    parts = name.split(" ")
    longest = max(range(len(parts)), key=lambda at: len(parts[at]))
    text = parts[longest]
    at = rng.randrange(1, len(text) - 1)
    text = rng.choice([text[:at] + text[at + 1:], text[:at] + text[at] + text[at:], text[:at] + text[at + 1] + text[at] + text[at + 2:]])
    return " ".join(parts[:longest] + [text] + parts[longest + 1:])
