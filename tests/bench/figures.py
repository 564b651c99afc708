# SPDX-License-Identifier: MIT
"""From what first_light.py measured to figures, and the table of them."""

import statistics

PROGRAMS = ("floor", "vitrine", "weston", "cage")
PEERS = ("weston", "cage")

CASES = {
    "shm-full": "full-screen wl_shm client",
    "shm-box": "wl_shm client, 16x16 damage",
    "dmabuf": "full-screen dma-buf client",
}


class Figure:
    """One row: a value, or why there is none, for each program."""

    def __init__(self, key, size, title, unit, digits, lower=True):
        self.key, self.size, self.title, self.unit = key, size, title, unit
        self.digits, self.lower = digits, lower
        self.values = {}
        self.reasons = {}
        self.ranges = {}  # the middle half of the samples, where there are many

    def put(self, program, value, reason=None, middle=None):
        if value is not None:
            self.values[program] = round(value, self.digits)
            if middle:
                self.ranges[program] = (min(middle), max(middle))
        elif reason:
            self.reasons[program] = reason

    def text(self, program):
        if program in self.values:
            return f"{self.values[program]:.{self.digits}f}"
        return "-"

    def ratio(self, other):
        """vitrine's value over another; None where that says nothing."""
        mine = self.values.get("vitrine")
        if mine is None or other is None or other <= 0 or mine < 0:
            return None
        return mine / other

    def best_peer(self):
        values = [self.values[peer] for peer in PEERS if peer in self.values]
        return (min(values) if self.lower else max(values)) if values else None

    def verdict(self):
        mine, peer = self.values.get("vitrine"), self.best_peer()
        if mine is None or peer is None or self.key.startswith("ticks-"):
            return None
        if mine == peer:
            return "equal"
        if self.overlaps(peer):
            return "unclear"
        return "better" if (mine < peer) == self.lower else "worse"

    def overlaps(self, peer):
        """The samples scatter more than the two differ."""
        low, high = self.ranges.get("vitrine", (None, None))
        for name in PEERS:
            if low is not None and self.values.get(name) == peer and name in self.ranges:
                return low <= self.ranges[name][1] and high >= self.ranges[name][0]
        return False

    def as_json(self):
        return {"key": self.key, "size": self.size, "title": self.title, "unit": self.unit,
                "lower_is_better": self.lower, "values": self.values, "reasons": self.reasons,
                "middle_half": self.ranges,
                "ratio_to_floor": self.ratio(self.values.get("floor")),
                "ratio_to_better_peer": self.ratio(self.best_peer()), "verdict": self.verdict()}


class Runs:
    """The measurements by program, case and size."""

    def __init__(self, raw):
        self.runs = raw["runs"]

    def of(self, program, case, size):
        return [run for run in self.runs if run["program"] == program and run["case"] == case and
                run["size"] == size and "error" not in run]

    def reason(self, program, case, size):
        """Why there is no measurement."""
        for run in self.runs:
            if run["program"] == program and "error" in run and \
                    run["case"] in (case, "all") and run["size"] in (size, "all"):
                return run["error"]
        return None

    def slices(self, program, case, size):
        """(length ns, frames, busy ns) of all rounds."""
        for run in self.of(program, case, size):
            presentation = run.get("presentation", True)
            for length, callbacks, presented, busy, *_ in run["slices"]:
                yield length, presented if presentation else callbacks, busy

    def busy_ms(self, program, case, size):
        """The middle half of the slices: what disturbs the host spoils a few of them."""
        values = sorted(busy / frames / 1e6 for _, frames, busy in
                        self.slices(program, case, size) if frames > 0)
        cut = len(values) // 4
        return values[cut:len(values) - cut]

    def frames(self, program, case, size):
        return sum(frames for _, frames, _ in self.slices(program, case, size))

    def fps(self, program, case, size):
        length = sum(length for length, _, _ in self.slices(program, case, size))
        return self.frames(program, case, size) / length * 1e9 if length else None

    def ticks_ms(self, program, case, size):
        frames = self.frames(program, case, size)
        runs = self.of(program, case, size)
        return sum(run["cpu_ms"] for run in runs) / frames if frames else None

    def median(self, program, case, size, key):
        values = [run[key] for run in self.of(program, case, size) if run.get(key) is not None]
        return statistics.median(values) if values else None


def mean(values):
    return statistics.fmean(values) if values else None


def floor_case(case):
    return "dmabuf" if case == "dmabuf" else "shm-full"


def cpu_figures(runs, size):
    for case, title in CASES.items():
        busy = Figure(f"cpu-{case}", size, f"CPU a frame, {title}", "ms", 2)
        own = Figure(f"own-{case}", size, f"own CPU a frame, {title}", "ms", 2)
        ticks = Figure(f"ticks-{case}", size, f"CPU a frame in ticks, {title}", "ms", 1)
        fps = Figure(f"fps-{case}", size, f"frames a second, {title}", "fps", 1, lower=False)
        floor = mean(runs.busy_ms("floor", floor_case(case), size))
        for program in PROGRAMS:
            key = floor_case(case) if program == "floor" else case
            reason = runs.reason(program, key, size)
            if case == "dmabuf" and program in PEERS:
                reason = "takes no dma-bufs without a GPU"
            middle = runs.busy_ms(program, key, size)
            value = mean(middle)
            busy.put(program, value, reason, middle)
            ticks.put(program, runs.ticks_ms(program, key, size), reason)
            fps.put(program, runs.fps(program, key, size), reason)
            if program != "floor":
                known = None not in (value, floor)
                own.put(program, value - floor if known else None, reason,
                        [sample - floor for sample in middle] if known else None)
        yield from (busy, own, ticks, fps)
        if case == "dmabuf":
            yield zero_copy_figure(runs, size)


def zero_copy_figure(runs, size):
    figure = Figure("zero-copy", size, "frames shown without a copy, dma-buf client", "%", 1,
                    lower=False)
    for program in PROGRAMS[1:]:
        share = runs.median(program, "dmabuf", size, "zero_copy")
        reason = "takes no dma-bufs without a GPU" if program in PEERS else \
            runs.reason(program, "dmabuf", size)
        figure.put(program, share * 100 if share is not None else None, reason)
    return figure


def latency_figures(runs, size):
    for case, title in (("shm-full", "client driven by frame callbacks"),
                        ("shm-random", "commits at random times")):
        figure = Figure(f"latency-{case}", size, f"commit to light, {title}", "ms", 1)
        refresh_ms = 1000 / 60
        # A commit that waits for the next vertical blank and no longer.
        figure.put("floor", refresh_ms if case == "shm-full" else refresh_ms / 2)
        for program in PROGRAMS[1:]:
            value = runs.median(program, case, size, "latency_us")
            reason = runs.reason(program, case, size)
            if value is None and runs.of(program, case, size):
                reason = "offers no wp_presentation, so the time of light is not known"
            figure.put(program, value / 1000 if value is not None else None, reason)
        yield figure


HELD = (
    ("rss_kb", "RSS with the wl_shm client", "MB", 1, 1 / 1024),
    ("pss_kb", "PSS with the wl_shm client", "MB", 1, 1 / 1024),
    ("libraries", "libraries mapped", "", 0, 1),
    ("idle_wakeups", "wakeups a second, idle", "/s", 1, 1),
)
STARTS = (
    ("modeset_ms", "exec to first picture on a plane", "ms", 0, 1),
    ("callback_ms", "exec to a waiting client's first frame callback", "ms", 0, 1),
    ("light_ms", "exec to that client's first light", "ms", 0, 1),
)


def median_figures(runs, size, case, rows):
    for key, title, unit, digits, scale in rows:
        figure = Figure(key.rsplit("_", 1)[0] if unit in ("MB", "ms") else key, size, title, unit,
                        digits)
        for program in PROGRAMS[1:]:
            value = runs.median(program, case, size, key)
            reason = runs.reason(program, case, size)
            if value is None and runs.of(program, case, size):
                reason = "offers no wp_presentation" if key == "light_ms" else "not seen"
            figure.put(program, value * scale if value is not None else None, reason)
        if figure.values or figure.reasons:
            yield figure


def figures(raw, sizes):
    runs = Runs(raw)
    rows = []
    for size in sizes:
        rows += cpu_figures(runs, size)
        rows += latency_figures(runs, size)
        rows += median_figures(runs, size, "held", HELD)
        if size == sizes[0]:
            rows += median_figures(runs, size, "start", STARTS)
    return rows


def number(value):
    return f"{value:.2f}" if value is not None else "-"


def table(rows, versions):
    """The figures as text, with those where a peer is better marked."""
    heads = ["", "unit", "floor"] + [
        f"{name} {versions.get(name, '')}".strip() for name in PROGRAMS[1:]
    ] + ["/floor", "/peer", ""]
    lines = []
    size = None
    reasons = []
    for row in rows:
        if row.size != size:
            size = row.size
            lines.append([size] + heads[1:])
        verdict = row.verdict()
        lines.append([row.title, row.unit] + [row.text(program) for program in PROGRAMS] +
                     [number(row.ratio(row.values.get("floor"))), number(row.ratio(row.best_peer())),
                      {"worse": "WORSE", None: ""}.get(verdict, verdict)])
        reasons += [f"  {program}, {row.title}: {why}" for program, why in row.reasons.items()
                    if not row.key.startswith(("own-", "ticks-", "fps-"))]
    widths = [max(len(line[i]) for line in lines) for i in range(len(heads))]
    out = []
    for line in lines:
        if line[2] == "floor" and out:
            out.append("")
        out.append("  ".join(cell.ljust(width) if i in (0, 1, len(widths) - 1) else cell.rjust(width)
                             for i, (cell, width) in enumerate(zip(line, widths))).rstrip())
    if reasons:
        out += ["", "no figure (-), because:"] + list(dict.fromkeys(reasons))
    return "\n".join(out)
