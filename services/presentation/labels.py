"""Names for people: worklists, states, deadlines, flags, causes. Our own words; no code is shown without them."""

from __future__ import annotations

from collections.abc import Mapping

from projections.tables.vocabulary import ListKind, PriceCause

WORKLISTS: Mapping[str, tuple[str, str]] = {
    "today": ("All open work", "Every claim that needs action, the most urgent first"),
    "rejection": ("Rejections", "Rejected before adjudication: correct and resubmit within 24 hours"),
    "denial": ("Denials", "Denied claims: appeal, correct or reopen before the window closes"),
    "filing": ("Timely filing", "Claims the payer has not accepted yet, and the last day to file them"),
    "underpayment": ("Underpayments", "Lines paid below contract"),
    "overpayment": ("Overpayments", "Credits to refund or explain"),
    "unmatched": ("Unmatched", "Payments and notices for claims not submitted by this practice"),
    "missing_ack": ("No response", "Acknowledgments and decisions that are past due"),
    "threshold": ("Thresholds", "Lines over the therapy threshold without the KX modifier"),
    "readiness": ("Not ready to bill", "Visits that would be rejected or denied as documented"),
    "unbilled": ("Unbilled visits", "Visits without a claim, and the last day to file one"),
    "secondary": ("Secondary claims", "Claims to send to the next payer after the first one answered"),
    "authorization": ("Authorizations", "Authorizations that are missing, used up or about to end"),
    "plan_of_care": ("Plans of care", "Certifications and recertifications that are due or unsigned"),
    "eligibility": ("Eligibility", "Coverage to check before the claim is sent"),
    "deposit": ("Deposits", "Deposits and remittances that do not match each other"),
    "unidentified": ("Unidentified", "Responses that match no claim and no submission"),
}

TABS: Mapping[str, str] = {  # where the whole name is too long
    "today": "All",
    "filing": "Filing",
    "underpayment": "Underpaid",
    "overpayment": "Overpaid",
    "unbilled": "Unbilled",
    "secondary": "Secondary",
}
ITEMS: Mapping[str, str] = {
    "rejection": "Rejected",
    "denial": "Denied",
    "filing": "Filing",
    "underpayment": "Underpaid",
    "overpayment": "Overpaid",
    "unmatched": "Unmatched",
    "missing_ack": "No response",
    "threshold": "Threshold",
    "readiness": "Not ready to bill",
    "unbilled": "Unbilled",
    "secondary": "Secondary",
    "authorization": "Authorization",
    "plan_of_care": "Plan of care",
    "eligibility": "Eligibility",
    "deposit": "Deposit",
    "unidentified": "Unidentified",
}

STATUSES: Mapping[str, str] = {
    "in_flight": "Pending",
    "rejected": "Rejected",
    "accepted": "Accepted",
    "paid": "Paid",
    "partially_denied": "Partly denied",
    "denied": "Denied",
    "patient_due": "Patient owes",
    "in_appeal": "In appeal",
    "closed": "Closed",
    "voided": "Voided",
    "written_off": "Written off",
    "unmatched": "Unmatched",
    "open": "Open",
    "bundled": "Bundled",
    "replaced": "Replaced",
}
TONES: Mapping[str, str] = {
    "rejected": "bad",
    "denied": "bad",
    "partially_denied": "warn",
    "in_appeal": "warn",
    "unmatched": "warn",
    "paid": "good",
    "closed": "good",
    "missed": "bad",
    "met": "good",
    "kx_required": "warn",
    "review": "bad",
    "alert": "warn",
    "underpaid": "warn",
    "overpaid": "warn",
}

DEADLINES: Mapping[str, str] = {
    "rules_end": "Rules of the next year or quarter are missing",
    "submission": "Submit the claim",
    "ack_syntax": "File acknowledgment (999)",
    "ack_clearinghouse": "Clearinghouse acknowledgment (277CA)",
    "ack_payer": "Payer acceptance (277CA)",
    "payer_response": "Payer's decision (835)",
    "rejection_reason": "Record the rejection reason",
    "rejection_resubmit": "Resubmit",
    "timely_filing": "Timely filing",
    "corrected_claim": "Corrected claim",
    "appeal_1": "First appeal",
    "appeal_2": "Second appeal",
    "appeal_3": "Third appeal",
    "appeal_4": "Fourth appeal",
    "appeal_5": "Fifth appeal",
    "reopening": "Reopening",
    "vacate_dismissal": "Ask to vacate the dismissal",
    "dismissal_review": "Review of the dismissal",
    "peer_to_peer": "Peer-to-peer call",
    "rebuttal": "Rebuttal of the demand letter",
    "recoupment": "Appeal that stops recoupment",
    "letter_answer": "Answer to our letter",
    "records": "Send the records",
    "dispute": "Dispute the payment",
    "refund": "Refund",
}
DEADLINE_STATES: Mapping[str, str] = {"open": "Open", "met": "Met", "missed": "Missed", "void": "Does not apply"}

FLAGS: Mapping[str, str] = {
    "accepted_and_rejected": "Accepted and rejected: two responses to one submission",
    "bound_to_nearest": "Response matched to the closest submission (no reference given)",
    "submission_unseen": "Responses refer to a submission we have not received",
    "conflict": "The same event or remittance entry arrived twice with different content; the first one counts",
    "line_unmatched": "The payer answered a line that was not billed like this",
    "line_number_repeated": "Two lines of the claim have the same number",
    "unbalanced": "The remittance is out of balance; posted as stated",
    "overpaid": "More was allowed than expected",
    "underpaid": "Less was allowed than expected",
    "payment_on_void": "Paid although the claim was voided",
    "paid_after_rejection": "Paid after a rejection",
    "reversal_pending": "Reversal received before the payment",
    "amounts_in_doubt": "The payer's amounts do not balance: no refund or dispute until that is resolved",
    "over_recovered": "The payer recouped more than it paid",
    "patient_share_unclear": "The payer states two different amounts for the patient's share",
    "duplicate_suspect": "One claim number is used for several patients or visits",
    "second_copy": "A second copy of a remittance with a different header needs review and is not counted",
    "paid_again": "The same payment was reported again under a different trace number: probably a reissued check",
    "returned_number": "Responses came back under a changed claim number and were matched to this claim",
    "test_file": "From a file that its sender marked as a test (ISA15 T)",
    "carried_over": "Carried over from the previous system; the balance counts from its list",
    "carried_over_differs": "The previous system's list and the files give different amounts",
    "kx_missing": "A line over the therapy threshold lacks KX",
}

CAUSES: Mapping[str, str] = {
    PriceCause.OLD_RATE: "Paid at an earlier rate",
    PriceCause.WRONG_PLAN: "Priced by another plan's contract",
    PriceCause.WRONG_LOCALITY: "Priced by another Medicare locality",
    PriceCause.WRONG_YEAR: "Priced by another year's fee schedule",
    PriceCause.OTHER_EDITION: "Priced by the other Medicare conversion factor",
    PriceCause.NO_FULL_UNIT: "MPPR taken on every unit",
    PriceCause.FULL_UNIT_ELSEWHERE: "Full unit paid on another line",
    PriceCause.NO_REDUCTION: "MPPR not taken",
    PriceCause.REDUCTION_PER_CLAIM: "MPPR applied per claim instead of per day",
    PriceCause.REDUCTION_NOT_DUE: "MPPR that the contract does not allow",
    PriceCause.CHARGE_BELOW: "Charge below the contract rate",
    PriceCause.SEQUESTRATION: "Sequestration taken from the allowed amount",
    PriceCause.ASSISTANT: "Assistant reduction that the terms do not allow",
    PriceCause.UNIT_SHORT: "Fewer units paid than billed",
    PriceCause.NOTHING_ALLOWED: "Nothing allowed, without a denial",
    PriceCause.PERCENT_SHORT: "Same percentage short on every line",
    PriceCause.DOWNCODED: "Paid as another code",
    PriceCause.UPCODED: "Paid as a higher-priced code",
    PriceCause.RECODED: "Paid as another code",
    PriceCause.UNEXPLAINED: "Cause unknown",
}

MONEY: Mapping[str, str] = {
    "charge": "Charge",
    "allowed": "Allowed",
    "paid": "Paid",
    "patient_responsibility": "Patient share",
    "payer_balance": "Payer balance",
    "patient_balance": "Patient balance",
    "written_off": "Written off",
}
CLASSES: Mapping[str, str] = {
    "underpaid": "Underpaid",
    "overpaid": "Overpaid",
    "as_expected": "As expected",
    "denied": "Denied",
    "bundled": "Bundled",
    "recoded": "Recoded",
    "no_contract": "No contract",
    "not_answered": "No response",
    "unknown": "Unknown",
}

DEPOSITS: Mapping[str, str] = {
    "money_without_era": "Deposit without remittance",
    "era_without_money": "Remittance without deposit",
    "differing": "Amounts differ",
    "matched": "Matched",
}
SEQUENCES: Mapping[str, str] = {"P": "Primary payer", "S": "Secondary payer", "T": "Tertiary payer"}
CATEGORIES: Mapping[str, str] = {
    "kx": "KX modifier",
    "cob": "Coordination of benefits",
    "ncci": "NCCI edits",
    "ack_syntax": "No 999",
    "ack_clearinghouse": "No clearinghouse response",
    "ack_payer": "No payer acceptance",
    "payer_response": "No decision",
    "letter_answer": "No answer to our letter",
    "medical_necessity": "Medical necessity",
    "timely_filing": "Timely filing",
    "submission": "Front-end rejection",
    "patient_credit": "Patient credit",
    "overpayment": "Overpaid",
    "paid_twice": "Paid twice",
    "voided": "Paid though voided",
    "added_line": "Line not billed",
    "credit_in_doubt": "Unclear credit",
    "unmatched_ack": "Unmatched notice",
    "unmatched_status": "Unmatched status response",
    "unmatched_payment": "Unmatched payment",
    "open_balance": "Open balance",
    "recouped": "Recouped",
    "next_payer": "Next payer",
    "crossover": "Crossover",
    "reversal_pending": "Unpaired reversal",
    "second_copy": "Second copy",
    "number_shared": "Shared claim number",
    "file_rejected": "File rejected",
    "file_accepted": "File accepted",
    "money_without_era": "Deposit without remittance",
    "era_without_money": "Remittance without deposit",
    "differing": "Amounts differ",
    "plb_reference": "Unknown PLB reference",
}
SUMS: Mapping[str, str] = {
    "line": "paid",
    "claim": "paid",
    "lines": "a line is missing: total charge",
    "lines_paid": "a line is missing: paid",
    "patient": "patient's share",
    "remittance": "check total",
}

BUCKETS: Mapping[str, str] = {"PT_SLP": "PT and SLP together", "OT": "OT"}
BANDS: Mapping[str, str] = {
    "ok": "Below the alert",
    "alert": "Close to the threshold",
    "kx_required": "KX needed",
    "review": "Review possible",
    "unknown": "Limit unknown",
}

GROUPS: Mapping[str, str] = {
    "CO": "contractual",
    "PR": "patient",
    "OA": "other",
    "PI": "payer initiated",
    "CR": "correction",
}

PROVIDER_ADJUSTMENTS: Mapping[str, str] = {
    "WO": "Overpayment recovery",
    "FB": "Balance carried forward",
    "L6": "Interest",
    "72": "Authorized return",
    "J1": "Nonreimbursable, for information",
    "50": "Late charge",
    "51": "Interest penalty",
    "90": "Early payment",
    "AH": "Origination fee",
    "AM": "Applied to borrower's account",
    "AP": "Acceleration of benefits",
    "B2": "Rebate",
    "B3": "Recovery allowance",
    "BD": "Bad debt",
    "BN": "Bonus",
    "C5": "Temporary allowance",
    "CR": "Capitation interest",
    "CS": "Adjustment",
    "CT": "Capitation payment",
    "CV": "Capital passthrough",
    "CW": "Certified registered nurse",
    "DM": "Direct medical education",
    "E3": "Withholding",
    "GO": "Graduate education",
    "HM": "Hemophilia supplement",
    "IP": "Incentive premium",
    "IR": "IRS withholding",
    "IS": "Interim settlement",
    "LE": "Levy",
    "LS": "Lump sum",
    "OA": "Organ acquisition",
    "OB": "Offset for affiliated providers",
    "PI": "Periodic interim payment",
    "PL": "Final payment",
    "RA": "Retroactive adjustment",
    "RE": "Return on equity",
    "SL": "Student loan repayment",
    "TL": "Third-party liability",
    "WU": "Unspecified recovery",
}


OWNERS: Mapping[str, str] = {"payer": "Payers owe", "patient": "Patients owe"}
BASES: Mapping[str, str] = {
    "dos": "date of service",
    "submission": "first submission",
    "responsibility": "responsibility",
}


VISIT_CLOSINGS: Mapping[str, str] = {
    "self_pay": "Self-pay",
    "not_billable": "Not billable",
    "other": "Other (say why)",
}
RESOLUTIONS: Mapping[str, str] = {
    "done": "Done",
    "no_action_needed": "No action needed",
    "records_sent": "Records sent",
    "reopening_requested": "Reopening requested",
    "worked_elsewhere": "Handled in another system",
    "reason_identified": "Reason identified",
    "resubmitted": "Resubmitted",
}


FILTERS: Mapping[str, str] = {
    "payer": "Payer",
    "assignee": "Assigned to",
    "queue": "Queue",
    "tag": "Tag",
    "category": "Category",
    "discipline": "Discipline",
    "code": "Code",
    "provider": "Rendering NPI",
    "clinic": "Billing NPI",
    "dos_from": "Service from",
    "dos_to": "Service to",
    "age_min": "Days since service",
    "days_left": "Days left",
    "amount_min": "Amount from",
    "amount_max": "Amount to",
    "due": "Due",
    "due_before": "Due before",
    "due_from": "Due from",
    "sort": "Order",
    "lost": "Already lost",
    "f": "Search",
    "snoozed": "Snoozed included",
    "text": "Search",
    "procedure": "Procedure",
    "cause": "Cause",
    "state": "State",
    "year": "Year",
    "band": "Threshold",
    "who": "Person",
    "first": "From",
    "last": "To",
}
LOST_STATES: Mapping[str, str] = {
    "nothing": "Nothing yet",
    "assigned": "Assigned",
    "snoozed": "Snoozed",
    "appealed": "Appeal pending",
    "closed": "Closed by a person",
    "written_off": "Written off",
}
SORT_NAMES: Mapping[str, str] = {
    "urgency": "Last day",
    "due": "Due",
    "amount": "At risk, largest first",
    "smallest": "At risk, smallest first",
    "claim": "Claim number",
    "payer": "Payer",
    "assignee": "Assigned to",
    "kind": "Kind of work",
}


def item_name(kind: str, item: str) -> str:
    """What an item that hangs on no claim is about: its visit, else the name of its list."""
    if kind == ListKind.PLAN_OF_CARE:
        return f"visit {item.rpartition(' ')[0]}"
    return f"visit {item}" if kind in (ListKind.UNBILLED, ListKind.READINESS) else WORKLISTS[kind][0]


def category_name(key: str | None) -> str:
    """Of a work item's category: a cause of a difference in price, or a kind of rejection, denial or silence."""
    return CAUSES.get(key or "") or name(CATEGORIES, key)


def name(table: Mapping[str, str], key: str | None) -> str:
    """A key's name; one that is not in the table is shown as it is, readable."""
    if not key:
        return "\u2013"
    return table.get(key) or key.replace("_", " ").capitalize()


def event_name(event_type: str) -> str:
    from services.presentation.event_names import EVENTS  # noqa: PLC0415

    return name(EVENTS, event_type)
