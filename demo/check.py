#!/usr/bin/env python3
"""Checks the files of the demo and prints what the recorded answers are worth.

    python3 demo/check.py              # ends with status 1 and the list of faults if a file is not as it should be
    python3 demo/check.py --wrong 20   # also prints twenty wrong answers
    python3 demo/check.py --right 20   # and twenty right ones

Needs the Python standard library alone. Whether an answer is right is decided by `right` below; README.md says the same
in words.
"""
import argparse
import collections
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
import record  # noqa: E402
import split  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()
NUMBER = re.compile(r"(?<![\w.])[-\u2212]?\d+(?:,\d{3})*(?:\.\d+)?|\b(?:" + "|".join(WORDS) + r")\b")
PART_NAMES = {("held_out", None): "held out", ("train", 1): "turn 1", ("train", 2): "turn 2"}


# --- the comparison rule ---------------------------------------------------------------------------------------------


def normalise(text):
    """Lower case, every run of characters that are neither letters nor digits one space, no leading article."""
    words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    if len(words) > 1 and words[0] in ("a", "an", "the"):
        words = words[1:]
    return " ".join(words)


def number(text):
    """The first number in the text, or the first after the last `=`; None if there is none."""
    found = NUMBER.search(text.lower().rpartition("=")[2]) or NUMBER.search(text.lower())
    if not found:
        return None
    token = found.group()
    return float(WORDS.index(token)) if token in WORDS else float(token.replace(",", "").replace("\u2212", "-"))


def right(expected, answer):
    if expected["kind"] == "number":
        value = number(answer)
        return value is not None and abs(value - expected["value"]) <= expected["tolerance"] + 1e-9
    given = normalise(answer)
    if expected["kind"] == "yes_no":
        return given.split(" ")[0] in expected["accepted"]
    before_comma = normalise(answer.partition(",")[0])
    return any(
        given == accepted or given.endswith(" " + accepted) or before_comma == accepted
        for accepted in map(normalise, expected["accepted"])
    )


def same(expected, answer):
    """What two answers to a question must have in common to count as agreeing."""
    if expected["kind"] == "number" and number(answer) is not None:
        return str(number(answer))
    given = normalise(answer)
    return given.split(" ")[0] if expected["kind"] == "yes_no" else given


# --- the files -------------------------------------------------------------------------------------------------------


def unique(faults, name, keys):
    for key, count in collections.Counter(keys).items():
        if count > 1:
            faults.append(f"{name}: {key} stands there {count} times")


def check(sources, facts, questions, answers, recording):
    faults = []
    for name, rows in (("sources", sources), ("facts", facts), ("questions", questions)):
        unique(faults, name, [row["id"] for row in rows])
    unique(faults, "questions", [q["question"] for q in questions])
    unique(faults, "answers", [(a["question"], a["chain"]) for a in answers])

    source_ids = {source["id"] for source in sources}
    fact_of = {fact["id"]: fact for fact in facts}
    question_of = {question["id"]: question for question in questions}
    faults += [f"fact {f['id']} names no known source" for f in facts if f["source"] not in source_ids]
    faults += [f"question {q['id']} names no known fact" for q in questions if q["fact"] not in fact_of]
    faults += [f"answer to an unknown question {a['question']}" for a in answers if a["question"] not in question_of]
    if faults:
        return faults

    parts = collections.defaultdict(set)
    for question in questions:
        part = (question["split"], question["turn"])
        if part not in PART_NAMES:
            faults.append(f"question {question['id']} is in no part")
        if question["domain"] != fact_of[question["fact"]]["domain"]:
            faults.append(f"question {question['id']} and its fact are of different domains")
        if question["answer"]["kind"] not in ("text", "number", "yes_no"):
            faults.append(f"question {question['id']} has an answer of no known kind")
        parts[fact_of[question["fact"]]["subject"]].add(part)
    faults += [f"subject {s} is in more than one part" for s, p in parts.items() if len(p) > 1]
    dealt = split.deal(questions, {f["id"]: f["subject"] for f in facts})
    faults += [f"subject {s} is not where split.py puts it" for s, p in parts.items() if p != {split.PARTS[dealt[s]]}]

    asked = {q for _, shots in record.EXAMPLES.items() for q, _, _ in shots}
    faults += [f"question {q['id']} is an example of the prompt" for q in questions if q["question"] in asked]

    chains = collections.defaultdict(set)
    for answer in answers:
        name = f"answer {answer['question']} chain {answer['chain']}"
        chains[answer["question"]].add(answer["chain"])
        if answer["seed"] != record.seed_for(answer["question"], answer["chain"]):
            faults.append(f"{name} has another seed")
        if record.cut(answer["text"]) != (answer["steps"], answer["answer"]):
            faults.append(f"{name} is not cut from its text by the rule")
        if answer["finish"] not in ("stop", "length"):
            faults.append(f"{name} has no known finish")
        mean, low = answer["mean_logprob"], answer["min_logprob"]
        if mean is None or not low <= mean <= 0:
            faults.append(f"{name} has no proper log-probabilities")
    most = max(map(len, chains.values()), default=0)
    for question in questions:
        if chains[question["id"]] != set(range(most)):
            faults.append(f"question {question['id']} has {len(chains[question['id']])} of {most} chains")
    if recording.get("base_seed") != record.BASE_SEED:
        faults.append("recording.json has another base seed")
    return faults


# --- the figures -----------------------------------------------------------------------------------------------------


def share(values):
    values = list(values)
    return sum(values) / len(values) if values else float("nan")


def auroc(scores, labels):
    """The chance that a right answer scores above a wrong one; equal scores count half."""
    order = sorted(zip(scores, labels))
    positives = sum(labels)
    negatives = len(labels) - positives
    if not positives or not negatives:
        return float("nan")
    ranks = start = 0
    while start < len(order):
        end = start
        while end < len(order) and order[end][0] == order[start][0]:
            end += 1
        ranks += (start + 1 + end) / 2 * sum(label for _, label in order[start:end])
        start = end
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def judge(questions, answers):
    """One entry a question: its chains, each with whether it is right and how many chains agree with it."""
    of = collections.defaultdict(list)
    for answer in answers:
        of[answer["question"]].append(answer)
    judged = []
    for question in questions:
        expected = question["answer"]
        keys = [same(expected, a["answer"]) for a in of[question["id"]]]
        chains = [
            {**a, "right": right(expected, a["answer"]), "agreement": keys.count(key) / len(keys)}
            for a, key in zip(of[question["id"]], keys)
        ]
        if chains:
            judged.append((question, chains))
    return judged


def figures(judged):
    every = [chain for _, chains in judged for chain in chains]
    labels = [chain["right"] for chain in every]
    return {
        "questions": len(judged),
        "random": share(share(c["right"] for c in chains) for _, chains in judged),
        "likeliest": share(max(chains, key=lambda c: c["mean_logprob"])["right"] for _, chains in judged),
        "majority": share(max(chains, key=lambda c: (c["agreement"], c["mean_logprob"]))["right"] for _, chains in judged),
        "oracle": share(any(c["right"] for c in chains) for _, chains in judged),
        "auroc logprob": auroc([c["mean_logprob"] for c in every], labels),
        "auroc agreement": auroc([c["agreement"] for c in every], labels),
    }


def table(title, rows):
    names = list(rows[0][1])
    print(f"\n{title:<14}" + "".join(f"{name:>17}" for name in names))
    for label, row in rows:
        print(f"{label:<14}" + "".join(f"{v:>17}" if isinstance(v, int) else f"{v:>17.3f}" for v in row.values()))


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--wrong", type=int, default=0, help="print this many wrong answers")
    options.add_argument("--right", type=int, default=0, help="print this many right answers")
    options = options.parse_args()
    read = lambda name: record.read(HERE / name)
    sources, facts, questions, answers = map(read, ("sources.jsonl", "facts.jsonl", "questions.jsonl", "answers.jsonl"))
    recording = json.loads((HERE / "recording.json").read_text(encoding="utf-8"))
    faults = check(sources, facts, questions, answers, recording)
    print(f"{len(sources)} sources, {len(facts)} facts, {len(questions)} questions, {len(answers)} answers")

    domains = list(dict.fromkeys(q["domain"] for q in questions))
    counts = collections.Counter((q["domain"], PART_NAMES.get((q["split"], q["turn"]))) for q in questions)
    table(
        "questions",
        [(d, {p: counts[d, p] for p in PART_NAMES.values()}) for d in domains]
        + [("all", {p: sum(counts[d, p] for d in domains) for p in PART_NAMES.values()})],
    )
    judged = judge(questions, answers)
    if judged:
        rows = [(d, figures([j for j in judged if j[0]["domain"] == d])) for d in domains]
        rows += [
            (name, figures([j for j in judged if (j[0]["split"], j[0]["turn"]) == part])) for part, name in PART_NAMES.items()
        ]
        table("share right", [row for row in rows if row[1]["questions"]] + [("all", figures(judged))])
        tokens = sum(a["tokens"] for a in answers)
        spread = collections.Counter(sum(c["right"] for c in chains) for _, chains in judged)
        print("\nquestions by number of right chains: " + ", ".join(f"{k}: {spread[k]}" for k in sorted(spread)))
        print(
            f"{tokens} tokens; {share(a['finish'] == 'length' for a in answers):.3f} of the answers cut at the limit; "
            f"{share('Answer:' not in a['text'] for a in answers):.3f} without an Answer line"
        )
    for wanted, limit in ((False, options.wrong), (True, options.right)):
        shown = [(q, c) for q, chains in judged for c in chains if c["right"] == wanted]
        for question, chain in shown[:: max(1, len(shown) // limit)][:limit] if limit else []:
            accepted = question["answer"].get("value", question["answer"].get("accepted"))
            print(f"{'right' if wanted else 'wrong'}: {question['question']} {accepted}: {chain['text']!r} -> {chain['answer']!r}")

    for fault in faults[:50]:
        print("fault:", fault)
    print(f"\n{len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
