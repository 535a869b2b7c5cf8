"""What benches have in common: the service on a database of its own, the processor's time, and how figures are told."""
import atexit, json, os, pathlib, re, shutil, signal, subprocess, sys, tempfile, time, urllib.error, urllib.parse, urllib.request

here = pathlib.Path(__file__).parent
programs, server = pathlib.Path(os.environ["PROGRAMS"]), os.environ["ATR_TEST_SERVER"]
rounds, peers = int(os.environ.get("ROUNDS", 5)), os.environ["PEERS"]
home = pathlib.Path(tempfile.mkdtemp(prefix="atr-bench."))
atexit.register(shutil.rmtree, home, ignore_errors=True)
postgres_home = pathlib.Path(urllib.parse.unquote(server.split("@")[1]))
postmaster = int((postgres_home / "data" / "postmaster.pid").read_text().split()[0])
TICKS = os.sysconf("SC_CLK_TCK")

def told(*command, **how):
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True, **how).stdout

def psql(database, *statements):
    return told("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", f"{server}/{database}", *(part for s in statements for part in ("-c", s))).strip()

def children(process):
    return [int(pid) for task in pathlib.Path(f"/proc/{process}/task").iterdir() for pid in (task / "children").read_text().split()]

def cpu_seconds(process):
    """Of a process, of those it started and of those of them that have ended."""
    try:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:15])) / TICKS + sum(map(cpu_seconds, children(process)))
    except OSError:
        return 0.0

def lines(name, count):
    path = home / f"{name}.ndjson"
    with path.open("w") as file:
        subprocess.run([sys.executable, here / "records.py", str(count)], check=True, stdout=file)
    return path

class Service:
    """The service alone, on a database of its own: nobody does the tasks while it is measured, as nobody does the bare client's."""
    number = 0

    def __enter__(self):
        Service.number += 1
        self.database = f"service_{Service.number}"
        psql("postgres", f"create database {self.database}")
        self.url, self.home = f"{server}/{self.database}", home / self.database
        environ = {**os.environ, "DATABASE_URL": self.url}
        for name in ("AMQP_URL", "ATR_DATA"):
            environ.pop(name, None)
        atr = [programs / "atr", "--data", self.home, "--json"]
        told(*atr, "migrate", env=environ)
        # No bound stands in the way: a key may ask as often as it likes, and the backlog may grow.
        self.log = (home / "log").open("a")
        self.process = subprocess.Popen([*atr, "serve", "--listen", "127.0.0.1:0", "--otlp-grpc-listen", "off", "--requests-per-minute", "100000000"],
            env=environ, stdout=subprocess.PIPE, stderr=self.log, text=True)
        answer = json.loads(self.process.stdout.readline())
        self.address, self.key = answer["address"], answer["first_key"]
        slug = json.loads(told(*atr, "project", "list", env=environ).splitlines()[0])
        told(*atr, "project", "set", slug["slug"], "--max-backlog", "10000000", env=environ)
        return self

    def load(self, how, file, at_once, connections):
        return float(told(programs / "examples" / "ingest_load", how, self.address, self.key, file, at_once, connections))

    def most_memory_mb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1000

    def cpu(self):
        return cpu_seconds(self.process.pid) + cpu_seconds(postmaster)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.log.close()
        psql("postgres", f"drop database {self.database} with (force)")

def answers(process, address, log):
    """Waits until a server answers at an address, whatever it says."""
    for _ in range(600):
        try:
            urllib.request.urlopen(address, timeout=5).read()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.2)
    sys.exit(f"{process.args[0]} does not answer: {log.read_text()[-2000:]}")

def pgbench(database, script, clients, seconds):
    """Runs of a script a second."""
    told_of = told(os.environ["PGBENCH"], "-n", "-f", script, "-c", clients, "-j", min(clients, 2), "-T", seconds, "-M", "prepared", f"{server}/{database}",
        stderr=subprocess.DEVNULL)
    return float(re.search(r"^tps = ([0-9.]+)", told_of, re.M).group(1))

def figure(values, unit=""):
    values = sorted(values)
    return {"value": values[len(values) // 2], "low": values[0], "high": values[-1], "unit": unit}

def tell(bench, figures):
    processor = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    machine = f"{processor.group(1) if processor else 'processor not named'}, {os.cpu_count()} cores"
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip() or "unknown"
    print(json.dumps({"bench": bench, "figures": figures, "machine": machine, "commit": commit}))
