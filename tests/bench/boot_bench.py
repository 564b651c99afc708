# SPDX-License-Identifier: MIT
"""`./run bench boot`: how long a machine that boots with systemd takes to an app's first frame, with each server.

Prints the table, writes the plot; README.md tells what is measured."""

import json
import os
import re
import statistics
import subprocess
import sys

import figures
import plot

SERVERS = figures.PROGRAMS[1:]
TARGETS = {"vitrine": "kiosk.target", "weston": "bench-weston.target", "cage": "bench-cage.target"}
BOOT_LIMIT = 100  # s; what has told all and does not power off is ended then, and counts
SIZE = "1024x768"  # the preferred mode of vkms

# key, title, and the two times between which it is
ROWS = (
    ("light", "kernel's start to the app's first frame", "start", "light"),
    ("exec", "kernel's start to the server's exec", "start", "exec"),
    ("flip", "server's exec to its first picture", "exec", "flip"),
    ("app", "server's exec to the app's first frame", "exec", "light"),
    ("shown", "app's first commit to a changed plane", "commit", "shown"),
)
# Targets of Vitrine, ms
LIMITS = {"light": 3000, "flip": 150}


def boot_command(top, build, rounds):
    """The same disk booted again and again, the servers taking turns; the first boot warms the host up."""
    tools = os.path.join(build, "tests", "bench")
    here = os.path.join(top, "tests", "bench")
    command = [os.path.join(top, "run"), "boot", "--timeout", str(BOOT_LIMIT),
               "--with", "weston cage libcmocka0"]
    for tool in ("bench-client", "bench-boot-start", "bench-boot-watch"):
        command += ["--file", os.path.join(tools, tool)]
    for server in (SERVERS[0],) + SERVERS * rounds:
        command += ["--kernel", f"systemd.unit={TARGETS[server]} BENCH_SERVER={server}"]
    return command + [os.path.join(here, "boot-setup"), os.path.join(here, "boot-test")]


def parse(text):
    """What each boot told, a list of dictionaries."""
    boots = []
    for name, value in re.findall(r"^(boot|app|exec|flip|shown|restarts|version|kernel)=(.*)$", text, re.M):
        if name == "boot":
            boots.append({})
        boots[-1][name] = value
    return boots


def sample(told):
    """Times of one boot in ms after the kernel's start, or an error that says what was not seen."""
    run = {"program": told["boot"], "case": "boot", "size": SIZE}
    app = json.loads(told["app"]) if told.get("app") else None
    flip, shown = (re.fullmatch(r"(\d+) (.*)", told.get(name, "")) for name in ("flip", "shown"))
    if app is None or not told.get("exec"):
        return {**run, "error": "the app got no frame within 40 s"}
    if not flip or flip[2] != told["boot"]:
        return {**run, "error": f"the first picture is of {flip[2] if flip else 'nobody'}"}
    # Two changes between two looks bring the first framebuffer back, and are not seen.
    shown_ms = int(shown[1]) / 1e6 if shown else None
    if shown is None and not app["presentation"]:
        return {**run, "error": "no change of the planes was seen after the app's commit"}
    return {**run, "start": 0.0, "exec": int(told["exec"]) / 1e6, "flip": int(flip[1]) / 1e6,
            "commit": app["first_commit_ns"] / 1e6, "shown": shown_ms,
            "light": app["first_light_ns"] / 1e6 if app["presentation"] else shown_ms,
            "presentation": app["presentation"], "width": app["width"], "height": app["height"],
            "restarts": int(told["restarts"])}


def summarize(samples):
    rows = []
    for key, title, begin, end in ROWS:
        row = figures.Figure(key, SIZE, title, "ms", 0)
        for server in SERVERS:
            times = sorted(run[end] - run[begin] for run in samples
                           if run["program"] == server and run.get(end) is not None)
            why = next((run["error"] for run in samples if run["program"] == server and "error" in run), None)
            cut = len(times) // 4
            row.put(server, statistics.median(times) if times else None, why, times[cut:len(times) - cut])
        rows.append(row)
    return rows


def judge(rows):
    """Lines about the targets, and whether all are met."""
    lines = []
    for row in rows:
        if row.key in LIMITS:
            value = row.values.get("vitrine")
            met = value is not None and value < LIMITS[row.key]
            lines.append(f"{'met   ' if met else 'MISSED'}  vitrine, {row.title}, below {LIMITS[row.key]} ms: "
                         f"{row.text('vitrine')}")
    return lines, all(line.startswith("met") for line in lines)


def notes(samples):
    """What a reader has to know of these samples."""
    for server in SERVERS:
        runs = [run for run in samples if run["program"] == server]
        good = [run for run in runs if "error" not in run]
        if len(good) < len(runs):
            bad = next(run for run in runs if "error" in run)
            yield f"{server}: {len(runs) - len(good)} of {len(runs)} boots are not counted: {bad['error']}"
        if any(not run["presentation"] for run in good):
            yield (f"{server}: without wp_presentation: the first change of the planes after the app's commit stands "
                   "for light, which can be a refresh (17 ms) later")
        if any(run["restarts"] for run in good):
            yield f"{server}: started anew in {sum(run['restarts'] > 0 for run in good)} boots; the last exec counts"


def run(top, build, rounds):
    """Returns (content for bench.json, exit status)."""
    load = os.getloadavg()[0]
    print(f"bench: boot: {rounds} boots a server", file=sys.stderr)
    done = subprocess.run(boot_command(top, build, rounds), cwd=top, stdout=subprocess.PIPE, text=True)
    boots = parse(done.stdout)[1:]
    if done.returncode != 0 or len(boots) != rounds * len(SERVERS):
        print(done.stdout[-4000:])
        print(f"bench: boot: the machine told of {len(boots)} boots and ended with status {done.returncode}")
        return None, 1
    samples = [sample(told) for told in boots]
    versions = {told["boot"]: re.search(r"\d+\.\d+(\.\d+)?", told["version"])[0] for told in boots}
    rows = summarize(samples)
    subtitle = (f"{', '.join(f'{name} {version}' for name, version in versions.items())}; guest {boots[0]['kernel']}, "
                f"2 CPUs, systemd; medians of {rounds} boots; load of the host before: {load:.2f}")
    svg = os.path.join(build, "bench-boot.svg")
    plot.write(svg, "Vitrine: boot", subtitle, rows)
    lines, met = judge(rows)
    print(f"\nboot: {subtitle}\n\n{figures.table(rows, versions)}\n")
    print("\n".join([*lines, *notes(samples)]))
    print(f"wrote {os.path.relpath(svg, top)}")
    return {"figures": [row.as_json() for row in rows], "versions": versions, "runs": samples}, 0 if met else 1
