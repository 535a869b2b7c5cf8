#!/usr/bin/env python3
"""Converts two public data sets into lines for the three doors, `/v1/ingest/{grounding,traces,reviews}`.

    benches/convert.py DATA OUT

reads DATA/expertqa/expertqa.jsonl.gz (ExpertQA: answers of real models, judged claim by claim by experts of the field)
and DATA/mr-gsm8k/mr_gsm8k.jsonl.gz (MR-GSM8K: solutions of a model with the first wrong step and an annotator's
reason), both under the MIT licence, and writes OUT/{grounding,traces,reviews,experts}.ndjson. It prints how many lines
of what there are. The same input gives the same bytes.

Nothing is made up. What the data do not say is left out, and what has to be chosen is chosen here:

* An answer of ExpertQA is `incorrect` if its expert finds a claim definitely or likely incorrect and none correct,
  `partly_correct` if some are, `cannot_judge` if none is incorrect and the expert is unsure of one or did not say, and
  `correct` if every claim is definitely or probably correct. The corrected answer is the expert's revised one, where it
  differs by more than its reference marks and its spaces.
* A fact is a whole sentence out of a passage that stands beside a claim as its evidence, in the passage's own words: 40
  to 300 characters, beginning with a capital and ending with a full stop, and not with a word that points back. The
  first and the last sentence of a passage are left out: passages are cut anywhere. The fact is `verified` if an expert
  found a claim completely supported by the passage and its source reliable, and `proposed` (no claim is held against
  it) otherwise. Passages beside answers that are held out yield no facts.
* The pages' own terms are not known: their licence is `unknown`, and their trust the least there is.
* Expert pseudonyms are hashes of the annotator's id. MR-GSM8K does not name its annotators: they are one expert.
* Of MR-GSM8K, every solution is wrong; `partly_correct` is one whose final answer is right all the same. Its model is
  not named in the data.
* Steps of MR-GSM8K that say nothing (a number alone) are left out, and places are counted without them.
* A fifth of the questions is held out, by the hash of the question.
"""

import collections
import gzip
import hashlib
import json
import pathlib
import re
import sys
import urllib.parse

HELD_OUT_OF_100 = 20
LICENCE = "MIT"

MARK = re.compile(r"\s*\[\d+\]")
EVIDENCE = re.compile(r"(?:\[\d+\]\s*)?(https?://\S+)\s*(.*)", re.DOTALL)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"“(])")
# A sentence that begins so is not understood by itself.
POINTS_BACK = frozenset(
    "it its they their them this that these those he she his her we our i my you your such here there however but and "
    "or so also then thus therefore another other both moreover furthermore additionally instead similarly finally "
    "for in as while when if because although".split()
)
# What is left over of a page's furniture.
FURNITURE = re.compile(r"[|»«•©…\n\t<>{}\[\]]|\.\.\.|https?:|www\.|click|cookie|subscribe|sign up|log in", re.IGNORECASE)
NUMBER = re.compile(r"-?\$?\d[\d,]*(?:\.\d+)?%?(?:/\d+)?")

RIGHT = ("Definitely correct", "Probably correct")
WRONG = ("Definitely incorrect", "Likely incorrect")


def digest(text, length=16):
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def split_of(question):
    bucket = int(digest(question, 8), 16) % 100
    return "held_out" if bucket < HELD_OUT_OF_100 else "train"


def slug(words):
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def given(**fields):
    """The fields that say something."""
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def rows(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


# --- ExpertQA -------------------------------------------------------------------------------------------------------


def evidence_of(claim):
    """Address and passage of each piece of evidence; the passage may be empty."""
    for piece in claim["evidence"]:
        found = EVIDENCE.match(piece.strip())
        if found:
            yield found[1], found[2].strip()


def sentences(passage):
    """The sentences of a passage that can stand alone, its first and last left out."""
    for sentence in SENTENCE_END.split(re.sub(r"\s+", " ", passage))[1:-1]:
        words = sentence.split()
        whole = 40 <= len(sentence) <= 300 and len(words) >= 6 and sentence[0].isupper() and sentence.endswith(".")
        first = re.sub(r"\W", "", words[0].lower()) if words else ""
        if whole and first not in POINTS_BACK and not FURNITURE.search(sentence):
            yield sentence


def source(url):
    return {
        "kind": "source",
        "external_id": "page:" + digest(url),
        "publisher": urllib.parse.urlsplit(url).hostname or url,
        "title": url[:1000],
        "url": url,
        "licence": "unknown",
        "trust_tier": "community",
    }


def verdict_of(claims):
    found = collections.Counter(claim["correctness"] for claim in claims)
    right = sum(found[word] for word in RIGHT)
    if any(found[word] for word in WRONG):
        return "partly_correct" if right else "incorrect"
    return "correct" if claims and right == len(claims) else "cannot_judge"


def labels_of(claims):
    labels = {
        "incorrect_claim": lambda claim: claim["correctness"] in WRONG,
        "unsupported_claim": lambda claim: claim["support"] in ("Missing", "Incomplete", "Partial"),
        "unreliable_source": lambda claim: claim["reliability"] == "Not reliable at all",
        "uninformative": lambda claim: claim["informativeness"] == "Uninformative",
    }
    return [label for label, holds in labels.items() if any(holds(claim) for claim in claims)]


def revised(answer):
    def bare(text):
        return re.sub(r"\s+", " ", MARK.sub("", text)).strip()

    new = answer["revised_answer_string"] or ""
    return new if new.strip() and bare(new) != bare(answer["answer_string"]) else None


def rationale_of(claims):
    reasons = (claim["reason_missing_support"] for claim in claims)
    idle = ("", "n/a", "missing", "complete", "incomplete", "partial")
    return "\n".join(dict.fromkeys(reason.strip() for reason in reasons if reason and reason.strip().lower() not in idle))


def expertqa(path):
    traces, reviews, sources, facts = [], [], {}, {}
    experts = collections.defaultdict(set)
    for row in rows(path):
        domain = slug(row["metadata"]["field"])
        for model, answer in row["answers"].items():
            name = "expertqa:" + digest(row["question"] + "\0" + model)
            handle = "expertqa-" + digest(answer["annotator_id"], 12)
            experts[handle].add(domain)
            split = split_of(row["question"])
            claims = answer["claims"]
            traces.append(
                given(
                    external_id=name,
                    model=model,
                    query=row["question"],
                    answer=answer["answer_string"],
                    split=split,
                    pillar="domain",
                    domain=domain,
                    language="en",
                    source="ExpertQA",
                    licence=LICENCE,
                )
            )
            cited = {}
            for claim in claims:
                vouched = claim["support"] == "Complete" and claim["reliability"] == "Reliable"
                for url, passage in evidence_of(claim):
                    sources.setdefault(url, source(url))
                    cited[url] = None
                    if split == "held_out":
                        continue
                    for sentence in sentences(passage):
                        fact = facts.setdefault(
                            (url, sentence),
                            {
                                "kind": "fact",
                                "external_id": "sentence:" + digest(url + "\0" + sentence),
                                "source": sources[url]["external_id"],
                                "domain": domain,
                                "subject": row["question"][:500],
                                "statement": sentence,
                                "state": "proposed",
                            },
                        )
                        if vouched:
                            fact["state"] = "verified"
            milliseconds = answer["annotation_time"]
            reviews.append(
                given(
                    external_id="review of " + name,
                    trace_external_id=name,
                    expert=handle,
                    verdict=verdict_of(claims),
                    flaw_labels=labels_of(claims),
                    corrected_answer=revised(answer),
                    rationale=rationale_of(claims),
                    citations=[{"url": url} for url in cited][:100],
                    seconds_spent=None if milliseconds is None else milliseconds / 1000,
                )
            )
    return traces, reviews, [*sources.values(), *facts.values()], experts


# --- MR-GSM8K -------------------------------------------------------------------------------------------------------


def final_answer(steps):
    """What the solution comes to: what stands behind its last `####` or `The answer is:`, else its last step."""
    for step in reversed(steps):
        found = re.search(r"(?:####|[Tt]he answer is:?)\s*(.*\S)", step)
        if found:
            return found[1]
    return steps[-1]


def mr_gsm8k(path):
    traces, reviews = [], []
    solutions = rows(path)
    asked = collections.Counter(row["question"] for row in solutions)
    for row in solutions:
        name = "mr-gsm8k:" + row["uuid"]
        numbered = [re.sub(r"^Step \d+:\s*", "", step).strip() for step in row["model_output_steps"]]
        steps = [step for step in numbered if step]
        first_wrong = row["model_output_solution_first_error_step"] - 1
        traces.append(
            given(
                external_id=name,
                model="the model of MR-GSM8K",
                query=row["question"],
                answer=final_answer(steps),
                steps=[{"text": step} for step in steps],
                group="mr-gsm8k:" + digest(row["question"]) if asked[row["question"]] > 1 else None,
                split=split_of(row["question"]),
                pillar="logic_math",
                domain="mathematics",
                language="en",
                source="MR-GSM8K",
                licence=LICENCE,
            )
        )
        truth = str(row["ground_truth_answer"]).strip()
        lines = [line.strip() for line in row["ground_truth_solution"].splitlines()]
        right_steps = [line for line in lines if line and not line.startswith("####")]
        reviews.append(
            given(
                external_id="review of " + name,
                trace_external_id=name,
                expert="mr-gsm8k-annotators",
                verdict="partly_correct" if row["model_output_answer_correctness"] == "correct" else "incorrect",
                # Its place among the steps that say something.
                suspect_step=sum(map(bool, numbered[:first_wrong])) if numbered[first_wrong] else None,
                # Some rows hold other words where the answer should stand.
                corrected_answer=truth if NUMBER.fullmatch(truth) else None,
                corrected_steps=right_steps if NUMBER.fullmatch(truth) else None,
                rationale=row["model_output_solution_first_error_reason"],
            )
        )
    return traces, reviews, {"mr-gsm8k-annotators": {"mathematics"}}


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: benches/convert.py DATA OUT")
    data, out = map(pathlib.Path, sys.argv[1:])
    answers, judged, grounding, experts = expertqa(data / "expertqa" / "expertqa.jsonl.gz")
    solutions, graded, annotators = mr_gsm8k(data / "mr-gsm8k" / "mr_gsm8k.jsonl.gz")
    people = [{"handle": handle, "domains": sorted(known)} for handle, known in sorted({**experts, **annotators}.items())]
    files = {"grounding": grounding, "traces": answers + solutions, "reviews": judged + graded, "experts": people}
    out.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        with open(out / f"{name}.ndjson", "w", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    states = collections.Counter(line.get("state", "source") for line in grounding)
    verdicts = collections.Counter(review["verdict"] for review in judged + graded)
    splits = collections.Counter(trace["split"] for trace in answers + solutions)
    print(f"traces: {len(answers)} of ExpertQA, {len(solutions)} of MR-GSM8K; {dict(splits)}")
    print(f"reviews: {len(judged) + len(graded)} by {len(people)} experts; {dict(verdicts)}")
    print(f"grounding: {dict(states)}")


if __name__ == "__main__":
    main()
