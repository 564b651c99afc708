# SPDX-License-Identifier: MIT
"""Bar charts as SVG: a panel a figure, a bar a program."""

from xml.sax.saxutils import escape

import figures

COLORS = {"floor": "#9a9a9a", "vitrine": "#1b7f5c", "weston": "#c9822b", "cage": "#5b6fb5"}
PANEL_WIDTH, PANEL_HEIGHT, COLUMNS = 330, 150, 3
MARGIN, HEAD = 16, 64
LABEL_WIDTH, VALUE_WIDTH, BAR_HEIGHT, BAR_STEP = 58, 74, 16, 23


def bar(row, program, x, y, scale):
    value = row.values.get(program)
    out = [f'<text x="{x + LABEL_WIDTH - 6}" y="{y + 12}" text-anchor="end">{program}</text>']
    start = x + LABEL_WIDTH
    if value is None:
        out.append(f'<text x="{start + 4}" y="{y + 12}" class="none">not available</text>')
        return out
    width = max(value * scale, 1)
    out.append(f'<rect x="{start}" y="{y}" width="{width:.1f}" height="{BAR_HEIGHT}" '
               f'fill="{COLORS[program]}"/>')
    label = row.text(program) + (f" {row.unit}" if row.unit else "")
    if program == "vitrine" and row.verdict() == "worse":
        label += " (worse)"
    out.append(f'<text x="{start + width + 5:.1f}" y="{y + 12}">{escape(label)}</text>')
    return out


def panel(row, x, y):
    highest = max([value for value in row.values.values()] + [0.001])
    scale = (PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH - MARGIN) / highest
    better = "lower is better" if row.lower else "higher is better"
    out = [f'<text x="{x}" y="{y + 12}" class="title">{escape(row.title)}</text>',
           f'<text x="{x}" y="{y + 27}" class="none">{row.size}, {better}</text>']
    programs = [name for name in figures.PROGRAMS if name != "floor" or name in row.values]
    for number, program in enumerate(programs):
        out += bar(row, program, x, y + 36 + number * BAR_STEP, scale)
    return out


def write(path, title, subtitle, rows):
    """Makes an SVG file with a panel for each row."""
    lines = -(-len(rows) // COLUMNS)
    width = COLUMNS * PANEL_WIDTH + 2 * MARGIN
    height = HEAD + lines * PANEL_HEIGHT + MARGIN
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
           "<style>text{fill:#222}.title{font-weight:bold}.none{fill:#777}</style>",
           f'<rect width="{width}" height="{height}" fill="#fff"/>',
           f'<text x="{MARGIN}" y="28" font-size="17" class="title">{escape(title)}</text>',
           f'<text x="{MARGIN}" y="46" class="none">{escape(subtitle)}</text>']
    for number, row in enumerate(rows):
        out += panel(row, MARGIN + number % COLUMNS * PANEL_WIDTH,
                     HEAD + number // COLUMNS * PANEL_HEIGHT)
    out.append("</svg>")
    with open(path, "w") as file:
        file.write("\n".join(out) + "\n")
