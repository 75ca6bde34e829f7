"""JSON text taken apart without being read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.json_text import UnbalancedError, ValueEnd, array_elements, flattened

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text('ab"\\[]{},: \n', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('a"[]{},\\', max_size=4), inner, max_size=3),
    max_leaves=12,
)
WRITTEN = st.builds(json.dumps, VALUES, indent=st.sampled_from([None, 0, 1]))


@given(st.lists(WRITTEN, max_size=5), st.sampled_from([",", ", ", "\n,\n", " ,"]))
def test_elements_are_found_whatever_they_hold(elements, comma):
    found = array_elements(f" [{comma.join(elements)}]\n")
    assert [element.strip() for element in found] == elements


@given(WRITTEN, st.integers(1, 7))
def test_a_value_ends_where_it_ends_in_however_many_pieces(value, size):
    text = value + ","
    end, at = ValueEnd(), 0
    pieces = [text[begin : begin + size] for begin in range(0, len(text), size)]
    pieces = [piece for piece in pieces if piece]
    for piece in pieces:
        if (found := end.find(piece, 0)) is not None:
            assert at + found == len(value)
            return
        at += len(piece)
    raise AssertionError


@pytest.mark.parametrize("text", ["", "{}", "[", "[1", "[[}]", '["a]', "[1] 2", "[{]}"])
def test_where_elements_cannot_be_separated_nothing_is_guessed(text):
    with pytest.raises(UnbalancedError):
        list(array_elements(text))


@given(st.text('[]{},:"\\\\ 1a\x0b\xa0\u2028\x1e\n', max_size=12))
def test_any_text_comes_to_its_end(text):
    try:
        elements = list(array_elements(f"[{text}]"))
    except UnbalancedError:
        return
    assert len(elements) <= len(text) + 1


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=4))
def test_a_flattened_object_has_its_own_fields(told):
    plain = {name: None if isinstance(value, dict | list) else value for name, value in told.items()}
    assert json.loads(flattened(json.dumps(told))) == plain
