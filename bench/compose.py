#!/usr/bin/env python3
"""compose.py - a Compose file by slipway, beside `docker compose` and `docker stack deploy`

A database, its migration, and the application whose page tells that the migration has run. On one
host (`slipway up`, `docker compose up -d`), or, with --swarm SOCKET…, on the nodes that these
sockets belong to (`slipway up --engine swarm`, `docker stack deploy`). For each:

  first       nothing is there; until the page answers
  repeated    the same command again; until the page answers
  started     containers that the engine started, as its events tell, for what the command has begun
  waiting     requests to the engine a second, while a migration of five seconds runs
  idle        requests to the engine in the ten seconds after the command has ended

Times are taken without a proxy between the client and the engine; requests are counted by one, in a
round of their own. The rounds are interleaved. Run it by `make bench-compose`.
"""

import argparse
import collections
import json
import os
import pathlib
import statistics
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import bench
import proxy

PROJECT = "bench"
PORT = 5000
MIGRATED = b"Written by migration 0002"
MIGRATION_SECONDS = 5
MARGIN = 0.5  # at both ends of the wait, so that starting and ending are not counted as waiting
IDLE_SECONDS = 10
PAGE_SECONDS = 120
URL = "postgresql://pythonapp:secretsecret@db:5432/pythonapp"
MIGRATION_LABELS = (  # label: value in a container of the migration, by who made it
    ("slipway.workload", "migration"),
    ("com.docker.compose.service", "migration"),
    ("com.docker.swarm.service.name", f"{PROJECT}_migration"),
)


# -- the application -------------------------------------------------------------------------------


def document(is_swarm, seconds):
    """The Compose file; its migration takes SECONDS longer than it must."""
    upgrade = "exec python manage.py db upgrade"
    services = {
        "db": {
            "image": "postgres:15",
            "environment": bench.PG,
            "healthcheck": {
                "test": ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "pythonapp"],
                "interval": "1s",
                "retries": 60,
            },
        },
        "migration": {
            "image": "pythonapp:1.4.2",
            "command": ["sh", "-c", f"sleep {seconds}; {upgrade}" if seconds else upgrade],
            "environment": {"DB_URL": URL},
            "deploy": {
                "labels": {"com.replicated.ephemeral": "true"},
                "restart_policy": {"condition": "on-failure", "delay": "3s"},
            },
        },
        "app": {
            "image": "pythonapp:1.4.2",
            "environment": {"DB_URL": URL},
        },
    }
    if not is_swarm:
        services["migration"]["depends_on"] = {"db": {"condition": "service_healthy"}}
        services["migration"].pop("deploy")
        services["migration"]["labels"] = {"com.replicated.ephemeral": "true"}
        condition = {"condition": "service_completed_successfully"}
        services["app"]["depends_on"] = {"migration": condition}
        services["app"]["ports"] = [f"{PORT}:3000"]
        return {"services": services}
    # What `docker stack` can read, and what works on a kernel without IPVS.
    services["migration"]["depends_on"] = ["db"]
    services["app"]["depends_on"] = ["migration"]
    services["app"]["ports"] = [{"target": 3000, "published": PORT, "mode": "host"}]
    for service in services.values():
        service.setdefault("deploy", {})["endpoint_mode"] = "dnsrr"
    services["app"]["deploy"]["replicas"] = 2
    return {"version": "3.8", "services": services}


# -- the places it runs in -------------------------------------------------------------------------


class Host:
    """One engine, in whose network namespace this program runs."""

    addresses = ("127.0.0.1",)
    label = "one host"
    quiet_seconds = 2  # without a container that starts: then all that was begun has started

    def __init__(self, sockets):
        self.sockets = sockets

    def wipe(self):
        bench.wipe()

    def events(self, begin, end):
        """What containers did between two times, in order: [(seconds, action, attributes)]."""
        filters = json.dumps({"type": ["container"], "event": ["start", "die"]})
        query = urllib.parse.urlencode(
            {"since": f"{begin:.6f}", "until": f"{end:.6f}", "filters": filters}
        )
        found = []
        for path in self.sockets:
            engine = bench.Engine(path)
            engine.request("GET", f"/v1.41/events?{query}")
            for line in engine.getresponse().read().splitlines():
                event = json.loads(line)
                found.append((event["timeNano"] / 1e9, event["Action"], event["Actor"]))
        return sorted(found, key=lambda event: event[0])

    def until_quiet(self, begin):
        """Wait until no container has been started for a while; how many were since BEGIN."""
        while True:
            time.sleep(self.quiet_seconds)
            now = time.time()
            if not started(self.events(now - self.quiet_seconds, now)):
                return len(started(self.events(begin, now)))

    def until_served(self):
        end = time.monotonic() + PAGE_SECONDS
        while time.monotonic() < end:
            for address in self.addresses:
                try:
                    with urllib.request.urlopen(f"http://{address}:{PORT}/", timeout=2) as page:
                        if MIGRATED in page.read():
                            return
                except (OSError, urllib.error.URLError):
                    pass
            time.sleep(bench.PROBE_INTERVAL)
        raise RuntimeError(f"the page has not answered within {PAGE_SECONDS} s")


class Swarm(Host):
    """Nodes that are joined; the first socket is a manager's, whose network this program is in."""

    quiet_seconds = 4  # more than the delay with which a task is started again

    def __init__(self, sockets):
        super().__init__(sockets)
        self.addresses = [
            bench.Engine(path).call("GET", "/info")["Swarm"]["NodeAddr"] for path in sockets
        ]
        self.label = f"Swarm of {len(sockets)} nodes"

    def wipe(self):
        manager = bench.Engine(self.sockets[0])
        for service in manager.call("GET", "/services"):
            manager.call("DELETE", f"/services/{service['ID']}", tolerate=(404,))
        for path in self.sockets:
            node = bench.Engine(path)
            while node.call("GET", "/containers/json"):
                time.sleep(0.05)
            for container in node.call("GET", "/containers/json?all=1"):
                node.call(
                    "DELETE", f"/containers/{container['Id']}?force=1&v=1", tolerate=(404, 409)
                )
            for volume in node.call("GET", "/volumes")["Volumes"] or []:
                node.call("DELETE", f"/volumes/{volume['Name']}?force=1", tolerate=(404, 409))
        for kind in ("configs", "secrets"):
            for item in manager.call("GET", f"/{kind}"):
                manager.call("DELETE", f"/{kind}/{item['ID']}", tolerate=(404,))
        manager.call("POST", "/networks/prune")
        while any(map(is_overlay, manager.call("GET", "/networks"))):
            time.sleep(0.05)
            manager.call("POST", "/networks/prune")


def is_overlay(network):
    return network["Driver"] == "overlay" and network["Name"] != "ingress"


def started(events):
    return [event for event in events if event[1] == "start"]


# -- who brings it up ------------------------------------------------------------------------------


def tools(place, directory, compose):
    """{name: function(file, engine's URL) that runs the command, with its state in DIRECTORY}."""
    slipway = [os.environ["SLIPWAY"], "up", "--app", PROJECT]
    if isinstance(place, Swarm):
        slipway += ["--engine", "swarm", "--without-ipvs"]
    peers = {"slipway": lambda path: [*slipway, path]}
    if isinstance(place, Swarm):
        deploy = ["docker", "stack", "deploy", "--resolve-image", "never"]
        peers["docker stack deploy"] = lambda path: [*deploy, "-c", path, PROJECT]
    elif compose:
        peers["docker compose"] = lambda path: [*compose, "-p", PROJECT, "-f", path, "up", "-d"]

    def runner(command):
        def go(path, url=f"unix://{place.sockets[0]}"):
            bench.run(command(path), SLIPWAY_STATE_DIR=str(directory / "state"), DOCKER_HOST=url)

        return go

    return {name: runner(command) for name, command in peers.items()}


def clean(place, directory):
    place.wipe()
    for path in sorted((directory / "state").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


# -- measuring -------------------------------------------------------------------------------------


def timed(place, tool, path):
    """One run: (seconds until the command had ended, until the page answered, containers)."""
    begin, clock = time.time(), time.monotonic()
    tool(path)
    ended = time.monotonic() - clock
    place.until_served()
    served = time.monotonic() - clock
    return ended, served, place.until_quiet(begin)


def measure(place, peers, directory, rounds):
    path = directory / "compose.yml"
    results = {name: {"first": [], "repeated": []} for name in peers}
    path.write_text(json.dumps(document(isinstance(place, Swarm), 0), indent=1), encoding="utf-8")
    for number in range(rounds + 1):
        for name, tool in peers.items():
            clean(place, directory)
            for when in ("first", "repeated"):
                run = timed(place, tool, path)
                if number:  # the first round warms the caches
                    results[name][when].append(run)
        print(f"\r  round {number} of {rounds}", end="", file=sys.stderr, flush=True)
    print("\r" + " " * 30 + "\r", end="", file=sys.stderr)
    return results


def migration_window(events):
    """(begin, end) of the first migration that has taken its time."""
    begin = {}
    for when, action, actor in events:
        labels = actor["Attributes"]
        if not any(labels.get(label) == value for label, value in MIGRATION_LABELS):
            continue
        if action == "start":
            begin[actor["ID"]] = when
        elif when - begin.get(actor["ID"], when) >= MIGRATION_SECONDS:
            return begin[actor["ID"]] + MARGIN, begin[actor["ID"]] + MIGRATION_SECONDS - MARGIN
    raise RuntimeError("no migration has taken its time")


def count(place, name, tool, directory):
    """Requests of one run: in all of the command, while it waits, and after it has ended."""
    clean(place, directory)
    path = directory / "waiting.yml"
    text = json.dumps(document(isinstance(place, Swarm), MIGRATION_SECONDS), indent=1)
    path.write_text(text, encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="slipway-proxy.") as scratch:
        between = proxy.Proxy(pathlib.Path(scratch) / "socket", place.sockets[0])
        begin = time.time()
        tool(path, between.url)
        ended = time.time()
        place.until_served()
        waited_from, waited_to = migration_window(place.events(begin, time.time()))
        waiting = between.between(waited_from, waited_to)
        time.sleep(max(0, ended + IDLE_SECONDS - time.time()))
        idle = between.between(ended, ended + IDLE_SECONDS)
        repeat = time.time()
        tool(path, between.url)
        counts = {
            "first": len(between.between(begin, ended)),
            "repeated": len(between.between(repeat, time.time())),
            "waiting": len(waiting) / (waited_to - waited_from),
            "is_waiting": ended > waited_to,
            "idle": len(idle),
            "asked_waiting": collections.Counter(waiting).most_common(5),
        }
    return counts


# -- the table -------------------------------------------------------------------------------------


def spread(values):
    return "-".join(str(v) for v in sorted({min(values), max(values)}))


def report(place, results, counts):
    rounds = len(results["slipway"]["first"])
    print(f"\n{place.label} (seconds are medians; n = {rounds})\n")
    print(f"| {'':30} | command ended | page answers |   min |   max | started | requests |")
    print(f"|{'-' * 32}|--------------:|-------------:|------:|------:|--------:|---------:|")
    for when in ("first", "repeated"):
        for name, runs in results.items():
            ended, served, containers = zip(*runs[when])
            print(
                f"| {name + ', ' + when:30} | {statistics.median(ended):13.3f}"
                f" | {statistics.median(served):12.3f} | {min(served):5.2f} | {max(served):5.2f}"
                f" | {spread(containers):>7} | {counts[name][when]:8} |"
            )
    print(f"\n| {'requests to the engine':30} | a second while waiting | idle, {IDLE_SECONDS} s |")
    print(f"|{'-' * 32}|-----------------------:|-----------:|")
    for name, numbers in counts.items():
        waiting = f"{numbers['waiting']:.2f}" if numbers["is_waiting"] else "does not wait"
        print(f"| {name:30} | {waiting:>22} | {numbers['idle']:10} |")
    print()
    for name, numbers in counts.items():
        for what, times in numbers["asked_waiting"]:
            print(f"  {name}, waiting: {times} x {what}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--swarm", nargs="+", metavar="SOCKET", help="of each node, manager first")
    parser.add_argument("--json", type=pathlib.Path, help="write all numbers to this file")
    options = parser.parse_args()

    compose = None if options.swarm else bench.find_compose()
    if not options.swarm and not compose:
        print("docker compose is not installed: measured without it (COMPOSE=PROGRAM names one)")
    place = Swarm(options.swarm) if options.swarm else Host([bench.SOCKET])
    with tempfile.TemporaryDirectory(prefix="slipway-bench.") as scratch:
        directory = pathlib.Path(scratch)
        peers = tools(place, directory, compose)
        results = measure(place, peers, directory, options.rounds)
        counts = {name: count(place, name, tool, directory) for name, tool in peers.items()}
        place.wipe()
    report(place, results, counts)
    if options.json:
        text = json.dumps({"runs": results, "requests": counts}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
