# SPDX-License-Identifier: MIT
"""Composing beside what it is made of: runs bench-compose on the host, makes the table and the plot.

A pair is one time of each side, taken right after each other; the figure is the median of the pairs'
ratios.
"""

import json
import os
import statistics
import subprocess
from xml.sax.saxutils import escape

CASES = {
    "copy": ("opaque, full screen", "memcpy", 0.90),
    "over": ("opaque and one with alpha over it", "pixman_image_composite32, both", 0.90),
    "copy-threads": ("opaque, two threads", "one thread", None),
    "over-threads": ("with alpha, two threads", "one thread", 1.7),
}
SHARED_SIZE = "3840x2160"  # threads have their target here


def measure(build, pairs):
    """Rows of bench-compose, None if it was not built."""
    program = os.path.join(build, "tests", "bench", "bench-compose")
    if not os.path.exists(program):
        return None
    result = subprocess.run([program, str(pairs)], stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


def summarize(rows):
    """(case, size) -> what came of its pairs."""
    content = []
    for key in dict.fromkeys((row["case"], row["size"]) for row in rows):
        own = [row for row in rows if (row["case"], row["size"]) == key]
        ratios = sorted(row["theirs_ns"] / row["ours_ns"] for row in own)
        cut = len(ratios) // 4
        middle = ratios[cut:len(ratios) - cut]
        wanted = CASES[key[0]][2]
        if wanted and "threads" in key[0] and key[1] != SHARED_SIZE:
            wanted = None
        ratio = statistics.median(ratios)
        content.append({
            "case": key[0], "size": key[1], "ratio": ratio, "middle_half": [middle[0], middle[-1]],
            "ours_ms": statistics.median(row["ours_ns"] for row in own) / 1e6,
            "theirs_ms": statistics.median(row["theirs_ns"] for row in own) / 1e6,
            "target": wanted, "met": None if wanted is None else ratio >= wanted})
    return content


def table(content):
    lines = [f"{'':<36}{'size':>10}{'ms':>9}  {'beside':<32}{'ms':>8}{'ratio':>8}{'middle half':>15}"]
    for row in content:
        what, beside, _ = CASES[row["case"]]
        low, high = row["middle_half"]
        lines.append(f"{what:<36}{row['size']:>10}{row['ours_ms']:>9.2f}  {beside:<32}"
                     f"{row['theirs_ms']:>8.2f}{row['ratio']:>8.2f}{low:>9.2f}-{high:.2f}")
    return "\n".join(lines)


def plot(path, content, subtitle):
    """A bar a case and size: the ratio; its target as a tick."""
    left, top, width, step = 330, 70, 420, 28
    scale = width / max(2.0, *(row["ratio"] for row in content))
    total = top + len(content) * step + 20
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="900" height="{total}" '
           f'viewBox="0 0 900 {total}" font-family="sans-serif" font-size="11">',
           "<style>text{fill:#222}.title{font-weight:bold}.none{fill:#777}</style>",
           f'<rect width="900" height="{total}" fill="#fff"/>',
           '<text x="16" y="26" font-size="17" class="title">Composing beside what it is made of: '
           'speed as a ratio</text>',
           f'<text x="16" y="44" class="none">{escape(subtitle)}; higher is better, the dark tick is '
           'the target</text>']
    for number, row in enumerate(content):
        y = top + number * step
        what, beside, _ = CASES[row["case"]]
        out.append(f'<text x="{left - 8}" y="{y + 12}" text-anchor="end">{escape(what)} / '
                   f'{escape(beside)}</text>'
                   f'<rect x="{left}" y="{y}" width="{row["ratio"] * scale:.1f}" height="16" '
                   f'fill="#1b7f5c"/>'
                   f'<text x="{left + row["ratio"] * scale + 6:.1f}" y="{y + 12}">'
                   f'{row["ratio"]:.2f} ({row["size"]})</text>')
        if row["target"]:
            out.append(f'<rect x="{left + row["target"] * scale:.1f}" y="{y - 2}" width="2" '
                       f'height="20" fill="#222"/>')
    out.append("</svg>")
    with open(path, "w") as file:
        file.write("\n".join(out) + "\n")


def run(top, build, pairs):
    """Prints table and targets, writes the plot. Returns (content for bench.json, exit status)."""
    rows = measure(build, pairs)
    if rows is None:
        print("bench: compose: bench-compose was not built; run: ./run setup")
        return None, 1
    content = summarize(rows)
    subtitle = f"medians of {pairs} pairs, {len(os.sched_getaffinity(0))} CPUs"
    svg = os.path.join(build, "bench-compose.svg")
    plot(svg, content, subtitle)
    print(f"\ncompose: {subtitle}\n")
    print(table(content) + "\n")
    reached = [row for row in content if row["target"]]
    for row in reached:
        what, beside, _ = CASES[row["case"]]
        print(f"{'met   ' if row['met'] else 'MISSED'}  {what} / {beside} at {row['size']}, at least "
              f"{row['target']:g}: {row['ratio']:.2f}")
    print(f"wrote {os.path.relpath(svg, top)}")
    return {"pairs": pairs, "figures": content, "samples": rows}, \
        0 if all(row["met"] for row in reached) else 1
