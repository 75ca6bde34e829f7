"""What the claims and provider adjustments of one 835 add up to."""

from __future__ import annotations

from decimal import Decimal

from events.remittance import PREDETERMINATION
from events.values import ZERO
from services.intake.balance import BalanceDifference, breaks_balance
from services.intake.elements import Json, Segment, UnreadableError, composite, day, element, money, stated_day
from services.intake.remittance_claim import RemittanceClaim

LISTED_DIFFERENCES = 1_000  # in one event; every claim's own differences are on the claim anyway


class RemittanceTotals:
    """Counts and sums while a set is being read."""

    def __init__(self) -> None:
        self.claims = 0
        self.parked = 0
        self.unsummed = 0  # parked claims whose CLP04 was no amount either
        self.paid = ZERO
        self.unbalanced = 0
        self.differences: list[Json] = []
        self.balanced = True
        self.provider_adjustments: list[Json] = []
        self.faults: list[str] = []  # what was unreadable but stopped nothing
        self._taken = ZERO

    def add(self, claim: RemittanceClaim, claim_id: str, ordinal: int, found: list[BalanceDifference]) -> None:
        self.claims += 1
        if claim.status != PREDETERMINATION:
            self.paid += claim.paid
        if found:
            self.unbalanced += 1
            self.balanced = self.balanced and not breaks_balance(found)
            self._list([difference.data(claim_id, ordinal) for difference in found])

    def add_parked(self, clp: Segment) -> None:
        """A claim that could not be read still counts, and its payment too where that is an amount."""
        self.claims += 1
        self.parked += 1
        try:
            self.paid += money(clp, 4)
        except UnreadableError:
            self.unsummed += 1

    def add_provider_adjustments(self, plb: Segment, component: str) -> list[str]:
        """Up to six pairs of reason and amount; positive takes money. Returns what is wrong with those unreadable."""
        faults = []
        for at in range(3, len(plb), 2):
            if not element(plb, at) and not element(plb, at + 1):
                continue
            try:
                amount = money(plb, at + 1)
            except UnreadableError as error:
                faults.append(str(error))
                continue
            self._taken += amount
            self.provider_adjustments.append(_adjustment(plb, at, amount, component))
        stated_day(plb, 2, self.faults)
        return faults

    def check(self, stated: Decimal | None) -> None:
        """The remittance level, once all is read: claims less provider adjustments against BPR02."""
        computed = self.paid - self._taken
        if stated is None or self.unsummed:
            self.balanced = False  # it cannot be determined
        elif stated != computed:
            self.balanced = False
            self._list([BalanceDifference("remittance", stated, computed).data()])

    def data(self) -> Json:
        """The figures of remittance.received."""
        figures: Json = {
            "claim_count": self.claims,
            "provider_adjustments": self.provider_adjustments,
            "balanced": self.balanced,
            "differences": self.differences,
        }
        if self.parked:
            figures["parked_claims"] = self.parked
        if self.unbalanced > 0:
            figures["unbalanced_claims"] = self.unbalanced
        return figures

    def _list(self, differences: list[Json]) -> None:
        self.differences += differences[: max(LISTED_DIFFERENCES - len(self.differences), 0)]


def _adjustment(plb: Segment, at: int, amount: Decimal, component: str) -> Json:
    reason, *reference = composite(element(plb, at), component)
    data: Json = {"reason": reason.strip(), "amount": str(amount)}
    if named := component.join(reference).strip():
        data["reference"] = named
    if provider := element(plb, 1):
        data["provider"] = provider
    if period := day(element(plb, 2)):
        data["fiscal_period_end"] = period
    return data
