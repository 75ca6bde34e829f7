"""Names for people: worklists, states, clocks, flags, causes. Our own words."""

from __future__ import annotations

from collections.abc import Mapping

WORKLISTS: Mapping[str, tuple[str, str]] = {
    "today": ("All work", "Everything that waits for somebody, what is lost first on top"),
    "rejection": ("Rejections", "Never adjudicated: correct and send again within 24 hours"),
    "denial": ("Denials", "Decided against us: appeal, correct or reopen before the window closes"),
    "filing": ("Timely filing", "Claims the payer does not have yet, and the day it must have them"),
    "underpayment": ("Underpayments", "Lines that brought less than their contract says"),
    "overpayment": ("Overpayments", "Money to return, or to explain"),
    "unmatched": ("Unmatched", "Money and messages about claims nobody sent from here"),
    "missing_ack": ("No answer", "Acknowledgements and decisions that are overdue"),
    "threshold": ("Thresholds", "Lines over the therapy threshold without KX"),
    "readiness": ("Readiness", "Visits that would not go through as they stand"),
}

TABS: Mapping[str, str] = {  # where the whole name is too long
    "today": "All", "filing": "Filing", "underpayment": "Underpaid", "overpayment": "Overpaid",
}  # fmt: skip
ITEMS: Mapping[str, str] = {
    "rejection": "Rejected", "denial": "Denied", "filing": "Filing", "underpayment": "Underpaid",
    "overpayment": "Overpaid", "unmatched": "Unmatched", "missing_ack": "No answer", "threshold": "Threshold",
    "readiness": "Not ready",
}  # fmt: skip

STATUSES: Mapping[str, str] = {
    "in_flight": "In flight", "rejected": "Rejected", "accepted": "Accepted", "paid": "Paid",
    "partially_denied": "Partly denied", "denied": "Denied", "patient_due": "Patient owes", "in_appeal": "In appeal",
    "closed": "Closed", "voided": "Voided", "written_off": "Written off", "unmatched": "Unmatched", "open": "Open",
    "bundled": "Bundled",
}  # fmt: skip
TONES: Mapping[str, str] = {
    "rejected": "bad", "denied": "bad", "partially_denied": "warn", "in_appeal": "warn", "unmatched": "warn",
    "paid": "good", "closed": "good", "missed": "bad", "met": "good", "kx_required": "warn", "review": "bad",
    "alert": "warn", "underpaid": "warn", "overpaid": "warn",
}  # fmt: skip

DEADLINES: Mapping[str, str] = {
    "submission": "Send the claim", "ack_syntax": "Answer to the file (999)",
    "ack_clearinghouse": "Clearinghouse's answer (277CA)", "ack_payer": "Payer's acceptance (277CA)",
    "payer_response": "Payer's decision (835)", "rejection_reason": "Write down why it was rejected",
    "rejection_resubmit": "Send it again", "timely_filing": "Timely filing", "corrected_claim": "Corrected claim",
    "appeal_1": "First appeal", "appeal_2": "Second appeal", "appeal_3": "Third appeal", "appeal_4": "Fourth appeal",
    "appeal_5": "Fifth appeal", "reopening": "Reopening", "records": "Send the records", "dispute": "Dispute the price",
    "refund": "Return the money",
}  # fmt: skip
DEADLINE_STATES: Mapping[str, str] = {"open": "Runs", "met": "Met", "missed": "Missed", "void": "Does not apply"}

FLAGS: Mapping[str, str] = {
    "accepted_and_rejected": "Accepted and rejected: two answers to one attempt",
    "bound_to_nearest": "An answer was bound to the nearest attempt; its own reference is unknown",
    "submission_unseen": "Answers speak of a submission that was not seen here",
    "conflict": "The same event arrived twice with different content; the second one is parked",
    "line_unmatched": "The payer answered a line that was not billed like this",
    "unbalanced": "The remittance does not add up; posted as stated",
    "overpaid": "More was allowed than expected",
    "underpaid": "Less was allowed than expected",
    "payment_on_void": "Paid although the claim was voided",
    "paid_after_rejection": "Paid although it was rejected before",
    "reversal_pending": "Taken back before the payment itself was seen",
    "duplicate_suspect": "One claim number, several patients",
    "kx_missing": "A line over the therapy threshold lacks KX",
}

CAUSES: Mapping[str, str] = {
    "old_rate": "Paid by the contract's earlier rates", "wrong_plan": "Priced by another plan's contract",
    "wrong_discipline": "Priced as another discipline", "no_full_unit": "No unit paid at full practice expense",
    "mppr_not_contracted": "Reduced for several procedures, which the contract does not say",
    "no_reduction_taken": "A reduction was not taken", "units_cut": "Fewer units paid than billed",
    "downcoded": "Paid as another code", "unknown": "No known cause fits",
}  # fmt: skip

CLASSES: Mapping[str, str] = {
    "underpaid": "Underpaid", "overpaid": "Overpaid", "as_expected": "As expected", "denied": "Denied",
    "bundled": "Bundled", "recoded": "Recoded", "no_contract": "No contract", "not_answered": "Not answered",
    "unknown": "Unknown",
}  # fmt: skip

SEQUENCES: Mapping[str, str] = {"P": "Primary payer", "S": "Secondary payer", "T": "Tertiary payer"}
CATEGORIES: Mapping[str, str] = {"kx": "KX", "cob": "Coordination of benefits", "ncci": "NCCI edits"}
SUMS: Mapping[str, str] = {
    "line": "paid", "claim": "paid", "patient": "patient's share", "remittance": "the whole check",
}  # fmt: skip

BUCKETS: Mapping[str, str] = {"PT_SLP": "PT and SLP together", "OT": "OT"}
BANDS: Mapping[str, str] = {
    "ok": "Below the alert", "alert": "Close to the threshold", "kx_required": "KX needed", "review": "Review possible",
    "unknown": "Limit unknown",
}  # fmt: skip

GROUPS: Mapping[str, str] = {
    "CO": "contractual", "PR": "patient", "OA": "other", "PI": "payer's own", "CR": "correction",
}  # fmt: skip

PROVIDER_ADJUSTMENTS: Mapping[str, str] = {
    "WO": "Earlier overpayment taken back", "FB": "Balance carried forward", "L6": "Interest",
    "72": "Refund of ours booked",
    "J1": "Not deducted, for information", "50": "Late charge", "51": "Interest penalty", "90": "Early payment",
    "AH": "Origination fee", "AM": "Applied to borrower's account", "AP": "Acceleration of benefits", "B2": "Rebate",
    "B3": "Recovery allowance", "BD": "Bad debt", "BN": "Bonus", "C5": "Temporary allowance",
    "CR": "Capitation interest", "CS": "Adjustment", "CT": "Capitation payment", "CV": "Capital passthrough",
    "CW": "Certified registered nurse", "DM": "Direct medical education", "E3": "Withholding",
    "GO": "Graduate education", "HM": "Hemophilia supplement", "IP": "Incentive premium",
    "IR": "Withheld for the tax office", "IS": "Interim settlement",
    "LE": "Levy", "LS": "Lump sum", "OA": "Organ acquisition", "OB": "Offset for affiliated providers",
    "PI": "Periodic interim payment", "PL": "Final payment", "RA": "Retroactive adjustment", "RE": "Return on equity",
    "SL": "Student loan repayment", "TL": "Third-party liability", "WU": "Unspecified recovery",
}  # fmt: skip

EVENTS: Mapping[str, str] = {
    "visit.documented": "Visit", "claim.submitted": "Sent", "claim.acknowledged": "Acknowledged",
    "claim.rejected": "Rejected", "submission.acknowledged": "File accepted", "submission.rejected": "File rejected",
    "payment.posted": "Payment", "claim.denied": "Denied", "payment.reversed": "Reversed",
    "remittance.received": "Remittance", "appeal.filed": "Appeal", "appeal.decided": "Appeal decided",
    "claim.written_off": "Write-off", "patient.paid": "Patient paid", "refund.sent": "Refund",
    "records.requested": "Records", "dispute.opened": "Dispute", "dispute.closed": "Dispute closed",
    "work.assigned": "Assigned", "work.snoozed": "Snoozed", "work.noted": "Note", "work.resolved": "Work done",
    "alert.raised": "Alert", "event.withdrawn": "Taken back", "event.conflicted": "Conflict",
    "therapy.balance_observed": "Payer's balance", "patient.registered": "Patient", "identity.linked": "Linked",
    "contract.published": "Contract", "policy.published": "Policy", "rules.adopted": "Rules",
}  # fmt: skip

OWNERS: Mapping[str, str] = {"payer": "Payers owe", "patient": "Patients owe"}
BASES: Mapping[str, str] = {
    "dos": "date of service", "submission": "first submission", "responsibility": "responsibility",
}  # fmt: skip


def name(table: Mapping[str, str], key: str | None) -> str:
    """A key's name; one that is not in the table is shown as it is, readable."""
    if not key:
        return "\u2013"
    return table.get(key) or key.replace("_", " ").capitalize()


def event_name(event_type: str) -> str:
    return name(EVENTS, event_type.rpartition(".v")[0])
