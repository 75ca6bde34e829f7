"""Numbers, words and codes of a contract, however they are spelled. Every error names the field."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from events.values import round_cents
from projections.pricing.contract import CLAIM, DAY, VISIT, ContractError, RateBasis
from projections.pricing.lines import HUNDRED, as_percent

_DISCIPLINES = {"ST": "SLP", "SPEECH": "SLP", "PHYSICAL": "PT", "OCCUPATIONAL": "OT"}
_PERS = (
    (r"claim|case|episode", CLAIM),
    (r"visit|session|discipline|encounter", VISIT),
    (r"day|daily|diem|date|dos", DAY),
)
_YES = frozenset({"true", "yes", "with", "1", "on", "apply", "applied", "applies"})
_NO = frozenset({"false", "no", "without", "0", "off", "none", "not"})
FACTOR_UP_TO = Decimal(3)  # nobody contracts for 3 % of anything: a smaller figure is a factor, 1.10 meaning 110 %


def word(stated: object) -> str:
    """A name in small letters with single underscores."""
    return re.sub(r"[^a-z0-9*%]+", "_", str(stated).lower()).strip("_") if stated is not None else ""


def number_of(stated: object, field: str) -> Decimal:
    text = re.sub(r"[$,%\s]", "", str(stated))
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ContractError(f"{field}: {stated!r} is not a number") from None
    if not number.is_finite():
        raise ContractError(f"{field}: {stated!r} is not a number")
    return number


def amount_of(stated: object, field: str) -> Decimal:
    """An amount of money, not negative, with two decimals."""
    amount = number_of(stated, field)
    if amount < 0 or amount != round_cents(amount):
        raise ContractError(f"{field}: {stated!r} is not an amount of money")
    return round_cents(amount)


def percent_of(stated: object, field: str, notes: list[str]) -> Decimal:
    """A percentage as a fraction of one: 110 and "110 %" are 1.10. A figure up to 3 is a factor; the note says so."""
    if stated is None:
        raise ContractError(f"{field}: missing")
    if isinstance(stated, Mapping):
        stated = next((stated[key] for key in ("percent", "factor", "multiplier") if key in stated), None)
    number = number_of(stated, field)
    if number <= 0:
        raise ContractError(f"{field}: {stated!r} is not a percentage above zero")
    if number > FACTOR_UP_TO or "%" in str(stated):
        return number / HUNDRED
    notes.append(f"{field} {number} read as a factor, that is {as_percent(number)}")
    return number


def per_of(stated: object, otherwise: str) -> str:
    """What an amount or limit is counted for: day, visit (a day and discipline) or claim."""
    spelled = word(stated)
    if not spelled:
        return otherwise
    for pattern, per in _PERS:
        if re.search(pattern, spelled):
            return per
    raise ContractError(f"per: {stated!r} is not known; known are day, visit, claim")


def mapping_of(stated: object, field: str) -> Mapping[str, Any]:
    if not isinstance(stated, Mapping):
        raise ContractError(f"{field}: a table of names and values is needed")
    return stated


def codes_of(stated: object, evaluations: Collection[str] = ()) -> list[str]:
    """Procedure codes from a list or a text; the word "evaluations" stands for the evaluation codes."""
    parts: Iterable[Any] = re.split(r"[\s,;]+", stated) if isinstance(stated, str) else stated or ()  # type: ignore[assignment]
    codes: list[str] = []
    for part in parts:
        code = str(part).strip().upper()
        codes.extend(sorted(evaluations) if code.startswith("EVAL") else [code] if code else [])
    return codes


def discipline_of(stated: str) -> str:
    text = stated.strip().upper()
    return _DISCIPLINES.get(text.split()[0], text) if text else text


def place_of(stated: str) -> str:
    return stated.strip().zfill(2)


def basis_of(stated: object) -> RateBasis:
    """The Medicare schedule a percentage is taken of, from a table, a year or a text such as "2025 national"."""
    if stated is None:
        return RateBasis()
    if isinstance(stated, Mapping):
        return _basis_of_table(stated)
    return _basis_of_text(str(stated))


def _basis_of_table(stated: Mapping[str, Any]) -> RateBasis:
    def one(*names: str) -> Any:
        return next((stated[name] for name in names if stated.get(name) is not None), None)

    reduction = one("mppr", "multiple_procedure_reduction", "multiple_procedure", "with_mppr")
    on = one("date", "on", "as_of")
    edition = one("edition", "qp")
    return RateBasis(
        _year(one("year", "fee_schedule_year", "schedule_year", "schedule")),
        date.fromisoformat(on) if isinstance(on, str) else on,
        _locality(one("locality", "gpci", "carrier_locality")),
        ("qp" if _truth(edition, "qp") else None) if isinstance(edition, bool) else edition,
        mppr=reduction is not None and _truth(reduction, "mppr"),
    )


def _basis_of_text(text: str) -> RateBasis:
    small = text.lower()
    year = re.search(r"(?<!\d)(20\d\d)(?!\d)", small)
    locality = re.search(r"\b(\d{5}[-:/ ]\d{2})\b", small)
    stated = bool(re.search(r"mppr|multiple.procedure", small))
    without = bool(re.search(r"(no|without|w/o|not|excluding|ex)[\s_-]+(the[\s_-]+)?(mppr|multiple.procedure)", small))
    return RateBasis(
        int(year.group(1)) if year else None, None, locality.group(1) if locality else None,
        "qp" if re.search(r"(?<!non.)\bqp\b", small) else None, mppr=stated and not without,
    )  # fmt: skip


def _year(stated: object) -> int | None:
    found = re.search(r"(?<!\d)(20\d\d)(?!\d)", str(stated)) if stated is not None else None
    if found:
        return int(found.group(1))
    if stated is None or word(stated) in ("", "current", "prevailing", "date_of_service", "dos", "medicare"):
        return None
    raise ContractError(f"basis: {stated!r} is not a year")


def _locality(stated: object) -> str | None:
    return str(stated).strip() or None if stated is not None else None


def _truth(stated: object, field: str) -> bool:
    if isinstance(stated, bool):
        return stated
    spelled = word(stated)
    if spelled in _YES:
        return True
    if spelled in _NO:
        return False
    raise ContractError(f"basis: {field} is true or false, not {stated!r}")
