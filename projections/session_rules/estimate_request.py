"""What an estimate is asked for, checked: a clear error names the field that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from events.values import MAX_AMOUNT, round_cents
from projections.session_rules.session import DocumentedService, InvalidSessionError, Session, problems

_MODIFIER = re.compile(r"[0-9A-Z]{2}")
_WHOLE = re.compile(r"[+-]?\d{1,6}")


class InvalidRequestError(InvalidSessionError):
    """An estimate that cannot be made; `field` names what to fix."""


@dataclass(frozen=True)
class EstimateRequest:
    """A session, what its lines are charged, and what the bucket held before it.

    `charges` are line charges by procedure; `running` is the amount already used, None where unknown. `modifiers` are
    those a person adds to the lines of a procedure.
    """

    session: Session
    charges: Mapping[str, Decimal] = field(default_factory=dict)
    running: Decimal | None = None
    modifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def request_from_options(
    *,
    payer: str,
    dos: Any,
    discipline: str,
    timed: Iterable[str] = (),
    untimed: Iterable[str] = (),
    assistant: Iterable[str] = (),
    charge: Iterable[str] = (),
    running: Any = None,
    diagnoses: Iterable[str] = (),
    program: str | None = None,
    order: Sequence[str] = (),
    modifier: Iterable[str] = (),
) -> EstimateRequest:
    """A request as written on a command line: `97530:23` for minutes and assistant, `97530:150.00` for a charge.

    `order`: "timed" or "untimed" for each service in the order given; without it the timed come first. Raises
    InvalidRequestError, naming the option.
    """
    given = {
        "timed": [
            DocumentedService(code, _minutes(text, "timed")) for code, text in (_pair(t, "timed") for t in timed)
        ],
        "untimed": [_untimed(text) for text in untimed],
    }
    return checked_request(
        payer=payer,
        dos=dos,
        discipline=discipline,
        services=_in_order(given, order),
        assistant=_summed((code, _minutes(m, "assistant")) for code, m in (_pair(t, "assistant") for t in assistant)),
        charges=_charges(charge),
        running=running,
        diagnoses=diagnoses,
        program=program,
        modifiers=_modifier_pairs(modifier),
    )


def _modifier_pairs(texts: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code, text in (_pair(t, "modifier") for t in texts):
        found.setdefault(code, []).append(text)
    return found


def _in_order(given: Mapping[str, list[DocumentedService]], order: Sequence[str]) -> list[DocumentedService]:
    """The services of both kinds, one after the other as the order says, where it names just these."""
    plain = [kind for kind, services in given.items() for _ in services]
    queues = {kind: iter(services) for kind, services in given.items()}
    return [next(queues[kind]) for kind in (order if sorted(order) == sorted(plain) else plain)]


def request_from_json(body: Mapping[str, Any]) -> EstimateRequest:
    """A request in the words of the visit event: payer, dos, discipline, timed, untimed.

    timed [{procedure, minutes, assistant_minutes?}], untimed [{procedure}]; optional are assistant and charges as
    {procedure: value}, running, diagnoses and program. Raises InvalidRequestError, naming the field.
    """
    services = [_service(entry, f"timed[{n}]", timed=True) for n, entry in enumerate(_list(body, "timed"))]
    services += [_service(entry, f"untimed[{n}]", timed=False) for n, entry in enumerate(_list(body, "untimed"))]
    return checked_request(
        payer=body.get("payer") or body.get("payer_id"),
        dos=body.get("dos"),
        discipline=body.get("discipline"),
        services=services,
        assistant={_code(c): _minutes(m, f"assistant.{c}") for c, m in _mapping(body, "assistant").items()},
        charges={_code(c): amount_given(v, f"charges.{c}") for c, v in _mapping(body, "charges").items()},
        running=body.get("running"),
        diagnoses=_list(body, "diagnoses"),
        program=body.get("program"),
        modifiers={_code(c): _list({"m": m}, "m") for c, m in _mapping(body, "modifiers").items()},
    )


def checked_request(
    *,
    payer: Any,
    dos: Any,
    discipline: Any,
    services: Iterable[DocumentedService],
    assistant: Mapping[str, int],
    charges: Mapping[str, Decimal],
    running: Any,
    diagnoses: Iterable[Any] = (),
    program: str | None = None,
    modifiers: Mapping[str, Sequence[Any]] = MappingProxyType({}),
) -> EstimateRequest:
    """The one way into a request. Services keep the order in which they are given."""
    session = Session(
        discipline=str(discipline or "").strip().upper(),
        dos=_date(dos),
        services=_assisted(list(services), assistant),
        payer_id=_text(payer, "payer"),
        program=program,
        diagnoses=tuple(str(code) for code in diagnoses),
    )
    for problem in problems(session):
        raise InvalidRequestError(problem.field, problem.message)
    for code in charges:
        _present(code, session.services, "charge")
    for code in modifiers:
        _present(code, session.services, "modifiers")
    used = None if running is None else amount_given(running, "running")
    return EstimateRequest(session, dict(charges), used, {c: _modifiers(m) for c, m in modifiers.items()})


def _modifiers(given: Sequence[Any]) -> tuple[str, ...]:
    found = tuple(str(modifier).strip().upper() for modifier in given)
    if not all(_MODIFIER.fullmatch(modifier) for modifier in found):
        raise InvalidRequestError("modifiers", "a modifier has two letters or digits, such as 59 or XU")
    return found


def _assisted(services: list[DocumentedService], assistant: Mapping[str, int]) -> tuple[DocumentedService, ...]:
    """Give each code its assistant's minutes, the first entries of a code first."""
    for code, minutes in assistant.items():
        _present(code, services, "assistant")
        left = minutes
        for place, service in enumerate(services):
            if service.procedure == code:
                room = left if service.minutes is None else min(left, service.minutes - service.assistant_minutes)
                services[place] = replace(service, assistant_minutes=service.assistant_minutes + max(room, 0))
                left -= max(room, 0)
        if left:
            raise InvalidRequestError("assistant", f"{code}: {minutes} min exceed the minutes of the service")
    return tuple(services)


def _present(code: str, services: Iterable[DocumentedService], name: str) -> None:
    if not any(service.procedure == code for service in services):
        raise InvalidRequestError(name, f"{code} is not among the services")


def _service(entry: Any, where: str, *, timed: bool) -> DocumentedService:
    if isinstance(entry, str) and not timed:
        entry = {"procedure": entry}
    if not isinstance(entry, Mapping):
        raise InvalidRequestError(where, "must be an object with a procedure")
    minutes, theirs = entry.get("minutes"), entry.get("assistant_minutes")
    return DocumentedService(
        _code(_text(entry.get("procedure"), f"{where}.procedure")),
        None if minutes is None and not timed else _minutes(minutes, f"{where}.minutes"),
        0 if theirs is None else _minutes(theirs, f"{where}.assistant_minutes"),
        timed=timed,
    )


def _untimed(text: str) -> DocumentedService:
    """`97161`, or `97150:40` where the minutes of an untimed service are known."""
    code, colon, minutes = text.partition(":")
    return DocumentedService(
        _code(_text(code, "untimed")), _minutes(minutes, "untimed") if colon else None, timed=False
    )


def _pair(text: str, name: str) -> tuple[str, str]:
    code, colon, value = str(text).partition(":")
    if not colon or not code.strip():
        raise InvalidRequestError(name, "write it as code:value, for example 97530:23")
    return _code(code), value


def _charges(texts: Iterable[str]) -> dict[str, Decimal]:
    """What the line of each code is billed at; a code has one line charge."""
    charges: dict[str, Decimal] = {}
    for code, text in (_pair(t, "charge") for t in texts):
        if code in charges:
            raise InvalidRequestError("charge", f"{code} is given twice; write the charge of all its units once")
        charges[code] = amount_given(text, "charge")
    return charges


def _summed(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for code, minutes in pairs:
        totals[code] = totals.get(code, 0) + minutes
    return totals


def _code(text: Any) -> str:
    return str(text).strip().upper()


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
        raise InvalidRequestError(name, "is missing")
    return str(value).strip()


def _minutes(value: Any, name: str) -> int:
    """Whole minutes, none of them negative."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and not (isinstance(value, str) and _WHOLE.fullmatch(value.strip())):
        raise InvalidRequestError(name, "minutes must be a whole number")
    minutes = int(value)
    if minutes < 0:
        raise InvalidRequestError(name, "minutes must not be negative")
    return minutes


def amount_given(value: Any, name: str) -> Decimal:
    """An amount of money, not negative. Raises InvalidRequestError, naming the field."""
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= MAX_AMOUNT or amount != round_cents(amount):
        raise InvalidRequestError(name, "must be an amount such as 150.00, not negative")
    return round_cents(amount)


def _date(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidRequestError("dos", "must be a date such as 2026-03-02") from error


def _list(body: Mapping[str, Any], name: str) -> list[Any]:
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise InvalidRequestError(name, "must be a list")
    return list(value)


def _mapping(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidRequestError(name, "must be an object of procedure and value")
    return value
