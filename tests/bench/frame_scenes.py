# SPDX-License-Identifier: MIT
"""frame, the part that runs in the guest: measures and writes what it found as JSON.

usage: frame_scenes.py FILE.json OPTIONS.json
"""

import collections
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import servers

CLIENT_TIMEOUT = 60  # s, beyond the measured time
PROGRAMS = ("floor", "vitrine", "weston", "cage")
NO_DMABUF = "takes no dma-bufs without a GPU, so it gets wl_shm"
# Clients above the measured one: how many, what makes their pictures late, what a row is called.
Beside = collections.namedtuple("Beside", "number option name")
NOBODY = Beside(0, None, "")
BESIDE = (NOBODY, Beside(1, "--fence", "1 with fences"), Beside(1, "--late", "1 late"),
          Beside(4, "--fence", "4 with fences"), Beside(4, "--late", "4 late"))
LATE_MS = 100
OTHERS_SECONDS = 5
HOGS = 4
WARM_UP_SECONDS = 2
LOOK_SECONDS = 0.5  # at the framebuffers in use
BARE_SECONDS = 2
SHM = ("--memory", "sealed")
SMALL = "320x240"


def say(text):
    print(text, file=sys.stderr, flush=True)


class Scene:
    """One client, or several, that all programs show in turn."""

    def __init__(self, *client, floor=None, floor_pace="frame", programs=PROGRAMS, size=None,
                 rate=None, peer_client=None, why=None, one_plane=False):
        self.client, self.floor, self.floor_pace = client, floor, floor_pace
        self.programs, self.size = programs, size
        self.rate = rate  # Hz; else that of the mode that is listed, or 60
        self.peer_client = peer_client  # where peers cannot have the same
        self.why = why  # no figures of the others
        self.one_plane = one_plane  # one framebuffer fills the screen


OURS = ("floor", "vitrine")
SCENES = {
    "dmabuf": Scene("--memory", "udmabuf", floor="udmabuf", peer_client=SHM, why=NO_DMABUF,
                    one_plane=True),
    "camera": Scene(*SHM, "--damage", "16x16", floor="dumb", programs=OURS,
                    why="takes no dma-bufs without a GPU, and its shell shows one window at a time"),
    "windows": Scene(*SHM, "--windows", "8", floor="dumb"),
    "shm-copy": Scene("--memory", "shm", floor="dumb", one_plane=True),
    "shm-udmabuf": Scene(*SHM, floor="udmabuf", one_plane=True),
    "box": Scene(*SHM, "--damage", "16x16", floor="dumb", one_plane=True),
    "random": Scene(*SHM, "--pace", "random", floor="udmabuf", floor_pace="random"),
    "callback": Scene(*SHM, "--damage", "256x256", floor="dumb", one_plane=True),
    "still": Scene(*SHM, programs=PROGRAMS[1:]),
    "fence": Scene("--memory", "udmabuf", floor="udmabuf", programs=OURS, size="640x480"),
    "dmabuf-4k": Scene("--memory", "udmabuf", floor="udmabuf", programs=OURS, size="4096x2160",
                       why=NO_DMABUF, one_plane=True),
    "memory": Scene("--memory", "udmabuf", programs=PROGRAMS[1:], size="1920x1080",
                    peer_client=SHM, why=NO_DMABUF),
    "long": Scene("--memory", "udmabuf", programs=("vitrine",), size=SMALL, rate=240),
    "busy": Scene(*SHM, floor="dumb"),
    "missed": Scene("--memory", "udmabuf", floor="udmabuf", programs=OURS, size=SMALL,
                    why=NO_DMABUF),
}


class Hogs:
    """Programs that take all the time they get, beside what is measured in some scenes."""

    def __init__(self, name):
        self.number = HOGS if name == "busy" else 0
        self.processes = []

    def __enter__(self):
        self.processes = [subprocess.Popen(["sh", "-c", "while :; do :; done"])
                          for _ in range(self.number)]

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


class Bench:
    def __init__(self, path, device, options):
        self.path, self.device, self.options = path, device, options
        self.seconds = options["seconds"]
        self.servers = [kind(device) for kind in servers.ALL if kind.name in options["servers"]]
        self.runs = []
        self.versions = {}

    def note(self, **run):
        self.runs.append(run)
        if "error" in run:
            say(f"  {run['program']}, {run['scene']}: {run['error']}")

    def save(self):
        with open(self.path, "w") as file:
            json.dump({"kernel": os.uname().release, "cpus": os.cpu_count(),
                       "versions": self.versions, "rounds": self.options["rounds"],
                       "seconds": self.seconds, "mode": self.options["mode"],
                       "full": self.options["full"], "runs": self.runs}, file)

    # ---- the bare loop ----

    def floor(self, name, size, seconds, **extra):
        scene = SCENES[name]
        with Hogs(name):
            result = subprocess.run(
                ["taskset", "-c", "0", os.path.join(servers.TOOLS, "bench-flip"), "--device",
                 self.device, "--mode", size, "--seconds", str(seconds), "--memory", scene.floor,
                 "--pace", scene.floor_pace, "--seed", str(self.options["seed"])],
                capture_output=True, text=True, timeout=seconds + CLIENT_TIMEOUT)
        if result.returncode != 0:
            raise servers.Failed(result.stderr.strip())
        self.note(program="floor", scene=name, size=size, **extra, **json.loads(result.stdout))

    def framebuffers(self, size):
        """The ids of those of that size that are on planes while frames go on."""
        found, end = set(), time.monotonic() + LOOK_SECONDS
        pattern = re.compile(rf"^\tfb=([1-9]\d*)\n(?:\t\t.*\n)*?\t\tsize={size}$", re.M)
        while time.monotonic() < end:
            found.update(pattern.findall(servers.debugfs(self.device, "state")))
            time.sleep(0.011)
        return sorted(found, key=int)

    def heir(self, size):
        """A bare loop that takes the server's own framebuffers, and flips them when the server has ended:
        what a commit costs depends on their pages, and no others are like them."""
        ids = self.framebuffers(size)
        process = subprocess.Popen(
            ["taskset", "-c", "0", os.path.join(servers.TOOLS, "bench-flip"), "--device", self.device,
             "--mode", size, "--seconds", str(BARE_SECONDS), "--take", ",".join(ids)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if process.stdout.readline() != "taken\n":
            raise servers.Failed(f"bench-flip takes no framebuffers ({process.communicate()[1].strip()})")
        return process

    @staticmethod
    def bare(heir):
        """Its frames, once the server has ended."""
        out, error = heir.communicate(timeout=BARE_SECONDS + CLIENT_TIMEOUT)
        if heir.returncode != 0:
            raise servers.Failed(error.strip())
        return json.loads(out)["frames_us"]

    # ---- servers ----

    def client_options(self, name, server):
        scene = SCENES[name]
        if not server.dmabuf and scene.peer_client:
            return scene.peer_client
        return scene.client

    def start(self, running, name, seconds, with_others):
        """The client that is measured, when its first picture is there. Others, which are to be above
        it, have the time of its warm-up to start."""
        client = running.client("--announce", "--samples", "--hold", "--seconds", str(seconds),
                                "--seed", str(self.options["seed"]),
                                "--warm-up", str(OTHERS_SECONDS if with_others else WARM_UP_SECONDS),
                                *self.client_options(name, running.server))
        try:
            servers.wait_for(client, b"lit")
        except BaseException:
            servers.end_client(client)
            raise
        return client

    def others(self, running, name, beside, others):
        """Adds clients that are shown above the measured one."""
        end = time.monotonic() + OTHERS_SECONDS
        if name == "camera":
            others.append(subprocess.Popen(
                ["vitrine-camera", "--format", "XR24", "--size", "640x360"],
                env={"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": running.runtime,
                     "WAYLAND_DISPLAY": running.socket},
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                preexec_fn=servers.be_batch))
            while len(running.status()["layers"]) < 2:
                if others[0].poll() is not None:
                    raise servers.Failed(others[0].stderr.read().decode().strip())
                time.sleep(0.1)
        # Smaller ones above larger ones: all of them are seen.
        for number in range(beside.number):
            side = 400 - 80 * number
            others.append(running.client(
                "--memory", "udmabuf", beside.option, str(LATE_MS), "--window", f"{side}x{side}",
                "--seconds", "1000", "--announce"))
            servers.wait_for(others[-1], b"lit")
        if time.monotonic() > end:
            raise servers.Failed("the clients beside the measured one were too slow to start")

    def served(self, server, name, size, seconds, beside=NOBODY, bare=False, **extra):
        heir, others = None, []
        rate = SCENES[name].rate
        mode = f"{size}@{rate}" if rate else size
        try:
            # Beside hogs, a client that waits until the CPU is free would be late itself.
            with servers.Running(server, mode, count=not bare, bare=bare,
                                 yielding=name != "busy") as running:
                client = self.start(running, name, seconds, name == "camera" or beside.number > 0)
                try:
                    if SCENES[name].one_plane:
                        heir = self.heir(size)
                        running.heirs = 1
                    self.others(running, name, beside, others)
                    with Hogs(name):
                        run = self.measure(running, client, seconds, size, name == "long")
                finally:
                    for other in others:
                        other.kill()
                        other.wait()
                    servers.end_client(client)
            if heir:
                run["bare_us"] = self.bare(heir)
        finally:
            if heir and heir.poll() is None:
                heir.kill()
                heir.wait()
        self.note(program=server.name, scene=name, size=size, beside=beside.name, **extra, **run)

    def measure(self, running, client, seconds, size, watch_memory):
        tells = running.server.name == "vitrine"
        before = running.status() if tells else None
        switches, start = servers.switches_of(running.pid), time.monotonic()
        memory = []
        while watch_memory and time.monotonic() < start + seconds:
            time.sleep(min(10, seconds / 4))
            memory.append(servers.memory_of(running.pid)["rss_kb"])
        result = servers.read_result(client, seconds + CLIENT_TIMEOUT)
        if isinstance(result, str):
            if running.process.poll() is not None:
                result = str(running.failed(f"died ({running.process.returncode})"))
            raise servers.Failed(result)
        length = time.monotonic() - start
        after = servers.switches_of(running.pid)
        if f"{result['width']}x{result['height']}" != size:
            raise servers.Failed(f"the window is {result['width']}x{result['height']}")
        run = {"wakeups": (after[0] - switches[0]) / length,
               "displaced": (after[1] - switches[1]) / length, "rss_trail_kb": memory,
               **servers.memory_of(running.pid), **result}
        if tells:
            now = running.status()
            run["counters"] = {key: now[key] - before[key] for key in
                               ("frames", "missed", "test_commits", "composed_bytes")}
            run["layers"] = [[layer["placement"], layer["buffer"], layer["reasons"]]
                             for layer in now["layers"]]
        return run

    def still(self, server, name, size, seconds):
        """System calls of a server whose only client has ended to draw."""
        with servers.Running(server, size, bare=True, count=False) as running:
            client = running.client("--first", "--hold", "--announce",
                                    *self.client_options(name, server))
            try:
                servers.wait_for(client, b"lit")
                time.sleep(3)  # cursors, animations and timers of the start come to an end
                switches = servers.switches_of(running.pid)[0]
                lines = trace(running.pid, seconds)
                switches = servers.switches_of(running.pid)[0] - switches
                self.note(program=server.name, scene=name, size=size, seconds=seconds,
                          calls=len(lines), first_calls=lines[:5], switches=switches)
            finally:
                servers.end_client(client)

    # ---- which, and in which order ----

    def usable(self):
        for server in self.servers:
            why = server.unavailable()
            if why:
                self.note(program=server.name, scene="all", size="all", error=why)
                continue
            self.versions[server.name] = server.version()
            yield server

    def guard(self, program, name, size, action, *arguments, **extra):
        try:
            action(*arguments, **extra)
        except (servers.Failed, OSError, subprocess.TimeoutExpired) as error:
            self.note(program=program, scene=name, size=size, error=str(error))

    def turn(self, usable, name, size, seconds, floor=True, **extra):
        """The floor and the servers one soon after the other: what the host does meets them all."""
        scene = SCENES[name]
        if floor and scene.floor and "floor" in scene.programs:
            self.guard("floor", name, size, self.floor, name, size, seconds)
        for server in usable:
            if server.name not in scene.programs:
                continue
            if name == "still":
                self.guard(server.name, name, size, self.still, server, name, size,
                           self.options["still"] if server.name == "vitrine" else seconds * 3)
            else:
                self.guard(server.name, name, size, self.served, server, name, size, seconds,
                           **extra)

    def scene(self, usable, name):
        size = SCENES[name].size or self.options["mode"]
        rounds, seconds = self.options["rounds"], self.seconds
        if name in ("still", "memory"):
            rounds = 1
        elif name == "long":
            rounds, seconds = 1, self.options["long"]
        elif name == "missed":
            rounds, seconds = self.options["missed_rounds"], 60
        for number in range(rounds):
            say(f"frame: {name}, {size}, round {number + 1} of {rounds}")
            for beside in BESIDE if name == "fence" else (NOBODY,):
                self.turn(usable, name, size, seconds, floor=not beside.number, beside=beside,
                          bare=name in ("memory", "long"))
            self.save()

    def run(self):
        usable = list(self.usable())
        for name in self.options["scenes"]:
            self.scene(usable, name)
        self.save()


def trace(pid, seconds):
    """What strace sees of a process in that time, the calls that it finds it in aside."""
    with tempfile.NamedTemporaryFile() as file:
        tracer = subprocess.Popen(["strace", "-f", "-qq", "-p", str(pid), "-o", file.name],
                                  stderr=subprocess.PIPE)
        time.sleep(seconds)
        tracer.send_signal(signal.SIGINT)
        tracer.wait(30)
        lines = file.read().decode(errors="replace").splitlines()
    seen, calls = set(), []
    for line in lines:
        thread = line.split(" ", 1)[0]
        # What it waits in when it is found, and again when it is let go.
        if thread in seen:
            calls.append(line)
        seen.add(thread)
    if not lines:
        raise servers.Failed("strace saw nothing, not even what it waits in")
    return calls


def main():
    path, options = sys.argv[1:]
    Bench(path, os.environ["VITRINE_TEST_DEVICE"], json.loads(options)).run()


main()
