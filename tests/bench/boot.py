# SPDX-License-Identifier: GPL-2.0-or-later
"""One boot: what is built for the guest, the guest, and what it says."""

import json
import os
import shlex
import shutil
import subprocess
import time

import figures

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))

# Programs of the guest and what they are linked with.
HELPERS = {"probe": ["-static"], "costs": ["-static"], "attach": ["-lbpf"], "verified": ["-lbpf"]}
# Kernel programs.
OBJECTS = ("empty", "kprobe", "fentry")


def clang():
    """The compiler of the kernel programs, as a list of words."""
    return shlex.split(os.environ.get("CLANG", "clang"))


def compiler():
    """Its version: another one compiles other instructions."""
    try:
        done = subprocess.run(clang() + ["--version"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.split("\n", 1)[0] or None


def command(words, what):
    """Run a build step; say what is missing when it cannot be."""
    try:
        done = subprocess.run(words, cwd=TOP, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return f"{what}: {words[0]} is missing"
    if done.returncode:
        return f"{what}: {done.stderr.strip()}"
    return None


def build(directory, capward):
    """Build what the guest needs into the directory. Returns what went wrong."""
    cc = shlex.split(os.environ.get("CC", "cc"))
    c_flags = ["-std=gnu17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Wshadow"]
    bpf_flags = ["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-D__TARGET_ARCH_x86", "-Wall",
                 "-Wno-unused-parameter", f"-I{TOP}/vmlinux"]
    steps = [(cc + c_flags + ["-o", f"{directory}/{name}", f"{HERE}/{name}.c"] + libraries, name)
             for name, libraries in HELPERS.items()]
    steps += [(clang() + bpf_flags + ["-c", f"{HERE}/{name}.bpf.c", "-o",
                                      f"{directory}/{name}.bpf.o"], f"{name}.bpf.o")
              for name in OBJECTS]
    wrong = [error for error in (command(*step) for step in steps) if error]
    if not os.access(capward, os.X_OK):
        wrong.append(f"{os.path.relpath(capward)} is not built: make")
    elif not wrong:
        # Copies: a build or an edit in the meantime must not change what is measured.
        shutil.copy2(capward, f"{directory}/capward")
        shutil.copy2(f"{HERE}/guest", f"{directory}/guest")
    return wrong


def fetch_peers(directory):
    """The peers that are not installed, for the guest to find. Without them it says so."""
    done = subprocess.run([f"{HERE}/peers"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode == 0:
        os.symlink(done.stdout.strip(), f"{directory}/peers")


def boot(series, options):
    """One boot. Returns what the guest printed, and why it is not all."""
    words = [f"{TOP}/tests/vm/run", "-k", series, "--icount", "-t", str(options.limit),
             # Where the kernel is decides which names share a bucket.
             "--append", "nokaslr", "--",
             f"{options.directory}/guest", options.directory, str(options.cgroups), str(options.repeats)]
    done = subprocess.run(words + list(options.parts), cwd=TOP, stdout=subprocess.PIPE, text=True,
                          errors="replace", check=False)
    if done.returncode == 125:
        return done.stdout, "no kernel, no QEMU, or the VM died (see above)"
    if done.returncode == 124:
        return done.stdout, f"not done after {options.limit} s"
    if done.returncode:
        return done.stdout, f"the guest's part ended with status {done.returncode}"
    return done.stdout, None


def numbers(words):
    """key=value.. as a dictionary."""
    values = (word.split("=") for word in words)
    return {key: int(value.rstrip("%")) for key, value in values}


class Boot:
    """What one boot measured."""

    def __init__(self, text):
        self.release = None
        self.missing = []
        self.probes = {}  # name: [{"min": .., ..}, ..], one a repetition
        self.ps = {}  # name: [the scopes, ..]
        self.status = {}
        self.verified = {}
        self.costs = {}  # operation: {state: {"min": .., ..}}
        self.wrong = []
        for line in text.splitlines():
            self.read(line)

    def read(self, line):
        kind, _, rest = line.partition(" ")
        name, _, rest = rest.partition(" ")
        if kind == "kernel":
            self.release = name
        elif kind == "missing":
            self.missing.append(f"{name}: {rest}")
        elif kind == "verified" and rest.isdigit():
            self.verified[name] = int(rest)
        elif kind == "cost":
            operation, _, rest = rest.partition(" ")
            self.costs.setdefault(operation, {})[name] = numbers(rest.split())
        elif kind == "figure":
            self.read_figure(name, rest.split())
        elif kind in ("ps", "status"):
            self.read_json(kind, name, rest)

    def read_figure(self, name, words):
        if words[1].startswith("cgroups-"):
            name = "few" if words.pop(1) == "cgroups-33" else "many"
        if name.startswith("scopes-") and name not in figures.PLACES:
            name = "scopes-many"
        self.probes.setdefault(name, []).append(numbers(words[1:]))

    def read_json(self, kind, name, text):
        try:
            document = json.loads(text)
        except ValueError:
            self.wrong.append(f"{kind} after {name} printed no JSON: {text[:60]}")
            return
        if kind == "ps":
            self.ps.setdefault(name, []).append(document["scopes"])
        else:
            self.status[name] = document

    def raw(self, name):
        """The figure, or None. Repetitions that differ are an error of the bench."""
        key = "median" if name in figures.MEDIAN else "min"
        values = [probe[key] for probe in self.probes.get(name, [])]
        if not values:
            return None
        if name in figures.PLACES | figures.VARIES:
            return sorted(values)[len(values) // 2]
        if len(set(values)) > 1:
            self.wrong.append(f"{name}: varies in one boot: {values}")
        return min(values)

    def above(self, name):
        """Instructions per check above nothing attached, or None."""
        none = self.raw("none")
        if name == "lent":
            return self.lent()
        raw = self.raw(name)
        return None if raw is None or none is None else raw - none

    def lent(self):
        """Of an operation with checks of the task's own and lent ones: one of the latter."""
        with_capward, without = self.raw("xattr"), self.raw("xattr-none")
        own = self.above("governed")
        if None in (with_capward, without, own):
            return None
        scope = self.ps["xattr"][0][0]
        calls = self.calls("xattr")
        used, lent = (scope[kind].get("CAP_SYS_ADMIN", 0) / calls for kind in ("used", "lent"))
        return (with_capward - without - own * used) / lent if lent else None

    def calls(self, name):
        """What the probe of the first repetition did."""
        probe = self.probes[name][0]
        return probe["einval"] + probe["eperm"] + probe["other"]

    def check(self):
        """What must be right whatever the figures are: counts equal calls, errno as it must be."""
        used = ("governed", "learning", "refusals", "starting", "many", "nest-1", "nest-4", "nest-16")
        kinds = {**dict.fromkeys(used, "used"), "would-deny": "would-deny",
                 **dict.fromkeys(("denied", "event", "full", "fill"), "denied")}
        for name, kind in kinds.items():
            for probe, scopes in zip(self.probes.get(name, []), self.ps.get(name, [])):
                self.check_count(name, kind, probe, scopes)
        none = self.raw("none")
        for name in ("none-again", "none-at-end"):
            if self.raw(name) not in (none, None):
                self.wrong.append(f"{name}: {self.raw(name)} with nothing attached, first {none}")
        lost = [self.status[name]["events"]["lost"] for name in ("fill", "full")
                if name in self.status]
        if len(lost) == 2 and not 0 < lost[0] < lost[1]:
            self.wrong.append(f"full: the ring was not: {lost} events lost before and after")

    def check_count(self, name, kind, probe, scopes):
        calls = probe["einval"] + probe["eperm"] + probe["other"]
        refused = calls if kind == "denied" else 0
        if probe["eperm"] != refused:
            self.wrong.append(f"{name}: {probe['eperm']} of {calls} calls were denied")
        if calls not in [scope[kind].get("CAP_SYS_ADMIN", 0) for scope in scopes]:
            self.wrong.append(f"{name}: {calls} calls, and capward ps says {scopes}")


def measure(series, options):
    """Boot a kernel and make of it what the report has."""
    started = time.monotonic()
    text, why = boot(series, options)
    one = Boot(text or "")
    if why:
        one.missing.append(why)
    above = {}
    for name, _ in figures.FIGURES[1:]:
        value = one.above(name)
        if value is not None:
            above[name] = value
    one.check()
    floor = above.get("empty")
    return {
        "kernel": series,
        "release": one.release,
        "seconds": round(time.monotonic() - started),
        "nothing_attached": one.raw("none"),
        "above_nothing": above,
        "of_the_floor": {name: round(value / floor, 2) for name, value in above.items()}
        if floor else {},
        "verified": one.verified,
        "costs": figures.costs(one.costs),
        "cgroups": options.cgroups,
        "must": figures.musts(series, above, one.costs),
        "goal": figures.compare(figures.GOAL, series, above),
        "missing": one.missing,
        "wrong": sorted(set(one.wrong)),
        "probes": one.probes,
    }


def measure_again(series, options):
    """The same as often as is asked for; what differs between the boots is wrong."""
    report = measure(series, options)
    for _ in range(options.boots - 1):
        other = measure(series, options)
        report["wrong"] += other["wrong"]
        for name, value in other["above_nothing"].items():
            first = report["above_nothing"].get(name)
            if first != value and name not in figures.VARIES:
                report["wrong"].append(f"{name}: varies between boots: {first}, {value}")
    return report
