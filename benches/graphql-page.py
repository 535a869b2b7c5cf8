"""What `benches/graphql-page` measures, on the server that ATR_TEST_SERVER names."""
import os, subprocess, sys

from service import Service, answers, figure, home, lines, peers, pgbench, programs, psql, rounds, server, tell, told

traces, seconds = int(os.environ.get("TRACES", 100_000)), os.environ.get("SECONDS_EACH", "6")
PORT = 5044

OURS = """query Page($after: String) { traces(first: 50, after: $after) { pageInfo { hasNextPage endCursor } edges { node {
  id model { name } query answer signals { name value } receivedAt
  steps { ordinal kind text meanLogprob }
  reviews { edges { node { id suspectStep verdict rationale } } } } } } }"""
POSTGRAPHILE = """query Page($after: Cursor) { allErrorTraces(first: 50, after: $after, orderBy: [PRIMARY_KEY_DESC]) {
  pageInfo { hasNextPage endCursor } edges { node {
  id modelVersionByProjectIdAndModelVersionId { name } query answer signals receivedAt
  reasoningStepsByProjectIdAndTraceId(orderBy: [PRIMARY_KEY_ASC]) { nodes { ordinal kind text meanLogprob } }
  reviewsByProjectIdAndTraceId(orderBy: [PRIMARY_KEY_DESC], first: 20) { edges { node { id suspectStep verdict rationale } } } } } } }"""
STATEMENT = """\\set page random(0, 19)
select json_agg(row_to_json(x)) from (
  select t.id, (select m.name from model_version m where m.project_id = t.project_id and m.id = t.model_version_id) as model,
    t.query, t.answer, t.signals, t.received_at,
    (select json_agg(row_to_json(s) order by s.ordinal) from (
      select ordinal, kind, text, mean_logprob from reasoning_step s where s.project_id = t.project_id and s.trace_id = t.id) s) as steps,
    (select json_agg(row_to_json(r) order by r.id desc) from (
      select id, suspect_step, verdict, rationale from review r where r.project_id = t.project_id and r.trace_id = t.id) r) as reviews
  from error_trace t where t.project_id = '{project}' and t.id < (array[{cursors}]::uuid[])[:page + 1] order by t.id desc limit 50) x;
"""

def asked(address, key, document, connections):
    """Pages a second, the time of 99 of 100 in ms, and bytes a page."""
    return [float(number) for number in told(programs / "examples" / "graphql_load", address, key, document, connections, seconds).split()]

def document(name, text):
    path = home / name
    path.write_text(text)
    return path

with Service() as service:
    service.load("stream", lines("some", min(traces, 20_000)), traces, 1)
    # Three of ten traces have a review, as long as experts write them.
    psql(service.database, """
        insert into expert (project_id, id, handle, kind, domains, languages, weekly_capacity, active, created_at)
        select id, gen_random_uuid(), 'bench', 'person', '{}', '{}', 10, true, now() from project;
        insert into review (project_id, id, trace_id, expert_id, revision, verdict, suspect_step, flaw_labels, rationale, content_hash, created_at)
        select t.project_id, gen_random_uuid(), t.id, e.id, 1, 'incorrect', 2, '{}', left(t.answer, 100), t.content_hash, now()
        from error_trace t join expert e using (project_id) where get_byte(t.content_hash, 0) % 10 < 3""", "vacuum analyze")
    cursors = psql(service.database, "select string_agg(quote_literal(id), ',') from (select id from error_trace order by id desc offset 0 limit 1000) t").split(",")
    project = psql(service.database, "select id from project")
    ours, theirs = document("ours.graphql", OURS), document("theirs.graphql", POSTGRAPHILE)
    statement = document("page.sql", STATEMENT.replace("{project}", project).replace("{cursors}", ",".join(cursors[0:1000:50])))
    postgraphile = subprocess.Popen(["node", f"{peers}/pg-npm/node_modules/.bin/postgraphile", "-c", f"{server}/{service.database}", "-s", "public",
        "-p", str(PORT), "-n", "127.0.0.1", "--disable-graphiql", "--disable-query-log", "--max-pool-size", "10"], env={**os.environ, "NODE_ENV": "production"},
        stdout=subprocess.DEVNULL, stderr=(home / "postgraphile").open("w"), cwd=home)
    address = f"http://127.0.0.1:{PORT}/graphql"
    answers(postgraphile, address, home / "postgraphile")
    measured = {name: [] for name in ("vs_postgraphile_32", "vs_sql_limit_32", "p99_ms_1", "p99_ms_32")}
    for number in range(1, rounds + 1):
        got = {}
        def measure(who, connections):
            if who == "ours":
                got[who, connections] = asked(service.address + "/graphql", service.key, ours, connections)
            elif who == "postgraphile":
                got[who, connections] = asked(address, "none", theirs, connections)
            else:
                got[who, connections] = [pgbench(service.database, statement, connections, seconds)]
        # Who goes first changes from round to round.
        for who, connections in [("ours", 32), ("postgraphile", 32), ("limit", 32), ("ours", 1)][:: 1 if number % 2 else -1]:
            measure(who, connections)
        ours_32 = got["ours", 32]
        measured["vs_postgraphile_32"].append(ours_32[0] / got["postgraphile", 32][0])
        measured["vs_sql_limit_32"].append(ours_32[0] / got["limit", 32][0])
        measured["p99_ms_1"].append(got["ours", 1][1])
        measured["p99_ms_32"].append(ours_32[1])
        print(f"round {number}: {ours_32[0]:.0f} pages/s of {ours_32[2] / 1000:.0f} KB, PostGraphile {got['postgraphile', 32][0]:.0f} of {got['postgraphile', 32][2] / 1000:.0f} KB, "
            f"one statement {got['limit', 32][0]:.0f}; one at a time {got['ours', 1][0]:.0f} pages/s", file=sys.stderr)
    postgraphile.terminate()
    postgraphile.wait(30)
tell("graphql-page", {name: figure(values, "ms" if name.startswith("p99") else "") for name, values in measured.items()})
