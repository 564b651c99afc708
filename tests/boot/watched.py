#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What stands in a booted machine is written down when its test fails, or when that still runs shortly before the
machine's time is over; and only then. Here without a machine."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SPARE = 25  # s, as in `watched`


def uptime():
    return int(float(pathlib.Path("/proc/uptime").read_text().split()[0]))


def run(body, left):
    """The status of a test with that body, in a machine with so many seconds left, and how often was looked."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copy(HERE / "watched", folder / "test")
        (folder / "body").write_text(body)
        (folder / "look-around").write_text("echo look >>looks\necho looked\n")
        (folder / "limit").write_text(f"{uptime() + left}\n")
        test = subprocess.Popen(["sh", "test"], cwd=folder, stderr=subprocess.DEVNULL, start_new_session=True)
        status = test.wait()
        try:
            os.killpg(test.pid, signal.SIGKILL)  # who still waits, which the machine's end would have ended
        except ProcessLookupError:
            pass
        looks = folder / "looks"
        if looks.exists() != (folder / "stands").exists():
            sys.exit("what was seen is not in `stands`")
        return status, len(looks.read_text().split()) if looks.exists() else 0


def main():
    problems = []
    for what, body, left, expected in (
            ("one that passes", "exit 0", 1000, (0, 0)),
            ("one that fails", "exit 3", 1000, (3, 1)),
            # It ends only when it was looked at.
            ("one that does not end", "until [ -s stands ]; do sleep 0.1; done", SPARE + 1, (0, 1)),
            ("one that fails at last", "until [ -s stands ]; do sleep 0.1; done; exit 4", SPARE + 1, (4, 1)),
            ("one in a machine with little time", "until [ -s stands ]; do sleep 0.1; done", 1, (0, 1))):
        found = run(body, left)
        if found != expected:
            problems.append(f"{what}: status and looks are {found}, not {expected}")
    if problems:
        sys.exit("\n".join(problems))


main()
