"""Traces, reviews and experts with items of the open cycle, for benches of the console."""
import http.client, json, urllib.parse

from service import lines, psql

def fill(service, traces, reviews, experts, items, left):
    """So many traces and reviews; experts with so many items each, and more that someone left, to be taken."""
    service.load("stream", lines("some", min(traces, 20_000)), traces, 1)
    psql(service.database, f"""
        insert into expert (project_id, id, handle, kind, domains, languages, weekly_capacity, active, created_at)
        select p.id, gen_random_uuid(), 'expert-' || n, 'person', '{{}}', '{{}}', 100, true, now() from project p, generate_series(0, {experts}) n;
        insert into review (project_id, id, trace_id, expert_id, revision, verdict, suspect_step, flaw_labels, rationale, content_hash, created_at)
        select t.project_id, gen_random_uuid(), t.id, e.id, 1, 'incorrect', 2, '{{}}', left(t.answer, 100), t.content_hash, now()
        from (select * from error_trace order by id limit {reviews}) t join expert e on e.project_id = t.project_id and e.handle = 'expert-{experts}'""",
        # By the calendar that a project has at first: the week begins on Monday, by UTC. The last expert left what others take.
        f"""
        with fresh as (select project_id, id, row_number() over (order by id desc) - 1 as n from error_trace order by id desc limit {experts * items + left})
        insert into assignment (project_id, id, cycle, expert_id, trace_id, rank, value, reason, at, purpose, slot, state, leased_until, ended_at)
        select f.project_id, gen_random_uuid(), date_trunc('week', now() at time zone 'utc')::date, e.id, f.id, f.n % {items} + 1, 0.5,
               '{{"uncertainty": 0.5, "conflict": 0, "reach": 0, "novelty": 0, "words": "it is one of many"}}', now(), 'single', 1,
               case when f.n < {experts * items} then 'held' else 'returned' end, now() + interval '7 days',
               case when f.n >= {experts * items} then now() end
        from fresh f join expert e on e.project_id = f.project_id and e.handle = 'expert-' || least(f.n / {items}, {experts})""", 
        # As workers do what is to be done: a store of so many traces has not as many tasks.
        "delete from task", "vacuum analyze")

class Desk:
    """Someone before the console, over one connection that is kept."""

    def __init__(self, address, key):
        self.connection = http.client.HTTPConnection(urllib.parse.urlparse(address).netloc, timeout=60)
        self.headers = {"authorization": f"Bearer {key}", "sec-fetch-site": "same-origin", "accept-encoding": "gzip"}

    def ask(self, method, path, form=None, **headers):
        """The answer, whose head has come when this returns."""
        body = None if form is None else urllib.parse.urlencode(form)
        kind = {} if form is None else {"content-type": "application/x-www-form-urlencoded"}
        self.connection.request(method, path, body, {**self.headers, **kind, **headers})
        return self.connection.getresponse()

def expert_keys(service, experts):
    """A key for each expert, by their number."""
    desk = Desk(service.address, service.key)
    desk.headers.pop("accept-encoding")
    ids = dict(row.split("|") for row in psql(service.database, "select handle, id from expert").splitlines())
    keys = []
    for number in range(experts):
        expert = crockford("exp", ids[f"expert-{number}"])
        document = f'mutation {{ createKey(input: {{name: "bench", role: EXPERT, expert: "{expert}"}}) {{ made {{ secret }} message }} }}'
        desk.connection.request("POST", "/graphql", json.dumps({"query": document}), {**desk.headers, "content-type": "application/json"})
        told = json.load(desk.connection.getresponse())
        secret = told.get("data", {}).get("createKey", {}).get("made", {}).get("secret")
        if not secret:
            raise SystemExit(f"no key for {expert}: {told}")
        keys.append(secret)
    return keys

def crockford(prefix, uuid):
    """The text form of an id: 26 digits of Crockford's base 32, in lower case."""
    number, digits = int(uuid.replace("-", ""), 16), "0123456789abcdefghjkmnpqrstvwxyz"
    return prefix + "_" + "".join(digits[number >> 5 * place & 31] for place in reversed(range(26)))
