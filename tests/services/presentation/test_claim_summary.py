"""What a claim's page says in a sentence."""

from services.presentation.claim_summary import state_sentence

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
