# SPDX-License-Identifier: MIT
"""input, the part that runs in the guest: measures and writes what it found as JSON.

usage: input_latency.py FILE.json ROUNDS EVENTS SIZE...
"""

import json
import os
import random
import select
import subprocess
import sys
import time

import servers

CASES = {"shm": ("--memory", "shm"), "dmabuf": ("--memory", "udmabuf")}
TIMEOUT = 30  # s, beyond the events' own time
PERIOD = (0.05, 0.09)  # s between events: never in step with the display


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, path, device, rounds, events, sizes):
        self.path, self.device, self.rounds = path, device, rounds
        self.events, self.sizes = events, sizes
        self.servers = [kind(device) for kind in servers.ALL]
        self.touch = servers.Touch()
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
                       "events": self.events, "runs": self.runs}, file)

    def move(self):
        """All motions, at random times; returns their stamps."""
        stamps = []
        for number in range(self.events):
            time.sleep(random.uniform(*PERIOD))
            stamps.append(self.touch.move(1000 + 500 * (number % 2)))
        return stamps

    def result(self, process):
        result = servers.read_result(process, TIMEOUT)
        if isinstance(result, str):
            raise servers.Failed(result)
        return result

    def bare(self, size):
        process = subprocess.Popen(
            ["taskset", "-c", "0", os.path.join(servers.TOOLS, "bench-answer"), "--mode", size,
             "--input", self.touch.path, "--events", str(self.events + 1)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE)
        try:
            servers.wait_for(process, b"ready")
            self.touch.down(1500, 2000)
            stamps = self.move()
            reports = self.result(process)["reports"][1:]
            if [report[0] for report in reports] != stamps:
                raise servers.Failed("it read other events")
            self.note(program="floor", case="bare", size=size, stamps=stamps,
                      events=[report[1:] for report in reports])
        finally:
            self.touch.up()
            servers.end_client(process)

    def served(self, server, size, case):
        with servers.Running(server, size, count=False) as running:
            client = running.client("--events", str(self.events), *CASES[case])
            try:
                self.press(running, client)
                stamps = self.move()
                result = self.result(client)
                if f"{result['width']}x{result['height']}" != size:
                    raise servers.Failed(f"the window is {result['width']}x{result['height']}")
                self.note(program=server.name, case=case, size=size, stamps=stamps,
                          presentation=result["presentation"], events=result["events"])
            finally:
                self.touch.up()
                servers.end_client(client)

    def press(self, running, client):
        """The finger stays down when the client has heard of it: before, it has no window yet."""
        for _ in range(100):
            self.touch.down(1500, 2000)
            if select.select([client.stderr], [], [], 0.2)[0]:
                servers.wait_for(client, b"down")
                return
            self.touch.up()
        raise running.failed("brings no touch to the client")

    def guard(self, program, size, case, action, *arguments):
        try:
            action(*arguments)
        except (servers.Failed, OSError) as error:
            self.note(program=program, case=case, size=size, error=str(error))

    def run(self):
        usable = []
        for server in self.servers:
            why = server.unavailable()
            if why:
                self.note(program=server.name, case="all", size="all", error=why)
                continue
            self.versions[server.name] = server.version()
            usable.append(server)
        for size in self.sizes:
            for number in range(self.rounds):
                say(f"input: {size}, round {number + 1} of {self.rounds}")
                self.guard("floor", size, "bare", self.bare, size)
                for case in CASES:
                    for server in usable:
                        if case != "dmabuf" or server.dmabuf:
                            self.guard(server.name, size, case, self.served, server, size, case)
                self.save()
        self.save()


def main():
    path, rounds, events, *sizes = sys.argv[1:]
    if os.cpu_count() > 1:
        os.sched_setaffinity(0, range(1, os.cpu_count()))
    Bench(path, os.environ["VITRINE_TEST_DEVICE"], int(rounds), int(events), sizes).run()


main()
