"""Traces of about 1.7 KB with five steps, a line each, as `POST /v1/ingest/traces` takes them: `records.py COUNT`.

The words are the demo's, drawn unevenly, as words are. The same count gives the same bytes.
"""
import json, pathlib, random, re, sys

demo = pathlib.Path(__file__).parent.parent / "demo"
words = sorted(set(re.findall(r"[a-z]{2,12}", (demo / "facts.jsonl").read_text() + (demo / "questions.jsonl").read_text())))
draw = random.Random(20251126)
draw.shuffle(words)

def text(count):
    return " ".join(words[int(len(words) * draw.random() ** 2.5)] for _ in range(count))

for number in range(int(sys.argv[1])):
    print(json.dumps({
        "external_id": f"{draw.getrandbits(64):016x}-{number}",
        "model": draw.choice(["model-a", "model-b", "model-c", "model-d"]),
        "query": text(20), "answer": text(64),
        "steps": [{"text": text(20), "kind": draw.choice(["reasoning", "retrieval", "tool", "conclusion"]),
                   "mean_logprob": -round(draw.random(), 4)} for _ in range(5)],
        "domain": draw.choice(["rag", "math", "code", "legal", "medical", "chat"]), "source": draw.choice(["prod", "stage"]),
        "confidence": round(draw.random(), 4),
        "signals": {"latency_ms": draw.randrange(50, 9000), "input_tokens": draw.randrange(2000), "output_tokens": draw.randrange(900)},
    }, separators=(",", ":")))
