#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots a Debian with the package installed into kiosk.target, and judges what it tells (`test`).

boot.py [--release SUITE]: another release of Debian than the host's."""
import json
import pathlib
import re
import sys
import tempfile

from machine import HERE, boot, check, colours_of, judged, skip_without_tools

BOOT_LIMIT = 3.0  # s from the kernel's start to the app's first frame
START_LIMIT = 0.15  # s from exec to the first flip
AGAIN_LIMIT = 1.0  # s from SIGKILL to light
STOP_LIMIT = 2.0  # s
# One that is busy with other things takes longer: figures are then printed and not judged.
CALM = 1.0  # load of the machine, a CPU


def values(text):
    return dict(re.findall(r"^([a-zA-Z_.]+)=(.*)$", text, re.M))


def light_s(line):
    """When the frame of a line of vitrine-testcard was lit, CLOCK_MONOTONIC."""
    return int(re.search(r"time_ns=(\d+)", line)[1]) / 1e9


def figure(what, seconds, limit, calm):
    print(f"{what}: {seconds * 1000:.0f} ms (target: {limit * 1000:.0f})")
    if calm:
        check(seconds < limit, f"{what}: {seconds * 1000:.0f} ms, not below {limit * 1000:.0f}")


def check_boot(told, folder):
    check(told.get("target") == "kiosk.target", f"default target {told.get('target')}")
    for unit in ("vitrine.service", "vitrine.socket", "kiosk.target"):
        state = told.get(f"active_{unit}")
        check(state == "active", f"{unit} is {state}")
    check(told.get("getty") != "active", "a login prompt runs on the kiosk's console")
    check(told["boot_NRestarts"] == "0", f"{told['boot_NRestarts']} restarts while booting")
    users = (folder / "users").read_text().split()
    check(users == ["vitrine"], f"vitrine and its clients run as {users}")
    process = dict(line.split(":\t", 1) for line in (folder / "process").read_text().splitlines()
                   if ":\t" in line)
    check(int(process["CapBnd"], 16) == 0, f"it may have capabilities {process['CapBnd']}")
    check(process["NoNewPrivs"] == "1", "it could gain privileges")
    check(process["Seccomp"] == "2", "its system calls are not filtered")
    check(told["udmabuf"] == "1", "shared memory of apps cannot be shown without a copy")
    check("security" not in told, (folder / "exposure").read_text()[-300:])
    failed = (folder / "failed").read_text().strip()
    check("vitrine" not in failed, f"failed units: {failed}")


def check_screen(folder):
    status = json.loads((folder / "status.json").read_text())
    layers = {layer["app_id"]: layer for layer in status["outputs"][0]["layers"]}
    for app in ("kiosk", "second", "vitrine-camera"):
        check(app in layers, f"{app} is not on screen, only {sorted(map(str, layers))}")
    camera = layers.get("vitrine-camera", {})
    check(camera.get("placement") == "plane", f"the camera is on no plane: {camera}")
    # The bars of the test card, at full level: what the display's own writeback returned.
    colours = colours_of(folder / "screen.png")
    for bar in ((255, 255, 0), (0, 255, 255), (0, 255, 0), (255, 0, 255), (255, 0, 0), (0, 0, 255)):
        check(colours.get(bar, 0) > 1000, f"{colours.get(bar, 0)} px of {bar} are on screen")


def check_lives(told):
    check(told["killed_NRestarts"] == "1", f"{told['killed_NRestarts']} restarts after one SIGKILL")
    check(told["killed_active"] == "active", f"after SIGKILL it is {told['killed_active']}")
    check(told["hung_NRestarts"] == "1", f"{told['hung_NRestarts']} restarts after a hang")
    check(told.get("hung_noticed") == "1", "the watchdog did not notice a hang")
    check(told["stopped_Result"] == "success", f"stopped with result {told['stopped_Result']}")
    check(told["stopped_ActiveState"] == "inactive", f"stopped, it is {told['stopped_ActiveState']}")
    check(told["left"] == "0", f"{told['left']} processes are left of a stopped kiosk")


def check_limits(told, folder, kind, where):
    """What `limits` tells of the apps of one Vitrine: kept in cgroups of that kind, whose paths begin so."""
    apps = {app["name"]: app for app in json.loads((folder / f"{kind}.json").read_text())["apps"]}
    for app in ("busy", "forks"):
        check(apps[app]["cgroup"].startswith(where), f"{kind}: {app} runs in {apps[app]['cgroup']}")
    used, periods, throttled = (int(told[f"{kind}_{word}"]) for word in ("used", "periods", "throttled"))
    print(f"20% of a processor, {kind}: {used} µs in {periods} periods of 100 ms, throttled in {throttled}")
    check(told[f"{kind}_cpu_max"] == "20000 100000", f"{kind}: cpu.max is {told[f'{kind}_cpu_max']}")
    check(throttled >= 20 and used <= 2 * 20000 * periods,
          f"{kind}: of 20% of a processor it had {used} µs in {periods} periods, throttled {throttled} times")
    pids = told[f"{kind}_pids"], told[f"{kind}_pids_max"]
    check(pids == ("5", "5"), f"{kind}: processes and their limit: {pids}")
    leak = apps["leak"]
    check((leak["state"], leak["restarts"]) == ("failed", 9), f"{kind}: the app that leaks: {leak}")
    # Each time the kernel has ended it, and nobody else.
    check(told[f"{kind}_leaks"] == "10", f"{kind}: {told[f'{kind}_leaks']} of 10 ends are told to be memory-max's")


def display(path):
    """What the kernel says of the display, but for numbers that always differ."""
    relevant = ("plane[", "crtc", "connector[", "fb=", "enable=", "active=", "mode:", "rotation=")
    return [line for line in path.read_text().splitlines() if any(word in line for word in relevant)]


def figures(told, calm):
    start = float(told["lit_s"]) - float(told["exec_s"])
    figure("kernel's start to the app's first frame", light_s(told["app_line"]), BOOT_LIMIT, calm)
    figure("vitrine's exec to its first flip, in mid-boot", start, START_LIMIT, calm)
    killed = int(told["killed_ms"]) / 1000
    again = int(told["killed_ActiveEnterTimestampMonotonic"]) / 1e6 - killed
    figure("SIGKILL to light", again, AGAIN_LIMIT, calm)
    print(f"SIGKILL to the app's first frame: {(light_s(told['killed_app_line']) - killed) * 1000:.0f} ms")
    figure("systemctl stop with an app that ignores SIGTERM", int(told["stop_ms"]) / 1000, STOP_LIMIT,
           calm)


def load():
    with open("/proc/loadavg") as file, open("/proc/cpuinfo") as cpus:
        return float(file.read().split()[0]) / cpus.read().count("processor\t")


def main():
    skip_without_tools()
    calm = load() < CALM
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        told = values(boot(folder, *sys.argv[1:], "--file", HERE / "await", "--file", HERE / "limits",
                           HERE / "setup", HERE / "test"))
        figures(told, calm)
        if not calm:
            print("(the machine is busy: figures are not judged)")
        check_boot(told, folder)
        check_screen(folder)
        check_lives(told)
        check_limits(told, folder, "service", "/system.slice/vitrine.service/")
        check_limits(told, folder, "scope", "/system.slice/app-vitrine-")
        check(told["scope_left"] == "0", f"{told['scope_left']} scopes are left of a service that was stopped")
        before, after = display(folder / "display-before"), display(folder / "display-after")
        check(before == after, f"the display was left otherwise than found: {before} {after}")
        judged(folder)


main()
