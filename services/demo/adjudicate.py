"""A payer's decisions: from priced lines to the entries of a remittance (one `Entry` becomes one CLP loop)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.demo.prices import Price, Share, percent
from services.demo.world import DemoClaim, DemoLine

Cas = tuple[str, str, int]  # group, reason, cents taken off the charge


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidLine:
    """One SVC loop. `recoded_to` is what the payer adjudicated where that differs from what was billed."""

    line: DemoLine
    paid: int
    allowed: int
    cas: tuple[Cas, ...]
    remarks: tuple[str, ...] = ()
    recoded_to: str = ""
    denied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoEntry:
    """One CLP loop. `stated_paid` and `claim_id` override what the lines and the claim would say."""

    claim: DemoClaim
    icn: str
    lines: tuple[PaidLine, ...]
    status: str = "1"
    claim_cas: tuple[Cas, ...] = ()
    remarks: tuple[str, ...] = ("MA01",)
    received: date | None = None
    claim_id: str = ""
    stated_paid: int | None = None
    forwarded_to: str = ""
    references: bool = True  # REF*6R on every line
    modifiers: bool = True
    with_lines: bool = True

    @property
    def charge(self) -> int:
        return sum(paid.line.charge for paid in self.lines) * self.sign

    @property
    def sign(self) -> int:
        return -1 if self.status == "22" else 1

    @property
    def paid(self) -> int:
        return sum(line.paid for line in self.lines) if self.stated_paid is None else self.stated_paid

    @property
    def patient_share(self) -> int:
        adjustments = [cas for line in self.lines for cas in line.cas] + list(self.claim_cas)
        return sum(amount for group, _, amount in adjustments if group == "PR")

    @property
    def allowed(self) -> int:
        return sum(line.allowed for line in self.lines)


class DemoAccount:
    """What is left of a patient's deductible while a payer works through the lines."""

    def __init__(self, share: Share) -> None:
        self.deductible, self.copay, self.coinsurance = share.deductible, share.copay, share.coinsurance

    def take(self, allowed: int) -> list[Cas]:
        """The patient's part of one allowed amount: deductible first, then copay, then coinsurance."""
        parts = []
        deducted = min(self.deductible, allowed)
        self.deductible -= deducted
        copay = min(self.copay, allowed - deducted)
        self.copay -= copay
        coinsurance = percent(allowed - deducted - copay, self.coinsurance)
        for reason, amount in (("1", deducted), ("2", coinsurance), ("3", copay)):
            if amount:
                parts.append(("PR", reason, amount))
        return parts


def medicare_line(line: DemoLine, price: Price, account: DemoAccount) -> PaidLine:
    """Deductible, coinsurance, assistant cut on the Medicare part, sequestration; each rounded to the cent."""
    share = account.take(price.allowed)
    part = price.allowed - sum(amount for _, _, amount in share)
    assistant = {"CQ", "CO"} & set(line.modifiers)
    after_cut = percent(part, 85) if assistant else part
    sequestration = percent(after_cut, 2)
    cas = [
        ("CO", "45", line.charge - price.full + part - after_cut),
        ("CO", "59", price.full - price.allowed),
        ("CO", "253", sequestration),
    ]
    kept = tuple(c for c in (*cas, *share) if c[2])
    return PaidLine(
        line=line,
        paid=after_cut - sequestration,
        allowed=price.allowed,
        cas=kept,
        remarks=("N851",) if assistant else (),
    )


def contract_line(line: DemoLine, price: Price, account: DemoAccount) -> PaidLine:
    """A commercial line: contractual write-off and the patient's share."""
    share = account.take(price.allowed)
    paid = price.allowed - sum(amount for _, _, amount in share)
    cas = tuple(c for c in (("CO", "45", line.charge - price.allowed), *share) if c[2])
    return PaidLine(line=line, paid=paid, allowed=price.allowed, cas=cas)


PayLine = Callable[[DemoLine, Price, DemoAccount], PaidLine]


def pay(claim: DemoClaim, icn: str, prices: Sequence[Price], share: Share, how: PayLine) -> DemoEntry:
    """The ordinary entry: every line at its price."""
    account = DemoAccount(share)
    lines = tuple(how(line, price, account) for line, price in zip(claim.lines, prices, strict=True))
    return DemoEntry(claim=claim, icn=icn, lines=lines)


def denied_line(line: DemoLine, group: str, reason: str, remarks: Sequence[str] = ()) -> PaidLine:
    return PaidLine(
        line=line, paid=0, allowed=0, cas=((group, reason, line.charge),), remarks=tuple(remarks), denied=True
    )


def deny(claim: DemoClaim, icn: str, group: str, reason: str, remarks: Sequence[str] = ()) -> DemoEntry:
    """Every line adjusted to zero for one reason."""
    return DemoEntry(
        claim=claim, icn=icn, lines=tuple(denied_line(line, group, reason, remarks) for line in claim.lines)
    )


def deny_lines(
    entry: DemoEntry, numbers: Sequence[int], group: str, reason: str, remarks: Sequence[str] = ()
) -> DemoEntry:
    """The same entry with some lines denied; the others stay as priced."""
    lines = [
        denied_line(paid.line, group, reason, remarks) if paid.line.number in numbers else paid for paid in entry.lines
    ]
    return replace(entry, lines=tuple(lines))


def reverse(entry: DemoEntry) -> DemoEntry:
    """Status 22: the same claim, every amount negated, group codes kept."""
    return replace(
        entry,
        status="22",
        lines=tuple(_negated(line) for line in entry.lines),
        claim_cas=tuple((g, r, -a) for g, r, a in entry.claim_cas),
    )


def _negated(paid: PaidLine) -> PaidLine:
    return replace(paid, paid=-paid.paid, allowed=-paid.allowed, cas=tuple((g, r, -a) for g, r, a in paid.cas))
