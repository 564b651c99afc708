# SPDX-License-Identifier: MIT
"""The planner beside other ways to choose planes, on device models: runs bench-planner on the host,
makes the table and the plot.

Quality is the composing cost saved as a part of what the best possible assignment saves, scene by
scene (1 where nothing can be saved).
"""

import glob
import json
import os
import subprocess
from xml.sax.saxutils import escape

CHOOSERS = ("vitrine", "libliftoff", "greedy", "primary+cursor")
TITLES = {"vitrine": "Vitrine's planner", "libliftoff": "libliftoff",
          "greedy": "greedy, as Weston", "primary+cursor": "primary and cursor, as wlroots"}
COLORS = {"vitrine": "#1b7f5c", "libliftoff": "#8d5ba6", "greedy": "#c9822b",
          "primary+cursor": "#5b6fb5"}


def quality(row, cost):
    possible = row["total"] - row["optimum"]
    return 1.0 if possible == 0 else (row["total"] - cost) / possible


def measure(top, build):
    """JSON lines of bench-planner: scenes and times."""
    program = os.path.join(build, "tests", "bench", "bench-planner")
    if not os.path.exists(program):
        return None
    devices = sorted(glob.glob(os.path.join(top, "tests", "devices", "*.ini")))
    scenes = sorted(glob.glob(os.path.join(top, "tests", "scenes", "*.ini")))
    result = subprocess.run([program, *devices, "--", *scenes], stdout=subprocess.PIPE, text=True,
                            check=True)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    return ([row for row in rows if "scene" in row], [row for row in rows if "time" in row])


def summary(rows, chooser):
    parts = [quality(row, row[chooser]["cost"]) for row in rows]
    tests = [row[chooser]["tests"] for row in rows]
    savable = [part for row, part in zip(rows, parts) if row["optimum"] < row["total"]]
    out = {"mean": sum(parts) / len(parts), "worst": min(parts), "savable": len(savable),
           "savable_mean": sum(savable) / len(savable) if savable else 1.0,
           "below_95": sum(part < 0.95 for part in parts),
           "tests_mean": sum(tests) / len(tests), "tests_max": max(tests),
           "wrong": sum(not row[chooser]["right"] for row in rows)}
    if chooser == "vitrine":
        first = [quality(row, row[chooser]["first_cost"]) for row in rows]
        first_tests = [row[chooser]["first_tests"] for row in rows]
        out.update(first_mean=sum(first) / len(first), first_worst=min(first),
                   first_below_95=sum(part < 0.95 for part in first),
                   first_tests_mean=sum(first_tests) / len(first_tests),
                   first_tests_max=max(first_tests))
    return out


def summarize(rows, times):
    devices = sorted({row["device"] for row in rows})
    content = {"scenes": len(rows) // len(devices), "devices": len(devices), "times": times,
               "all": {name: summary(rows, name) for name in CHOOSERS}, "by_device": {}}
    for device in devices:
        own = [row for row in rows if row["device"] == device]
        content["by_device"][device] = {name: summary(own, name) for name in CHOOSERS}
    return content


def targets(rows, content):
    """(what, value, met) of what the planner has to reach."""
    own, times = content["all"]["vitrine"], content["times"]
    odd = [row["vitrine"] for row in rows
           if row["device"] == "nonmonotone" and row["scene"] == "camera-ui-cursor"]
    solved = max((row["first_tests"] for row in odd), default=0)
    reached = all(row["first_cost"] == 0 for row in odd)
    known = max((row["median_us"] for row in times if row["time"] == "known"), default=0)
    new = max((row["p99_us"] for row in times if row["time"] == "new"), default=0)
    return [
        ("mean saved of the optimum, at least 99 %", f"{own['mean']:.3%}", own["mean"] >= 0.99),
        ("worst scene, at least 95 %", f"{own['worst']:.2%}", own["worst"] >= 0.95),
        ("tests of a new scene at once, at most 8", str(own["first_tests_max"]),
         own["first_tests_max"] <= 8),
        ("tests of a scene in all, at most 64", str(own["tests_max"]), own["tests_max"] <= 64),
        ("pictures that differ from the scene, 0", str(own["wrong"]), own["wrong"] == 0),
        ("non-monotone device, at most 4 tests", str(solved), reached and 0 < solved <= 4),
        ("8 layers, 10 planes, known: median below 20 us (slowest device)", f"{known:.2f} us",
         known < 20),
        ("8 layers, 10 planes, new: 99th percentile below 1 ms (slowest device)", f"{new:.0f} us",
         new < 1000),
    ]


def table(content):
    lines = [f"{'device':<14}" + "".join(f"{name:>22}" for name in CHOOSERS),
             f"{'':<14}" + f"{'mean  worst  tests':>22}" * len(CHOOSERS)]
    for device, values in list(content["by_device"].items()) + [("all", content["all"])]:
        cells = [f"{v['mean']:.1%} {v['worst']:.1%} {v['tests_mean']:.1f}" for v in values.values()]
        lines.append(f"{device:<14}" + "".join(f"{cell:>22}" for cell in cells))
    first = content["all"]["vitrine"]
    lines.append(f"\nVitrine after the first frame's tests alone (mean {first['first_tests_mean']:.1f}, "
                 f"at most {first['first_tests_max']}): mean {first['first_mean']:.2%}, "
                 f"worst {first['first_worst']:.1%}, {first['first_below_95']} scenes below 95 %")
    lines.append("Where anything can be saved at all (" + str(first["savable"]) + " scenes), mean: " +
                 ", ".join(f"{name} {content['all'][name]['savable_mean']:.1%}" for name in CHOOSERS))
    for name in CHOOSERS[1:]:
        wrong = content["all"][name]["wrong"]
        if wrong:
            lines.append(f"{TITLES[name]}: {wrong} plans do not show the scene; they count as they are")
    return "\n".join(lines)


def plot(path, content):
    """A group of bars a device: mean saved, part of the optimum; the worst scene as a tick."""
    left, top, width, step, height = 110, 84, 560, 62, 12
    devices = list(content["by_device"].items()) + [("all", content["all"])]
    total = top + len(devices) * step + 20
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="{total}" '
           f'viewBox="0 0 900 {total}" font-family="sans-serif" font-size="11">',
           "<style>text{fill:#222}.title{font-weight:bold}.none{fill:#777}</style>",
           f'<rect width="900" height="{total}" fill="#fff"/>',
           '<text x="16" y="26" font-size="17" class="title">Composing cost saved, part of the '
           'best possible</text>',
           f'<text x="16" y="44" class="none">mean of {content["scenes"]} scenes a device; the dark '
           'tick is the worst scene; tests a scene in brackets</text>']
    for number, name in enumerate(CHOOSERS):
        x = 16 + number * 200
        out.append(f'<rect x="{x}" y="55" width="12" height="12" fill="{COLORS[name]}"/>'
                   f'<text x="{x + 18}" y="65">{escape(TITLES[name])}</text>')
    for number, (device, values) in enumerate(devices):
        y = top + number * step
        out.append(f'<text x="{left - 8}" y="{y + 30}" text-anchor="end" class="title">{device}</text>')
        for index, name in enumerate(CHOOSERS):
            v, at = values[name], y + index * (height + 1)
            out.append(f'<rect x="{left}" y="{at}" width="{v["mean"] * width:.1f}" '
                       f'height="{height}" fill="{COLORS[name]}"/>'
                       f'<rect x="{left + v["worst"] * width:.1f}" y="{at}" width="2" '
                       f'height="{height}" fill="#222"/>'
                       f'<text x="{left + width + 8}" y="{at + 10}">{v["mean"]:.1%}, worst '
                       f'{v["worst"]:.1%} ({v["tests_mean"]:.1f})</text>')
    out.append("</svg>")
    with open(path, "w") as file:
        file.write("\n".join(out) + "\n")


def run(top, build):
    """Prints table and targets, writes the plot. Returns (content for bench.json, exit status)."""
    measured = measure(top, build)
    if measured is None:
        print("bench: planner: bench-planner was not built; install libliftoff-dev and run: ./run setup")
        return None, 1
    rows, times = measured
    content = summarize(rows, times)
    reached = targets(rows, content)
    content["targets"] = [{"what": what, "value": value, "met": met} for what, value, met in reached]
    svg = os.path.join(build, "bench-planner.svg")
    plot(svg, content)
    print(f"\nplanner: {content['devices']} device models x {content['scenes']} scenes\n")
    print(table(content) + "\n")
    for what, value, met in reached:
        print(f"{'met   ' if met else 'MISSED'}  {what}: {value}")
    print(f"wrote {os.path.relpath(svg, top)}")
    return content, 0 if all(met for _, _, met in reached) else 1
