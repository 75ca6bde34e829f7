"""Finds claims by numbers that came back changed, and by the payer's own numbers: an index over the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select, update

from events.claim import REPLACEMENT, VOID_CLAIM, ClaimSubmitted
from events.event_data import EventData
from events.normal_forms import beginnings, may_be_cut, number_form
from projections.keys import Key, parse_key
from projections.tables.columns import Row, has_prefix
from projections.tables.tables import table_of
from services.store.dialect import dialect_of
from services.store.engine import among
from services.store.tables import ClaimNumber

NUMBER = table_of(ClaimNumber)
CLAIM, PAYER, REPLACES = "claim", "payer", "replaces"
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
    where = (
        NUMBER.c.practice.in_(sorted({row["practice"] for row in rows})),
        NUMBER.c.kind == CLAIM,
        among(connection, NUMBER.c.form, sorted({row["form"] for row in rows if row["sent"]})),
        among(connection, NUMBER.c.key, sent),
        NUMBER.c.sent.is_(False),
    )
    first = frozenset(connection.scalars(select(NUMBER.c.key).where(*where)))
    if first:
        connection.execute(update(NUMBER).where(*where).values(sent=True))
    return first


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


def _known(connection: Connection, keys: Iterable[str]) -> list[_Known]:
    """The claims' own rows, by primary key."""
    found: list[_Known] = []
    by_practice: dict[str, list[tuple[str, str]]] = {}
    for key in keys:
        _, practice, claim_id = parse_key(key)
        if form := number_form(claim_id):
            by_practice.setdefault(practice, []).append((form, key))
    for practice, names in by_practice.items():
        query = select(NUMBER.c.key, NUMBER.c.form, NUMBER.c.sent).where(
            *_of(practice, CLAIM), among(connection, NUMBER.c.form, sorted({form for form, _ in names}))
        )
        wanted = {key for _, key in names}
        found += [_Known(*row) for row in connection.execute(query) if row.key in wanted]
    return found


def _alike(connection: Connection, known: Sequence[_Known]) -> dict[str, list[_Known]]:
    """For each, the other claims of its practice with its normal form, cut from it, or that it may be cut from."""
    by_practice: dict[str, list[_Known]] = {}
    for one in known:
        by_practice.setdefault(parse_key(one.key).practice, []).append(one)
    found: dict[str, list[_Known]] = {}
    for practice, mine in by_practice.items():
        forms = {one.form: [one.form] for one in mine}
        for one in mine:
            forms[one.form] = [one.form, *beginnings(parse_key(one.key).name)]
        wanted = sorted({form for each in forms.values() for form in each})
        by_form: dict[str, list[_Known]] = {}
        query = select(NUMBER.c.key, NUMBER.c.form, NUMBER.c.sent).where(
            *_of(practice, CLAIM), among(connection, NUMBER.c.form, wanted)
        )
        for row in connection.execute(query):
            by_form.setdefault(row.form, []).append(_Known(*row))
        longer = _longer(connection, practice, [one for one in mine if not one.sent])
        for one in mine:
            others = [other for form in forms[one.form] for other in by_form.get(form, ())]
            found[one.key] = [other for other in (*others, *longer.get(one.key, ())) if other.key != one.key]
    return found


def _longer(connection: Connection, practice: str, strangers: Sequence[_Known]) -> dict[str, list[_Known]]:
    """Submitted claims whose number begins like one that may have been cut short; at most MOST of each."""
    found: dict[str, list[_Known]] = {}
    for one in strangers:
        if not may_be_cut(parse_key(one.key).name):
            continue
        query = select(NUMBER.c.key, NUMBER.c.form, NUMBER.c.sent).where(
            *_of(practice, CLAIM), has_prefix(NUMBER.c.form, one.form), NUMBER.c.form != one.form, NUMBER.c.sent
        )
        rows = connection.execute(query.order_by(NUMBER.c.form, NUMBER.c.key).limit(MOST))
        found[one.key] = [_Known(*row) for row in rows]
    return found


def replacements(connection: Connection, keys: Iterable[str]) -> dict[str, set[str]]:
    """For each claim key, the claims that name its control number as replaced, and those whose number it names."""
    claims = sorted(key for key in keys if key.startswith("claim|"))
    own = select(NUMBER.c.practice, NUMBER.c.kind, NUMBER.c.form, NUMBER.c.key).where(
        among(connection, NUMBER.c.key, claims), NUMBER.c.kind != CLAIM
    )
    opposite = {PAYER: REPLACES, REPLACES: PAYER}
    wanted: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in connection.execute(own) if claims else ():
        wanted.setdefault((row.practice, opposite[row.kind]), {}).setdefault(row.form, []).append(row.key)
    found: dict[str, set[str]] = {}
    for (practice, kind), forms in wanted.items():
        query = select(NUMBER.c.form, NUMBER.c.key).where(
            *_of(practice, kind), among(connection, NUMBER.c.form, sorted(forms))
        )
        for form, other in connection.execute(query):
            for key in forms[form]:
                if key != other:
                    found.setdefault(key, set()).add(other)
    return found


def _of(practice: str, kind: str) -> tuple[ColumnElement[bool], ...]:
    return (NUMBER.c.practice == practice, NUMBER.c.kind == kind)
