"""The work items of a claim's state, and what people do about them."""

from events.terms import PolicyPublished
from projections.deadlines import deadlines
from projections.work.claim_items import work_items
from tests.projections.claim_states import (
    account,
    ack,
    attempt,
    claim,
    reference,
)

ACME = PolicyPublished.model_validate(
    {
        "payer_id": "ACME",
        "filing": {"anchor": "dos", "length": 90},
        "corrected": {"anchor": "remit", "length": 180},
        "appeals": [{"anchor": "remit", "length": 60}],
    }
)


def items(state, kind=None):
    ref = reference(ACME)
    found = work_items(state, deadlines(state, ref), ref)
    return [item for item in found if kind in (None, item.kind)]


def only(state, kind):
    (item,) = items(state, kind)
    return item


def denied_claim(*entries, payer="MEDICARE", acts=(), attempts=(), **more):
    told = account(attempt(acks=[ack()]), *attempts, payer=payer, entries=entries)
    return claim(told, status="denied", acts=acts, **more)
