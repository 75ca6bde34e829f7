"""Finds claims by numbers that came back changed, and by the payer's own numbers: an index over the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Update, bindparam, select, update

from events.claim import REPLACEMENT, VOID_CLAIM, ClaimSubmitted
from events.event_data import EventData
from events.normal_forms import beginnings, may_be_cut, number_form
from projections.keys import Key, parse_key
from projections.tables.columns import Row, has_prefix
from projections.tables.tables import table_of
from services.store.dialect import StoreDialect, dialect_of
from services.store.tables import ClaimNumber

NUMBER = table_of(ClaimNumber)
CLAIM, PAYER, REPLACES = "claim", "payer", "replaces"
SHORTEST = 4  # characters of a number that may be a part of another
MOST = 20  # claims that begin alike and are looked at; more than one leaves the join to a person anyway


def number_rows(practice: str, data: EventData) -> list[Row]:
    """The numbers that an event gives a claim."""
    claim_id = getattr(data, "claim_id", None)
    if not claim_id:
        return []
    key, sent = str(Key("claim", practice, claim_id)), isinstance(data, ClaimSubmitted)
    stated = [(CLAIM, claim_id), (PAYER, getattr(data, "payer_claim_number", None))]
    if isinstance(data, ClaimSubmitted) and data.frequency in (REPLACEMENT, VOID_CLAIM):
        stated.append((REPLACES, data.original_reference))
    return [
        {"practice": practice, "kind": kind, "form": form, "key": key, "sent": sent and kind == CLAIM}
        for kind, number in stated
        if number and (form := number_form(number))
    ]


def record(connection: Connection, events: Iterable[tuple[str, EventData]]) -> frozenset[str]:
    """Files the numbers of events that were just logged. Returns known claims that were now submitted for the first."""
    found: dict[tuple[str, ...], Row] = {}
    for practice, data in events:
        for row in number_rows(practice, data):
            name = (row["practice"], row["kind"], row["form"], row["key"])
            found[name] = row | {"sent": row["sent"] or (name in found and found[name]["sent"])}
    if not found:
        return frozenset()
    rows = [found[name] for name in sorted(found)]  # so that two workers never wait for each other in a circle
    connection.execute(dialect_of(connection).insert_ignore(NUMBER, "practice", "kind", "form", "key"), rows)
    sent = [row["key"] for row in rows if row["sent"]]
    if not sent:
        return frozenset()
    dialect = dialect_of(connection)
    given = {
        "practices": dialect.as_list(sorted({row["practice"] for row in rows})),
        "forms": dialect.as_list(sorted({row["form"] for row in rows if row["sent"]})),
        "keys": dialect.as_list(sent),
    }
    first = frozenset[str](connection.scalars(_first_sent(dialect), given))
    if first:
        connection.execute(_mark_sent(dialect), given)
    return first


@cache
def _first_sent(dialect: StoreDialect) -> Select[tuple[str]]:
    return select(NUMBER.c.key).where(*_unsent(dialect))


@cache
def _mark_sent(dialect: StoreDialect) -> Update:
    return update(NUMBER).where(*_unsent(dialect)).values(sent=True)


def _unsent(dialect: StoreDialect) -> tuple[ColumnElement[bool], ...]:
    return (
        dialect.among_given(NUMBER.c.practice, "practices"),
        NUMBER.c.kind == CLAIM,
        dialect.among_given(NUMBER.c.form, "forms"),
        dialect.among_given(NUMBER.c.key),
        NUMBER.c.sent.is_(False),
    )


class _Known(NamedTuple):
    key: str
    form: str
    sent: bool


def related(
    connection: Connection, keys: Iterable[str], as_unsent: frozenset[str] = frozenset()
) -> dict[str, set[str]]:
    """For each claim key, the others whose responses may belong to it or whose fate decides about that.

    A number that was submitted here: numbers that were not and may be its own spelled differently, with every other
    claim that they could mean. One that was not: the claims it could mean.
    """
    claims = {key for key in keys if key.startswith("claim|")}
    known = [one._replace(sent=one.sent and one.key not in as_unsent) for one in _known(connection, claims)]
    near = _alike(connection, known)
    strangers = {other.key: other for others in near.values() for other in others if not other.sent}
    meant = _alike(connection, [one for key, one in strangers.items() if key not in claims])
    found: dict[str, set[str]] = {}
    for one in known:
        others = near.get(one.key, [])
        wanted = {other.key for other in others if other.sent != one.sent}
        if one.sent:
            for stranger in (other for other in others if not other.sent):
                around = meant.get(stranger.key) or near.get(stranger.key, [])
                wanted |= {other.key for other in around if other.sent}
        if wanted - {one.key}:
            found[one.key] = wanted - {one.key}
    return found


def ever_alike(connection: Connection, keys: Iterable[str]) -> dict[str, set[str]]:
    """For each claim key, all whose number is or was like it, and all that are like those: for reads of the past.

    Which of them were submitted by then, their events up to the cut say. A superset of what `related` gave then.
    """
    known = [one._replace(sent=False) for one in _known(connection, {key for key in keys if key.startswith("claim|")})]
    near = _alike(connection, known, ever=True)
    others = {one.key: one._replace(sent=False) for found in near.values() for one in found}
    around = _alike(connection, list(others.values()), ever=True)
    found: dict[str, set[str]] = {}
    for key, mine in near.items():
        wanted = {one.key for one in mine} | {one.key for other in mine for one in around.get(other.key, ())}
        if wanted - {key}:
            found[key] = wanted - {key}
    return found


def similar(connection: Connection, practice: str, returned: str, payer_numbers: Iterable[str]) -> set[str]:
    """Keys of submitted claims whose number is like this one: equal in form, a part of it, or with it as a part.

    And of those that a payer gave one of these control numbers. At most MOST of each.
    """
    form = number_form(returned)
    parts = [form[:end] for end in range(len(form), SHORTEST - 1, -1)] or [form]
    alike = [one for one in _by_form(connection, practice, CLAIM, parts) if one.sent] if form else []
    found = {one.key for one in sorted(alike, key=lambda one: (-len(one.form), one.key))[:MOST]}
    if len(form) >= SHORTEST:
        longer = (has_prefix(NUMBER.c.form, form), NUMBER.c.form != form, NUMBER.c.sent)
        query = select(NUMBER.c.key).where(*_of(practice, CLAIM), *longer).order_by(NUMBER.c.form, NUMBER.c.key)
        found |= set(connection.scalars(query.limit(MOST)))
    given = {number_form(number) for number in payer_numbers} - {""}
    by_payer = _by_form(connection, practice, PAYER, given) if given else []
    return found | {one.key for one in sorted(by_payer)[:MOST]}


def _known(connection: Connection, keys: Iterable[str]) -> list[_Known]:
    """The claims' own rows, by primary key."""
    found: list[_Known] = []
    by_practice: dict[str, list[tuple[str, str]]] = {}
    for key in keys:
        _, practice, claim_id = parse_key(key)
        if form := number_form(claim_id):
            by_practice.setdefault(practice, []).append((form, key))
    for practice, names in by_practice.items():
        wanted = {key for _, key in names}
        rows = _by_form(connection, practice, CLAIM, {form for form, _ in names})
        found += [row for row in rows if row.key in wanted]
    return found


def _alike(connection: Connection, known: Sequence[_Known], *, ever: bool = False) -> dict[str, list[_Known]]:
    """For each, the other claims of its practice with its normal form, cut from it, or that it may be cut from."""
    by_practice: dict[str, list[_Known]] = {}
    for one in known:
        by_practice.setdefault(parse_key(one.key).practice, []).append(one)
    found: dict[str, list[_Known]] = {}
    for practice, mine in by_practice.items():
        forms = {one.form: [one.form] for one in mine}
        for one in mine:
            forms[one.form] = [one.form, *beginnings(parse_key(one.key).name)]
        wanted = {form for each in forms.values() for form in each}
        by_form: dict[str, list[_Known]] = {}
        for row in _by_form(connection, practice, CLAIM, wanted):
            by_form.setdefault(row.form, []).append(row)
        longer = _longer(connection, practice, [one for one in mine if not one.sent], ever=ever)
        for one in mine:
            others = [other for form in forms[one.form] for other in by_form.get(form, ())]
            found[one.key] = [other for other in (*others, *longer.get(one.key, ())) if other.key != one.key]
    return found


def _longer(
    connection: Connection, practice: str, strangers: Sequence[_Known], *, ever: bool
) -> dict[str, list[_Known]]:
    """Submitted claims whose number begins like one that may have been cut short; at most MOST of each.

    With `ever`, others too: what was submitted since had not been then.
    """
    found: dict[str, list[_Known]] = {}
    for one in strangers:
        if not may_be_cut(parse_key(one.key).name):
            continue
        query = select(NUMBER.c.key, NUMBER.c.form, NUMBER.c.sent).where(
            *_of(practice, CLAIM), has_prefix(NUMBER.c.form, one.form), NUMBER.c.form != one.form
        )
        query = query if ever else query.where(NUMBER.c.sent)
        rows = connection.execute(query.order_by(NUMBER.c.form, NUMBER.c.key).limit(MOST))
        found[one.key] = [_Known(*row) for row in rows]
    return found


def replacements(connection: Connection, keys: Iterable[str]) -> dict[str, set[str]]:
    """For each claim key, the claims that name its control number as replaced, and those whose number it names."""
    claims = sorted(key for key in keys if key.startswith("claim|"))
    dialect = dialect_of(connection)
    opposite = {PAYER: REPLACES, REPLACES: PAYER}
    wanted: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in connection.execute(_others(dialect), {"keys": dialect.as_list(claims)}) if claims else ():
        wanted.setdefault((row.practice, opposite[row.kind]), {}).setdefault(row.form, []).append(row.key)
    found: dict[str, set[str]] = {}
    for (practice, kind), forms in wanted.items():
        for other in _by_form(connection, practice, kind, forms):
            for key in forms[other.form]:
                if key != other.key:
                    found.setdefault(key, set()).add(other.key)
    return found


@cache
def _others(dialect: StoreDialect) -> Select[Any]:
    """The payers' numbers of claims, and those that claims replace."""
    columns = (NUMBER.c.practice, NUMBER.c.kind, NUMBER.c.form, NUMBER.c.key)
    return select(*columns).where(dialect.among_given(NUMBER.c.key), NUMBER.c.kind != CLAIM)


def _by_form(connection: Connection, practice: str, kind: str, forms: Iterable[str]) -> list[_Known]:
    """The claims that have numbers of a kind in any of these normal forms."""
    dialect = dialect_of(connection)
    given = {"of_practice": practice, "of_kind": kind, "keys": dialect.as_list(sorted(forms))}
    return [_Known(*row) for row in connection.execute(_with_forms(dialect), given)]


@cache
def _with_forms(dialect: StoreDialect) -> Select[Any]:
    of = (NUMBER.c.practice == bindparam("of_practice"), NUMBER.c.kind == bindparam("of_kind"))
    return select(NUMBER.c.key, NUMBER.c.form, NUMBER.c.sent).where(*of, dialect.among_given(NUMBER.c.form))


def _of(practice: str, kind: str) -> tuple[ColumnElement[bool], ...]:
    return (NUMBER.c.practice == practice, NUMBER.c.kind == kind)
