"""Claim status segments (STC) of a 277 or 277CA, and the one verdict they amount to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from events.claim import ACKNOWLEDGED, REFUSED
from services.intake.elements import Json, Segment, cents, composite, element, stated_day, whole
from services.intake.shared_segments import procedure

_KNOWN = REFUSED.union(ACKNOWLEDGED)
_STATUS_CODE = re.compile(r"[A-Z]\d{1,2}|[A-Z]{1,2}\d")  # a category of X12 external code list 507
_REJECT_ACTION = "U"
LARGEST_COUNT = 10**9
_LINE_REFERENCES = ("FJ", "6R")
_COUNTS = {
    ("QTY", "90"): "accepted_count",
    ("QTY", "QA"): "accepted_count",
    ("QTY", "AA"): "rejected_count",
    ("AMT", "YU"): "accepted_amount",
    ("AMT", "YY"): "rejected_amount",
}


@dataclass(slots=True, kw_only=True)
class Status:
    """One STC: up to three composites, its date, action and message."""

    codes: list[Json]
    on: str | None
    action: str
    charge: str | None
    message: str

    @property
    def categories(self) -> list[str]:
        return [code["category"] for code in self.codes if code.get("category")]

    @property
    def rejects(self) -> bool:
        return self.action == _REJECT_ACTION or any(category in REFUSED for category in self.categories)


@dataclass(slots=True, kw_only=True)
class StatusLine:
    """One SVC with its statuses."""

    procedure: str
    modifiers: tuple[str, ...]
    charge: str | None
    control: str | None = None
    statuses: list[Status] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Statuses:
    """All that one loop says: of the whole, and of service lines."""

    claim: list[Status] = field(default_factory=list)
    lines: list[StatusLine] = field(default_factory=list)
    payer_claim_number: str | None = None
    counts: Json = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)  # what was unreadable but stopped nothing

    @property
    def _deciding(self) -> list[Status]:
        """The claim's own statuses; where it has none, those of its lines."""
        return self.claim or [status for line in self.lines for status in line.statuses]

    def problem(self) -> str:
        """Why these statuses cannot be taken as an acknowledgment; empty if they can."""
        deciding = self._deciding
        if not deciding:
            return "no status (STC) given"
        if self.rejects():
            return ""
        known = [c for status in deciding for c in status.categories if c in ACKNOWLEDGED]
        strange = [c for status in deciding for c in status.categories if c not in _KNOWN]
        if strange or not known:
            named = f"category {strange[0][:2]}" if strange and strange[0][:2].isalnum() else "no known category"
            return f"STC with {named}: a 277CA holds A categories only; F, P, R and E belong to other responses"
        return ""

    def rejects(self) -> bool:
        """Reject wins over accept within the claim level; lines decide only where the claim level is silent."""
        if self.claim:
            return any(status.rejects for status in self.claim)
        statuses = self._deciding
        return bool(statuses) and all(status.rejects for status in statuses)

    def _codes(self) -> list[Json]:
        return [code for status in self._deciding for code in status.codes]

    def _category(self) -> str:
        given = [c for status in self._deciding for c in status.categories if c in ACKNOWLEDGED]
        return max(given, key=ACKNOWLEDGED.index)

    def _common(self) -> Json:
        data: Json = {}
        message = " ".join(dict.fromkeys(status.message for status in self._deciding if status.message))
        charge = next((status.charge for status in self._deciding if status.charge), None)
        lines = [_line_data(line) for line in self.lines if line.statuses]
        optional = {
            "message": message,
            "payer_claim_number": self.payer_claim_number,
            "claim_charge": charge,
            "service_lines": lines,
        }
        data |= {name: value for name, value in optional.items() if value}
        return data

    def leading(self) -> Json:
        """Category, status and entity of the first code that has a category."""
        codes = self._codes()
        found = next((code for code in codes if code.get("category")), {})
        return {name: found[name] for name in ("category", "status", "entity") if name in found}

    def report_data(self) -> Json:
        """What claim.status_reported says besides the leading code."""
        return {"codes": self._codes(), **self._common()}

    def day(self) -> str | None:
        return max((status.on for status in self._deciding if status.on), default=None)

    def claim_data(self) -> Json:
        """What claim.acknowledged or claim.rejected says besides the claim, the stage and the submission."""
        data: Json = {"codes": self._codes()}
        on = self.day()
        if self.rejects():
            data |= {"occurred_on": on} if on else {}
        else:
            data |= {"category": self._category()} | ({"effective_on": on} if on else {})
        return data | self._common()

    def verdict_data(self) -> Json:
        """What submission.acknowledged or submission.rejected says besides the submission and the stage."""
        codes = self._codes()
        leading = next((code for code in codes if code.get("category") in REFUSED), codes[0])
        category = leading.get("category") if self.rejects() else self._category()
        data: Json = {"errors": codes if self.rejects() else [], **self.counts}
        optional = {"category": category, "code": leading.get("status"), "effective_on": self.day()}
        return data | {name: value for name, value in optional.items() if value}


def read_statuses(segments: list[Segment], component: str) -> Statuses:
    """All statuses of one loop. Total: what makes no sense is left out, and `problem` says so."""
    found = Statuses()
    for segment in segments:
        tag = segment[0]
        if tag == "STC":
            (found.lines[-1].statuses if found.lines else found.claim).append(_status(segment, component, found.faults))
        elif tag == "SVC":
            code, modifiers = procedure(element(segment, 1), component)
            charge = _charge(segment, 2, found.faults)
            found.lines.append(
                StatusLine(procedure=code, modifiers=modifiers, charge=None if charge is None else str(charge))
            )
        elif tag == "REF":
            _reference(found, segment)
        elif (tag, element(segment, 1)) in _COUNTS:
            name, text = _COUNTS[tag, element(segment, 1)], element(segment, 2)
            value = cents(text) if tag == "AMT" else whole(text, LARGEST_COUNT)
            if value is None and text:
                found.faults.append(f"{tag}02 after qualifier {segment[1]} is not a number")
            if value is not None:
                found.counts[name] = str(value) if tag == "AMT" else value
    return found


def _reference(found: Statuses, segment: Segment) -> None:
    qualifier, value = element(segment, 1), element(segment, 2)
    if found.lines:
        if qualifier in _LINE_REFERENCES:
            found.lines[-1].control = value or None
    elif qualifier == "1K" and value:
        found.payer_claim_number = value


def _charge(segment: Segment, index: int, faults: list[str]) -> Decimal | None:
    text = element(segment, index)
    if (amount := cents(text)) is None and text:
        faults.append(f"{segment[0]}{index:02d} is not an amount in whole cents")
    return amount


def _status(segment: Segment, component: str, faults: list[str]) -> Status:
    charge = _charge(segment, 4, faults)
    further = [text for at in (10, 11) if (text := element(segment, at))]
    texts = [text for text in further if not _STATUS_CODE.fullmatch(composite(text, component)[0].strip().upper())]
    coded = [element(segment, 1), *(text for text in further if text not in texts)]
    return Status(
        codes=[code for text in coded for code in _codes(text, component)],
        on=stated_day(segment, 2, faults),
        action=element(segment, 3).upper(),
        charge=None if charge is None else str(charge),
        message=" ".join([*texts, element(segment, 12)]).strip(),  # some put it an element too early
    )


def _codes(text: str, component: str) -> Iterator[Json]:
    """category:status:entity."""
    if text:
        names = ("category", "status", "entity")
        parts = [part.strip().upper() for part in composite(text, component)]
        yield {"list": "277", **{name: part for name, part in zip(names, parts, strict=False) if part}}


def _line_data(line: StatusLine) -> Json:
    data: Json = {
        "procedure": line.procedure,
        "modifiers": list(line.modifiers),
        "rejected": any(status.rejects for status in line.statuses),
        "codes": [code for status in line.statuses for code in status.codes],
    }
    optional = {"charge": line.charge, "line_control": line.control}
    return data | {name: value for name, value in optional.items() if value is not None}
