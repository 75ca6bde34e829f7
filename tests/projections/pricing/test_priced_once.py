"""A day is priced as billed and again as answered: the very same lines are priced once, others anew."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from projections.pricing.lines import PriceLine
from projections.pricing.pricer import Pricer
from projections.rules.rulebook import Rulebook

DOS = date(2026, 3, 2)


class _Counting(Pricer):
    calls = 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        return super().__call__(*args, **kwargs)


def test_the_very_same_lines_are_priced_once():
    pricer = _Counting(Rulebook([]))
    lines = [PriceLine(key="a", procedure="97110"), PriceLine(key="b", procedure="97530")]
    first = pricer.as_billed(lines, DOS, "P1")
    assert pricer.as_billed(tuple(lines), DOS, "P1") is first
    assert pricer.calls == 1
    assert first == pricer(lines, DOS, "P1")


def test_other_lines_payers_and_days_are_priced_anew():
    """An equal line that is another object too: 1 and 1.0 unit are equal and are written differently."""
    pricer = _Counting(Rulebook([]))
    line = PriceLine(key="a", procedure="97110")
    same = PriceLine(key="a", procedure="97110", units=Decimal("1.0"))
    asked = [
        ([line], DOS, "P1"),
        ([same], DOS, "P1"),
        ([same], DOS, "P2"),
        ([same], date(2026, 3, 3), "P2"),
        ([], DOS, "P2"),
    ]
    for count, question in enumerate(asked, 1):
        pricer.as_billed(*question)
        assert pricer.calls == count, question
