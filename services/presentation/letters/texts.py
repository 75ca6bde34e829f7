"""The texts that come with the program. A practice edits them on the desk; these are version 0."""

from __future__ import annotations

from collections.abc import Mapping

from services.presentation.letters.kinds import LetterKind
from services.presentation.letters.template import LetterText

_END = "Please call {{phone}} with any question about this letter."

TEXTS: Mapping[LetterKind, LetterText] = {
    LetterKind.APPEAL: LetterText(
        "{{appeal_level}} appeal of a denied claim",
        "To whom it may concern:\n\n"
        "{{practice_name}} appeals the decision of {{decision_date}} on the claim named above. "
        "{{denied_charge}} of {{charge}} was denied.\n\n"
        "{{denied_lines}}\n\n"
        "{{argument}}\n\n"
        "{{appeal_clock}}\n\n"
        "Please reverse the decision, process the claim for payment and send us your decision in writing. "
        "If you uphold the denial, please name the provision or criteria it rests on and how to appeal further.\n\n"
        + _END,
    ),
    LetterKind.CORRECTED_CLAIM: LetterText(
        "Corrected claim",
        "To whom it may concern:\n\n"
        "The claim sent to you on {{submitted_on}} corrects an earlier one. Please process it in place of the "
        "earlier claim, and not as a duplicate.\n\n"
        "It replaces your claim number {{replaced_number}}.\n\n"
        "{{changes}}\n\n"
        "{{lines}}\n\n" + _END,
    ),
    LetterKind.TIMELY_FILING: LetterText(
        "Proof of timely filing",
        "To whom it may concern:\n\n"
        "The claim named above was sent on {{first_sent}}. Below are its submissions with the responses to them; the "
        "segments of the files follow as they were sent and received.\n\n"
        "{{submissions}}\n\n"
        "You accepted the claim into processing on {{accepted_on}} under your number {{accepted_number}}.\n\n"
        "{{filing_clock}}\n\n"
        "Please process the claim on its merits.\n\n"
        "{{segments}}\n\n" + _END,
    ),
    LetterKind.KX_REOPENING: LetterText(
        "Request to reopen the claim and add modifier KX",
        "To whom it may concern:\n\n"
        "Please reopen the claim named above and add modifier KX to the lines listed here. The modifier was left off "
        "by a clerical error: with these services the patient's therapy costs of the year passed the threshold, and "
        "the record supports that they were medically necessary beyond it.\n\n"
        "{{kx_lines}}\n\n"
        "{{threshold}}\n\n"
        "{{reopening_clock}}\n\n"
        "The plan of care and the notes of these dates of service are available on request.\n\n" + _END,
    ),
    LetterKind.UNDERPAYMENT_DISPUTE: LetterText(
        "Dispute of underpaid services",
        "To whom it may concern:\n\n"
        "For the {{line_count}} below you allowed less than our agreement provides. "
        "The difference is {{underpaid_total}}.\n\n"
        "{{priced_lines}}\n\n"
        "{{contract_terms}}\n\n"
        "{{cause}}\n\n"
        "{{price_steps}}\n\n"
        "Please reprocess these lines at the contracted rate and pay the difference. If your amounts differ, "
        "please send us your calculation for each line.\n\n" + _END,
    ),
    LetterKind.RECORDS_RESPONSE: LetterText(
        "Medical records as requested",
        "To whom it may concern:\n\n"
        "Enclosed are the records that you asked for on {{requested_on}}: {{requested}}.\n\n"
        "{{records_clock}}\n\n"
        "{{lines}}\n\n"
        "Please confirm that you have received them and continue processing the claim. "
        "This letter is not an appeal.\n\n" + _END,
    ),
    LetterKind.REFUND: LetterText(
        "Refund of an overpayment",
        "To whom it may concern:\n\n"
        "{{practice_name}} returns {{refund_amount}} on the claim named above.\n\n"
        "{{refund_cause}}\n\n"
        "{{payments}}\n\n"
        "{{refund_clock}}\n\n"
        "Please apply the refund to this claim and do not also recover it from a later payment.\n\n" + _END,
    ),
    LetterKind.PATIENT_STATEMENT: LetterText(
        "Statement of your account",
        "Dear {{patient_name}}:\n\n"
        "This statement is about the services you received on {{service_dates}}.\n\n"
        "{{account}}\n\n"
        "{{patient_share}}\n\n"
        "Please pay {{patient_balance}}. If you have insurance that we have not billed, or cannot pay this at once, "
        "please call us at {{phone}}.",
    ),
}

# Why a denial is wrong, by the category of its reason. In brackets: what a person adds from the record.
ARGUMENTS: Mapping[str, str] = {
    "authorization": (
        "The denial says that an authorization is absent or exceeded. [State the authorization number, its "
        "dates and visits; or the date on which a retroactive authorization was asked for, and why it could "
        "not be had before the service.]"
    ),
    "medical_necessity": (
        "The services were reasonable and necessary. They were given under a certified plan of care and "
        "needed the skills of a therapist; the enclosed notes record the patient's function at the start, the"
        " progress made and the goals still open."
    ),
    "documentation": (
        "The enclosed records contain what the denial asks for. They were made at the time of the service and"
        " are signed by the treating therapist."
    ),
    "timely_filing": (
        "The claim was filed in time. [Enclose the proof of timely filing, or name the exception that applies.]"
    ),
    "ncci": (
        "The services are separate and distinct: each was given in its own time within the visit, and the "
        "notes record the minutes of each. The modifier for a distinct service applies."
    ),
    "duplicate": (
        "The claim is not a duplicate. It reports services that were given once and have not been paid under "
        "another claim number."
    ),
    "eligibility": (
        "The patient was covered by you on the date of service. [Enclose the eligibility response of that date.]"
    ),
    "enrollment": (
        "The treating therapist and the practice were enrolled with you on the date of service. [State the "
        "NPI and the effective date.]"
    ),
    "cob": (
        "You are responsible for these services in the order billed. [Enclose the other payer's remittance, "
        "or state that there is none.]"
    ),
    "diagnosis": (
        "The diagnosis on the claim describes the condition that was treated and supports the services billed."
    ),
    "units": ("The units billed follow from the minutes recorded for each service of the day."),
    "benefit_limit": (
        "The benefit was not used up on the date of service, or the exception to the limit applies. [State "
        "the visits counted.]"
    ),
    "kx": ("The services above the threshold were medically necessary; the record supports the modifier KX."),
}
ARGUMENT = "We disagree with this decision. [State why the services are covered, and enclose the record that shows it.]"
