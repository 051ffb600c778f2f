#!/usr/bin/env python3
"""lint.py - how long `slipway lint` takes over documents of 1,000 to 100,000 containers

Time and memory must grow with the document and no faster; 10,000 containers in half a second.
Runs the program several times for each size and prints medians, and the ratio to the size before.
Time is that of the processor, so that what else the machine does counts little.
"""

import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIZES = (1_000, 10_000, 100_000)
AIM_SIZE, AIM_S = 10_000, 0.5


def document(n):
    """n containers in chains of ten, each with a port, settings and a template that looks back."""
    yield "replicated_api_version: 2.8.0\nname: Large\n"
    yield "config:\n- name: main\n  items:\n"
    for i in range(n // 100):
        yield f"  - name: setting_{i}\n    type: text\n    default: value {i}\n"
    yield "components:\n"
    for i in range(n):
        if i % 10 == 0:
            yield f"- name: component-{i // 10}\n  containers:\n"
        yield (
            f"  - source: public\n    image_name: image-{i % 10}\n    version: 1.{i}\n"
            f"    env_vars:\n    - name: NUMBER\n      value: \"{i}\"\n"
            f"    - name: SETTING\n      value: '{{{{repl ConfigOption \"setting_{i % (n // 100)}\"}}}}'\n"
        )
        if i % 10 > 0:
            yield (
                f"    - name: BEFORE\n      value: '{{{{repl ContainerExposedPort "
                f'"component-{i // 10}" "image-{i % 10 - 1}" "80"}}}}\'\n'
            )
        yield '    ports:\n    - private_port: "80"\n      port_type: tcp\n'
        if i % 10 < 9:
            yield (
                "    publish_events:\n    - name: listens\n      trigger: port-listen\n"
                "      data: \"80\"\n      subscriptions:\n"
                f"      - component: component-{i // 10}\n        container: image-{i % 10 + 1}\n"
                "        action: start\n"
            )


def processor_time():
    """Seconds that ended children have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(program, file, rounds):
    """(median seconds, peak bytes) of the program over the file."""
    times = []
    for _ in range(rounds):
        start = processor_time()
        done = subprocess.run([program, "lint", file], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        times.append(processor_time() - start)
        if done.returncode != 0:
            sys.exit(f"lint of {file}: status {done.returncode}\n{done.stdout.decode()[:2000]}")
    # Grows only: the sizes are measured in rising order.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return statistics.median(times), peak


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=os.environ.get("SLIPWAY", str(ROOT / "build/slipway")))
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    before = None
    print(f"{'containers':>10} {'bytes':>11} {'median s':>9} {'peak MB':>8} {'time':>6} {'memory':>7}")
    with tempfile.TemporaryDirectory(prefix="slipway-lint-") as folder:
        for n in SIZES:
            file = os.path.join(folder, f"{n}.yml")
            with open(file, "w", encoding="utf-8") as out:
                out.writelines(document(n))
            seconds, peak = measure(args.program, file, args.rounds)
            ratios = "" if before is None else (
                f"{seconds / before[0]:6.1f}x {peak / before[1]:6.1f}x")
            print(f"{n:>10} {os.path.getsize(file):>11} {seconds:>9.3f} {peak / 1e6:>8.1f} {ratios}")
            if n == AIM_SIZE:
                print(f"{'':>10} aim: {AIM_S} s: {'reached' if seconds <= AIM_S else 'MISSED'}")
            before = (seconds, peak)


if __name__ == "__main__":
    main()
