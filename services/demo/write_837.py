"""Claims: the 837P, 005010X222A1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.demo.world import (
    CLINIC,
    CLINIC_ADDRESS,
    CLINIC_SENDER,
    CLINIC_TAX_ID,
    EXCHANGE,
    EXCHANGE_ID,
    DemoClaim,
    DemoPatient,
    DemoPayer,
    DemoPerson,
)
from services.demo.x12writer import day, money, seg

TAXONOMY = {"PT": "225100000X", "OT": "225X00000X", "SLP": "235Z00000X"}
CLINIC_TAXONOMY = "261QR0400X"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSubmission:
    """One sending of one claim. Submissions of the same `sent` and `file` travel together, in transaction set `set`.

    `syntax` is what the 999 will say of the set: A, R, or "" for no 999 at all.
    """

    claim: DemoClaim
    sent: datetime
    frequency: str = "1"
    original: str = ""
    file: str = "A"
    set: int = 1
    syntax: str = "A"

    @property
    def batch(self) -> tuple[datetime, str]:
        return (self.sent, self.file)

    @property
    def reference(self) -> str:
        """BHT03."""
        return f"{self.sent:%y%m%d%H%M}{self.file}{self.set}"


def claims(reference: str, sent: datetime, submissions: Sequence[DemoSubmission]) -> list[str]:
    """The segments between ST and SE of one set."""
    out = [
        f"BHT*0019*00*{reference}*{day(sent.date())}*{sent:%H%M}*CH",
        f"NM1*41*2*{CLINIC.last}*****46*{CLINIC_SENDER}",
        "PER*IC*BILLING OFFICE*TE*5555550118",
        f"NM1*40*2*{EXCHANGE}*****46*{EXCHANGE_ID}",
        "HL*1**20*1",
        f"PRV*BI*PXC*{CLINIC_TAXONOMY}",
        f"NM1*85*2*{CLINIC.last}*****XX*{CLINIC.number}",
        *CLINIC_ADDRESS,
        f"REF*EI*{CLINIC_TAX_ID}",
    ]
    level = 1
    for submission in submissions:
        level = _claim(out, submission, level)
    return out


def _claim(out: list[str], submission: DemoSubmission, level: int) -> int:
    claim, patient = submission.claim, submission.claim.patient
    level += 1
    out.append(f"HL*{level}*1*22*{1 if patient.dependent else 0}")
    _subscriber(out, patient)
    if patient.dependent:
        level += 1
        out += [f"HL*{level}*{level - 1}*23*0", "PAT*19"]
        out.append(seg("NM1", "QC", "1", patient.dependent.last, patient.dependent.first))
        out += _where_and_who(patient.dependent)
    out.append(
        seg("CLM", claim.claim_id, money(claim.charge), "", "", f"11:B:{submission.frequency}", "Y", "A", "Y", "Y")
    )
    if submission.original:
        out.append(f"REF*F8*{submission.original}")
    out.append(_diagnoses(patient.diagnoses))
    if patient.referral:
        out.append(_nm1("DN", patient.referral, "XX"))
    out += [_nm1("82", claim.therapist, "XX"), f"PRV*PE*PXC*{TAXONOMY[claim.discipline]}"]
    if patient.secondary:
        _other_subscriber(out, patient, patient.secondary)
    _lines(out, claim)
    return level


def _subscriber(out: list[str], patient: DemoPatient) -> None:
    relation = "" if patient.dependent else "18"
    out.append(seg("SBR", "P", relation, "", patient.plan, "", "", "", "", patient.payer.indicator))
    out.append(_nm1("IL", patient.person, "MI"))
    if not patient.dependent:
        out += _where_and_who(patient.person)
    out.append(_payer_name(patient.payer))


def _other_subscriber(out: list[str], patient: DemoPatient, payer: DemoPayer) -> None:
    out += [seg("SBR", "S", "18", "", "", "", "", "", "", payer.indicator), "OI***Y***Y"]
    out += [_nm1("IL", patient.person, "MI"), _payer_name(payer)]


def _lines(out: list[str], claim: DemoClaim) -> None:
    pointers = ":".join(str(n) for n in range(1, len(claim.patient.diagnoses) + 1))
    for line in claim.lines:
        procedure = ":".join(("HC", line.procedure, *line.modifiers))
        out += [
            f"LX*{line.number}",
            f"SV1*{procedure}*{money(line.charge)}*UN*{line.units}***{pointers}",
            f"DTP*472*D8*{day(line.dos)}",
            f"REF*6R*{line.number}",
        ]


def _diagnoses(codes: Sequence[str]) -> str:
    """HI: the first diagnosis is the principal one; X12 writes codes without the dot."""
    return seg("HI", *(f"{'ABK' if n == 0 else 'ABF'}:{code.replace('.', '')}" for n, code in enumerate(codes)))


def _nm1(role: str, person: DemoPerson, qualifier: str) -> str:
    return seg("NM1", role, "1", person.last, person.first, "", "", "", qualifier, person.number)


def _payer_name(payer: DemoPayer) -> str:
    return seg("NM1", "PR", "2", payer.name, "", "", "", "", "PI", payer.number)


def _where_and_who(person: DemoPerson) -> list[str]:
    return [f"N3*{person.street}", "N4*QUILL FALLS*WI*53999", f"DMG*D8*{day(person.born)}*{person.sex}"]
