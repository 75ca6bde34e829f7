"""Routing rules and queues: listed, tried, saved, ended."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli import show
from services.cli.options import AsJson, DataOption, PracticeOption, reading
from services.cli.people import opened
from services.commands.routing import RoutingAdmin
from services.core.errors import UsageError
from services.presentation.routing_words import then_words, trial_words, when_words
from services.reads.routing import routing_json
from services.reads.routing_trial import try_rule
from services.store.routing_rules import RuleTerms, read_terms

routing = typer.Typer(help="Who gets which work: routing rules and queues.", no_args_is_help=True)
RuleArgument = Annotated[str, typer.Argument(help="The rule's name.")]
TermWords = Annotated[
    list[str] | None,
    typer.Argument(help="FIELD=VALUE, such as payers=A,B lists=denial amount_min=200 to=NAME hold_days=14 tags=a,b."),
]
QueueArgument = Annotated[str, typer.Argument(help="The queue's name.")]
Members = Annotated[list[str] | None, typer.Option("--member", help="A user name; repeatable.")]
SEVERAL = frozenset({"payers", "lists", "categories", "disciplines", "clinics", "providers", "tags"})
RULE_COLUMNS = [("rank", "order"), ("name", "rule"), ("when", "items"), ("then", "does"), ("state", "in force")]


@contextmanager
def _admin(data: Path | None, practice: str | None) -> Iterator[RoutingAdmin]:
    with opened(data, practice) as (engine, settings, clock):
        now = clock.now()
        today = now.astimezone(settings.zone).date()
        yield RoutingAdmin(engine=engine, practice=settings.practice, by=getpass.getuser(), now=now, today=today)


@routing.command("list")
def list_rules(json: AsJson = False, data: DataOption = None, practice: PracticeOption = None) -> None:
    """All rules in the order they apply, and the queues."""
    with reading(data, practice) as context:
        told = routing_json(context)
    if json:
        show.as_json(told)
        return
    show.table("Routing rules", [_row(rule) for rule in told["rules"]], RULE_COLUMNS)
    queues = [queue | {"members": ", ".join(queue["members"])} for queue in told["queues"]]
    show.table("Queues", queues, [("name", "queue"), ("members", "members")])


def _row(rule: dict[str, Any]) -> dict[str, Any]:
    shown = rule["in_force"] or rule["versions"][0]
    state = f"since {shown['effective_from']}" if rule["in_force"] else "ended"
    state = f"from {rule['to_come']['effective_from']}" if rule["to_come"] and not rule["in_force"] else state
    return {"rank": shown["rank"], "name": rule["name"], "state": state} | {
        "when": when_words(shown),
        "then": then_words(shown),
    }


@routing.command("try")
def try_(
    name: RuleArgument,
    terms: TermWords = None,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """What a rule would do to the current open work. Nothing is saved.

    Example: `claimclock routing try "Lakeshore over 200" payers=LAKESHORE amount_min=200 to=Denials`.
    """
    with reading(data, practice) as context:
        told = try_rule(context, _terms(name, terms))
    if json:
        show.as_json(told | {"says": trial_words(told)})
        return
    for line in trial_words(told):
        show.console.print(line, markup=False)
    columns = [("claim_id", "claim"), ("kind", "list"), ("payer_id", "payer"), ("amount_at_risk", "at risk")]
    if told["items"]:
        show.table("Most urgent of these", told["items"], [*columns, ("from", "now with"), ("to", "then with")])


@routing.command("save")
def save(name: RuleArgument, terms: TermWords = None, data: DataOption = None, practice: PracticeOption = None) -> None:
    """Saves a rule, or a new version of the rule with this name, with all its terms."""
    with _admin(data, practice) as admin:
        saved = admin.save_rule(_terms(name, terms))
    show.console.print(f"{saved.name}: version {saved.version}, from {saved.body['effective_from']}", markup=False)


@routing.command("end")
def end(name: RuleArgument, data: DataOption = None, practice: PracticeOption = None) -> None:
    """Ends a rule as of today."""
    with _admin(data, practice) as admin:
        admin.end_rule(name)
    show.console.print(f"{name}: ended", markup=False)


@routing.command("queue")
def queue(
    name: QueueArgument, member: Members = None, data: DataOption = None, practice: PracticeOption = None
) -> None:
    """Saves a queue with these members; earlier members not named are removed."""
    with _admin(data, practice) as admin:
        saved = admin.save_queue(name, member or ())
    show.console.print(f"{saved.name}: {', '.join(saved.body['members']) or 'no members'}", markup=False)


@routing.command("remove-queue")
def remove_queue(name: QueueArgument, data: DataOption = None, practice: PracticeOption = None) -> None:
    """Removes a queue that no rule uses."""
    with _admin(data, practice) as admin:
        admin.remove_queue(name)
    show.console.print(f"{name}: removed", markup=False)


def _terms(name: str, words: Sequence[str] | None) -> RuleTerms:
    given: dict[str, Any] = dict(word.partition("=")[::2] for word in words or ())
    if unknown := sorted(given.keys() - RuleTerms.model_fields.keys()):
        raise UsageError(f"{unknown[0]}: no such field; there are {', '.join(RuleTerms.model_fields)}")
    for several in SEVERAL & given.keys():
        given[several] = [part.strip() for part in given[several].split(",") if part.strip()]
    return read_terms({"name": name} | given)
