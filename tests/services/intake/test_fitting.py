"""Each event is tried against the vocabulary only where something may not fit: to try costs more than to read."""

from __future__ import annotations

from itertools import pairwise

import pytest
from intake_helpers import CLAIM, PAID, claims, era, events_of, items_of, notes_of

from events.values import Code, Name
from services.intake import fitting
from services.intake.x12 import LONG_ELEMENT


@pytest.fixture
def tried(monkeypatch):
    counted = []
    fitted = fitting.fitted

    def count(event):
        counted.append(event)
        return fitted(event)

    monkeypatch.setattr(fitting, "fitted", count)
    return counted


@pytest.mark.parametrize("text", [era(PAID), claims(CLAIM)])
def test_a_plain_file_is_read_without_trying_its_events(text, tried):
    assert events_of(items_of(text))
    assert tried == []


def test_from_a_long_element_on_every_event_is_tried(tried):
    long = PAID.replace("MI*", "MI*" + "9" * 300)
    assert long != PAID
    items = items_of(era(long, PAID))
    assert len(tried) == len(events_of(items)) > 0
    assert any("truncated" in note for note in notes_of(items))


def test_what_is_not_long_fits_every_text_that_is_put_together_of_it():
    bounds = [next(m.max_length for m in kind.__metadata__ if hasattr(m, "max_length")) for kind in (Code, Name)]
    assert bounds[0] >= LONG_ELEMENT
    assert 3 * LONG_ELEMENT + len(", ") * 2 <= bounds[1]
    assert all(small <= large for small, large in pairwise(bounds))
