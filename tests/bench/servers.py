# SPDX-License-Identifier: MIT
"""Starts vitrine and its peers inside the guest, all as the same ordinary user.

What each needs to start where there is no seat manager, no virtual terminal and no input device:
- cage refuses to run as root and, built with Xwayland, to run without it (it is only looked for).
- libseat (cage; weston from 11) opens devices itself with LIBSEAT_BACKEND=builtin, SEATD_VTBOUND=0.
- weston 10 and older has no libseat: it gets its devices from weston-launch, through a socket; the
  class Launcher is the other end of that. Without a keyboard its kiosk shell never shows a window.
"""

import fcntl
import glob
import json
import os
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

USER = 65534  # nobody
START_TIMEOUT = 20  # s
TOOLS = os.environ["BENCH_TOOLS"]  # folder with bench-start and so on
BUSY_BYTES = 128 * 1024  # at least struct bench_busy
FOLDER = "/tmp/vitrine-bench"  # in the guest


class Failed(Exception):
    """A server or a client could not run; the text says why."""


class Launcher(threading.Thread):
    """Opens devices for a weston 10, as weston-launch would."""

    def __init__(self):
        super().__init__(daemon=True)
        self.here, self.there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def run(self):
        while True:
            message = self.here.recv(4096)
            if not message:
                return
            # int opcode (0: open), int flags, path; the answer is int event (3), int result
            opcode, flags = struct.unpack_from("ii", message)
            path = message[8:].split(b"\0")[0].decode()
            try:
                if opcode != 0 or not path.startswith("/dev/"):
                    raise OSError
                fd = os.open(path, flags)
            except OSError:
                self.here.send(struct.pack("ii", 3, -1))
                continue
            socket.send_fds(self.here, [struct.pack("ii", 3, 0)], [fd])
            os.close(fd)


# linux/uinput.h, linux/input-event-codes.h
UI_DEV_CREATE, UI_DEV_SETUP, UI_ABS_SETUP = 0x5501, 0x405C5503, 0x401C5504
UI_SET_EVBIT, UI_SET_KEYBIT, UI_SET_PROPBIT = 0x40045564, 0x40045565, 0x4004556E
UI_GET_SYSNAME = 0x8040552C  # of 64 bytes
EV_SYN, EV_KEY, EV_ABS = 0, 1, 3
ABS_X, ABS_Y, ABS_MT_SLOT, ABS_MT_POSITION_X, ABS_MT_POSITION_Y, ABS_MT_TRACKING_ID = \
    0, 1, 0x2F, 0x35, 0x36, 0x39
BTN_TOUCH, INPUT_PROP_DIRECT = 0x14A, 1
EVIOCSCLOCKID = 0x400445A0
INPUT_EVENT = struct.Struct("qqHHi")


class Device:
    """An input device of /dev/uinput."""

    def __init__(self, name, keys):
        self.fd = os.open("/dev/uinput", os.O_WRONLY | os.O_NONBLOCK)
        fcntl.ioctl(self.fd, UI_SET_EVBIT, EV_KEY)
        for key in keys:
            fcntl.ioctl(self.fd, UI_SET_KEYBIT, key)
        setup = struct.pack("HHHH80sI", 6, 1, 1, 1, name.encode(), 0)
        fcntl.ioctl(self.fd, UI_DEV_SETUP, setup)

    def create(self):
        fcntl.ioctl(self.fd, UI_DEV_CREATE)
        subprocess.run(["udevadm", "settle"], timeout=30, check=False)
        # A server with libseat's builtin backend opens it as itself.
        for path in glob.glob("/dev/input/event*"):
            os.chmod(path, 0o666)

    def end(self):
        os.close(self.fd)


class Keyboard(Device):
    """One whose keys nobody presses."""

    def __init__(self):
        super().__init__("bench keyboard", range(1, 128))
        self.create()


class Touch(Device):
    """A touch screen for one finger, that tells when the kernel stamped what it did."""

    def __init__(self):
        super().__init__("bench touch", [BTN_TOUCH])
        fcntl.ioctl(self.fd, UI_SET_EVBIT, EV_ABS)
        fcntl.ioctl(self.fd, UI_SET_PROPBIT, INPUT_PROP_DIRECT)
        for axis, maximum in ((ABS_X, 4095), (ABS_Y, 4095), (ABS_MT_SLOT, 1),
                              (ABS_MT_POSITION_X, 4095), (ABS_MT_POSITION_Y, 4095),
                              (ABS_MT_TRACKING_ID, 65535)):
            fcntl.ioctl(self.fd, UI_ABS_SETUP, struct.pack("Hxx6i", axis, 0, 0, maximum, 0, 0, 0))
        self.create()
        name = fcntl.ioctl(self.fd, UI_GET_SYSNAME, bytes(64)).split(b"\0")[0].decode()
        events = glob.glob(f"/sys/devices/virtual/input/{name}/event*")
        self.path = "/dev/input/" + os.path.basename(events[0])
        self.back = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.ioctl(self.back, EVIOCSCLOCKID, struct.pack("i", time.CLOCK_MONOTONIC))
        self.is_down = False

    def report(self, *events):
        """Returns the stamp, ns."""
        data = b"".join(INPUT_EVENT.pack(0, 0, *event) for event in events)
        os.write(self.fd, data + INPUT_EVENT.pack(0, 0, EV_SYN, 0, 0))
        seconds, microseconds = INPUT_EVENT.unpack_from(os.read(self.back, 4096))[:2]
        return seconds * 1000000000 + microseconds * 1000

    def down(self, x, y):
        self.is_down = True
        return self.report((EV_ABS, ABS_MT_TRACKING_ID, 1), (EV_ABS, ABS_MT_POSITION_X, x),
                           (EV_ABS, ABS_MT_POSITION_Y, y), (EV_KEY, BTN_TOUCH, 1),
                           (EV_ABS, ABS_X, x), (EV_ABS, ABS_Y, y))

    def move(self, x):
        return self.report((EV_ABS, ABS_MT_POSITION_X, x), (EV_ABS, ABS_X, x))

    def up(self):
        if self.is_down:  # the kernel drops reports of nothing new
            self.is_down = False
            self.report((EV_ABS, ABS_MT_TRACKING_ID, -1), (EV_KEY, BTN_TOUCH, 0))

    def end(self):
        os.close(self.back)
        super().end()


class Server:
    name = ""
    comm = ""  # as the kernel knows it
    dmabuf = False  # takes dma-bufs
    keyboard = False  # needs one

    def __init__(self, device):
        self.device = device

    def unavailable(self):
        """Why it cannot be tried at all, or None."""
        return None if shutil.which(self.name) else f"{self.name} is not installed"

    def version(self):
        out = subprocess.run([self.name, "--version"], capture_output=True, text=True, timeout=10)
        found = re.search(r"\d+\.\d+(\.\d+)?", out.stdout + out.stderr)
        return found.group(0) if found else "unknown"

    def environment(self, size):
        return {}

    def command(self, size, folder):
        raise NotImplementedError


class Vitrine(Server):
    name = comm = "vitrine"
    dmabuf = True

    def command(self, size, folder):
        return ["vitrine", "--device", self.device, "--mode", size, "--socket", "wayland-bench",
                "--", "sleep", "1000"]


class Weston(Server):
    name = comm = "weston"
    keyboard = True

    def major(self):
        return int(self.version().split(".")[0])

    def environment(self, size):
        return {"LIBSEAT_BACKEND": "builtin", "SEATD_VTBOUND": "0"}

    def command(self, size, folder):
        config = os.path.join(folder, "weston.ini")
        with open(config, "w") as file:
            file.write("[core]\nrequire-input=false\nidle-time=0\n"
                       f"[output]\nname=Virtual-1\nmode={size}\n")
        if self.major() >= 12:
            backend = ["--backend=drm", "--renderer=pixman", "--shell=kiosk"]
        else:
            backend = ["--backend=drm-backend.so", "--use-pixman", "--shell=kiosk-shell.so",
                       "--continue-without-input"]
        return ["weston", *backend, "--drm-device=" + os.path.basename(self.device),
                "--idle-time=0", "--config=" + config, "--socket=wayland-bench"]


class Cage(Server):
    name = comm = "cage"

    def version(self):
        out = subprocess.run(["cage", "-v"], capture_output=True, text=True, timeout=10,
                             user=USER)
        found = re.search(r"\d+\.\d+(\.\d+)?", out.stdout + out.stderr)
        return found.group(0) if found else "unknown"

    def environment(self, size):
        return {"LIBSEAT_BACKEND": "builtin", "SEATD_VTBOUND": "0", "WLR_BACKENDS": "drm",
                "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1",
                "WLR_DRM_DEVICES": self.device, "WLR_XWAYLAND": "/bin/true", "BENCH_MODE": size}

    def command(self, size, folder):
        return ["cage", "--", "sleep", "1000"]


ALL = (Vitrine, Weston, Cage)


class Running:
    """A server that runs. Use as a context manager."""

    def __init__(self, server, size, wait=True, count=True, bare=False, yielding=False):
        """count: how long it is at work, and its allocations; bare: without bench-preload, so that
        its memory is all its own; yielding: its clients do not displace it on its CPU."""
        self.yielding = yielding
        self.heirs = 0  # other programs that have the device open, and keep it
        self.server = server
        self.folder = os.path.join(FOLDER, server.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.runtime = os.path.join(self.folder, "runtime")
        os.mkdir(self.runtime, 0o700)
        self.busy = os.path.join(self.folder, "busy")
        self.started = os.path.join(self.folder, "started")
        self.log = os.path.join(self.folder, "log")
        for path, length in ((self.busy, BUSY_BYTES), (self.started, 0)):
            with open(path, "wb") as file:
                file.truncate(length)
        group = os.stat(server.device).st_gid
        # The package's udev rule gives both to the same group.
        os.chown("/dev/udmabuf", -1, group)
        os.chmod("/dev/udmabuf", 0o660)
        environment = dict(
            {"PATH": os.environ["PATH"], "HOME": self.folder, "XDG_RUNTIME_DIR": self.runtime},
            **({} if bare else {"BENCH_PRELOAD": os.path.join(TOOLS, "bench-preload.so")}),
            **({"BENCH_BUSY": self.busy} if count else {}), **server.environment(size))
        command = server.command(size, self.folder)
        for root, _, files in os.walk(self.folder):
            for path in [root] + [os.path.join(root, name) for name in files]:
                os.chown(path, USER, USER)
        self.keyboard = Keyboard() if server.keyboard else None
        launcher = Launcher()
        environment["WESTON_LAUNCHER_SOCK"] = str(launcher.there.fileno())
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [os.path.join(TOOLS, "bench-start"), self.started, str(USER), str(USER),
                 str(group)] + command,
                env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, pass_fds=[launcher.there.fileno()],
                preexec_fn=permit_realtime)
        launcher.there.close()
        launcher.start()
        self.socket = None
        if wait:
            try:
                self.wait_for_socket()
            except BaseException:
                self.end()
                raise

    @property
    def pid(self):
        return self.process.pid

    def failed(self, what):
        with open(self.log, errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()]
        return Failed(f"{self.server.name} {what}; its last words: " + " | ".join(lines[-4:]))

    def wait_for_socket(self):
        end = time.monotonic() + START_TIMEOUT
        while time.monotonic() < end:
            for name in sorted(os.listdir(self.runtime)):
                if name.startswith("wayland-") and not name.endswith(".lock"):
                    self.socket = name
                    return
            if self.process.poll() is not None:
                raise self.failed(f"ended with status {self.process.returncode} at its start")
            time.sleep(0.005)
        raise self.failed("made no socket")

    def client(self, *options):
        """Starts bench-client on this server."""
        return start_client(self.runtime, self.socket, "--server", str(self.pid),
                            "--busy", self.busy, *options, yielding=self.yielding)

    def status(self):
        """What vitrinectl tells of the first output."""
        environment = {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": self.runtime,
                       "WAYLAND_DISPLAY": self.socket}
        out = subprocess.run(["vitrinectl", "status", "--json"], env=environment, text=True,
                             capture_output=True, timeout=START_TIMEOUT)
        if out.returncode != 0:
            raise self.failed(f"tells no status ({out.stderr.strip()})")
        return json.loads(out.stdout)["outputs"][0]

    def exec_ns(self):
        with open(self.started) as file:
            return int(file.read())

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            pass
        # Helpers, and a server that does not end.
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        if self.keyboard:
            self.keyboard.end()
        wait_for_device(self.server.device, self.heirs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def debugfs(device, name):
    """The kernel's own view of the display device."""
    with open(f"/sys/kernel/debug/dri/{os.minor(os.stat(device).st_rdev)}/{name}") as file:
        return file.read()


def wait_for_device(device, heirs=0):
    """A killed helper of the last server can hold the device a little longer."""
    end = time.monotonic() + 5
    while len(debugfs(device, "clients").splitlines()) > 1 + heirs and time.monotonic() < end:
        time.sleep(0.02)


def permit_realtime():
    """What LimitRTPRIO=1 of the package's unit is; whoever of the servers wants may use it."""
    resource.setrlimit(resource.RLIMIT_RTPRIO, (1, 1))


def be_batch():
    """Who is woken then waits until the CPU is free, instead of taking it from who woke it."""
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def start_client(runtime, name, *options, yielding=False):
    environment = {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": runtime, "WAYLAND_DISPLAY": name}
    return subprocess.Popen([os.path.join(TOOLS, "bench-client"), *options], env=environment,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, preexec_fn=be_batch if yielding else None)


def wait_for(process, word):
    """Reads standard error until it says the word."""
    end = time.monotonic() + START_TIMEOUT
    text = b""
    while word not in text:
        left = end - time.monotonic()
        if not select.select([process.stderr], [], [], max(left, 0))[0]:
            raise Failed(f"did not get as far as '{word.decode()}'")
        data = os.read(process.stderr.fileno(), 4096)
        if not data:
            raise Failed(text.decode().strip() or "ended at its start")
        text += data


def read_result(client, timeout):
    """The line of JSON that the client prints, or a text that says why there is none."""
    end = time.monotonic() + timeout
    output = b""
    while not output.endswith(b"\n"):
        left = end - time.monotonic()
        ready = select.select([client.stdout], [], [], max(left, 0))[0]
        if not ready:
            return "the client got no frames in time"
        data = os.read(client.stdout.fileno(), 65536)
        if not data:
            return client.stderr.read().decode().strip() or f"the client ended: {client.wait()}"
        output += data
    return json.loads(output)


def memory_of(pid):
    """Its memory in kB, and how many libraries it has mapped."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        rollup = file.read()
    with open(f"/proc/{pid}/maps") as file:
        libraries = {line.split()[-1] for line in file if re.search(r"\.so(\.[0-9.]+)?$", line.rstrip())}
    return {"rss_kb": int(re.search(r"^Rss:\s+(\d+)", rollup, re.M).group(1)),
            "pss_kb": int(re.search(r"^Pss:\s+(\d+)", rollup, re.M).group(1)),
            "libraries": len({path for path in libraries if "bench-preload" not in path})}


def switches_of(pid):
    """How often its threads have gone to sleep, and how often they were displaced."""
    total = [0, 0]
    for path in glob.glob(f"/proc/{pid}/task/*/status"):
        with open(path) as file:
            text = file.read()
        for number, name in enumerate(("voluntary", "nonvoluntary")):
            total[number] += int(
                re.search(rf"^{name}_ctxt_switches:\s+(\d+)", text, re.M).group(1))
    return total


def end_client(client):
    """The end of its input tells a client to end; one that does not get there is killed."""
    client.stdin.close()
    try:
        client.wait(2)
    except subprocess.TimeoutExpired:
        client.kill()
        client.wait()
    client.stdout.close()
    client.stderr.close()
