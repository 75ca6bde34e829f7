"""Whatever the command line shows is on HTTP: every verb has its routes, or a reason why it has none."""

import ast
import re
from pathlib import Path

import typer.main

from services.cli.main import build
from services.security.roles import ROUTES
from tests.laws.code import modules, refuse

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


def test_an_option_is_described_once():
    """Two verbs that take the same take it from one place: `services/cli/options.py`, or their module."""
    places = {}
    for module in modules("services"):
        if module.name.startswith("services/cli/"):
            for node in module.nodes(ast.Subscript):
                if module.meant(node.value) == "typing.Annotated":
                    places.setdefault(ast.unparse(node), []).append(module.at(node))
    refuse(f"{', '.join(where)}: {written}" for written, where in places.items() if len(where) > 1)


DOCS = sorted([*(TABLE.parent).glob("*.md"), *(TABLE.parent / "guide").glob("*.md"), TABLE.parents[1] / "README.md"])
SAID = re.compile(r"`claimclock ([^`\n]+)`|^\s*(?:\$ )?claimclock ([^#\n|&>\\]+)", re.MULTILINE)


def said():
    """Each command that a document names, as its words."""
    for path in DOCS:
        for inline, block in SAID.findall(path.read_text("utf-8")):
            yield path.name, (inline or block).split()


def unknown_part(words):
    """What of a command line there is not: a verb, or an option of it."""
    command = typer.main.get_command(build([]))
    for place, word in enumerate(words):
        inner = getattr(command, "commands", None)
        if inner is None or (word not in inner and getattr(command, "invoke_without_command", False)):
            break
        if word not in inner:
            return f"no verb {word!r}" if re.fullmatch(r"[a-z][a-z-]*", word) else None
        command, rest = inner[word], words[place + 1 :]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    options = [word.partition("=")[0] for word in rest if re.fullmatch(r"--[a-z-]+(=.*)?", word)]
    return next((f"no option {option}" for option in options if option not in known | {"--help", "--version"}), None)


def test_every_command_that_a_document_names_exists_with_its_options():
    assert len(list(said())) > 100
    wrong = [f"{name}: claimclock {' '.join(words)}: {part}" for name, words in said() if (part := unknown_part(words))]
    assert not wrong, "\n".join(wrong)
    assert unknown_part(["serve", "--sideways"]) == "no option --sideways"
    assert unknown_part(["fly"]) == "no verb 'fly'"
