"""What `benches/console-load` measures, on the server that ATR_TEST_SERVER names."""
import collections, html, json, os, random, re, sys, threading, time

from panel import Desk, expert_keys, fill
from service import Service, psql, tell

experts, minutes = int(os.environ.get("EXPERTS", 50)), float(os.environ.get("MINUTES", 5))
traces = int(os.environ.get("TRACES", 100_000))
ITEMS, LEFT, SAVES, PAUSE = 20, 20_000, 5, 0.3

times, lost, faults, held = collections.defaultdict(list), [], collections.Counter(), collections.Counter()

def work(address, key, number, until):
    desk, draw = Desk(address, key), random.Random(number)

    def ask(what, method, path, form=None, good=(200,), **headers):
        began = time.perf_counter()
        answer = desk.ask(method, path, form, **{"accept-encoding": "identity", **headers})
        text = answer.read().decode()
        times[what].append(time.perf_counter() - began)
        if answer.status not in good:
            faults[f"{what}: {answer.status}"] += 1
        return answer, text

    while time.monotonic() < until:
        _, week = ask("week", "GET", "/week")
        found = re.search(r'data-next="(/week/asg_[0-9a-z]+)"', week)
        if found:
            item = found.group(1)
        else:
            answer, _ = ask("take", "POST", "/week/take", {}, good=(303,))
            item = answer.headers["location"] or ""
            if not item.startswith("/week/asg_"):
                faults["nothing left to take"] += 1
                return
        held[item] += 1
        _, page = ask("item", "GET", item)
        form = {"version": "0", "verdict": "incorrect", "suspect_step": str(draw.randrange(5)), "rationale": ""}
        for _ in range(SAVES):
            time.sleep(PAUSE * draw.uniform(0.5, 1.5))
            form["rationale"] += f"{draw.getrandbits(40):x} "
            answer, told = ask("draft", "POST", f"{item}/draft", form)
            if answer.status == 200:
                form["version"] = str(json.loads(told)["version"])
        # As after a crash: what was acknowledged stands there.
        _, page = ask("item again", "GET", item)
        if f'>{form["rationale"].rstrip()}' not in html.unescape(page).replace(" <", "<"):
            lost.append(item)
        ask("give", "POST", item, form, accept="application/json")

with Service() as service:
    fill(service, traces, min(traces // 10, 10_000), experts, ITEMS, LEFT)
    keys = expert_keys(service, experts)
    until = time.monotonic() + 60 * minutes
    threads = [threading.Thread(target=work, args=(service.address, key, number, until)) for number, key in enumerate(keys)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A slot that two held or judged at once, by what is stored, and an item that two were given, by what experts were shown.
    double = int(psql(service.database, """select count(*) from (select from assignment where state in ('held', 'done')
        group by project_id, cycle, trace_id, slot having count(*) > 1) t"""))
    given = int(psql(service.database, "select count(*) from assignment where state = 'done'"))
    seen = sum(1 for _ in held)
    left = int(psql(service.database, "select count(*) from review_draft"))
for what, taken in times.items():
    taken.sort()
    print(f"{what}: {len(taken)} answers, half within {1000 * taken[len(taken) // 2]:.0f} ms, 99 of 100 within {1000 * taken[int(len(taken) * 0.99)]:.0f} ms", file=sys.stderr)
times = sorted(one for taken in times.values() for one in taken)
for fault, count in faults.items():
    print(f"{fault}: {count} times", file=sys.stderr)
print(f"{len(times)} answers, {seen} items looked at, {given} judged, {left} drafts not given", file=sys.stderr)
if faults or given == 0:
    sys.exit("not every answer was as it must be: the figures above tell which")
once = lambda value, unit="": {"value": value, "low": value, "high": value, "unit": unit}
tell("console-load", {"p99_ms": once(round(1000 * times[int(len(times) * 0.99)], 1), "ms"), "p50_ms": once(round(1000 * times[len(times) // 2], 1), "ms"),
    "lost_drafts": once(len(lost)), "double_holds": once(double), "judged": once(given)})
