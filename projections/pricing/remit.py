"""What a remittance line says was allowed: rebuilt from its adjustments and compared with what the payer states."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from events.adjustment import Adjustment
from events.values import CENT, ZERO
from projections.pricing.shares import in_order, largest_remainder
from projections.rules.adjustment_codes import DenialTable
from projections.rules.rulebook import Rulebook, Ruling

PATIENT = frozenset({"deductible", "coinsurance", "copay", "patient_other"})
_INSIDE = PATIENT | {"sequestration", "incentive", "withheld"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerAnswer:
    """One line as a payer answered it. None: not stated. `denied` is the claim's own judgment where it has one."""

    charge: Decimal
    paid: Decimal
    adjustments: tuple[Adjustment, ...] = ()
    procedure: str | None = None
    units: Decimal | None = None
    allowed: Decimal | None = None
    remarks: tuple[str, ...] = ()
    denied: bool | None = None


class Stated(NamedTuple):
    """The money of an answer by the part it plays.

    `allowed` is rebuilt from the adjustments where they balance the line, else what the payer states, else None.
    `patient` and `sequestration` lie inside it. `refused` was taken off by denials, `bundled` as part of another
    service.
    """

    allowed: Decimal | None
    stated: Decimal | None
    rebuilt: Decimal
    balanced: bool
    patient: Decimal
    sequestration: Decimal
    refused: Decimal
    bundled: Decimal
    refusals: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the rebuilt amount is the one the payer states, to the cent."""
        return self.stated is None or abs(self.stated - self.rebuilt) <= CENT


class Roles:
    """Which part each adjustment reason plays; a reason without a role is a denial if the denial table says so."""

    def __init__(
        self, rows: Sequence[Mapping[str, str]], assistant_remarks: Sequence[str], denials: DenialTable
    ) -> None:
        self._roles = {row["carc"]: row["role"] for row in rows}
        self._denials: Callable[[str, str], bool] = denials.is_denial_code
        self.assistant_remarks = frozenset(assistant_remarks)

    def role(self, group: str, reason: str) -> str:
        """The role of one adjustment. Remembered, for the same few reasons come again and again."""
        found = self._roles.get(reason)
        if found is None:
            bare = self._roles.get(reason.lstrip("0") or reason)
            key = reason
            if bare is None:
                key = f"{group}-{reason}"
                bare = self._roles.get(key) or ("refused" if self._denials(group, reason) else "price")
            found = self._roles[key] = bare
        return found


def roles_on(rules: Rulebook, on: date) -> Roles:
    """The roles in force on a date; without a pack every reason is judged by the denial table alone."""
    ruling = rules.pick("carc_roles", on)
    values = ruling.values if isinstance(ruling, Ruling) else {}
    return Roles(values.get("rows", ()), values.get("assistant_remarks", ()), DenialTable.from_rulebook(rules, on))


class Rebuilt(NamedTuple):
    """What the adjustments of a line say was allowed. It counts where they balance: charge less all of them is paid."""

    amount: Decimal
    balanced: bool

    def counts(self, stated: Decimal | None) -> Decimal | None:
        """The allowed amount: rebuilt where the line balances, else what the payer states, else unknown."""
        return self.amount if self.balanced else stated


def rebuild_allowed(charge: Decimal, paid: Decimal, adjustments: Iterable[Adjustment], roles: Roles) -> Rebuilt:
    """Paid, and what was taken off it and yet lies inside what was allowed: patient's share, sequestration and such."""
    inside = taken = ZERO
    for adjustment in adjustments:
        taken += adjustment.amount
        if roles.role(adjustment.group, adjustment.reason) in _INSIDE:
            inside += adjustment.amount
    return Rebuilt(paid + inside, charge - taken == paid)


def read_answer(answer: PayerAnswer, roles: Roles) -> Stated:
    """Sort an answer's money by the part it plays."""
    patient = sequestration = refused = bundled = ZERO
    refusals: list[str] = []
    for adjustment in answer.adjustments:
        group, reason, amount = adjustment.group, adjustment.reason, adjustment.amount
        role = roles.role(group, reason)
        if role in PATIENT:
            patient += amount
        elif role == "sequestration":
            sequestration += amount
        elif role == "refused":
            refused += amount
            refusals.append(f"{group}-{reason}")
        elif role == "bundled":
            bundled += amount
            refusals.append(f"{group}-{reason}")
    rebuilt = rebuild_allowed(answer.charge, answer.paid, answer.adjustments, roles)
    return Stated(
        rebuilt.counts(answer.allowed),
        answer.allowed,
        rebuilt.amount,
        rebuilt.balanced,
        patient,
        sequestration,
        refused,
        bundled,
        tuple(refusals),
    )


def spread(answers: Sequence[PayerAnswer], adjustments: Sequence[Adjustment]) -> tuple[PayerAnswer, ...]:
    """Lay a claim's own adjustments on its lines, to the cent.

    By the X12 balance, what a line states as paid holds its part of them still: that is taken off, in proportion to
    what was paid for each line. Where a payer states lines without it, the adjustments are what the lines miss.
    """
    gaps = [line.charge - line.paid - sum((a.amount for a in line.adjustments), ZERO) for line in answers]
    sign = -1 if sum(gaps, ZERO) < ZERO else 1  # a reversal takes everything back
    amounts, rooms = [sign * a.amount for a in adjustments], [sign * gap for gap in gaps]
    if min((*amounts, *rooms), default=ZERO) >= ZERO and sum(amounts, ZERO) == sum(rooms, ZERO) > ZERO:
        return _filled(answers, adjustments, rooms, sign)
    weights = [abs(line.paid) for line in answers]
    if not any(weights):
        weights = [abs(line.charge) for line in answers]
    for adjustment in adjustments:
        sign = -1 if adjustment.amount < 0 else 1
        shares = [sign * share for share in largest_remainder(abs(adjustment.amount), weights)]
        taken = [replace(line, paid=line.paid - share) for line, share in zip(answers, shares, strict=True)]
        answers = [_with(line, adjustment, share) for line, share in zip(taken, shares, strict=True)]
    return tuple(answers)


def _filled(
    lines: Sequence[PayerAnswer], adjustments: Sequence[Adjustment], rooms: Sequence[Decimal], sign: int
) -> tuple[PayerAnswer, ...]:
    """Each adjustment poured into what the lines miss, one line after the other."""
    for adjustment in adjustments:
        shares = in_order(sign * adjustment.amount, rooms)
        rooms = [room - share for room, share in zip(rooms, shares, strict=True)]
        lines = [_with(line, adjustment, sign * share) for line, share in zip(lines, shares, strict=True)]
    return tuple(lines)


def _with(line: PayerAnswer, adjustment: Adjustment, share: Decimal) -> PayerAnswer:
    if not share:
        return line
    return replace(line, adjustments=(*line.adjustments, adjustment.model_copy(update={"amount": share})))
