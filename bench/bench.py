#!/usr/bin/env python3
"""bench.py - how long slipway takes, beside the least that the engine allows

Two applications: the example (database, migration, web application), and a chain of one-shots, each
started by the end of the one before. For each:

  floor    a bare client that knows beforehand what must be done and makes the same calls to the
           engine: containers created up front (a), or each in its turn (b)
  slipway  `slipway up`, from an empty state directory
  compose  `docker compose up` of the same application as a Compose file, if COMPOSE or PATH has it

The rounds are interleaved, so that a slow minute of the machine hits every case. Run it by
`make bench`, which starts an engine for it.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOCKET = os.environ["DOCKER_HOST"].removeprefix("unix://")
GATEWAY = "172.17.0.1"  # of the engine's own bridge: where containers reach published ports
PAGE = "http://127.0.0.1:3000/"
PROBE_INTERVAL = 0.005


class Engine(http.client.HTTPConnection):
    """One connection to the engine, kept open; one request at a time."""

    def __init__(self, path=SOCKET):
        super().__init__("engine", timeout=300)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def call(self, method, path, body=None, tolerate=()):
        text = None if body is None else json.dumps(body)
        self.request(method, "/v1.41" + path, text, {"Content-Type": "application/json"})
        answer = self.getresponse()
        data = answer.read()
        if answer.status >= 400 and answer.status not in tolerate:
            raise RuntimeError(f"{method} {path}: {answer.status} {data!r}")
        if answer.getheader("Content-Type", "").startswith("application/json") and data.strip():
            return json.loads(data)
        return None

    def create(self, name, image, cmd=None, env=(), ports=None, volume=None):
        host = {}
        body = {"Image": image, "Env": list(env), "HostConfig": host}
        if cmd:
            body["Cmd"] = cmd
        if ports:
            body["ExposedPorts"] = {f"{private}/tcp": {} for private in ports}
            host["PortBindings"] = {
                f"{private}/tcp": [{"HostPort": str(public)}] for private, public in ports.items()
            }
        if volume:
            host["Mounts"] = [{"Type": "volume", "Source": volume[0], "Target": volume[1]}]
        return self.call("POST", f"/containers/create?name={name}", body)["Id"]

    def start(self, container):
        self.call("POST", f"/containers/{container}/start")

    def wait(self, container):
        status = self.call("POST", f"/containers/{container}/wait")["StatusCode"]
        if status != 0:
            raise RuntimeError(f"{container}: exit status {status}")

    def address(self, container):
        return self.call("GET", f"/containers/{container}/json")["NetworkSettings"]["IPAddress"]


def in_parallel(jobs):
    def one(job):
        return job(Engine())

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, jobs))


def wipe():
    engine = Engine()
    containers = [c["Id"] for c in engine.call("GET", "/containers/json?all=1")]
    in_parallel(
        [
            lambda e, i=i: e.call("DELETE", f"/containers/{i}?force=1&v=1", tolerate=(404, 409))
            for i in containers
        ]
    )
    for volume in engine.call("GET", "/volumes")["Volumes"] or []:
        engine.call("DELETE", f"/volumes/{volume['Name']}?force=1", tolerate=(404, 409))
    engine.call("POST", "/networks/prune")


def until_listening(address, port):
    while True:
        with socket.socket() as s:
            s.settimeout(1)
            try:
                s.connect((address, port))
                s.getpeername()
                return
            except OSError:
                time.sleep(PROBE_INTERVAL)


def until_served():
    while True:
        try:
            with urllib.request.urlopen(PAGE, timeout=2):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(PROBE_INTERVAL)


# -- the example -----------------------------------------------------------------------------------

PG = ["POSTGRES_DB=pythonapp", "POSTGRES_USER=pythonapp", "POSTGRES_PASSWORD=secretsecret"]
UPGRADE = ["python", "manage.py", "db", "upgrade"]


def example_containers(host):
    env = [f"DB_URL=postgresql://pythonapp:secretsecret@{host}:5432/pythonapp"]
    data = ("bench-data", "/var/lib/postgresql/data")
    return [
        lambda e: e.create("floor-db", "postgres:15", None, PG, {5432: 5432}, data),
        lambda e: e.create("floor-migration", "pythonapp:1.4.2", UPGRADE, env),
        lambda e: e.create("floor-web", "pythonapp:1.4.2", None, env, {3000: 3000}),
    ]


def floor_example(up_front):
    engine = Engine()
    jobs = example_containers(GATEWAY)
    made = in_parallel(jobs) if up_front else [None] * len(jobs)

    def get(index):
        return made[index] or jobs[index](engine)

    database = get(0)
    engine.start(database)
    until_listening(engine.address(database), 5432)
    migration = get(1)
    engine.start(migration)
    engine.wait(migration)
    engine.start(get(2))
    until_served()


def compose_example(directory):
    env = {"DB_URL": "postgresql://pythonapp:secretsecret@db:5432/pythonapp"}
    return write_compose(
        directory,
        {
            "db": {
                "image": "postgres:15",
                "environment": PG,
                "ports": ["5432:5432"],
                "healthcheck": {
                    "test": ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "pythonapp"],
                    "interval": "1s",
                    "retries": 60,
                },
            },
            "migration": {
                "image": "pythonapp:1.4.2",
                "command": UPGRADE,
                "environment": env,
                "depends_on": {"db": {"condition": "service_healthy"}},
            },
            "web": {
                "image": "pythonapp:1.4.2",
                "environment": env,
                "ports": ["3000:3000"],
                "depends_on": {"migration": {"condition": "service_completed_successfully"}},
            },
        },
    )


# -- the chain -------------------------------------------------------------------------------------


def floor_chain(up_front, length):
    engine = Engine()
    jobs = [lambda e, k=k: e.create(f"floor-{k}", "bb:1", ["true"]) for k in range(length)]
    made = in_parallel(jobs) if up_front else [None] * length
    for container, job in zip(made, jobs):
        container = container or job(engine)
        engine.start(container)
        engine.wait(container)


def slipway_chain(directory, length):
    components = []
    for k in range(length):
        container = {
            "source": "public",
            "image_name": "bb",
            "version": "1",
            "cmd": '["true"]',
            "ephemeral": True,
        }
        if k + 1 < length:
            follower = {"component": f"c{k + 1}", "container": "bb", "action": "start"}
            container["publish_events"] = [
                {"name": f"c{k} done", "trigger": "container-stop", "subscriptions": [follower]}
            ]
        components.append({"name": f"c{k}", "containers": [container]})
    path = directory / "chain.yml"
    document = {"replicated_api_version": "2.8.0", "name": "chain", "components": components}
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return path


def compose_chain(directory, length):
    services = {}
    for k in range(length):
        services[f"c{k}"] = {"image": "bb:1", "command": ["true"]}
        if k:
            condition = {"condition": "service_completed_successfully"}
            services[f"c{k}"]["depends_on"] = {f"c{k - 1}": condition}
    return write_compose(directory, services)


# -- running ---------------------------------------------------------------------------------------


def write_compose(directory, services):
    directory.mkdir(exist_ok=True)
    path = directory / "compose.yml"
    path.write_text(json.dumps({"services": services}, indent=1), encoding="utf-8")
    return path


def run(command, **env):
    done = subprocess.run(
        command,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}")


def run_slipway(program, path):
    with tempfile.TemporaryDirectory(prefix="slipway-bench.") as state:
        run([program, "up", path], SLIPWAY_STATE_DIR=state)


def run_compose(compose, path, afterwards):
    run([*compose, "-p", "bench", "-f", path, "up", "-d"])
    afterwards()


def until_all_ended():
    engine = Engine()
    for container in engine.call("GET", "/containers/json"):
        engine.wait(container["Id"])


def find_compose():
    if os.environ.get("COMPOSE"):
        return os.environ["COMPOSE"].split()
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return ["docker", "compose"] if plugin.returncode == 0 else None


def cases(program, compose, directory, length):
    """Which things are measured: {application: {case: function}}."""
    example = ROOT / "examples" / "django-migration" / "app.yml"
    chain = slipway_chain(directory, length)
    all_cases = {
        "example": {
            "floor a": lambda: floor_example(True),
            "floor b": lambda: floor_example(False),
            "slipway": lambda: run_slipway(program, example),
        },
        f"chain of {length}": {
            "floor a": lambda: floor_chain(True, length),
            "floor b": lambda: floor_chain(False, length),
            "slipway": lambda: run_slipway(program, chain),
        },
    }
    if compose:
        one, two = all_cases.values()
        file_one = compose_example(directory / "example")
        file_two = compose_chain(directory / "chain", length)
        one["compose"] = lambda: run_compose(compose, file_one, until_served)
        two["compose"] = lambda: run_compose(compose, file_two, until_all_ended)
    return all_cases


def measure(functions, rounds):
    times = {name: [] for name in functions}
    for number in range(rounds + 1):
        for name, function in functions.items():
            wipe()
            begin = time.monotonic()
            function()
            if number:  # the first round warms the caches
                times[name].append(time.monotonic() - begin)
        print(f"\r  round {number} of {rounds}", end="", file=sys.stderr, flush=True)
    print("\r" + " " * 30 + "\r", end="", file=sys.stderr)
    wipe()
    return times


def report(application, times):
    medians = {name: statistics.median(values) for name, values in times.items()}
    floor = min(medians["floor a"], medians["floor b"])
    print(f"\n{application} (seconds; n = {len(times['slipway'])})")
    print(f"  {'':10} {'median':>8} {'min':>8} {'max':>8} {'to the lower floor':>20}")
    for name, values in times.items():
        print(
            f"  {name:10} {medians[name]:8.3f} {min(values):8.3f} {max(values):8.3f}"
            f" {medians[name] / floor:20.3f}"
        )
    return {
        name: {"median": medians[name], "ratio": medians[name] / floor, "seconds": values}
        for name, values in times.items()
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--chain", type=int, default=20, help="length of the chain")
    parser.add_argument("--only", default="", help="applications whose name begins so")
    parser.add_argument("--json", type=pathlib.Path, help="write all times to this file")
    options = parser.parse_args()

    compose = find_compose()
    if not compose:
        print("docker compose is not installed: measured without it (COMPOSE=PROGRAM names one)")
    results = {}
    with tempfile.TemporaryDirectory(prefix="slipway-bench.") as scratch:
        program = os.environ["SLIPWAY"]
        for application, functions in cases(
            program, compose, pathlib.Path(scratch), options.chain
        ).items():
            if application.startswith(options.only):
                times = measure(functions, options.rounds)
                results[application] = report(application, times)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
