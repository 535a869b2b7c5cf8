"""What `benches/retrieval` measures, on the server that ATR_TEST_SERVER names."""
import itertools, json, os, subprocess, sys, time

from facts import Library
from service import cpu_seconds, figure, home, postmaster, programs, psql, rounds, server, tell

claims = int(os.environ.get("CLAIMS", 1000))
sizes = [int(size) for size in os.environ.get("SIZES", "1000 10000 100000 1000000").split()]
NAMES = {1_000: "1k", 10_000: "10k", 100_000: "100k", 1_000_000: "1m"}
# Every fact that has any of a claim's words is ranked up to this size: beyond it takes too long.
EVERY = 100_000
VERIFIED = 100_000
PROGRAM = programs / "examples" / "verification_throughput"

def measure(database, how, file, clients, project):
    """What the program says, and the seconds that it and PostgreSQL took of the processor for each claim."""
    with subprocess.Popen([PROGRAM, how, file, str(clients), project], env={**os.environ, "DATABASE_URL": f"{server}/{database}"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdout.readline() != "ready\n":
            sys.exit(f"{how} of {database} did not begin")
        before = cpu_seconds(process.pid) + cpu_seconds(postmaster)
        process.stdin.write("\n")
        process.stdin.flush()
        told = json.loads(process.stdout.readline())
        # The program has not ended before its output is closed: its time can still be read.
        told["cpu"] = (cpu_seconds(process.pid) + cpu_seconds(postmaster) - before) / told["claims"]
        process.stdin.close()
    return told

def fact(at):
    return f"01900000-0000-7000-8001-{at:012x}"

def load(database, project, library, first):
    """Enters a library's facts as verified, their ids from a number on."""
    statements = home / "statements.tsv"
    with statements.open("w") as file:
        file.writelines(f"{first + at}\t{library.statement(at)}\n" for at in range(len(library.facts)))
    psql(database, "create unlogged table if not exists stated (at bigint, statement text)", "truncate stated", f"\\copy stated from '{statements}'")
    began = time.monotonic()
    # In steps, as facts come in: what a step enters is told in one statement.
    for step in range(first, first + len(library.facts), 50_000):
        psql(database, f"""
            insert into grounding_fact (project_id, id, external_id, source_id, domain, subject, statement, content_hash, recorded_at, verified)
            select p.id, ('01900000-0000-7000-8001-' || lpad(to_hex(r.at), 12, '0'))::uuid, 'fact-' || r.at, s.id, 'general', 's' || r.at / 8, r.statement,
                   int8send(r.at), now(), true
            from stated r join project p on p.slug = '{project}' join grounding_source s on s.project_id = p.id where r.at between {step} and {step + 49_999}""", f"""
            insert into fact_state (project_id, id, fact_id, state, reason, at)
            select p.id, ('01900000-0000-7000-8002-' || lpad(to_hex(r.at), 12, '0'))::uuid, ('01900000-0000-7000-8001-' || lpad(to_hex(r.at), 12, '0'))::uuid,
                   'verified', 'entered', now()
            from stated r join project p on p.slug = '{project}' where r.at between {step} and {step + 49_999}""")
    return time.monotonic() - began

def asked(library, first, many):
    """A file of claims, each about one of the library's facts."""
    asked.number = next(asked.numbers)
    path = home / f"claims-{asked.number}.jsonl"
    with path.open("w") as file:
        for _ in range(many):
            claim, at, _ = library.claim()
            file.write(json.dumps({"claim": claim, "fact": fact(first + at)}) + "\n")
    return path
asked.numbers = itertools.count()

def indexes_mb(database):
    """What the search alone needs: its index, the vocabulary and the samples."""
    return int(psql(database, """select sum(pg_total_relation_size(c.oid)) from pg_class c
        where c.relname in ('grounding_fact_keys_idx', 'fact_word', 'fact_word_sample')""")) / 1e6

figures = {}
def tell_of(name, values, unit=""):
    figures[name] = figure(values, unit)
    print(f"{name}: {figures[name]}", file=sys.stderr, flush=True)

found = {"search": [], "every": []}
for size in sizes:
    name, database = NAMES.get(size, str(size)), f"facts_{size}"
    psql("postgres", f"create database {database}")
    subprocess.run([PROGRAM, "prepare"], check=True, env={**os.environ, "DATABASE_URL": f"{server}/{database}"})
    library, small = Library(size, size), Library(1, 100)
    took = load(database, "one", library, 0) + load(database, "two", small, size)
    psql(database, "vacuum analyze")
    print(f"{size} facts entered in {took:.0f} s", file=sys.stderr, flush=True)
    tell_of(f"index_mb_{name}", [indexes_mb(database)], "MB")
    one, two, beside, every, cost, verified, processor = [], [], [], [], [], [], []
    for _ in range(rounds):
        file = asked(library, 0, claims)
        one.append(measure(database, "search", file, 1, "one"))
        if size <= EVERY:
            few = asked(library, 0, 400)
            every.append(measure(database, "every", few, 1, "one"))
            found["every"].append((size, every[-1]["found"] / every[-1]["claims"]))
            again = measure(database, "search", few, 1, "one")
            found["search"].append((size, again["found"] / again["claims"]))
        if size == sizes[-1]:
            two.append(measure(database, "search", asked(library, 0, claims), 2, "one"))
            beside.append(measure(database, "search", asked(small, size, claims), 1, "two"))
        if size == VERIFIED:
            for clients in (1, 2):
                told = measure(database, "verify", asked(library, 0, 5 * claims), clients, "one")
                verified.append((clients, told["claims"] / told["seconds"]))
                processor.append(told["cpu"] * 1000)
    tell_of(f"p50_ms_{name}", [told["p50_ms"] for told in one], "ms")
    tell_of(f"p99_ms_{name}", [told["p99_ms"] for told in one], "ms")
    tell_of(f"recall_at_20_{name}", [told["found"] / told["claims"] for told in one])
    tell_of(f"cpu_ms_{name}", [told["cpu"] * 1000 for told in one], "ms")
    if every:
        tell_of(f"every_p99_ms_{name}", [told["p99_ms"] for told in every], "ms")
        for how in found:
            tell_of(f"paired_recall_at_20_{how}_{name}", [share for of, share in found[how] if of == size])
    if two:
        tell_of(f"p99_ms_{name}_two_clients", [told["p99_ms"] for told in two], "ms")
        tell_of(f"p99_ms_100_facts_beside_{name}", [told["p99_ms"] for told in beside], "ms")
    if verified:
        tell_of("cpu_ms_per_claim", processor, "ms")
        tell_of("claims_per_second_per_core", [1000 / of for of in processor], "1/s")
        for clients in (1, 2):
            tell_of(f"claims_per_second_{clients}_clients", [rate for of, rate in verified if of == clients], "1/s")
    figures["recall_at_20"] = figures[f"recall_at_20_{name}"]
    psql("postgres", f"drop database {database} with (force)")
tell("retrieval", figures)
