"""Rule files and what they change, in words."""

from __future__ import annotations

from collections.abc import Mapping

from services.presentation.formatting import plural

# What a published file can be, for the form that asks where the file does not say.
FILE_KINDS: Mapping[str, str] = {
    "rvu": "Medicare relative values (PPRRVU)",
    "gpci": "Geographic indices (GPCI)",
    "locality": "Localities by county",
    "zip": "Localities by ZIP code (ZIP5)",
    "ptp": "NCCI pairs (PTP), full table",
    "ptp_changes": "NCCI pairs, quarterly changes",
    "mue": "Unit maximums (MUE)",
    "therapy": "Therapy code list",
    "carc": "Claim adjustment reason codes (CARC)",
    "rarc": "Remittance advice remark codes (RARC)",
    "claim_status_category": "Claim status category codes",
    "claim_status": "Claim status codes",
    "figures": "Part B amounts",
    "icd10cm": "ICD-10-CM order file",
}
_CHANGED: Mapping[str, str] = {
    "claim": "status or balance",
    "deadline": "deadline",
    "line_price": "expected amount",
    "finding": "finding",
    "work_item": "work item",
}


# What a pack is about, by its kind.
PACK_KINDS: Mapping[str, str] = {
    "appeal": "Appeals",
    "appeal_follow_up": "Follow-up of appeals",
    "assistant": "Therapist assistants",
    "assistant_price": "Payment for assistants' services",
    "carc_action": "Adjustment codes",
    "carc_roles": "Adjustment code roles",
    "claim_status": "Claim status codes",
    "coinsurance": "Part B coinsurance",
    "corrected": "Corrected claims",
    "deductible": "Part B deductible",
    "diagnosis": "Diagnoses",
    "dismissal_review": "Dismissed appeals",
    "documentation": "Documentation",
    "evaluation_codes": "Evaluation codes",
    "facility_places": "Places paid at the facility rate",
    "findings": "Findings",
    "gpci": "Geographic indices",
    "holidays": "Federal holidays",
    "icd10cm": "ICD-10-CM codes",
    "kx": "Therapy threshold",
    "learned": "Learned from remittances",
    "licensed_codes": "X12 code list",
    "locality": "Medicare localities",
    "modifiers": "Codes and modifiers",
    "mppr": "Multiple-procedure reduction",
    "mue": "Unit maximums",
    "ncci": "NCCI pairs",
    "outer_limit": "Filing limit by law",
    "pfs": "Medicare fee schedule",
    "plan_of_care": "Plans of care",
    "practice_medicare": "How Medicare pays the practice",
    "program": "Payer programs",
    "rebuttal": "Rebuttals",
    "records": "Records requests",
    "recoupment": "Recoupment",
    "refund": "Refunds",
    "refund_hold": "Waiting period before refunds",
    "reopening": "Reopenings",
    "sequestration": "Sequestration",
    "sla": "Response times",
    "timely": "Timely filing",
    "tolerance": "Underpayment tolerance",
    "units": "Units",
    "vacate_dismissal": "Dismissed appeals",
    "zip_locality": "Medicare localities by ZIP code",
}


def kind_options() -> list[tuple[str, str]]:
    """(value, words) of every kind of file, by words."""
    return sorted(FILE_KINDS.items(), key=lambda kind: kind[1])


def change_words(changes: Mapping[str, Mapping[str, int]]) -> str:
    """What of a claim changes: `2 expected amounts change, 1 finding is new`."""
    return ", ".join(_one_change(_CHANGED.get(table, table), counts) for table, counts in changes.items())


def _one_change(what: str, counts: Mapping[str, int]) -> str:
    gone, new = counts["gone"], counts["new"]
    one, many = what, "statuses or balances" if what == _CHANGED["claim"] else f"{what}s"
    said = []
    if changed := min(gone, new):
        said.append(f"{plural(changed, one, many)} {'changes' if changed == 1 else 'change'}")
    if new > gone:
        said.append(f"{plural(new - gone, f'new {one}', f'new {many}')}")
    if gone > new:
        said.append(f"{plural(gone - new, one, many)} {'goes' if gone - new == 1 else 'go'} away")
    return ", ".join(said)
