"""Events as an integration publishes them while somebody has the desk open."""

from services.commands.publish_events import accept
from services.security.roles import Principal, permissions_of


def publish(site, *events):
    """As an integration does."""
    who = Principal(
        kind="key",
        id="k",
        name="k",
        role="integration",
        practices=("default",),
        permissions=permissions_of("integration"),
    )
    results = accept(site.app, who, list(events), "default", "0" * 32)
    assert {result.result for result in results} == {"accepted"}


def rejected(number, claim_id, amount="91.00"):
    about = {"specversion": "1.0", "source": "urn:test", "subject": claim_id}
    sent = {
        "claim_id": claim_id,
        "patient_id": "PAT-9",
        "payer_id": "MEDICARE",
        "total_charge": amount,
        "attempt": 1,
        "lines": [
            {
                "number": 1,
                "procedure": "97110",
                "modifiers": ["GP"],
                "units": "1",
                "charge": amount,
                "dos": "2025-11-10",
            }
        ],
    }
    refused = {
        "claim_id": claim_id,
        "attempt": 1,
        "stage": "payer",
        "codes": [{"list": "277", "category": "A7", "status": "562"}],
    }
    return [
        about
        | {"id": f"s{number}-{claim_id}", "type": "claim.submitted.v1", "time": "2026-11-05T12:00:00Z", "data": sent},
        about
        | {"id": f"r{number}-{claim_id}", "type": "claim.rejected.v1", "time": "2026-11-06T13:00:00Z", "data": refused},
    ]
