"""`match` as typed: what waits with its candidates, joined, decided, undone."""

import json

import pytest
from typer.testing import CliRunner

from services.cli.main import build
from tests.services.projector.test_returned_numbers import paid, sent


def run(*words):
    return CliRunner().invoke(build(words), words)


def said(*words):
    told = run(*words, "--json")
    assert not told.exception, told.exception
    return json.loads(told.stdout)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    """A claim, and its payment under a number with a suffix."""
    directory = tmp_path_factory.mktemp("match")
    for name, text in (("a.837", sent("FT300")), ("b.835", paid("FT300X1"))):
        (directory / name).write_text(text)
        assert not run("ingest", str(directory / name), "--data", str(directory / "data")).exception
    return str(directory / "data")


def test_what_waits_is_listed_joined_and_undone(clinic):
    at = ("--data", clinic)
    (one,) = said("match", "list", *at)
    best = one["candidates"][0]
    assert (one["claim_id"], best["claim_id"], best["strength"]) == ("FT300X1", "FT300", "strong")
    assert "FT300 (strong, 100 points)" in " ".join(run("match", *at).stdout.split())
    assert "something added at the end (+25)" in " ".join(run("match", "show", one["name"], *at).stdout.split())
    done = said("match", "join", one["name"], best["ref"], *at)
    assert said("claim", "FT300", *at)["paid"] == "50.00"
    assert said("match", *at) == []
    assert [(each["answered_as"], each["undone"]) for each in said("match", "decisions", *at)] == [("FT300X1", False)]
    assert run("match", "undo", done["event_id"], *at).stdout == "Undone.\n"
    assert said("claim", "FT300", *at)["paid"] == "0.00"
    assert said("match", "decisions", *at)[0]["undone"] is True


@pytest.mark.parametrize("words", [("show",), ("join", "x"), ("undo",), ("FT300X1",), ("FT300X1", "FT300", "more")])
def test_what_is_missing_is_said(clinic, words):
    told = run("match", *words, "--data", clinic)
    assert "match takes list, show NAME, join NAME REF" in str(told.exception)
