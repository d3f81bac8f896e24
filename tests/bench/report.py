# SPDX-License-Identifier: GPL-2.0-or-later
"""What was measured, for people: a table for the terminal, and one for docs/performance.md."""

import os

import boot
import plot
from figures import COSTS, FIGURES, STATES


def number(value):
    """A figure as the table shows it."""
    if value is None:
        return "-"
    return f"{value:.3f}" if 0 < abs(value) < 1 else f"{value:.0f}"


def cell(report, name):
    """A figure of a kernel."""
    value = report["above_nothing"].get(name)
    times = report["of_the_floor"].get(name)
    if name == "none":
        return f"[{number(report['nothing_attached'])}]"
    if value is None:
        return "not measured"
    return f"{number(value)} ({times:.2f})" if times else number(value)


def limit(report, kind, index, words):
    """A limit of a kernel."""
    this = report[kind][index]
    return f"{number(this['measured'])}/{number(this['limit'])} {words[this['met']]}".rstrip()


def row(title, cells):
    """A line of the table."""
    return f"{title:44}" + "".join(f"{text:>18}" for text in cells)


def added(report, name, state):
    """What capward adds to an operation."""
    one = report["costs"].get(name, {})
    value = one.get("added", {}).get(state)
    return "not measured" if value is None else f"{value:+d} ({value * 100 / one['none']:+.2f} %)"


def costs(reports):
    """The whole operations."""
    lines = ["", row("instructions of whole operations", [report["kernel"] for report in reports])]
    for name, title, _ in COSTS:
        ones = [report["costs"].get(name, {}) for report in reports]
        lines.append(row(title, [number(one.get("none")) for one in ones]))
        lines += [row(f"  {words}", [added(report, name, state) for report in reports])
                  for state, words in STATES]
        lines.append(row("  once more without", ["-" if one.get("again") is None
                                                 else f"{one['again']:+d}" for one in ones]))
    return lines


def table(reports):
    """The report."""
    kernels = [report["kernel"] for report in reports]
    measured = {name for report in reports for name in report["above_nothing"]} | {"none"}
    lines = ["Instructions per capability check, above a kernel with nothing attached;",
             "in parentheses as a multiple of the floor.", "", row("", kernels)]
    lines += [row(title, [cell(report, name) for report in reports])
              for name, title in FIGURES if name in measured]
    if any(report["costs"] for report in reports):
        lines += costs(reports)
    for kind, words in (("must", {True: "met", False: "MISSED", None: "-"}),
                        ("goal", {True: "met", False: "not yet", None: "-"})):
        lines += ["", row(kind, kernels)]
        lines += [row(this["figure"], [limit(report, kind, i, words) for report in reports])
                  for i, this in enumerate(reports[0][kind])]
    lines += ["", row("verified instructions, all programs",
                      [number(sum(report["verified"].values()) or None) for report in reports])]
    for report in reports:
        for kind in ("missing", "wrong"):
            lines += [f"{report['kernel']}: {kind}: {text}" for text in report[kind]]
    return "\n".join(lines)


# --- docs/performance.md -------------------------------------------------------------------------

DOCS = os.path.join(boot.TOP, "docs")
# What is between these lines is written here.
BEGIN, END = "<!-- written by tests/bench/bench --report -->\n", "<!-- to here -->\n"


def markdown_row(cells):
    """A line of a table."""
    return "| " + " | ".join(cells) + " |"


def plain(value):
    """A figure."""
    return "-" if value is None else f"{value:,.0f}"


def markdown_table(reports, head, lines):
    """A table with a column for each kernel."""
    kernels = [report["release"].split("+")[0].removesuffix("-amd64") for report in reports]
    return [markdown_row([head] + kernels), "|---" * (len(kernels) + 1) + "|"] + lines + [""]


def markdown_figures(reports):
    """The capability check."""
    lines = [markdown_row(["nothing attached, the whole call"] +
                          [plain(report["nothing_attached"]) for report in reports])]
    for name, title in FIGURES[1:]:
        values = [report["above_nothing"].get(name) for report in reports]
        if any(value is not None for value in values):
            lines.append(markdown_row([title] + [plain(value) for value in values]))
    return markdown_table(reports, "instructions", lines)


def markdown_costs(reports):
    """The whole operations."""
    lines = []
    for name, title, _ in COSTS:
        ones = [report["costs"].get(name) for report in reports]
        if any(ones):
            lines.append(markdown_row([title] + [plain(one and one["none"]) for one in ones]))
            lines += [markdown_row([words] + [added(report, name, state) for report in reports])
                      for state, words in STATES]
            lines.append(markdown_row(["once more without"] + [
                "-" if not one or one["again"] is None else f"{one['again']:+d}" for one in ones]))
    return markdown_table(reports, "whole operations", lines) if lines else []


def markdown_limits(reports):
    """What must hold, and what is worked towards."""
    words = {True: "", False: "**not met**", None: ""}
    lines = [markdown_row([this["figure"] + (" (goal)" if kind == "goal" else "")] +
                          [limit(report, kind, i, words) for report in reports])
             for kind in ("must", "goal") for i, this in enumerate(reports[0][kind])]
    lines.append(markdown_row(["verified instructions, all programs"] +
                              [plain(sum(report["verified"].values()) or None)
                               for report in reports]))
    return markdown_table(reports, "measured/limit", lines)


def write(reports):
    """Write the tables into docs/performance.md, and the picture beside it."""
    empty = [report["kernel"] for report in reports if not report["above_nothing"]]
    if empty:
        return f"{', '.join(empty)}: nothing was measured, so nothing is written"
    path = os.path.join(DOCS, "performance.md")
    with open(path, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        return f"{path}: the lines between which the figures go are not there"
    lines = ["", "![instructions per check](performance.svg)", ""]
    lines += markdown_figures(reports) + markdown_costs(reports) + markdown_limits(reports)
    lines += [f"Not measured, {report['kernel']}: {text}" for report in reports
              for text in report["missing"]]
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + BEGIN + "\n".join(lines).rstrip("\n") + "\n\n" + END + after)
    with open(os.path.join(DOCS, "performance.svg"), "w", encoding="utf-8") as file:
        file.write(plot.svg(reports))
    return None
