"""The payers of the invented month, their contracts and their filing terms. Only Medicare has a real name."""

from __future__ import annotations

from typing import Any

from services.demo.world import DemoPayer
from services.demo.x12writer import Dialect

MEDICARE = DemoPayer(
    payer_id="MEDICARE",
    name="MEDICARE PART B",
    number="99102",
    tax_id="990000102",
    indicator="MB",
    remit_indicator="MB",
    paydays=(1, 4),
    lag=15,
    minute=15,
    named_by="",
)
LAKESHORE = DemoPayer(
    payer_id="LAKESHORE",
    name="LAKESHORE MUTUAL",
    number="74812",
    tax_id="470011223",
    indicator="CI",
    remit_indicator="12",
    paydays=(3,),
    lag=11,
    minute=5,
    dialect=Dialect(line_end=""),
)
CEDAR = DemoPayer(
    payer_id="CEDAR",
    name="CEDAR BLUFF HEALTH PLAN",
    number="31877",
    tax_id="390055881",
    indicator="CI",
    remit_indicator="12",
    paydays=(2,),
    lag=10,
    minute=25,
    named_by="2U",
    sends_allowed=False,
    dialect=Dialect(component=">"),
)
TAMARACK = DemoPayer(
    payer_id="TAMARACK",
    name="TAMARACK BENEFIT TRUST",
    number="60255",
    tax_id="410077552",
    indicator="CI",
    remit_indicator="12",
    paydays=(0,),
    lag=18,
    minute=35,
    named_by="",
    dialect=Dialect(element="|", line_end="\r\n"),
)
FOXGLOVE = DemoPayer(
    payer_id="FOXGLOVE",
    name="FOXGLOVE SUPPLEMENTAL",
    number="88431",
    tax_id="430099112",
    indicator="CI",
    remit_indicator="15",
    paydays=(4,),
    lag=14,
    minute=45,
)
COMMERCIAL = (LAKESHORE, CEDAR, TAMARACK)
ALL = (MEDICARE, *COMMERCIAL, FOXGLOVE)

Rates = dict[str, int]
_GOLD: Rates = {
    "97110": 3600,
    "97112": 3800,
    "97116": 3600,
    "97140": 3400,
    "97530": 4400,
    "97535": 4100,
    "97161": 11000,
    "97165": 11200,
    "92507": 9200,
    "92526": 9800,
    "92523": 24000,
}
_CEDAR: Rates = _GOLD | {"97110": 3450, "97530": 4150, "97140": 3250, "92507": 8800}
_CEDAR_OLD: Rates = _CEDAR | {"97110": 3100}
_TAMARACK: Rates = _GOLD | {"97110": 3300, "97112": 3500, "97530": 3950, "97535": 3800, "92507": 8600}
_SILVER: Rates = {code: rate * 9 // 10 // 100 * 100 for code, rate in _GOLD.items()}

# contract id, version, payer, plan, from, to (exclusive), rates
CONTRACTS: tuple[tuple[str, int, DemoPayer, str, str, str | None, Rates], ...] = (
    ("lakeshore-gold", 1, LAKESHORE, "GOLD", "2025-01-01", None, _GOLD),
    ("lakeshore-silver", 1, LAKESHORE, "SILVER", "2025-01-01", None, _SILVER),
    ("cedar-therapy", 1, CEDAR, "", "2025-01-01", "2026-07-01", _CEDAR_OLD),
    ("cedar-therapy", 2, CEDAR, "", "2026-07-01", None, _CEDAR),
    ("tamarack-therapy", 1, TAMARACK, "", "2025-01-01", None, _TAMARACK),
)
# payer, filing days from service, corrected-claim days and appeal days from the notice
TERMS: tuple[tuple[DemoPayer, int, int, int], ...] = (
    (LAKESHORE, 90, 180, 180),
    (CEDAR, 180, 120, 90),
    (TAMARACK, 120, 90, 60),
    (FOXGLOVE, 365, 180, 180),
)


def rates(payer: DemoPayer, plan: str, on: str) -> Rates:
    """The schedule in force for a payer's plan on an ISO date."""
    for _, _, owner, scope, start, end, table in CONTRACTS:
        if owner == payer and scope in ("", plan) and start <= on and (end is None or on < end):
            return table
    raise LookupError(f"no contract of {payer.payer_id} covers {on}")


def old_cedar_rates() -> Rates:
    """The schedule that ended on 30 June 2026 and that the payer still pays by: the month's contract error."""
    return _CEDAR_OLD


def contract_data() -> list[dict[str, Any]]:
    """contract.published.v1 data of every contract."""
    return [
        {
            "contract_id": contract_id,
            "version": version,
            "scope": {"payer_id": payer.payer_id} | ({"plan": plan} if plan else {}),
            "effective_from": start,
            **({"effective_to": end} if end else {}),
            "method": "per_unit",
            "dispute_days": 90,
            "rates": [{"procedure": code, "amount": f"{rate // 100}.{rate % 100:02d}"} for code, rate in table.items()],
        }
        for contract_id, version, payer, plan, start, end, table in CONTRACTS
    ]


def policy_data() -> list[dict[str, Any]]:
    """policy.published.v1 data of every payer but Medicare, which is built in."""
    return [
        {
            "payer_id": payer.payer_id,
            "version": 1,
            "program": "commercial",
            "identifiers": [payer.number, payer.tax_id, "1" + payer.tax_id],
            "names": [payer.name],
            "filing": {"anchor": "dos_from", "length": filing, "unit": "days", "counts": "receipt", "roll": "none"},
            "corrected": {
                "anchor": "notice_date",
                "length": corrected,
                "unit": "days",
                "counts": "receipt",
                "roll": "none",
            },
            "appeals": [
                {
                    "level": 1,
                    "anchor": "notice_date",
                    "length": appeal,
                    "unit": "days",
                    "counts": "receipt",
                    "roll": "none",
                }
            ],
            "tolerances": {"per_unit": "0.05", "per_claim": "1.00"},
            "effective_from": "2025-01-01",
        }
        for payer, filing, corrected, appeal in TERMS
    ]
