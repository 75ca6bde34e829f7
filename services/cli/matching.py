"""The verb for responses that match nothing by themselves: listed with candidates, joined to a claim, undone."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from services.app_context import AppContext, open_app_context, projecting
from services.cli import show
from services.cli.options import AsJson, DataOption, PracticeOption, When, audited, reading
from services.commands.match_claims import JoinRequest, SeparateRequest, join, separate, undo
from services.commands.match_claims import match as match_claims
from services.core.errors import UsageError
from services.core.settings import load_settings
from services.reads.read_context import ReadContext
from services.reads.unidentified import decisions, listed_responses, open_responses, response_page

COLUMNS = [
    ("name", "name"),
    ("what", "what"),
    ("amount", "amount"),
    ("best", "could be"),
    ("reason", "why"),
]
CANDIDATES = [("claim_id", "claim"), ("ref", "ref"), ("score", "points"), ("strength", "strength"), ("reasons", "why")]
DECIDED = [("event_id", "event"), ("time", "when"), ("by", "by"), ("what", "decision"), ("undone", "undone")]
WORDS = ("list", "show", "join", "separate", "undo", "decisions")
USAGE = (
    "match takes list, show NAME, join NAME REF, separate NAME, decisions, undo EVENT, "
    "or two claim numbers: the one that came back and the claim it belongs to"
)
Act = Callable[[AppContext, ReadContext, str], dict[str, Any]]


def match(
    first: Annotated[
        str, typer.Argument(metavar="ANSWER | list", help="The number that came back, or a subcommand.")
    ] = "list",
    second: Annotated[str | None, typer.Argument(metavar="CLAIM", help="The claim it belongs to.")] = None,
    third: Annotated[str | None, typer.Argument(metavar="REF", help="With join: the candidate's ref.")] = None,
    yes: Annotated[list[str] | None, typer.Option("--confirm", help="Confirms what a refusal asked.")] = None,
    limit: Annotated[int, typer.Option(help="Maximum rows.", min=1, max=10_000)] = 50,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Match responses that came back under a different number to their claims.

    list; show NAME; join NAME REF; separate NAME (the copy is another payment, or the file response is not for any of
    our files); decisions; undo EVENT; or the number that came back and the claim.
    """
    if first in ("list", "show", "decisions"):
        _read(first, second, limit, json=json, data=data, practice=practice)
        return
    act, words = _act(first, second, third, tuple(yes or ()))
    settings = audited(load_settings(data_dir=data, practice=practice))
    with open_app_context(settings) as app, projecting(app), reading(data, practice, When(None, None, None)) as context:
        told = act(app, context, getpass.getuser())
    if json:
        show.as_json(told)
    else:
        undoing = "" if first == "undo" else f" To undo: claimclock match undo {told['event_id']}"
        show.console.print(f"{words}.{undoing}", markup=False)


def _act(first: str, second: str | None, third: str | None, confirm: tuple[str, ...]) -> tuple[Act, str]:
    """What to do, and what is said when it is done. Raises UsageError."""
    if second is None or (first == "join" and third is None) or (first != "join" and third is not None):
        raise UsageError(USAGE)
    match first:
        case "join":
            wanted = JoinRequest(candidate=third or "", confirm=confirm)
            return lambda app, context, by: join(app, context, second, wanted, by), "Joined"
        case "separate":
            return lambda app, context, by: separate(app, context, second, SeparateRequest(), by), "Kept separate"
        case "undo":
            return lambda app, context, by: undo(app, context, second, by), "Undone"
    return (
        lambda app, context, by: match_claims(app, context, first, second, by, confirm=confirm),
        f"{first} is matched to {second}",
    )


def _read(word: str, name: str | None, limit: int, *, json: bool, data: Path | None, practice: str | None) -> None:
    if (word == "show") == (name is None):
        raise UsageError(USAGE)
    with reading(data, practice, When(None, None, None)) as context:
        if word == "show":
            found: Any = response_page(context, name or "")
        elif word == "list":
            found = listed_responses(context, open_responses(context)[:limit])
        else:
            found = decisions(context, limit)
    if json:
        show.as_json(found)
    elif word == "show":
        show.table(f"{found['reason']}", [_shown(each) for each in found["candidates"]], CANDIDATES)
    elif word == "list":
        show.table("Unmatched responses", [_row(each) for each in found], COLUMNS)
    else:
        show.table("Decisions", [each | {"what": _decision(each)} for each in found], DECIDED)


def _row(each: dict[str, Any]) -> dict[str, Any]:
    best = each["candidates"][0] if each["candidates"] else None
    said = f"{best['claim_id']} ({best['strength']}, {best['score']} points)" if best else ""
    return each | {"what": each["claim_id"] or "whole file", "best": said}


def _shown(each: dict[str, Any]) -> dict[str, Any]:
    reasons = "; ".join(f"{r['what'].lower()}: {r['words']} ({r['points']:+d})" for r in each.get("reasons", ()))
    name = each.get("trace_number") or each.get("sent_at", "")
    told = {"claim_id": name, "score": "", "strength": "", "reasons": "", **each}
    return told | {"reasons": reasons}


def _decision(each: dict[str, Any]) -> str:
    if each["kind"] == "claim":
        return f"{each['answered_as']} belongs to {each['claim_id']}"
    return "the same remittance" if each.get("same") else each.get("words", "another payment, posted")
