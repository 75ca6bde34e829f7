"""Pointers name places of the event as it was sent."""

import pytest

from events.pointers import as_sent


@pytest.mark.parametrize(
    ("data", "pointer", "told"),
    [
        ({"cap": {}}, "/data/cap/0/amount", "/data/cap/amount"),
        ({"cap": 7}, "/data/cap/0/amount", "/data/cap"),
        ({"cap": [{}]}, "/data/cap/0/amount", "/data/cap/0/amount"),
        ({"cap": []}, "/data/cap/0/amount", "/data/cap"),
        ({"a/b": {}}, "/data/a~1b/x", "/data/a~1b/x"),
        ({"0": {"x": 1}}, "/data/0/x", "/data/0/x"),
        ({}, "/data/amount", "/data/amount"),
        ({}, "/", "/"),
        ({}, "", ""),
    ],
)
def test_a_pointer_leads_into_what_was_sent(data, pointer, told):
    assert as_sent(pointer, {"data": data}) == told


def test_data_that_was_packed_keeps_its_pointer():
    assert as_sent("/data/amount", {"data_base64": "e30="}) == "/data/amount"
