# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures as a picture: an SVG of horizontal bars, a group for each row, a bar for each kernel.

The scale is linear, from 0: how many times as much something costs is what there is to see.
"""

from xml.sax.saxutils import escape

from figures import FIGURES

LABELS = 350  # where the bars begin
WIDTH = 960
BARS = WIDTH - LABELS - 70  # room for the longest one and its number
BAR = 9
GAP = 10  # between groups
TOP = 84
# In the table only: there to show that they do not differ, or more than ten times all others.
NOT_DRAWN = {"few", "many", "scopes-1", "scopes-1000", "nest-1", "nest-4", "audit-event"}
COLOURS = ("#9ecae1", "#4292c6", "#08519c")
INK = "#24292f"
PALE = "#d8dee4"


def text(x, y, words, size=12, anchor="start", colour=INK):
    """A line of text."""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'fill="{colour}">{escape(words)}</text>')


def box(x, y, width, height, colour):
    """A filled rectangle."""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def step(most):
    """Between two lines of the grid: at most eight of them."""
    sizes = (digit * 10**power for power in range(9) for digit in (1, 2, 5))
    return next(size for size in sizes if most / size <= 8)


def rows(reports):
    """What there is to draw: title, values by kernel. What "..." continues is said again."""
    found, last = [], ""
    for name, title in FIGURES[1:]:
        if title.startswith("... "):
            title = f"{last}, {title[4:]}"
        else:
            last = title
        values = [report["above_nothing"].get(name) for report in reports]
        if name not in NOT_DRAWN and any(value is not None for value in values):
            found.append((title.replace("capward: governed, allowed, ", "capward: allowed, "), values))
    return found


def grid(most, bottom):
    """The scale."""
    drawn = []
    for value in range(0, int(most) + 1, step(most)):
        x = LABELS + value * BARS / most
        drawn.append(f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}" stroke="{PALE}"/>')
        drawn.append(text(x, TOP - 12, f"{value:,}", 11, "middle"))
    return drawn


def legend(reports):
    """Which colour is which kernel."""
    drawn = []
    for i, report in enumerate(reports):
        x = LABELS + i * 200
        drawn.append(box(x, 40, 11, 11, COLOURS[i]))
        drawn.append(text(x + 16, 50, f"Linux {report['release'] or report['kernel']}"))
    return drawn


def group(y, title, values, most):
    """One row."""
    height = BAR * len(values)
    drawn = [text(LABELS - 10, y + height / 2 + 4, title, 11.5, "end")]
    for i, value in enumerate(values):
        if value is None:
            drawn.append(text(LABELS + 4, y + BAR * i + 8, "not measured", 9))
            continue
        length = value * BARS / most
        drawn.append(box(LABELS, y + BAR * i, max(length, 0), BAR - 1, COLOURS[i]))
        drawn.append(text(LABELS + length + 4, y + BAR * i + 8, f"{value:,.0f}", 9))
    return drawn


def svg(reports):
    """The picture, as text."""
    lines = rows(reports)
    most = max(value for _, values in lines for value in values if value is not None)
    pitch = BAR * len(reports) + GAP
    bottom = TOP + pitch * len(lines)
    drawn = [box(0, 0, WIDTH, bottom + 10, "#ffffff"),
             text(16, 26, "Instructions per capability check, above a kernel with nothing attached", 16)]
    drawn += legend(reports) + grid(most, bottom)
    for i, (title, values) in enumerate(lines):
        drawn += group(TOP + pitch * i, title, values, most)
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{bottom + 10}" '
                      f'viewBox="0 0 {WIDTH} {bottom + 10}" font-family="sans-serif">'] + drawn +
                     ["</svg>", ""])
