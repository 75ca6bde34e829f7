"""A law on tests: nobody waits a fixed time and hopes that something has happened by then.

A pause is part of a loop that asks for its condition and ends when it is there.
"""

import ast

import pytest

from tests.laws.code import Module, refuse, tracked

SLEEPS = {"time.sleep", "asyncio.sleep", "anyio.sleep", "trio.sleep"}
PLAYED = {  # where the slowness is what is tested: function -> why
    "headers_without_end": "a server that sends a byte at a time",
    "body_without_end": "the same server",
    "test_users_killed_at_any_moment_of_starting_leave_one_server_or_none": "the moment is what differs by the case",
}


class Sample(Module):
    """A module that is none of the repository's."""

    name = "sample"


def is_pause(module, call):
    """A call that waits for a time, whatever happens; the time of `sleep(self.slow)` is another's to choose."""
    name = module.meant(call.func)
    waits = name in SLEEPS or name.endswith(".wait_for_timeout")
    return waits and bool(call.args) and not isinstance(call.args[0], ast.Attribute | ast.Call)


def ends(loop):
    """Whether a loop asks for something: by its own condition, or by leaving it from within."""
    asks = isinstance(loop, ast.While) and not isinstance(loop.test, ast.Constant)
    return asks or any(isinstance(node, ast.Return | ast.Break | ast.Raise | ast.Assert) for node in ast.walk(loop))


def pauses(module):
    """(call, function) of every pause outside of such a loop."""
    loops = [loop for loop in module.nodes(ast.While, ast.For, ast.AsyncFor) if ends(loop)]
    asked = {id(node) for loop in loops for node in ast.walk(loop)}
    for function in module.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and is_pause(module, call) and id(call) not in asked:
                yield call, function.name


def test_no_test_waits_a_fixed_time():
    tests = [Module(path) for path in tracked() if path.suffix == ".py" and "tests" in path.parts]
    found = [(module.at(call), name) for module in tests for call, name in pauses(module)]
    refuse(f"{place} in {name}: wait for a condition" for place, name in found if name not in PLAYED)
    assert {name for _, name in found} >= PLAYED.keys(), "exempt for nothing: remove the entry"


@pytest.mark.parametrize(
    ("body", "fixed"),
    [
        ("    time.sleep(1)", True),
        ("    page.wait_for_timeout(100)", True),
        ("    for _ in range(9):\n        time.sleep(1)", True),
        ("    while True:\n        time.sleep(1)", True),
        ("    while not done():\n        time.sleep(1)", False),
        ("    for _ in range(9):\n        if done():\n            return\n        time.sleep(1)", False),
        ("    time.sleep(self.slow)", False),
    ],
)
def test_the_law_sees_a_fixed_pause(tmp_path, body, fixed):
    path = tmp_path / "sample.py"
    path.write_text(f"import time\n\n\ndef test_it():\n{body}\n", "utf-8")
    assert bool(list(pauses(Sample(path)))) == fixed
