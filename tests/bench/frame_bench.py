# SPDX-License-Identifier: MIT
"""frame: from what frame_scenes.py measured to figures, tables and targets."""

import statistics

import figures

PROGRAMS = figures.PROGRAMS
PEERS = figures.PEERS
TITLES = {
    "dmabuf": "full-screen dma-buf",
    "camera": "camera (dma-buf) over a UI with 16x16 damage",
    "windows": "8 windows, 7 of them new each frame (wl_shm)",
    "shm-copy": "full-screen wl_shm that cannot be scanned out",
    "shm-udmabuf": "full-screen wl_shm of sealed pages",
    "box": "wl_shm of sealed pages, 16x16 damage",
    "random": "wl_shm of sealed pages, single commits at random times",
    "callback": "wl_shm, 256x256 damage, at every frame callback",
    "still": "a still picture",
    "fence": "full-screen dma-buf, below clients whose fences take 100 ms",
    "dmabuf-4k": "full-screen dma-buf at 4096x2160",
    "memory": "one full-screen dma-buf client at 1920x1080",
    "long": "many frames of a full-screen dma-buf client at 320x240",
    "busy": "full-screen wl_shm of sealed pages beside 4 busy programs",
    "missed": "refreshes missed by a full-screen dma-buf client",
}
SCENES = tuple(TITLES)
DEFAULT = tuple(name for name in SCENES if name != "missed")
FULL_FRAMES = 100000
LONG_HZ = 200  # of 240: some refreshes are missed


def options(arguments):
    """What frame_scenes.py is told."""
    return {
        "seconds": arguments.seconds or 3, "rounds": arguments.rounds or 2,
        "mode": arguments.mode, "full": arguments.full, "seed": 7,
        "servers": arguments.servers.split(","),
        "scenes": arguments.scenes.split(",") if arguments.scenes else
        list(SCENES if arguments.full else DEFAULT),
        "still": 60, "long": FULL_FRAMES / LONG_HZ if arguments.full else 40,
        "missed_rounds": 10 if arguments.full else 1,
    }


def duration(told):
    """s, about; of which the half is starts and ends."""
    seconds = 30.0
    for name in told["scenes"]:
        programs = 1 + (len(told["servers"]) if name not in ("dmabuf-4k", "camera") else 1)
        if name == "still":
            seconds += told["still"] + 2 * 3 * told["seconds"] + 15
        elif name == "long":
            seconds += told["long"] + 5
        elif name == "missed":
            seconds += told["missed_rounds"] * 2 * 64
        else:
            seconds += told["rounds"] * programs * (told["seconds"] + 8)
    return seconds


class Runs:
    """The measurements by program and scene."""

    def __init__(self, raw):
        self.raw = raw
        self.runs = raw["runs"]

    def of(self, program, scene, beside=""):
        return [run for run in self.of_all(program, scene) if run.get("beside", "") == beside]

    def of_all(self, program, scene):
        return [run for run in self.runs if run["program"] == program and run["scene"] == scene and
                "error" not in run]

    def reason(self, program, scene):
        for run in self.runs:
            if run["program"] == program and run["scene"] in (scene, "all") and "error" in run:
                return run["error"]
        return None

    def slices(self, program, scene, beside=""):
        """(length ns, frames, busy ns, waits, commit ns, allocations, those of libraries)"""
        for run in self.of(program, scene, beside):
            presentation = run.get("presentation", True)
            for length, callbacks, presented, busy, waits, commit, _, own, library in run["slices"]:
                yield (length, presented if presentation else callbacks, busy, waits, commit, own,
                       library)

    def a_frame(self, program, scene, value, beside=""):
        """The median over all frames, ms: what disturbs spoils few of them, and those badly."""
        values = [value(*frame) / 1000 for run in self.of(program, scene, beside)
                  for frame in run.get("frames_us", [])]
        return statistics.median(values) if values else None

    def bare(self, program, scene, value):
        """The same of a bare loop of the program's own framebuffers, if there was one."""
        values = [value(*frame) / 1000 for run in self.of(program, scene)
                  for frame in run.get("bare_us", [])]
        return statistics.median(values) if values else self.a_frame("floor", scene, value)

    def total(self, program, scene, column, beside=""):
        return sum(one[column] for one in self.slices(program, scene, beside))

    def samples(self, program, scene, beside=""):
        return sorted(sample / 1000 for run in self.of(program, scene, beside)
                      for sample in run.get("latencies_us", []))

    def median(self, program, scene, key, beside=""):
        values = [run[key] for run in self.of(program, scene, beside) if run.get(key) is not None]
        return statistics.median(values) if values else None


# Of a frame: what it took in all, in the kernel's commit, and aside from that.
def busy_of(busy, _):
    return busy


def commit_of(_, commit):
    return commit


def aside_of(busy, commit):
    return busy - commit


def percentile(values, share):
    return values[min(int(len(values) * share), len(values) - 1)]


def difference(a, b):
    return None if a is None or b is None else a - b


def scene_figures(runs, program, scene, beside=""):
    """All that is known of one program in one scene; None where it is not."""
    row = dict.fromkeys(("fps", "cpu_ms", "commit_ms", "bare_ms", "bare_commit_ms",
                         "own_ms", "aside_ms", "bytes", "mean_ms",
                         "p50_ms", "p99_ms", "missed", "frames", "wakeups", "switches",
                         "allocations", "library_allocations", "rss_mb", "pss_mb"))
    length = runs.total(program, scene, 0, beside)
    if not length:
        return row
    frames = row["frames"] = runs.total(program, scene, 1, beside)
    row["fps"] = frames / length * 1e9
    counted = program == "floor" or runs.total(program, scene, 2, beside) > 0
    if counted:
        row["cpu_ms"] = runs.a_frame(program, scene, busy_of, beside)
        row["commit_ms"] = runs.a_frame(program, scene, commit_of, beside)
        outside = runs.a_frame(program, scene, aside_of, beside)
        if program != "floor" and scene != "random":
            row["bare_ms"] = runs.bare(program, scene, busy_of)
            row["bare_commit_ms"] = runs.bare(program, scene, commit_of)
            row["own_ms"] = difference(row["cpu_ms"], row["bare_ms"])
            row["aside_ms"] = difference(outside, runs.bare(program, scene, aside_of))
    samples = runs.samples(program, scene, beside)
    if samples:
        row["mean_ms"] = statistics.fmean(samples)
        row["p50_ms"], row["p99_ms"] = percentile(samples, 0.5), percentile(samples, 0.99)
    presented = all(run.get("presentation", True) for run in runs.of(program, scene, beside))
    if presented and scene != "random":
        row["missed"] = sum(run["missed"] for run in runs.of(program, scene, beside))
    if program != "floor":
        row["wakeups"] = runs.median(program, scene, "wakeups", beside)
        displaced = runs.median(program, scene, "displaced", beside)
        row["switches"] = row["wakeups"] + displaced
        if counted and frames:
            row["allocations"] = runs.total(program, scene, 5, beside) / frames
            row["library_allocations"] = runs.total(program, scene, 6, beside) / frames
        row["rss_mb"] = runs.median(program, scene, "rss_kb", beside) / 1024
        row["pss_mb"] = runs.median(program, scene, "pss_kb", beside) / 1024
    counters = [run["counters"] for run in runs.of(program, scene, beside) if "counters" in run]
    shown = sum(one["frames"] for one in counters)
    if shown:
        row["bytes"] = sum(one["composed_bytes"] for one in counters) / shown
    return row


# ---- the tables ----

COLUMNS = (
    ("fps", "fps", 1), ("cpu_ms", "CPU", 3), ("commit_ms", "in commit", 3), ("bare_ms", "bare", 3),
    ("bare_commit_ms", "in commit", 3), ("own_ms", "own", 3),
    ("aside_ms", "own, aside", 3), ("bytes", "bytes", 0), ("mean_ms", "to light", 2),
    ("p50_ms", "p50", 2), ("p99_ms", "p99", 2), ("missed", "missed", 0),
    ("wakeups", "wakeups/s", 1), ("switches", "switches/s", 1), ("allocations", "mallocs", 2),
    ("library_allocations", "of libs", 2), ("rss_mb", "RSS", 1), ("pss_mb", "PSS", 1),
)


def cell(value, digits):
    return "-" if value is None else f"{value:.{digits}f}"


def lines_of(rows, left=1):
    """Rows of cells, lined up."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) if i < left else text.rjust(width)
                      for i, (text, width) in enumerate(zip(row, widths))).rstrip() for row in rows]


def has_rates(scene):
    return scene not in ("still", "memory", "long")


def table(runs, told):
    out = ["CPU, in commit, own: ms a frame; bare: of a bare loop with the program's own framebuffers; own:",
           "above that; aside: without what the kernel's commits take; bytes composed, mallocs: a frame;",
           "to light: commit to light, ms; RSS, PSS: MB", ""]
    for scene in told["scenes"]:
        if not has_rates(scene):
            continue
        rows = [[TITLES[scene]] + [title for _, title, _ in COLUMNS]]
        for program in PROGRAMS:
            for beside in sorted({run.get("beside", "") for run in runs.of_all(program, scene)}):
                row = scene_figures(runs, program, scene, beside)
                name = program + (f" + {beside}" if beside else "")
                rows.append([name] + [cell(row[key], digits) for key, _, digits in COLUMNS])
        out += lines_of(rows)
        out += [f"  {program}: {runs.reason(program, scene)}" for program in PROGRAMS
                if runs.reason(program, scene)]
        out += [f"  {note}" for note in notes(runs, scene)] + [""]
    return "\n".join(out)


def notes(runs, scene):
    """What a reader has to know of a scene's figures."""
    shown = [run for run in runs.of("vitrine", scene) if run.get("layers")]
    if shown:
        layers = ", ".join(f"{buffer} {placement}" + (f" ({' '.join(reasons)})" if reasons else "")
                           for placement, buffer, reasons in shown[-1]["layers"])
        yield f"vitrine shows: {layers}"
    if scene in ("dmabuf",) and any(runs.of(peer, scene) for peer in PEERS):
        yield "weston and cage take no dma-bufs without a GPU: their client has wl_shm instead"
    if scene in ("camera", "dmabuf-4k", "missed"):
        yield "weston and cage: left out, they take no dma-bufs without a GPU"
    if any(runs.of(peer, scene) for peer in PEERS):
        yield "bytes: weston and cage count none"
    for peer in PEERS:
        if any(not run.get("presentation", True) for run in runs.of(peer, scene)):
            yield f"{peer} has no wp_presentation: when its frames were shown is not known"


def still_table(runs):
    rows = [[TITLES["still"], "calls", "context switches", "seconds"]]
    for program in PROGRAMS[1:]:
        for run in runs.of(program, "still"):
            rows.append([program, str(run["calls"]), str(run["switches"]), f"{run['seconds']:g}"])
    return "\n".join(lines_of(rows) + reasons(runs, "still") + [""])


def memory_table(runs, scene):
    rows = [[TITLES[scene], "frames", "RSS", "PSS", "RSS from", "to"]]
    for program in PROGRAMS[1:]:
        for run in runs.of(program, scene):
            trail = run["rss_trail_kb"] or [run["rss_kb"]]
            frames = sum(one[2] for one in run["slices"])
            rows.append([program, str(frames), f"{run['rss_kb'] / 1024:.2f}",
                         f"{run['pss_kb'] / 1024:.2f}", f"{trail[0] / 1024:.2f}",
                         f"{trail[-1] / 1024:.2f}"])
    return "\n".join(lines_of(rows) + reasons(runs, scene) + [""])


def reasons(runs, scene):
    return [f"  {program}: {runs.reason(program, scene)}" for program in PROGRAMS
            if runs.reason(program, scene)]


# ---- the targets ----

def least(values):
    known = [value for value in values if value is not None]
    return min(known) if known else None


class Targets:
    """Lines: (text, measured, limit, met); met None where nothing was measured."""

    def __init__(self, runs):
        self.runs = runs
        self.lines = []

    def at_most(self, what, value, limit, unit="ms", digits=3):
        if value is None or limit is None:
            return
        self.lines.append((what, f"{value:.{digits}f} {unit}".strip(),
                           f"at most {limit:.{digits}f}", value <= limit))

    def row(self, program, scene, beside=""):
        return scene_figures(self.runs, program, scene, beside)

    def peer(self, scene, key):
        return least(self.row(peer, scene)[key] for peer in PEERS)

    def cpu(self):
        for scene, limit in (("dmabuf", 0.1), ("shm-udmabuf", 0.1), ("box", 0.2)):
            self.at_most(f"own CPU a frame, {TITLES[scene]}", self.row("vitrine", scene)["own_ms"],
                         limit)
        own, peer = self.row("vitrine", "shm-copy")["own_ms"], self.peer("shm-copy", "own_ms")
        self.at_most(f"own CPU a frame, {TITLES['shm-copy']}: half of the better peer", own,
                     None if peer is None else peer / 2)
        self.at_most(f"own CPU a frame, {TITLES['box']}: the better peer",
                     self.row("vitrine", "box")["own_ms"], self.peer("box", "own_ms"))
        small, large = self.row("vitrine", "dmabuf"), self.row("vitrine", "dmabuf-4k")
        self.at_most("own CPU a frame aside from the kernel's commit, dma-buf at 4096x2160: that at "
                     "1024x768 and 20 %", large["aside_ms"],
                     None if small["aside_ms"] is None else 1.2 * small["aside_ms"])

    def latency(self):
        mine, floor = self.row("vitrine", "random")["mean_ms"], self.row("floor", "random")["mean_ms"]
        self.at_most("commit to light, single commits at random times: the bare loop and 1.5 ms",
                     mine, None if floor is None else floor + 1.5, digits=2)
        for peer in PEERS:
            other = self.row(peer, "random")["mean_ms"]
            self.at_most(f"the same: 25 % below {peer}", mine,
                         None if other is None else 0.75 * other, digits=2)
        for scene in ("dmabuf", "shm-udmabuf", "callback"):
            refresh = self.runs.median("vitrine", scene, "refresh_ns")
            self.at_most(f"commit to light, frame callbacks, {TITLES[scene]}: a refresh and 2 ms",
                         self.row("vitrine", scene)["mean_ms"],
                         None if refresh is None else refresh / 1e6 + 2, digits=2)

    def missed(self):
        mine, floor = self.row("vitrine", "missed"), self.row("floor", "missed")
        self.at_most("refreshes missed, as many as the bare loop", mine["missed"], floor["missed"],
                     unit="", digits=0)
        for number in (1, 4):
            self.at_most(f"refreshes missed below clients whose fences take 100 ms, {number}: as many as "
                         "below those that commit so much later",
                         self.row("vitrine", "fence", f"{number} with fences")["missed"],
                         self.row("vitrine", "fence", f"{number} late")["missed"], unit="", digits=0)
        self.at_most("refreshes missed beside 4 busy programs: the better peer",
                     self.row("vitrine", "busy")["missed"], self.peer("busy", "missed"), unit="",
                     digits=0)

    def memory(self):
        for run in self.runs.of("vitrine", "still"):
            self.at_most(f"system calls in {run['seconds']:g} s of a still picture", run["calls"], 0,
                         unit="", digits=0)
        rates = [self.row("vitrine", scene)["allocations"] for scene in SCENES if has_rates(scene)]
        known = [rate for rate in rates if rate is not None]
        self.at_most("mallocs a frame but libwayland's and pixman's, all scenes",
                     max(known) if known else None, 0)
        rss = self.runs.median("vitrine", "memory", "rss_kb")
        self.at_most(f"RSS, {TITLES['memory']}", None if rss is None else rss / 1024, 8, "MB", 2)
        for run in self.runs.of("vitrine", "long"):
            trail = run["rss_trail_kb"]
            frames = sum(one[2] for one in run["slices"])
            self.at_most(f"growth of RSS over {frames} frames",
                         trail[-1] - trail[0] if trail else None, 0, "kB", 0)

    def all(self):
        self.cpu()
        self.latency()
        self.missed()
        self.memory()
        return self.lines

    def text(self):
        lines = self.all()
        rows = [["met" if met else "NOT MET", what, value, limit] for what, value, limit, met in lines]
        return "\n".join(lines_of(rows, 2)) if rows else "no target was measured"

    def as_json(self):
        return [{"target": what, "measured": value, "limit": limit, "met": met}
                for what, value, limit, met in self.lines]


# ---- the plot ----

def rows_for_plot(runs, told):
    """Panels as figures.py knows them."""
    for scene in told["scenes"]:
        if not has_rates(scene):
            continue
        keys = [("mean_ms", "commit to light", "ms", 2)]
        if scene != "random":
            keys.insert(0, ("own_ms", "own CPU a frame", "ms", 2))
        for key, what, unit, digits in keys:
            figure = figures.Figure(f"{key}-{scene}", told["mode"], f"{what}, {TITLES[scene]}", unit,
                                    digits)
            for program in PROGRAMS:
                figure.put(program, scene_figures(runs, program, scene)[key],
                           runs.reason(program, scene))
            if figure.values:
                yield figure


def report(raw, told):
    """(content for bench.json, rows for the plot, text, targets that are not met)"""
    runs = Runs(raw)
    targets = Targets(runs)
    text = [table(runs, told)]
    if "still" in told["scenes"]:
        text.append(still_table(runs))
    text += [memory_table(runs, scene) for scene in ("memory", "long") if scene in told["scenes"]]
    text.append(targets.text())
    figures_of = [{"scene": scene, "program": program, **scene_figures(runs, program, scene)}
                  for scene in told["scenes"] if has_rates(scene) for program in PROGRAMS]
    content = {"figures": figures_of, "targets": targets.as_json(), **raw}
    return content, list(rows_for_plot(runs, told)), "\n".join(text), \
        [line for line in targets.lines if not line[3]]
