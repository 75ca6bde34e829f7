"""Pure rooms compute: no clock, no float, one rounding, nothing kept between folds.

An exemption is listed next to its law, with its reason.
"""

import ast
import re
from itertools import chain

from tests.laws.code import modules, refuse

CLOCK = "services/core/clock.py"

ASKS_FOR_THE_TIME = re.compile(
    r"^(datetime\.(datetime|date)\.(now|utcnow|today)"
    r"|time\.(time|time_ns|monotonic|monotonic_ns|perf_counter|perf_counter_ns|localtime|gmtime|ctime|strftime|sleep)"
    r"|sqlalchemy\.func\.(now|current_timestamp|current_date|current_time|localtimestamp|clock_timestamp))$"
)

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
