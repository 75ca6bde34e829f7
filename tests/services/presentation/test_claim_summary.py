"""What a claim's page says in a sentence."""

from services.presentation.claim_summary import claim_allowed, line_allowed, state_sentence

ENTRY = {"undone": False, "patient_responsibility": "0.00"}


def test_each_payer_is_told_with_its_own_money():
    page = {
        "status": "paid",
        "payer_id": "MEDICARE",
        "charge": "260.00",
        "paid": "102.70",
        "allowed": "125.24",
        "payer_balance": "0.00",
        "patient_balance": "0.00",
        "entries": [
            ENTRY | {"payer_id": "MEDICARE", "paid": "81.83", "allowed": "104.37", "notice_date": "2026-10-16"},
            ENTRY | {"payer_id": "FOXGLOVE", "paid": "20.87", "allowed": "20.87", "notice_date": "2026-10-30"},
        ],
    }
    assert state_sentence(page) == (
        "Of $260.00, MEDICARE paid $81.83 on Oct 16, 2026 and FOXGLOVE paid $20.87 on Oct 30, 2026. No open balance."
    )


def test_what_nobody_decided_is_not_known_rather_than_nothing():
    answer = {"kind": "denial", "undone": False}
    assert claim_allowed({"allowed": "0.00", "entries": []}) is None
    assert claim_allowed({"allowed": "0.00", "entries": [answer | {"undone": True}, answer]}) == "0.00"
    assert claim_allowed({"allowed": "0.00", "entries": [answer | {"undone": True}]}) is None
    assert claim_allowed({"allowed": "70.00", "entries": []}) == "70.00"
    assert line_allowed({"status": "open", "allowed": "0.00"}) is None
    assert line_allowed({"status": "denied", "allowed": "0.00"}) == "0.00"
    assert line_allowed({"status": "open", "allowed": "5.00"}) == "5.00"
