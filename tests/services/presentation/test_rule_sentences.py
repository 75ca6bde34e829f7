"""Sentences of the program as people read them: rules and places by words."""

from zoneinfo import ZoneInfo

import pytest

from services.presentation.plain_words import plain
from services.presentation.rule_words import PACK_KINDS
from services.store.shipped_rule_packs import shipped_packs


@pytest.mark.parametrize("kind", sorted({pack["kind"] for pack in shipped_packs()} | PACK_KINDS.keys()))
def test_a_missing_rule_is_named_in_words(kind):
    told = plain(f"no {kind} rule covers 2027-01-01 for payer_id P", ZoneInfo("UTC"))
    assert told == f'no rule of the kind "{PACK_KINDS[kind]}" covers Jan 1, 2027 for payer_id P'


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("it differs at /subject, /data/claim_id", "it differs at subject, claim id"),
        ("it differs at /data/lines/0/units", "it differs at units (lines 1)"),
        ("/lines/1/charge: Field required", "charge (lines 2) is missing"),
        ("it differs at 3 places", "it differs at 3 places"),
    ],
)
def test_places_are_named_in_words(said, read):
    assert plain(said, ZoneInfo("UTC")) == read


def test_what_is_no_kind_of_rule_stays():
    assert plain("no such rule covers this", ZoneInfo("UTC")) == "no such rule covers this"
