"""An EOB typed from paper balances, counts, and gives way to the 835 of the same payment."""

import json
from zoneinfo import ZoneInfo

import pytest

from events.registry import parse
from projections.history import LoggedEvent
from services.commands.paper_eob import PaperEob, UnbalancedEobError, paper_events
from tests.projections.claims.test_lifecycle import answered, fold, remit, sent

TYPED = {
    "claim_id": "A1",
    "payer_id": "ACME",
    "check_number": "T2026-02-01",
    "payment_date": "2026-02-01",
    "charge": "100.00",
    "paid": "32.00",
    "lines": [
        {
            "number": 1,
            "procedure": "97530",
            "units": "1",
            "charge": "100.00",
            "paid": "32.00",
            "dos": "2026-01-15",
            "adjustments": [
                {"group": "CO", "reason": "45", "amount": "60.00"},
                {"group": "PR", "reason": "2", "amount": "8.00"},
            ],
        }
    ],
}


def typed(**more):
    found = []
    for told in paper_events(PaperEob.model_validate(TYPED | more), "kim", ZoneInfo("UTC")):
        event = parse(json.dumps(told).encode())
        at = event.envelope.time
        found.append(
            LoggedEvent(
                source=event.envelope.source,
                id=event.envelope.id,
                type=event.type,
                subject="A1",
                time=at,
                recorded_at=at,
                data=event.data,
            )
        )
    return found[1]


def test_it_counts_until_its_835_comes():
    state = fold(sent(), typed())
    assert (state.paid, state.patient_balance, state.payer_balance) == (32, 8, 0)
    electronic = remit("2026-02-01", answered(1, "32.00", "CO 45 60.00", "PR 2 8.00"))
    both = fold(sent(), typed(), electronic)
    assert (both.paid, both.patient_balance, both.payer_balance) == (32, 8, 0)
    assert [entry.event for account in both.accounts for entry in account.entries] == [electronic.name]


@pytest.mark.parametrize("wrong", [{"paid": "33.00"}, {"charge": "101.00"}])
def test_what_does_not_balance_is_not_saved(wrong):
    with pytest.raises(UnbalancedEobError):
        typed(**wrong)
