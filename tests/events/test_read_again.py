"""What is accepted is accepted again as it is stored: folds write parts of events into rows and read them back."""

import copy
import json

import pytest
from pydantic import ValidationError

from events.registry import TYPES, parse
from tests.events.hostile import HOSTILE_VALUES, leaves, put
from tests.events.samples import text


def accepted(name):
    """The data of the sample with one hostile value in any place, where that is no fault."""
    sample = json.loads(text(name))
    for where in [found for found in leaves(sample) if found[:1] == ("data",)]:
        for value in HOSTILE_VALUES:
            event = copy.deepcopy(sample)
            put(event, where, value)
            try:
                data = parse(json.dumps(event)).data
            except ValueError:
                continue
            yield where, value, data


@pytest.mark.parametrize("name", sorted(TYPES))
def test_what_is_accepted_is_read_again(name):
    refused = []
    for where, value, data in accepted(name):
        try:
            type(data).model_validate(data.model_dump(mode="json", exclude_none=True))
        except ValidationError as error:
            refused.append((where, value, error.errors()[0]["msg"]))
    assert refused == []
