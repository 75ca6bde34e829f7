"""A balance that a payer reports is a fact of its own: it counts whenever it arrives, with or without claims."""

from itertools import permutations

import pytest

from services.projector.replay import verify
from tests.services.projector.conftest import dump, make_projector, project


def event(number, kind, subject, data, time="2026-03-03T10:00:00Z", **more):
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "test",
        "type": kind,
        "subject": subject,
        "time": time,
        "data": data,
    } | more


LINE = {"number": 1, "procedure": "97530", "modifiers": ["GP"], "units": 2, "charge": "150.00", "dos": "2026-03-02"}
CLAIM = event(
    1,
    "claim.submitted.v1",
    "A1",
    {
        "claim_id": "A1",
        "patient_id": "NEW",
        "payer_id": "MEDICARE",
        "total_charge": "150.00",
        "diagnoses": ["M25.561"],
        "lines": [LINE],
    },
)
BALANCE = event(
    2,
    "therapy.balance_observed.v1",
    "OLD",
    {
        "patient_id": "OLD",
        "bucket": "PT_SLP",
        "year": 2026,
        "used_amount": "2455.00",
        "as_of": "2026-03-01",
        "source": "portal",
    },
)
LINK = event(3, "identity.linked.v1", "NEW", {"kind": "patient", "from": "OLD", "to": "NEW"})


def years(engine):
    return [(row[2], row[5], row[7], row[8]) for row in dump(engine)["threshold"]]


@pytest.mark.parametrize("order", list(permutations([CLAIM, BALANCE, LINK])))
def test_a_balance_counts_in_whatever_order_it_arrives(new_engine, order):
    engine = new_engine()
    project(engine, list(order), sizes=(1,))
    assert years(engine) == [("NEW", 245500, 251512, "kx_required")]
    assert verify(engine, make_projector(engine).references) == []


def test_a_balance_without_any_claim_has_its_year_until_it_is_withdrawn(new_engine):
    engine = new_engine()
    project(engine, [BALANCE], sizes=(1,))
    assert years(engine) == [("OLD", 245500, 245500, "alert")]
    taken_back = event(4, "event.withdrawn.v1", "OLD", {"source": "test", "id": "e2", "by": "d.osei", "why": "typo"})
    project(engine, [taken_back], start=2)
    assert years(engine) == []
    assert verify(engine, make_projector(engine).references) == []
