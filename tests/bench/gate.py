# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether it became slower: figures against those that are committed.

A change that makes a check dearer, or a program larger to the verifier, writes baseline.json anew in
the same commit, whose message has the reason.

The kernels are the newest of their series, so they change under the baseline. Then nothing of what
the kernel itself does is held against capward: the call and the floor are told and not compared,
and of the others what they are above the floor is. The verifier's way through a program is its own
affair too, and only told.
"""

import json
import os

from figures import FIGURES, GATED, KERNELS

PATH = os.path.join(os.path.dirname(os.path.realpath(__file__)), "baseline.json")
TITLES = dict(FIGURES)

# A rise by more than this part of the baseline fails.
TOLERANCE = 0.01


def read():
    """The baseline: by kernel. Empty when there is none."""
    try:
        with open(PATH, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def figures_of(report):
    """Of what was measured: what the gate looks at."""
    found = {name: report["above_nothing"].get(name) for name in GATED[1:]}
    return {"none": report["nothing_attached"], **found}


def write(reports, compiler):
    """Make what was measured the baseline of these kernels. Returns what is in the way."""
    for report in reports:
        lacks = [name for name, value in figures_of(report).items() if value is None]
        if lacks or report["wrong"] or not report["verified"]:
            return f"{report['kernel']}: not measured in full, so it is no baseline"
    baseline = read()
    for report in reports:
        baseline[report["kernel"]] = {
            "release": report["release"],
            "compiler": compiler,
            "instructions": figures_of(report),
            "verified": dict(sorted(report["verified"].items())),
        }
    ordered = {series: baseline[series] for series in KERNELS if series in baseline}
    with open(PATH, "w", encoding="utf-8") as file:
        json.dump(ordered, file, indent=1)
        file.write("\n")
    return None


class Check:
    """One line of the verdict."""

    def __init__(self, title, good, notes=()):
        self.title = title
        self.good = good
        self.notes = list(notes)

    def tap(self):
        return "\n".join([f"{'ok' if self.good else 'not ok'} {self.title}"] +
                         [f"# {note}" for note in self.notes])


def change(old, new):
    """In words: by how much."""
    return f"{old} -> {new} ({(new - old) * 100 / old:+.1f} %)" if old else f"{old} -> {new}"


def compare(old, new, allowed):
    """Whether it may stand, and what there is to say of it."""
    if new > old + allowed:
        return False, ["more than the baseline allows"]
    if new < old - allowed:
        return True, ["less: write the baseline anew, so that it cannot creep back"]
    return True, []


def check_figure(report, base, name):
    """One figure of a kernel."""
    title = f"{report['kernel']}: {TITLES[name]}: "
    old, new = base["instructions"][name], figures_of(report)[name]
    if new is None:
        return Check(title + "not measured", False)
    if base["release"] == report["release"]:
        good, notes = compare(old, new, old * TOLERANCE)
        return Check(title + change(old, new), good, notes)
    if name in ("none", "empty"):
        return Check(title + change(old, new) + ", of another kernel", True)
    floors = base["instructions"]["empty"], report["above_nothing"].get("empty")
    if floors[1] is None:
        return Check(title + "the floor was not measured", False)
    good, notes = compare(old - floors[0], new - floors[1], old * TOLERANCE)
    return Check(title + change(old - floors[0], new - floors[1]) + " above the floor", good, notes)


def check_verified(report, base):
    """All programs of a kernel, in one check."""
    old, new = base["verified"], report["verified"]
    title = f"{report['kernel']}: verified instructions: "
    if not new:
        return Check(title + "not measured", False)
    larger, notes = False, []
    for name in sorted(old.keys() | new.keys()):
        if name not in old or name not in new:
            notes.append(f"{name}: {'new' if name in new else 'gone'}, not as in the baseline")
            larger = larger or name in new
            continue
        good, said = compare(old[name], new[name], old[name] * TOLERANCE)
        notes += [f"{name}: {change(old[name], new[name])}: {text}" for text in said]
        larger = larger or not good
    title += change(sum(old.values()), sum(new.values()))
    if base["release"] != report["release"]:
        return Check(title + ", by another verifier", True, notes)
    return Check(title, not larger, notes)


def judge(report, compiler):
    """The checks of a kernel."""
    series = report["kernel"]
    wrong = Check(f"{series}: everything could be measured, and all agrees",
                  not report["wrong"] and not report["missing"],
                  report["missing"] + report["wrong"])
    missed = Check(f"{series}: what must hold holds",
                   all(must["met"] is not False for must in report["must"]),
                   [f"{must['figure']}: {must['measured']}, at most {must['limit']}"
                    for must in report["must"] if must["met"] is False])
    base = read().get(series)
    if not base:
        return [wrong, missed, Check(f"{series}: has a baseline", False)]
    if base["release"] != report["release"]:
        wrong.notes.append(f"kernel {report['release']}, the baseline is of {base['release']}: "
                           "compared above the floor")
    if base["compiler"] != compiler:
        wrong.notes.append(f"compiled by {compiler}, the baseline by {base['compiler']}")
    checks = [wrong, missed] + [check_figure(report, base, name) for name in GATED]
    return checks + [check_verified(report, base)]


def remedy(reports):
    """What to do about a failure."""
    kernels = "".join(f" -k {report['kernel']}" for report in reports)
    return ("To accept it: tests/bench/bench --quick --baseline" + kernels +
            ", committed with the change, the reason in its message.")
