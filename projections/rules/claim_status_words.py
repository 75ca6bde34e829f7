"""What the codes of a 277CA and a 999 mean, in our own short words: category, status and entity.

Claim status category codes (X12 external code source 507), claim status codes (508) and entity identifiers (data
element 98) as of 2026, those that answer professional claims. A code that is not here is shown with its number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from events.claim import RejectionCode

CATEGORIES: Mapping[str, str] = {
    "A0": "forwarded to another party",
    "A1": "received",
    "A2": "accepted for adjudication",
    "A3": "returned as unprocessable",
    "A4": "claim not found",
    "A5": "split into several claims",
    "A6": "missing information",
    "A7": "invalid information",
    "A8": "fields contradict each other",
    "F0": "finalized",
    "F1": "finalized, paid",
    "F2": "finalized, denied",
    "F3": "finalized, revised",
    "F4": "finalized, no payment",
    "P1": "pending, in process",
    "P2": "pending, under review",
    "P3": "pending, information requested",
    "P4": "pending, waiting for patient information",
    "R0": "information requested",
    "R1": "entity request",
    "R3": "claim or line request",
    "R4": "documentation request",
    "D0": "data search unsuccessful",
}
FILE_ANSWERS: Mapping[str, str] = {
    "A": "accepted",
    "E": "accepted with errors",
    "P": "accepted in part",
    "R": "rejected",
    "M": "rejected: message code",
    "W": "rejected: assurance failed",
    "X": "rejected: content could not be decrypted",
}
ENTITIES: Mapping[str, str] = {
    "03": "dependent",
    "13": "contracted provider",
    "1E": "HMO",
    "1P": "provider",
    "2B": "third-party administrator",
    "36": "employer",
    "40": "receiver",
    "41": "submitter",
    "71": "attending provider",
    "72": "operating provider",
    "73": "other provider",
    "77": "service location",
    "80": "hospital",
    "82": "rendering provider",
    "85": "billing provider",
    "87": "pay-to provider",
    "AY": "clearinghouse",
    "DK": "ordering provider",
    "DN": "referring provider",
    "DQ": "supervising provider",
    "FA": "facility",
    "GB": "other insured",
    "GD": "guardian",
    "IL": "subscriber",
    "LI": "laboratory",
    "P3": "primary care provider",
    "PE": "payee",
    "PR": "payer",
    "PRP": "primary payer",
    "QC": "patient",
    "QD": "responsible party",
    "SEP": "secondary payer",
    "TTP": "tertiary payer",
    "TU": "repricing organization",
    "X3": "utilization review organization",
}
# With `{}` the entity is part of the sentence.
STATUSES: Mapping[str, str] = {
    "0": "no further status available",
    "3": "adjudicated, awaiting the payment cycle",
    "12": "procedure codes were combined",
    "15": "procedure codes were changed",
    "16": "forwarded to {}",
    "19": "received by {}",
    "20": "accepted for processing",
    "21": "missing or invalid information",
    "23": "returned to {}",
    "24": "{} is not approved to submit electronically",
    "25": "{} is not approved",
    "26": "{} not found",
    "27": "policy canceled",
    "29": "subscriber and policy number do not match",
    "30": "subscriber and member ID do not match",
    "31": "subscriber and policyholder name do not match",
    "32": "policy number not found for the subscriber",
    "33": "subscriber or member ID not found",
    "34": "policyholder name not found",
    "35": "claim not found",
    "40": "waiting for final approval",
    "41": "special handling at the payer",
    "42": "awaiting related charges",
    "44": "pending a provider audit",
    "45": "awaiting benefit determination",
    "46": "under internal review",
    "49": "pending provider accreditation review",
    "50": "waiting for provider verification",
    "51": "investigating a work injury or accident",
    "52": "investigating other insurance",
    "53": "researching the member ID or group number",
    "54": "duplicate of a processed claim or line",
    "55": "assigned to an analyst",
    "56": "awaiting eligibility determination",
    "65": "claim or line was paid",
    "78": "duplicate of a claim in process",
    "84": "service not authorized",
    "85": "{} is not primary",
    "86": "diagnosis does not fit the patient's gender",
    "88": "{} not eligible on the dates of service",
    "90": "{} not eligible for medical benefits on the dates of service",
    "91": "{} not approved on the dates of service",
    "92": "{} does not meet dependent or student requirements",
    "93": "{} is not the selected primary care provider",
    "94": "no referral from the primary care provider",
    "95": "requested information was not received",
    "96": "no agreement with {}",
    "97": "patient eligibility not found with {}",
    "98": "charges applied to the deductible",
    "101": "processed as an adjustment of an earlier claim",
    "103": "combined with other claims",
    "104": "processed by plan provisions",
    "106": "amount is not the responsibility of {}",
    "107": "processed by contract provisions",
    "109": "{} not eligible",
    "110": "pricing information required",
    "116": "sent to the wrong payer",
    "121": "too many service lines",
    "122": "missing or invalid data",
    "123": "additional information requested from {}",
    "124": "name, address, phone or ID of {}",
    "125": "name of {}",
    "126": "address of {}",
    "127": "phone number of {}",
    "128": "tax ID of {}",
    "131": "Medicare provider ID of {}",
    "132": "Medicaid provider ID of {}",
    "135": "commercial provider ID of {}",
    "137": "network ID of {}",
    "142": "license number of {}",
    "143": "state license number of {}",
    "145": "specialty or taxonomy code of {}",
    "148": "social security number of {}",
    "149": "employer ID of {}",
    "153": "ID number of {}",
    "155": "relationship of {} to the patient",
    "156": "patient's relationship to subscriber",
    "157": "gender of {}",
    "158": "date of birth of {}",
    "159": "date of death of {}",
    "162": "Medicare number of {}",
    "163": "policy or group number of {}",
    "164": "member number of {}",
    "171": "other insurance information",
    "178": "submitted charges",
    "187": "date of service",
    "188": "statement dates",
    "218": "NDC number",
    "247": "line information",
    "249": "place of service",
    "252": "authorization number",
    "254": "principal diagnosis code",
    "255": "diagnosis code",
    "258": "days or units of the procedure",
    "259": "frequency of service",
    "306": "description of the service",
    "448": "invalid combination of codes billed",
    "453": "procedure code modifier",
    "454": "procedure code",
    "464": "payer claim number",
    "475": "procedure code not valid for the patient's age",
    "476": "units of service",
    "477": "diagnosis code pointer",
    "478": "claim number missing",
    "479": "payer ID of the other payer",
    "480": "claim filing indicator of the other payer",
    "481": "claim format",
    "484": "payer system unavailable",
    "488": "diagnosis code for the service",
    "489": "attachment control number",
    "493": "version of the file not supported",
    "496": "submitter not approved for {}",
    "500": "ZIP code of {}",
    "501": "state of {}",
    "502": "city of {}",
    "503": "street address of {}",
    "504": "last name of {}",
    "505": "first name of {}",
    "507": "HCPCS code",
    "510": "date in the future",
    "511": "invalid character",
    "512": "field too long",
    "516": "adjudication or payment date",
    "521": "adjustment reason code",
    "535": "claim frequency code",
    "562": "NPI of {}",
    "718": "not submitted within the filing limit",
    "732": "inconsistent with billing guidelines",
    "746": "duplicate submission",
}


def status_words(category: str | None, status: str | None, entity: str | None = None) -> str:
    """Category, status and entity of a 277 in words, its codes behind them in parentheses."""
    about = _about(status, entity)
    kind = CATEGORIES.get(category or "")
    said = f"{kind}: {about}" if kind and about else kind or about
    codes = " ".join(part for part in (category, status, entity) if part)
    return f"{said} ({codes})" if said else f"code {codes} (not in the code list)" if codes else ""


def file_words(code: str | None) -> str:
    """The answer of a 999 to a transaction set, in words with its code."""
    told = FILE_ANSWERS.get(code or "")
    return f"{told} ({code})" if told else f"code {code} (not in the code list)" if code else ""


def code_words(code: RejectionCode) -> str:
    """A rejection's code, of whichever list; CARC and RARC have their words in the rule packs."""
    match code.code_list.lower():
        case "277":
            return status_words(code.category, code.status, code.entity)
        case "999":
            return file_words(code.category or code.status)
    return " ".join(
        part for part in (code.code_list.upper(), "-".join(filter(None, (code.category, code.status)))) if part
    )


def stored_code_words(code: str) -> str:
    """Of a code as rows keep it: A7/562/82 of a 277, R of a 999, CO/16 of a remittance."""
    category, _, rest = code.partition("/")
    status, _, entity = rest.partition("/")
    if category in CATEGORIES:
        return status_words(category, status, entity)
    return code.replace("/", "-") if rest else file_words(code)


def codes_in_words(codes: Iterable[RejectionCode]) -> str:
    return "; ".join(dict.fromkeys(filter(None, map(code_words, codes))))


def _about(status: str | None, entity: str | None) -> str:
    who = ENTITIES.get(entity or "")
    told = STATUSES.get((status or "").lstrip("0") or status or "")
    if told is None:
        return f"status {status}" + (f" of the {who}" if who else "") if status else ""
    if "{}" in told:
        return told.format(f"the {who}" if who else "the party named in the file")
    return f"{told} ({who})" if who else told
