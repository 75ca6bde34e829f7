"""A term that cannot be read is excluded and listed; all others judge as before."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from events.event_data import UnreadableData, UnreadableEventError
from events.registry import TYPES
from events.terms import PolicyPublished, RulesAdopted
from projections.history import LoggedEvent, effective_events
from projections.terms.terms_in_force import build_reference

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")


def logged(name, data, number):
    return LoggedEvent(
        source="test", id=str(number), type=name, subject="subject", time=NOON, recorded_at=NOON, data=data
    )


POLICY = logged("policy.published.v1", PolicyPublished(payer_id="ACME", filing={"length": 90}), 1)
UNREAD = logged(
    "contract.published.v1", UnreadableData(type="contract.published.v1", reason="cannot be read at /cap"), 2
)


def test_an_unreadable_term_leaves_the_others():
    reference = build_reference([UNREAD, POLICY], ZONE)
    assert [policy.payer_id for policy in reference.policies] == ["ACME"]
    assert reference.problems == (
        "Contract of 2026-03-02 cannot be read at /cap: it judges nothing until it is published again or withdrawn",
    )


def test_a_pack_that_raises_leaves_the_others():
    odd = RulesAdopted.model_construct(pack_id="odd", kind="kx", version="1", content=7, checksum="0")
    reference = build_reference([logged("rules.adopted.v1", odd, 3), POLICY], ZONE)
    assert len(reference.problems) == 1
    assert len(reference.policies) == 1


def test_a_fold_that_needs_an_unreadable_event_raises_with_its_reason():
    with pytest.raises(UnreadableEventError, match="/cap"):
        effective_events([UNREAD], ZONE)


def test_no_type_is_unreadable_by_name():
    assert UnreadableData not in TYPES.values()
