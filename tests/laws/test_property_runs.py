"""The long form of property tests, as a soak runs them: more examples, and none once the time is over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import properties
from tests.properties import property_run


def above(run, heard):
    @given(number=st.integers())
    @run
    def test(number):
        heard.append(number)

    return test


def below(run, heard):
    @run
    @given(number=st.integers())
    def test(number):
        heard.append(number)

    return test


@pytest.mark.parametrize("order", [above, below])
def test_either_order_of_decorators_ends_with_the_time(monkeypatch, order):
    monkeypatch.setattr(properties, "IS_LONG", True)
    heard = []
    order(property_run(20), heard)()
    assert len(heard) >= 10
    monkeypatch.setattr(properties, "UNTIL", 0)
    heard.clear()
    order(property_run(20), heard)()
    assert heard == []
