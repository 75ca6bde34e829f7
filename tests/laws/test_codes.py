"""What the shipped packs say of the same adjustment codes agrees."""

# packs: x12.carc_roles

from datetime import date

from events.remittance import UNPROCESSABLE
from projections.pricing.remit import PATIENT
from projections.rules.adjustment_codes import ReasonCodes
from services.store.shipped_rule_packs import shipped_packs, shipped_rulebook

CODES = ReasonCodes.of_rulebook(shipped_rulebook(), date(2026, 11, 1))


def roles():
    pack = next(pack for pack in shipped_packs() if pack["kind"] == "carc_roles")
    return {row["carc"]: row["role"] for row in pack["periods"][-1]["values"]["rows"]}


def test_the_patients_shares_are_the_same_in_both_packs():
    assert CODES.patient_share == {code for code, role in roles().items() if role in PATIENT}


def test_what_makes_up_the_price_denies_nothing():
    assert {code for code, role in roles().items() if role != "bundled"} <= CODES.contractual | CODES.patient_share


def test_the_unprocessable_remarks_are_those_the_events_know():
    assert CODES.unprocessable == UNPROCESSABLE
