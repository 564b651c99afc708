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
import os
import re
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


class Keyboard:
    """An input device whose keys nobody presses."""

    def __init__(self):
        self.fd = os.open("/dev/uinput", os.O_WRONLY | os.O_NONBLOCK)
        fcntl.ioctl(self.fd, 0x40045564, 1)  # UI_SET_EVBIT, EV_KEY
        for key in range(1, 128):
            fcntl.ioctl(self.fd, 0x40045565, key)  # UI_SET_KEYBIT
        setup = struct.pack("HHHH80sI", 6, 1, 1, 1, b"bench keyboard", 0)
        fcntl.ioctl(self.fd, 0x405C5503, setup)  # UI_DEV_SETUP
        fcntl.ioctl(self.fd, 0x5501)  # UI_DEV_CREATE
        subprocess.run(["udevadm", "settle"], timeout=30, check=False)
        # A server with libseat's builtin backend opens it as itself.
        for path in glob.glob("/dev/input/event*"):
            os.chmod(path, 0o666)

    def end(self):
        os.close(self.fd)


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

    def __init__(self, server, size, wait=True):
        self.server = server
        self.folder = os.path.join(FOLDER, server.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.runtime = os.path.join(self.folder, "runtime")
        os.mkdir(self.runtime, 0o700)
        self.busy = os.path.join(self.folder, "busy")
        self.started = os.path.join(self.folder, "started")
        self.log = os.path.join(self.folder, "log")
        for path, length in ((self.busy, 64), (self.started, 0)):
            with open(path, "wb") as file:
                file.truncate(length)
        group = os.stat(server.device).st_gid
        environment = dict(
            {"PATH": os.environ["PATH"], "HOME": self.folder, "XDG_RUNTIME_DIR": self.runtime,
             "BENCH_BUSY": self.busy,
             "BENCH_PRELOAD": os.path.join(TOOLS, "bench-preload.so")},
            **server.environment(size))
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
                start_new_session=True, pass_fds=[launcher.there.fileno()])
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
                            "--busy", self.busy, *options)

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
        wait_for_device(self.server.device)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def debugfs(device, name):
    """The kernel's own view of the display device."""
    with open(f"/sys/kernel/debug/dri/{os.minor(os.stat(device).st_rdev)}/{name}") as file:
        return file.read()


def wait_for_device(device):
    """A killed helper of the last server can hold the device a little longer."""
    end = time.monotonic() + 5
    while len(debugfs(device, "clients").splitlines()) > 1 and time.monotonic() < end:
        time.sleep(0.02)


def start_client(runtime, name, *options):
    environment = {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": runtime, "WAYLAND_DISPLAY": name}
    return subprocess.Popen([os.path.join(TOOLS, "bench-client"), *options], env=environment,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
