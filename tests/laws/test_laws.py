"""Our own rules, kept by a machine. Who breaks one is named with file and line.

An exemption is listed next to its law, with its reason.
"""

import ast
import re
import tomllib
from itertools import chain

import pytest

from tests.laws.code import ROOT, modules, tracked

MAY_IMPORT = {
    "events": {"events"},
    "projections": {"events", "projections"},
    "services": {"events", "projections", "services"},
}
OURS = {*MAY_IMPORT, "deploy", "tests"}
MOST_BY_POSITION = 3  # fields of a value
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
CLOCK = "services/core/clock.py"
ASKS_FOR_THE_TIME = re.compile(
    r"^(datetime\.(datetime|date)\.(now|utcnow|today)"
    r"|time\.(time|time_ns|monotonic|monotonic_ns|perf_counter|perf_counter_ns|localtime|gmtime|ctime|strftime|sleep)"
    r"|sqlalchemy\.func\.(now|current_timestamp|current_date|current_time|localtimestamp|clock_timestamp))$"
)
LONGEST_FUNCTION = 60
LONGEST_FILE = 400
MOST_POSITIONAL = 5
# A verb or a route is called by its framework, by name: its parameters are the options a user sees.
CALLED_BY_NAME = {"command", "callback", "get", "post", "put", "delete", "patch", "exception_handler"}
CHANGES = {
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "popitem",
    "clear",
    "add",
    "discard",
    "update",
    "setdefault",
    "appendleft",
    "extendleft",
    "sort",
    "reverse",
}
MAKES_MUTABLE = {
    "dict",
    "list",
    "set",
    "bytearray",
    "collections.defaultdict",
    "collections.deque",
    "collections.Counter",
    "collections.OrderedDict",
}
CACHES = {"functools.cache", "functools.lru_cache"}


def refuse(offenders):
    found = sorted(offenders)
    assert not found, "\n".join(["", *found])


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
        {"tables", "history", "keys", "calendar", "disciplines"},
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


def test_only_the_clock_asks_for_the_time():
    refuse(
        f"{module.at(node)} {module.meant(node)}"
        for module in modules()
        if module.name != CLOCK
        for node in module.nodes(ast.Attribute, ast.Name)
        if ASKS_FOR_THE_TIME.match(module.meant(node))
    )


def test_pure_rooms_have_no_floats():
    """Money is Decimal. A rate, a share or a number of hours written as a float would soon meet it."""
    for_floats = modules("events", "projections")
    calls = (
        f"{module.at(node)} float()"
        for module in for_floats
        for node in module.nodes(ast.Call)
        if module.meant(node.func) == "float"
    )
    literals = (
        f"{module.at(node)} {node.value}"
        for module in for_floats
        for node in module.nodes(ast.Constant)
        if isinstance(node.value, float)
    )
    refuse(chain(calls, literals))


ROUNDS = "events/values.py"
NO_MONEY = {"services/reads/grouping.py", "services/contracts/dry_run.py"}  # shares and hours; a change in percent


def test_one_function_rounds_money():
    refuse(
        f"{module.at(node)} quantize(): money is rounded by round_cents of {ROUNDS}"
        for module in modules()
        if module.name not in {ROUNDS, *NO_MONEY}
        for node in module.nodes(ast.Attribute)
        if node.attr == "quantize"
    )


def test_only_the_command_line_prints():
    refuse(
        f"{module.at(node)} print()"
        for module in modules()
        if not module.name.startswith("services/cli/")
        for node in module.nodes(ast.Call)
        if module.meant(node.func) == "print"
    )


def test_no_function_is_long():
    refuse(
        f"{module.at(node)} {node.name}: {length} lines, {LONGEST_FUNCTION} at most"
        for module in modules()
        for node in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        if (length := node.end_lineno - node.lineno + 1) > LONGEST_FUNCTION
    )


def test_no_file_is_long():
    refuse(
        f"{module.name}: {len(module.lines)} lines, {LONGEST_FILE} at most"
        for module in modules()
        if len(module.lines) > LONGEST_FILE
    )


def test_no_function_takes_many_arguments_by_position():
    refuse(
        f"{module.at(node)} {node.name}: {count} positional parameters, {MOST_POSITIONAL} at most"
        for module in modules()
        for node in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        if (count := positional(node)) > MOST_POSITIONAL and not called_by_name(module, node)
    )


def positional(function):
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def called_by_name(module, function):
    decorators = (d.func if isinstance(d, ast.Call) else d for d in function.decorator_list)
    decorated = any(isinstance(d, ast.Attribute) and d.attr in CALLED_BY_NAME for d in decorators)
    return decorated or (module.name.startswith("services/cli/") and is_verb(function))


def is_verb(function):
    """A function of the command line whose every parameter is an option: it has a default or is annotated as one."""
    arguments = function.args.args
    without = len(arguments) - len(function.args.defaults)
    return all("typer." in ast.unparse(a.annotation) for a in arguments[:without] if a.annotation)


def test_values_of_more_than_three_fields_are_made_by_keyword():
    """A value made by position reads like a riddle, and two fields of one type change places unseen."""
    by_position = [
        f"{module.name}:{node.lineno} {node.name}"
        for module in modules()
        for node in module.all_nodes
        if isinstance(node, ast.ClassDef)
        and (how := next((d for d in node.decorator_list if "dataclass" in ast.unparse(d)), None)) is not None
        and "kw_only=True" not in ast.unparse(how)
        and sum(isinstance(part, ast.AnnAssign) and "init=False" not in ast.unparse(part) for part in node.body)
        > MOST_BY_POSITION
    ]
    assert by_position == []


def test_projections_keep_nothing_between_folds():
    """No module-level name of a mutable thing that anything changes, and none that is not written as a constant.

    A named cache is allowed if a comment next to it says why it is harmless.
    """
    for module in modules("projections"):
        assert not list(module.nodes(ast.Global)), f"{module.name}: global"
    refuse(chain(*(chain(lower_case(m), changed(m), silent_caches(m)) for m in modules("projections"))))


def module_level(module):
    """Names bound at module level to something that could change, and where."""
    for node in module.tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if targets and is_mutable(module, node.value):
            yield from ((target.id, node) for target in targets if isinstance(target, ast.Name))


def is_mutable(module, value):
    if isinstance(value, ast.Call):
        return module.meant(value.func) in MAKES_MUTABLE
    return isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)


def lower_case(module):
    return (
        f"{module.at(node)} {name} is mutable and not written as a constant"
        for name, node in module_level(module)
        if name != name.upper() and not name.startswith("__")
    )


def changed(module):
    held = {name for name, node in module_level(module) if not is_commented(module, node.lineno)}
    for node in module.nodes(ast.Call, ast.Subscript, ast.AugAssign):
        target = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
            target = node.func.value
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            target = node.value
        elif isinstance(node, ast.AugAssign):
            target = node.target
        if isinstance(target, ast.Name) and target.id in held and not is_local(module, target):
            yield f"{module.at(node)} changes {target.id}, which outlives the fold"


def is_local(module, name):
    """Whether a function around this place binds the name itself."""
    around = [f for f in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef) if f.lineno <= name.lineno <= f.end_lineno]
    return any(
        isinstance(node, ast.Name) and node.id == name.id and isinstance(node.ctx, ast.Store)
        for function in around
        for node in ast.walk(function)
    )


def silent_caches(module):
    for function in module.nodes(ast.FunctionDef):
        for decorator in function.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if module.meant(called) in CACHES and not is_commented(module, decorator.lineno):
                yield f"{module.at(decorator)} {function.name} is cached: say in a comment next to it why that is harmless"


def is_commented(module, line):
    return "#" in module.lines[line - 1] or module.lines[line - 2].lstrip().startswith("#")


def test_every_rule_pack_names_its_source_and_how_sure_we_are():
    packs = sorted((ROOT / "projections" / "rulepacks").glob("*.toml"))
    assert packs
    for path in packs:
        pack = tomllib.loads(path.read_text("utf-8"))
        assert pack.get("source", "").strip(), f"{path.name}: no source"
        assert pack.get("confidence") in ("H", "M", "L"), f"{path.name}: confidence is H, M or L"
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(pack.get("verified_on"))), f"{path.name}: no verified_on"


def test_every_table_belongs_to_a_rule_pack():
    folder = ROOT / "projections" / "rulepacks"
    packs = (tomllib.loads(path.read_text("utf-8")) for path in folder.glob("*.toml"))
    named = {period["table"] for pack in packs for period in pack["periods"] if "table" in period}
    assert named == {path.name for path in folder.glob("*.csv")}


# The brackets keep these patterns from finding themselves.
MACHINE_PATH = re.compile(r"(?<![\w.~/:}*-])/([w]ork|[r]oot|[h]ome)(/|\b(?![-\w.]))")
REGISTRY = re.compile(r"pypi[.]org|files[.]pythonhosted|index[-]url|find[-]links")


@pytest.mark.parametrize(
    ("pattern", "what"), [(MACHINE_PATH, "a path of one machine"), (REGISTRY, "a registry's address")]
)
def test_no_file_knows_the_machine_it_was_written_on(pattern, what):
    refuse(
        f"{path.relative_to(ROOT)}:{number} {what}: {line.strip()[:80]}"
        for path in tracked()
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), start=1)
        if pattern.search(line)
    )


# Lists of many small readings of the rules, not one decision each.
LISTS = {"0011-deadlines.md", "0012-session-rules.md", "0013-expected-amounts.md"}


def test_decisions_are_numbered_and_have_their_parts():
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:5] for path in decisions] == [f"{n:04d}-" for n in range(1, len(decisions) + 1)]
    for path in decisions:
        text = path.read_text("utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        parts = re.findall(r"^## (Context|Decision|Consequences)$", text, re.MULTILINE)
        assert path.name in LISTS or parts == ["Context", "Decision", "Consequences"], path.name


def test_the_map_shows_every_room():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = {path.parent for room in ("projections", "services") for path in (ROOT / room).glob("*/*.py")}
    missing = {path.relative_to(ROOT).as_posix() for path in rooms if f"`{path.name}/`" not in text}
    assert missing == set(), "not in docs/architecture.md"


# Names used in two places on purpose: the public documents (OpenAPI) call a thing as the field does.
TWICE = {"Session", "Threshold", "WorkItem"}


def test_a_public_type_name_exists_once():
    places = {}
    for module in modules():
        for name in public_types(module):
            places.setdefault(name, []).append(module.name)
    refuse(f"{name}: {', '.join(where)}" for name, where in places.items() if len(where) > 1 and name not in TWICE)


def public_types(module):
    """Classes and type aliases at module level that do not begin with an underscore."""
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name[0].isupper() and name != name.upper():
                yield name


def test_test_files_have_names_of_their_own():
    """Without packages, a second file of one name is not collected."""
    names = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        names.setdefault(path.name, []).append(path.relative_to(ROOT).as_posix())
    refuse(f"{name}: {', '.join(where)}" for name, where in names.items() if len(where) > 1)
