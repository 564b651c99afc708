# SPDX-License-Identifier: MIT
"""first-light, the part that runs in the guest: measures and writes what it found as JSON.

usage: first_light.py FILE.json ROUNDS SECONDS SIZE...
"""

import json
import os
import re
import subprocess
import sys
import time

import servers

CLIENT_TIMEOUT = 30  # s, beyond the measured time
IDLE_SECONDS = 5
STARTS = 3
FLOORS = {"shm-full": "dumb", "dmabuf": "udmabuf"}
CASES = {
    "shm-full": ("--memory", "shm"),
    "shm-box": ("--memory", "shm", "--damage", "16x16"),
    "shm-random": ("--memory", "shm", "--pace", "random"),
    "dmabuf": ("--memory", "udmabuf"),
}


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, path, device, rounds, seconds, sizes):
        self.path, self.device, self.rounds = path, device, rounds
        self.seconds, self.sizes = seconds, sizes
        self.servers = [kind(device) for kind in servers.ALL]
        self.runs = []
        self.versions = {}

    def note(self, **run):
        self.runs.append(run)
        if "error" in run:
            say(f"  {run['program']} {run['case']} {run['size']}: {run['error']}")

    def save(self):
        with open(self.path, "w") as file:
            json.dump({"kernel": os.uname().release, "cpus": os.cpu_count(),
                       "versions": self.versions, "rounds": self.rounds,
                       "seconds": self.seconds, "runs": self.runs}, file)

    def floor(self, size, case):
        result = subprocess.run(
            ["taskset", "-c", "0", os.path.join(servers.TOOLS, "bench-flip"), "--device", self.device, "--mode", size,
             "--seconds", str(self.seconds), "--memory", FLOORS[case]],
            capture_output=True, text=True, timeout=self.seconds + CLIENT_TIMEOUT)
        if result.returncode != 0:
            self.note(program="floor", case=case, size=size, error=result.stderr.strip())
            return
        self.note(program="floor", case=case, size=size, **json.loads(result.stdout))

    def client(self, running, size, case, *options):
        """Runs one client; returns it, holding its last picture, or None."""
        client = running.client("--seconds", str(self.seconds), "--hold", *options)
        result = servers.read_result(client, self.seconds + CLIENT_TIMEOUT)
        if isinstance(result, str):
            if running.process.poll() is not None:
                result = str(running.failed(f"died ({running.process.returncode})"))
            self.note(program=running.server.name, case=case, size=size, error=result)
            servers.end_client(client)
            return None
        if f"{result['width']}x{result['height']}" != size:
            self.note(program=running.server.name, case=case, size=size,
                      error=f"the window is {result['width']}x{result['height']}")
            servers.end_client(client)
            return None
        self.note(program=running.server.name, case=case, size=size, **result)
        return client

    def case(self, server, size, case):
        """One client on a server of its own."""
        with servers.Running(server, size) as running:
            client = self.client(running, size, case, *CASES[case])
            if not client:
                return
            if case == "shm-full":
                self.note(program=server.name, case="held", size=size, **servers.memory_of(running.pid),
                          **wakeups_of(running.pid))
            servers.end_client(client)

    def start(self, server, size):
        """From exec to the first mode set, and to the first frame of a client that waits."""
        runtime = os.path.join(servers.FOLDER, server.name, "runtime")
        running = servers.Running(server, size, wait=False)
        name = "wayland-0" if server.name == "cage" else "wayland-bench"
        client = servers.start_client(runtime, name, "--wait", "--first", "--hold")
        try:
            modeset_ns = wait_for_modeset(self.device, server.comm)
            result = servers.read_result(client, CLIENT_TIMEOUT)
            if isinstance(result, str):
                raise running.failed(f"shows no client ({result})")
            exec_ns = running.exec_ns()
            run = {"modeset_ms": (modeset_ns - exec_ns) / 1e6 if modeset_ns else None,
                   "callback_ms": (result["first_callback_ns"] - exec_ns) / 1e6,
                   "light_ms": (result["first_light_ns"] - exec_ns) / 1e6
                   if result["presentation"] else None}
            self.note(program=server.name, case="start", size=size, **run)
        finally:
            servers.end_client(client)
            running.end()

    def usable(self):
        for server in self.servers:
            why = server.unavailable()
            if why:
                self.note(program=server.name, case="all", size="all", error=why)
                continue
            self.versions[server.name] = server.version()
            yield server

    def run(self):
        usable = list(self.usable())
        for size in self.sizes:
            for number in range(STARTS if size == self.sizes[0] else 0):
                say(f"first-light: {size}, start {number + 1} of {STARTS}")
                for server in usable:
                    self.guard(server, "start", size, self.start, server, size)
            for number in range(self.rounds):
                for case in CASES:
                    say(f"first-light: {size}, round {number + 1} of {self.rounds}, {case}")
                    self.alternate(usable, size, case)
                self.save()
        self.save()

    def alternate(self, usable, size, case):
        """The floor and the servers one soon after the other: what the host does meets them all."""
        if case in FLOORS:
            self.floor(size, case)
        for server in usable:
            if case != "dmabuf" or server.dmabuf:
                self.guard(server, case, size, self.case, server, size, case)

    def guard(self, server, case, size, action, *arguments):
        try:
            action(*arguments)
        except (servers.Failed, OSError) as error:
            self.note(program=server.name, case=case, size=size, error=str(error))


def wakeups_of(pid):
    time.sleep(1)
    before = servers.switches_of(pid)[0]
    time.sleep(IDLE_SECONDS)
    return {"idle_wakeups": (servers.switches_of(pid)[0] - before) / IDLE_SECONDS}


def wait_for_modeset(device, comm):
    """When a plane first shows a framebuffer that this program made; None if that is not seen."""
    end = time.monotonic() + servers.START_TIMEOUT
    while time.monotonic() < end:
        if re.search(rf"^plane.*\n\tcrtc=crtc.*\n\tfb=[1-9]\d*\n\t\tallocated by = {comm}$",
                     servers.debugfs(device, "state"), re.M):
            return time.monotonic_ns()
        time.sleep(0.002)
    return None


def main():
    path, rounds, seconds, *sizes = sys.argv[1:]
    # What is measured has the first CPU for itself: a client that it wakes does not displace it.
    if os.cpu_count() > 1:
        os.sched_setaffinity(0, range(1, os.cpu_count()))
    Bench(path, os.environ["VITRINE_TEST_DEVICE"], int(rounds), float(seconds), sizes).run()


main()
