"""What a remittance line says was allowed: rebuilt from its adjustments and set beside what the payer states."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from events.remittance import Adjustment
from projections.denials import DenialTable
from projections.pricing.lines import ZERO
from projections.pricing.shares import largest_remainder
from projections.rulebook import Rulebook, Ruling

PATIENT = frozenset({"deductible", "coinsurance", "copay", "patient_other"})
_INSIDE = PATIENT | {"sequestration", "incentive", "withheld"}
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Answer:
    """One line as a payer answered it. None: not stated. `denied` is the claim's own judgement where it has one."""

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
    service, `reduced` as a multiple-procedure reduction, `prior` for what an earlier payer did.
    """

    allowed: Decimal | None
    stated: Decimal | None
    rebuilt: Decimal
    balanced: bool
    patient: Decimal
    sequestration: Decimal
    reduced: Decimal
    refused: Decimal
    bundled: Decimal
    prior: Decimal
    refusals: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether the rebuilt amount is the one the payer states, to the cent."""
        return self.stated is None or abs(self.stated - self.rebuilt) <= _CENT


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


def read_answer(answer: Answer, roles: Roles) -> Stated:
    """Sort an answer's money by the part it plays."""
    inside = patient = sequestration = reduced = refused = bundled = prior = taken = ZERO
    refusals: list[str] = []
    for adjustment in answer.adjustments:
        group, reason, amount = adjustment.group, adjustment.reason, adjustment.amount
        role = roles.role(group, reason)
        taken += amount
        if role in _INSIDE:
            inside += amount
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
        elif role == "prior_payer":
            prior += amount
        elif reason == "59":
            reduced += amount
    rebuilt = answer.paid + inside
    balanced = answer.charge - taken == answer.paid
    allowed = rebuilt if balanced else answer.allowed
    return Stated(
        allowed, answer.allowed, rebuilt, balanced, patient, sequestration, reduced, refused, bundled, prior,
        tuple(refusals),
    )  # fmt: skip


def spread(answers: Sequence[Answer], adjustments: Sequence[Adjustment]) -> tuple[Answer, ...]:
    """Lay a claim's own adjustments on its lines, each in proportion to what the line still holds, to the cent."""
    lines = list(answers)
    for adjustment in adjustments:
        weights = [max(line.paid, ZERO) for line in lines]
        if not any(weights):
            weights = [max(line.charge, ZERO) for line in lines]
        sign = -1 if adjustment.amount < 0 else 1
        shares = largest_remainder(abs(adjustment.amount), weights)
        lines = [
            replace(
                line,
                paid=line.paid - sign * share,
                adjustments=(*line.adjustments, adjustment.model_copy(update={"amount": sign * share})),
            )
            if share
            else line
            for line, share in zip(lines, shares, strict=True)
        ]
    return tuple(lines)
