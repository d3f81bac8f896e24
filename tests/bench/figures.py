# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured, what it is called, and what it must be."""

KERNELS = ("6.1", "6.12", "7.2")

# Name, what it is. In the order of the table.
FIGURES = (
    ("none", "nothing attached"),
    ("empty", "a program that does nothing: the floor"),
    ("kprobe", "a kprobe that counts per cgroup"),
    ("fentry", "fentry that counts per cgroup"),
    ("capable", "libbpf-tools capable, its buffer full"),
    ("capable-event", "libbpf-tools capable, event delivered"),
    ("bpftrace", "bpftrace capable.bt, its buffer full"),
    ("bpftrace-event", "bpftrace capable.bt, event delivered"),
    ("apparmor", "AppArmor, confined, all allowed"),
    ("audit", "audit, a rule for denials of the call"),
    ("audit-event", "audit, the call recorded and queued"),
    ("ungoverned", "capward: ungoverned cgroup"),
    ("ungoverned-refusals", "... while refusals are watched"),
    ("governed", "capward: governed, allowed"),
    ("learning", "... by a profile that learns"),
    ("refusals", "... while refusals are watched"),
    ("starting", "... while another container is set up"),
    ("few", "... one of 33 cgroups of the scope"),
    ("many", "... one of 1,000 cgroups of the scope"),
    ("scopes-1", "... the only scope of a profile"),
    ("scopes-1000", "... one of 1,000 scopes"),
    ("scopes-many", "... one of 60,000 scopes (--cgroups)"),
    ("nest-1", "... a cgroup below the scope's"),
    ("nest-4", "... four cgroups below"),
    ("nest-16", "... sixteen cgroups below"),
    ("denied", "capward: denied, no event (rate limit)"),
    ("would-deny", "capward: allowed in audit mode, no event"),
    ("event", "capward: denied, with an event"),
    ("full", "capward: denied, event lost, ring full"),
    ("set-up", "capward: a runtime's set-up task"),
    ("lent", "capward: credential lent by overlayfs"),
)

# Those of which a typical call counts, not the cheapest. In many cgroups the buckets of a hash
# differ; a tool that reports events has two states, its buffer full or not; of the denials of a look
# the first is looked at, and those beyond the limit have no event.
MEDIAN = {"few", "many", "capable", "bpftrace", "xattr", "xattr-none", "event", "full"}

# Those of many places, in each of which it was measured once: a typical place counts.
PLACES = {"scopes-1", "scopes-1000", "scopes-many"}

# What is not the same each time, and why: a record is text, with numbers of more or fewer digits.
VARIES = {"audit-event"}

# Whole operations, and which of the numbers counts. The minimum is the operation without interrupts.
# No container is without them: the processor's time of all its processes, the median of twenty.
COSTS = (
    ("getppid", "a system call without a check", "min"),
    ("fork", "fork, exit, wait", "min"),
    ("exec", "fork, exec, exit, wait", "min"),
    ("create", "a file made on overlayfs", "min"),
    ("unlink", "a file removed from overlayfs", "min"),
    ("crun", "crun run /bin/true", "cpu"),
)
STATES = (("ungoverned", "capward, ungoverned"), ("governed", "capward, governed"))
# P6: a container costs at most this much more.
MUST_CRUN = 0.02

# What a quick run measures, and the gate compares.
GATED = ("none", "empty", "ungoverned", "governed", "denied", "event", "full")

# What must hold. Instructions per check above no program at all, by kernel.
MUST = {
    # P1: an allowed check in a governed scope, its use counted exactly, every program attached.
    "governed": {"6.1": 430, "6.12": 385, "7.2": 350},
    # P2: a check in a cgroup that is not governed.
    "ungoverned": {"6.1": 360, "6.12": 330, "7.2": 295},
    # P3: a check that emits an event, and one whose event finds the ring full.
    "event": {"6.1": 930, "6.12": 900, "7.2": 900},
    "full": {"6.1": 510, "6.12": 480, "7.2": 480},
}
# What is worked towards, shown and not required.
GOAL = {
    "governed": {"6.1": 300, "6.12": 260, "7.2": 215},
    "ungoverned": {"6.1": 230, "6.12": 230, "7.2": 215},
    "event": {"6.1": 800, "6.12": 800, "7.2": 800},
    "full": {"6.1": 440, "6.12": 440, "7.2": 440},
}
# P4: P1 is at most this part of libbpf-tools' `capable` in the same boot.
MUST_RATIO = {"6.1": 1 / 5.5, "6.12": 1 / 6, "7.2": 1 / 6}


def compare(limits, series, figures):
    """Limits: what, its limit, the figure, whether it is met; None: not measured."""
    values = ((name, limit[series], figures.get(name)) for name, limit in limits.items())
    return [verdict(*value) for value in values]


def verdict(name, limit, value):
    """One of them."""
    return {"figure": name, "limit": limit, "measured": value,
            "met": None if value is None else value <= limit}


def costs(measured):
    """By operation: without capward, the part that capward adds, and how much of such a part is chance:
    the difference to another time without capward. Of a container the mean of the two is what it takes
    without: the second time was up to 1.2 % dearer, and nobody can say which is right."""
    result = {}
    for name, _, key in COSTS:
        values = {state: numbers[key] for state, numbers in measured.get(name, {}).items()}
        none = values.get("none")
        if not none:
            continue
        again = values["again"] - none if "again" in values else None
        if key == "cpu" and again is not None:
            none += again // 2
        result[name] = {
            "none": none,
            "added": {state: values[state] - none for state, _ in STATES if state in values},
            "again": again,
            "all": measured[name],
        }
    return result


def crun(measured):
    """The part that a governed container costs more, or None."""
    one = costs(measured).get("crun", {})
    governed = one.get("added", {}).get("governed")
    return None if governed is None else governed / one["none"]


def musts(series, figures, operations):
    """What must hold, with what is a ratio or a difference."""
    own, peer = figures.get("governed"), figures.get("capable")
    ratio = own / peer if own is not None and peer else None
    few, many = figures.get("scopes-1"), figures.get("scopes-many")
    # P5: no difference between a scope among few and one among many.
    difference = None if None in (few, many) else many - few
    return compare(MUST, series, figures) + [
        verdict("governed / capable", MUST_RATIO[series], ratio),
        verdict("of many scopes - of one", 0, difference),
        verdict("crun run, governed: part added", MUST_CRUN, crun(operations)),
    ]
