"""What intake sorts claims by, and what the shipped rule packs say of the same codes."""

from projections.pricing.remit import PATIENT
from services.intake.remittance_verdict import DEFAULT_CODES
from services.store.shipped_rule_packs import shipped_packs


def rows(kind):
    return next(pack for pack in shipped_packs() if pack["kind"] == kind)["periods"][-1]["values"]["rows"]


ACTIONS = [row for row in rows("carc_action") if not row["remarks"] and not row["program"]]
ROLES = {row["carc"]: row["role"] for row in rows("carc_roles")}
SHARES = {row["carc"] for row in ACTIONS if row["category"] == "patient_share"}


def test_intake_knows_the_patients_shares_of_the_packs():
    assert DEFAULT_CODES.patient_share == SHARES == {code for code, role in ROLES.items() if role in PATIENT}


def test_intake_takes_for_contractual_what_the_code_table_does_not_deny():
    assert DEFAULT_CODES.contractual == {row["carc"] for row in ACTIONS if row["is_denial"] == "no"} - SHARES


def test_what_makes_up_the_price_denies_nothing():
    assert {code for code, role in ROLES.items() if role != "bundled"} <= DEFAULT_CODES.contractual | SHARES


def test_the_code_table_and_intake_call_the_same_remarks_unprocessable():
    wildcard = next(row for row in rows("carc_action") if row["carc"] == "*")
    assert DEFAULT_CODES.unprocessable == set(wildcard["remarks"].split())
