"""Who imports whom, and what the pure rooms may use.

An exemption is listed next to its law, with its reason.
"""

import pytest

from tests.laws.code import modules, refuse

MAY_IMPORT = {
    "events": {"events"},
    "projections": {"events", "projections"},
    "services": {"events", "projections", "services"},
}

OURS = {*MAY_IMPORT, "deploy", "tests"}

# What computes without touching the world. A new name here needs a thought: can it read a file, a clock, a socket?
PURE = {
    "events": {
        "__future__",
        "base64",
        "collections",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "functools",
        "hashlib",
        "json",
        "math",
        "re",
        "typing",
        "pydantic",
    },
    "projections": {
        "__future__",
        "abc",
        "bisect",
        "calendar",
        "collections",
        "contextlib",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "hashlib",
        "heapq",
        "itertools",
        "json",
        "math",
        "operator",
        "re",
        "string",
        "types",
        "typing",
        "zoneinfo",
        "pydantic",
        "rapidfuzz",  # compares two texts in memory
        "sqlalchemy",
        "sqlmodel",
    },
}


def test_the_rooms_import_in_one_direction():
    refuse(
        f"{module.at(node)} {module.room} imports {name}"
        for module in modules()
        for node, name in module.imports()
        if name.split(".")[0] in OURS - MAY_IMPORT[module.room]
    )


# What may be built on what: a package imports from its own floor's earlier ones and from the floors below, never upward.
FLOORS = {
    "projections": (
        {"tables", "cut", "history", "keys", "calendar", "disciplines"},
        {"rules"},
        {"pricing", "session_rules"},
        {"terms"},
        {"claims"},
        {"deadlines", "thresholds"},
        {"work"},
        {"rows"},
        {"readiness"},
    ),
    "services": (
        {"core"},
        {"presentation"},
        {"messaging", "store", "intake", "security", "contracts", "letters"},
        {"rule_files"},
        {"projector"},
        {"app_context"},
        {"commands", "reads"},
        {"scheduler"},
        {"api", "web"},
        {"cli"},
    ),
}

BEHIND_THEIR_VERB = {"demo", "devtools"}  # may use everything, are used by nothing but the module of their verb
OUTSIDE = {"migrations"}  # run by Alembic


def floor_of(name):
    """(top, package, floor) of one of our modules; floor None where the law has none for it."""
    top, _, rest = name.partition(".")
    package = rest.split(".")[0]
    floors = FLOORS.get(top, ())
    return top, package, next((n for n, floor in enumerate(floors) if package in floor), None)


def between_packages(top):
    """Every import from one package of a top-level room into another: (module, node, its package, the other)."""
    for module in modules(top):
        mine = module.dotted.split(".")[1] if "." in module.dotted else ""
        for node, name in module.imports_in_full():
            parts = name.split(".")
            if parts[0] == top and len(parts) > 1 and parts[1] != mine and mine:
                yield module, node, mine, parts[1]


@pytest.mark.parametrize("top", sorted(FLOORS))
def test_packages_are_built_on_lower_floors(top):
    def floor(package):
        return floor_of(f"{top}.{package}")[2]

    refuse(
        f"{module.at(node)} {mine} imports {other}"
        for module, node, mine, other in between_packages(top)
        if not {mine, other} & (BEHIND_THEIR_VERB | OUTSIDE)
        if floor(mine) is None or floor(other) is None or floor(other) > floor(mine)
    )


@pytest.mark.parametrize("top", sorted(FLOORS))
def test_no_two_packages_import_each_other(top):
    pairs = {(mine, other): module.at(node) for module, node, mine, other in between_packages(top)}
    refuse(f"{at} {mine} <-> {other}" for (mine, other), at in pairs.items() if (other, mine) in pairs)


def test_only_their_verbs_run_the_demo_and_the_tools():
    """And inside the function: nobody else pays for loading them."""
    refuse(
        f"{module.at(node)} imports {other}"
        for module, node, mine, other in between_packages("services")
        if other in BEHIND_THEIR_VERB and mine not in BEHIND_THEIR_VERB
        if module.name not in {"services/cli/demo.py", "services/cli/bench.py"} or node.col_offset == 0
    )


def test_presentation_is_pure():
    """It turns what is known into words and columns; where it is read from is not its business."""
    refuse(
        f"{module.at(node)} imports {name}"
        for module in modules("services")
        if module.name.startswith("services/presentation/")
        for node, name in module.imports()
        if name.split(".")[0] in OURS
        if not name.startswith(("events", "projections", "services.presentation", "services.core"))
    )


def test_imports_are_absolute():
    refuse(f"{m.at(node)} imports {name}" for m in modules() for node, name in m.imports() if name.startswith("."))


@pytest.mark.parametrize("room", sorted(PURE))
def test_pure_rooms_import_only_what_computes(room):
    refuse(
        f"{module.at(node)} imports {name}"
        for module in modules(room)
        for node, name in module.imports()
        if name.split(".")[0] not in PURE[room] | OURS
    )
