"""What folds ask of every event must be cheap: by its type, and without looking for what its type does not have."""

from __future__ import annotations

import re
from pathlib import Path

import projections
from events.claim import ClaimAcknowledged, ClaimSubmitted
from events.followup import WorkFact, WorkResolved
from projections.history import OfKinds

_ABSENT = re.compile(r"getattr\((?:\w+\.)*data, \"\w+\", ")


def test_a_subclass_is_of_the_kind_of_its_base() -> None:
    is_work = OfKinds(WorkFact)
    assert is_work(WorkResolved.model_construct())
    assert not is_work(ClaimSubmitted.model_construct())
    assert not is_work(None)


def test_what_an_event_says_is_found_as_getattr_finds_it() -> None:
    told = ClaimAcknowledged.model_construct(claim_id="A1", x_more="of the publisher")
    for name in ("claim_id", "x_more", "attempt", "no_such_name"):
        assert told.said(name, "nothing") == getattr(told, name, "nothing")


def test_no_fold_asks_an_event_for_a_name_by_getattr() -> None:
    """A pydantic model takes some four microseconds to say that it has no such field: use `said`."""
    found = [
        f"{path.name}:{number}"
        for path in Path(projections.__file__).parent.rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if _ABSENT.search(line)
    ]
    assert found == []
