"""What `benches/ingest` measures, on the server that ATR_TEST_SERVER names."""
import contextlib, json, os, signal, subprocess, sys, time, urllib.request

from service import Service, answers, cpu_seconds, figure, home, lines, peers, pgbench, postgres_home, postmaster, programs, psql, rounds, tell, told

records, streamed = int(os.environ.get("RECORDS", 20000)), int(os.environ.get("STREAM", 1_000_000))
AT_ONCE, CONNECTIONS, SINGLE = 500, 2, 32

def bare(how):
    of = (one_each, 1, SINGLE) if how == "commit" else (file, AT_ONCE, CONNECTIONS)
    return float(told(programs / "examples" / "ingest_limits", how, *of))

@contextlib.contextmanager
def warmed():
    """A service that has had its first requests."""
    with Service() as of:
        of.load("ndjson", warm, AT_ONCE, CONNECTIONS)
        psql(of.database, "checkpoint")
        yield of

# The same in three plain tables: a trace, its five steps and its row in the outbox, in one statement.
ONE = """with t as (insert into trace values (gen_random_uuid(), 'model', repeat('query words ', 9), repeat('answer ', 45),
  '{"latency_ms": 120, "input_tokens": 10, "output_tokens": 20}', now()) returning id),
s as (insert into step select t.id, k, 'reasoning', repeat('step text ', 10), -0.5 from t, generate_series(0, 4) k)
insert into outbox (trace_id) select id from t;
"""
def one_a_commit():
    psql("postgres", "create database commits")
    psql("commits", "create table trace (id uuid primary key, model text not null, query text not null, answer text not null, metadata jsonb not null, at timestamptz not null)",
        "create table step (trace_id uuid not null references trace (id), ordinal smallint, kind text not null, text text not null, score float8 not null, primary key (trace_id, ordinal))",
        "create table outbox (id bigserial primary key, trace_id uuid not null, at timestamptz not null default now())")
    script = home / "one.sql"
    script.write_text(ONE)
    rate = pgbench("commits", script, SINGLE, 5)
    psql("postgres", "drop database commits with (force)")
    return rate

class Peer:
    """A tracing tool on a database of its own, fed with the same spans; it has stored them when the database shows them."""
    def __init__(self, name, command, environ, header=None):
        self.name, self.header = name, header or (lambda address: [])
        psql("postgres", f"create database {name}")
        self.log = (home / f"{name}.log").open("w")
        self.process = subprocess.Popen(command, env={**os.environ, **environ}, stdout=self.log, stderr=self.log, start_new_session=True, cwd=home)

    def ready(self, address, path):
        self.address = address
        answers(self.process, address + path, home / f"{self.name}.log")
        self.headers = self.header(address)
        return self

    def cpu_ms_a_record(self, file, count):
        before, spans = cpu_seconds(self.process.pid) + cpu_seconds(postmaster), int(psql(self.name, "select count(*) from spans"))
        told(programs / "examples" / "ingest_load", "otlp", self.address, "none", file, 50, CONNECTIONS, *self.headers)
        deadline = time.monotonic() + 300
        while int(psql(self.name, "select count(*) from spans")) < spans + 6 * count:
            if time.monotonic() > deadline:
                sys.exit(f"{self.name} has not stored what it took")
            time.sleep(0.5)
        return 1000 * (cpu_seconds(self.process.pid) + cpu_seconds(postmaster) - before) / count

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(60)

def experiment(address):
    request = urllib.request.Request(address + "/api/2.0/mlflow/experiments/create", json.dumps({"name": "bench"}).encode(), {"content-type": "application/json"})
    return ["x-mlflow-experiment-id:" + json.load(urllib.request.urlopen(request))["experiment_id"]]

def started_peers():
    if peers == "none":
        return []
    phoenix = Peer("phoenix", [f"{peers}/venv/phoenix/bin/phoenix", "serve"], {"PHOENIX_TELEMETRY_ENABLED": "false", "PHOENIX_WORKING_DIR": str(home / "phoenix"),
        "PHOENIX_SQL_DATABASE_URL": f"postgresql://postgres@/phoenix?host={postgres_home}", "PHOENIX_PORT": "6006", "PHOENIX_GRPC_PORT": "4399", "PHOENIX_HOST": "127.0.0.1"})
    mlflow = Peer("mlflow", [f"{peers}/venv/mlflow/bin/mlflow", "server", "--backend-store-uri", f"postgresql+psycopg2://postgres@/mlflow?host={postgres_home}", "--artifacts-destination", str(home / "mlflow"),
        "--host", "127.0.0.1", "--port", "5055", "--workers", "2"], {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "PATH": f"{peers}/venv/mlflow/bin:{os.environ['PATH']}"}, experiment)
    return [phoenix.ready("http://127.0.0.1:6006", "/healthz"), mlflow.ready("http://127.0.0.1:5055", "/health")]

file, warm, few = lines("records", records), lines("warm", AT_ONCE), lines("few", 200)
one_each = lines("one_each", records // 4)
ratios = {name: [] for name in ("ndjson_vs_bare", "otlp_vs_bare", "ndjson_vs_copy", "single_vs_commit_limit", "single_vs_plain_commit")}
cpu_ms = {}
running = started_peers()
for number in range(1, rounds + 1):
    rate = {}
    def service(how, file, count, at_once, connections):
        with warmed() as of:
            before = of.cpu()
            rate[how if connections == CONNECTIONS else "single"] = of.load(how, file, at_once, connections)
            return 1000 * (of.cpu() - before) / count
    def measure(name):
        if name in ("merge", "copy", "commit"):
            rate[name] = bare(name)
        elif name == "plain_commit":
            rate[name] = one_a_commit()
        elif name == "single":
            service("ndjson", one_each, records // 4, 1, SINGLE)
        else:
            cpu_ms.setdefault(name, []).append(service(name, file, records, AT_ONCE, CONNECTIONS))
    # What goes first changes from round to round.
    for name in ["merge", "ndjson", "otlp", "copy", "commit", "single", "plain_commit"][:: 1 if number % 2 else -1]:
        measure(name)
    for peer in running:
        cpu_ms.setdefault(peer.name, []).append(peer.cpu_ms_a_record(few, 200))
        # The same spans are no news to it.
        few = lines("few", 200 + number)
        few.write_text("".join(line.replace('"external_id":"', f'"external_id":"{number}-', 1) for line in few.open().readlines()[:200]))
    ratios["ndjson_vs_bare"].append(rate["ndjson"] / rate["merge"])
    ratios["otlp_vs_bare"].append(rate["otlp"] / rate["merge"])
    ratios["ndjson_vs_copy"].append(rate["ndjson"] / rate["copy"])
    ratios["single_vs_commit_limit"].append(rate["single"] / rate["commit"])
    ratios["single_vs_plain_commit"].append(rate["single"] / rate["plain_commit"])
    print(f"round {number}: " + ", ".join(f"{name} {value:,.0f}/s" for name, value in rate.items()) + "; CPU ms a record: "
        + ", ".join(f"{name} {values[-1]:.2f}" for name, values in cpu_ms.items()), file=sys.stderr)
for peer in running:
    peer.stop()

figures = {name: figure(values) for name, values in ratios.items()}
for peer in running:
    figures[f"ndjson_vs_{peer.name}"] = figure([theirs / ours for theirs, ours in zip(cpu_ms[peer.name], cpu_ms["ndjson"])], "records a CPU-second, ratio")
if streamed:
    with warmed() as of:
        stream_rate = of.load("stream", warm, streamed, 1)
        figures["stream_rss_mb"] = figure([of.most_memory_mb()], "MB")
        print(f"one body of {streamed:,} records: {stream_rate:,.0f}/s", file=sys.stderr)
tell("ingest", figures)
