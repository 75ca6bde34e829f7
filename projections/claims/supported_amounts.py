"""What an answer that does not balance supports of a line: for the therapy threshold, marked unconfirmed.

A line that comes out by itself counts with what it allows; else what was paid and what group PR lays on the patient. It
is never less than was paid: a payer's faulty sums must not hide that a threshold was used.
"""

from __future__ import annotations

from decimal import Decimal

from events.values import ZERO
from projections.claims.state import Entry, EntryLine
from projections.rules.adjustments import patient_owed


def supported(entry: Entry, line: EntryLine) -> Decimal | None:
    """Dollars, zero or more; None where the answer balances, is denied here, or no longer stands."""
    if entry.balanced or not entry.stands or line.denied:
        return None
    paid = line.paid if line.net is None else line.net
    comes_out = line.charge - sum((a.amount for a in line.adjustments), ZERO) == line.paid
    amount = line.allowed if comes_out else paid + patient_owed(line.adjustments)
    return max(amount, paid, line.paid, ZERO)
