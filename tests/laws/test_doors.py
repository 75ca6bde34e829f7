"""Whatever the command line shows is on HTTP: every verb has its routes, or a reason why it has none."""

import re
from pathlib import Path

import typer.main

from services.cli.main import build
from services.security.roles import ROUTES

TABLE = Path(__file__).parents[2] / "docs" / "integration.md"
ROW = re.compile(r"^\| `claimclock ([a-z0-9 -]+)` \| (.+) \|$", re.MULTILINE)
ROUTE = re.compile(r"`((?:GET|POST|PUT|DELETE) /[^`? ]+)")
SHORTEST_REASON = 20


def verbs(command, words=()):
    """Every verb that does something, as it is typed."""
    if inner := getattr(command, "commands", None):
        for name, one in inner.items():
            yield from verbs(one, (*words, name))
    else:
        yield " ".join(words)


def stated():
    return dict(ROW.findall(TABLE.read_text("utf-8")))


def test_every_verb_is_in_the_table_and_nothing_else():
    known = set(verbs(typer.main.get_command(build([]))))
    assert stated().keys() == known


def test_every_verb_has_routes_that_exist_or_a_reason():
    for verb, cell in stated().items():
        routes = ROUTE.findall(cell)
        assert routes or (cell.startswith("none: ") and len(cell) > SHORTEST_REASON), verb
        assert {"GET " + route[4:] if route.startswith("GET") else route for route in routes} <= ROUTES.keys(), verb
