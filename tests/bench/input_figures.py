# SPDX-License-Identifier: MIT
"""From what input_latency.py measured to figures."""

from figures import Figure, PEERS, PROGRAMS

REFRESH_MS = 1000 / 60
CASES = {"shm": "wl_shm client", "dmabuf": "dma-buf client"}


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))] if values else None


def latencies(raw, program, case, size, index):
    """ms from the kernel's stamp: index 0 to the reader, 1 to light. All rounds."""
    case = "bare" if program == "floor" else case
    return [(event[index] - stamp) / 1e6 for run in raw["runs"]
            if (run["program"], run["case"], run["size"]) == (program, case, size) and
            "error" not in run
            for stamp, event in zip(run["stamps"], run["events"]) if event[index] > 0]


def reason(raw, program, case, size):
    if case == "dmabuf" and program in PEERS:
        return "takes no dma-bufs without a GPU"
    for run in raw["runs"]:
        if run["program"] == program and "error" in run and run["case"] in (case, "all", "bare") \
                and run["size"] in (size, "all"):
            return run["error"]
    return "offers no wp_presentation, so the time of light is not known"


def figure(raw, size, case, index, part):
    what = ("event to client", "event to light")[index]
    row = Figure(f"{what.replace(' ', '-')}-{case}-p{part * 100:g}", size,
                 f"{what}, {CASES[case]}, p{part * 100:g}", "ms", (2, 1)[index])
    for program in PROGRAMS:
        values = latencies(raw, program, case, size, index)
        row.put(program, percentile(values, part), reason(raw, program, case, size))
    return row


def figures(raw, sizes):
    return [figure(raw, size, case, index, part) for size in sizes for case in CASES
            for index, parts in ((0, (0.5, 0.99)), (1, (0.5, 0.99))) for part in parts]


def targets(raw, sizes):
    """What has to be met, as lines of text."""
    lines = []
    for size in sizes:
        for case, title in CASES.items():
            for index, part, limit, what in ((0, 0.99, 2, "event to client, p99, above a bare reader"),
                                             (1, 0.5, REFRESH_MS, "event to light, p50, above a bare loop")):
                mine = percentile(latencies(raw, "vitrine", case, size, index), part)
                bare = percentile(latencies(raw, "floor", case, size, index), part)
                if mine is None or bare is None:
                    lines.append(f"missing  {what}: {title}, {size}: not measured")
                    continue
                verdict = "met" if mine - bare <= limit else "NOT MET"
                lines.append(f"{verdict:8} {what}, at most {limit:.1f} ms: {mine - bare:.2f} ms "
                             f"({title}, {size})")
    return lines
