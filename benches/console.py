"""What `benches/console` measures, on the server that ATR_TEST_SERVER names."""
import glob, gzip, json, os, re, subprocess, sys, time, urllib.request

from panel import Desk, crockford, expert_keys, fill
from service import Service, here, programs, psql, tell

traces, reviews, asked = int(os.environ.get("TRACES", 1_000_000)), int(os.environ.get("REVIEWS", 100_000)), int(os.environ.get("ASKED", 100))
AXE = max(glob.glob(f"{programs}/build/atr-*/out/npm/node_modules/axe-core/axe.min.js"), key=os.path.getmtime)
PORT = 9515
# What is put into a page that is looked at whole.
PARTS = ["/week/{id}/steps", "/week/facts"]

def ids(service, kind, table, count, where="true"):
    return [crockford(kind, row) for row in psql(service.database, f"select id from {table} where {where} order by id desc limit {count}").splitlines()]

def pages(service):
    """Addresses by page: those of one page are asked for in turn."""
    traces = ids(service, "trc", "error_trace", 50)
    items = ids(service, "asg", "assignment", 20, "state = 'held' and expert_id = (select id from expert where handle = 'expert-0')")
    facts = ids(service, "fct", "grounding_fact", 50)
    people = ids(service, "exp", "expert", 10)
    every = lambda path, kind, table, rest="": [f"{path}/{one}{rest}" for one in ids(service, kind, table, 10)]
    of_admin = {
        "/traces": ["/traces", "/traces?domain=legal", f"/traces?after={traces[-1]}"], "/traces/{id}": [f"/traces/{id}" for id in traces],
        "/grounding": ["/grounding", "/grounding?state=verified", "/grounding?lapsed=true&state=verified"], "/grounding/conflicts": ["/grounding/conflicts"], "/grounding/{id}": [f"/grounding/{id}" for id in facts],
        "/grounding/{id}/retract": [f"/grounding/{id}/retract" for id in facts], "/grounding/enter": ["/grounding/enter"],
        "/pipeline": ["/pipeline"], "/snapshots": ["/snapshots"], "/snapshots/{id}": every("/snapshots", "snp", "snapshot"),
        "/snapshots/{id}/difference": every("/snapshots", "snp", "snapshot", "/difference"), "/jobs": ["/jobs"], "/jobs/{id}": every("/jobs", "job", "training_job"),
        "/models": ["/models"], "/models/{id}": every("/models", "mdl", "model_version"),
        "/people": ["/people"], "/people/agreement": ["/people/agreement"], "/people/accounts": ["/people/accounts"],
        "/people/{id}": [f"/people/{id}" for id in people], "/people/weeks": ["/people/weeks"],
        "/people/weeks/{id}": every("/people/weeks", "cyc", "review_cycle"), "/project": ["/project"], "/project/keys": ["/project/keys"],
        "/project/audit": ["/project/audit"], "/project/guidelines": ["/project/guidelines"], "/project/guidelines/{id}": every("/project/guidelines", "gdl", "guideline"),
        "/project/webhooks": ["/project/webhooks"], "/adjudications": ["/adjudications"], "/adjudications/{id}": every("/adjudications", "adj", "adjudication"),
        "/sign-in": ["/sign-in"], "/sign-in/link": ["/sign-in/link?token=lnk_none"], "/invitation": ["/invitation?token=inv_none"],
    }
    of_expert = {"/week": ["/week"], "/week/{id}": [f"/week/{id}" for id in items], "/week/{id}/steps": [f"/week/{id}/steps" for id in items],
        "/week/facts": [f"/week/facts?q=element+{number}" for number in range(20)]}
    return of_admin, of_expert

def transferred(desk, page, text, known={}):
    """Bytes that a first visit transfers: the page, packed as it comes, and what it loads."""
    total = len(page)
    for path in set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', text)):
        if path not in known:
            known[path] = len(desk.ask("GET", path).read())
        total += known[path]
    return total

class Browser:
    """Chromium, driven by WebDriver."""

    def __enter__(self):
        self.process = subprocess.Popen(["chromedriver", f"--port={PORT}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        for _ in range(100):
            try:
                self.session = ""
                told = self.tell("", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": flags}}}})
                break
            except OSError:
                time.sleep(0.1)
        self.session = "/" + told["sessionId"]
        return self

    def tell(self, command, parameters):
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}/session{self.session}{command}", json.dumps(parameters).encode(), {"content-type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=60))["value"]

    def violations(self, address):
        self.tell("/url", {"url": address})
        self.tell("/execute/sync", {"script": open(AXE).read(), "args": []})
        script = "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then((f) => done(f.violations.map((v) => v.id)), (e) => done([String(e)]));"
        return self.tell("/execute/async", {"script": script, "args": []})

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

def session_of(service, role, *more):
    """The cookie of someone who is signed in."""
    environ = {**os.environ, "DATABASE_URL": service.url}
    email = f"{role}@example.org"
    told = subprocess.run([programs / "atr", "--data", service.home, "--json", "person", "invite", email, "--role", role, *more],
        env=environ, check=True, capture_output=True, text=True).stdout
    desk = Desk(service.address, "")
    desk.headers.pop("authorization")
    form = {"token": json.loads(told)["invitation"], "password": "a long walk by the sea", "again": "a long walk by the sea"}
    answer = desk.ask("POST", "/invitation", form)
    answer.read()
    return re.match(r"([^=]+)=([^;]+)", answer.headers["set-cookie"]).groups()

with Service() as service:
    fill(service, traces, reviews, 20, 20, 100)
    fact = lambda n: {"kind": "fact", "external_id": f"fact-{n}", "source": "s", "domain": "chemistry", "subject": f"element {n % 100}",
        "statement": f"The number {n} is known of element {n % 100}.", "state": "verified"}
    body = "\n".join(json.dumps(line) for line in [{"kind": "source", "external_id": "s", "publisher": "P", "title": "T", "licence": "CC0-1.0",
        "trust_tier": "primary"}, *map(fact, range(10_000))])
    urllib.request.urlopen(urllib.request.Request(f"{service.address}/v1/ingest/grounding", body.encode(),
        {"authorization": f"Bearer {service.key}", "content-type": "application/x-ndjson"})).read()
    # Of what these do not make, some of every kind, as the tests of the API have them.
    some = open(here.parent / "tests" / "edges.sql").read().replace("$FROM", "1").replace("$TO", "50")
    psql(service.database, some.replace("where p.slug = 'one'", "").replace("'expert-'", "'other-'"), "vacuum analyze")
    of_admin, of_expert = pages(service)
    expert = expert_keys(service, 1)[0]
    rows, violations = {}, 0
    for key, addresses in [(service.key, of_admin), (expert, of_expert)]:
        desk = Desk(service.address, key)
        for name, paths in addresses.items():
            times, sizes = [], []
            for number in range(asked + 5):
                path = paths[number % len(paths)]
                began = time.perf_counter()
                # What is only fetched is not looked at: an item stays as it is.
                answer = desk.ask("GET", path, purpose="prefetch")
                first = time.perf_counter() - began
                page = answer.read()
                if answer.status != 200:
                    sys.exit(f"{path}: {answer.status}")
                if number >= 5:
                    times.append(1000 * first)
                text = gzip.decompress(page).decode() if answer.headers["content-encoding"] == "gzip" else page.decode()
                if number < len(paths):
                    sizes.append(transferred(desk, page, text) / 1000)
            rows[name] = (sorted(times)[int(len(times) * 0.95)], max(sizes))
            print(f"{name}: first byte p95 {rows[name][0]:.1f} ms, {rows[name][1]:.1f} KB", file=sys.stderr)
    with Browser() as browser:
        exp = crockford("exp", psql(service.database, "select id from expert where handle = 'expert-0'"))
        for who, addresses in [(("admin",), of_admin), (("expert", "--expert", exp), of_expert)]:
            name, value = session_of(service, *who)
            browser.tell("/url", {"url": service.address + "/sign-in"})
            browser.tell("/cookie", {"cookie": {"name": name, "value": value, "path": "/", "httpOnly": True}})
            for page, paths in addresses.items():
                if page in PARTS:
                    continue
                found = browser.violations(service.address + paths[0])
                violations += len(found)
                if found:
                    print(f"{page}: {found}", file=sys.stderr)
once = lambda value, unit="": {"value": value, "low": value, "high": value, "unit": unit}
slowest = max(rows, key=lambda name: rows[name][0])
print(f"slowest: {slowest}", file=sys.stderr)
tell("console", {"worst_p95_ms": once(round(rows[slowest][0], 1), "ms"), "worst_page_kb": once(round(max(size for _, size in rows.values()), 1), "KB"),
    "axe_violations": once(violations), "pages": once(len(rows))})
