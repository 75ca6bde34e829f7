"""Remittances: the 835, 005010X221A1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from services.demo.adjudicate import Cas, DemoEntry, PaidLine
from services.demo.world import CLINIC, CLINIC_ADDRESS, CLINIC_TAX_ID, DemoPayer
from services.demo.x12writer import day, money, seg


@dataclass(frozen=True, slots=True, kw_only=True)
class Remit:
    """One 835 transaction. `adjustments` are PLB pairs (reason, reference, cents; positive takes money away)."""

    payer: DemoPayer
    trace: str
    paid_on: date
    entries: tuple[DemoEntry, ...]
    adjustments: tuple[tuple[str, str, int], ...] = ()
    stated_total: int | None = None

    @property
    def computed(self) -> int:
        """What the sums say: claims less provider adjustments."""
        return sum(entry.paid for entry in self.entries) - sum(amount for _, _, amount in self.adjustments)

    @property
    def total(self) -> int:
        return self.computed if self.stated_total is None else self.stated_total

    @property
    def balanced(self) -> bool:
        return self.total == self.computed


def remittance(remit: Remit) -> list[str]:
    """The segments between ST and SE."""
    out = _header(remit)
    if remit.entries:
        out.append("LX*1")
    for entry in remit.entries:
        out += _claim(entry, remit.payer)
    pairs = [
        part
        for reason, reference, amount in remit.adjustments
        for part in (f"{reason}:{reference}" if reference else reason, money(amount))
    ]
    for start in range(0, len(pairs), 12):
        fiscal_year_end = f"{remit.paid_on.year}1231"
        out.append(seg("PLB", CLINIC.number, fiscal_year_end, *pairs[start : start + 12]))
    return out


def _header(remit: Remit) -> list[str]:
    payer, tax_id = remit.payer, "1" + remit.payer.tax_id
    paid_on = day(remit.paid_on)
    if remit.total:
        bpr = seg(
            "BPR",
            "I",
            money(remit.total),
            "C",
            "ACH",
            "CCP",
            "01",
            "999900012",
            "DA",
            "55001200",
            tax_id,
            "",
            "01",
            "999900025",
            "DA",
            "7781440",
            paid_on,
        )
    else:
        bpr = f"BPR*H*0*C*NON************{paid_on}"
    named = ("XV", payer.number) if payer.named_by == "XV" else ()
    out = [
        bpr,
        seg("TRN", "1", remit.trace, tax_id),
        f"DTM*405*{paid_on}",
        seg("N1", "PR", payer.name, *named),
        "N3*PO BOX 4100",
        "N4*PORT ALDER*WI*539980001",
    ]
    if payer.named_by == "2U":
        out.append(f"REF*2U*{payer.number}")
    return [
        *out,
        "PER*CX*PROVIDER LINE*TE*5555550140",
        "PER*BL*REMITTANCE DESK*TE*5555550142",
        f"N1*PE*{CLINIC.last}*XX*{CLINIC.number}",
        *CLINIC_ADDRESS,
        f"REF*TJ*{CLINIC_TAX_ID}",
    ]


def _claim(entry: DemoEntry, payer: DemoPayer) -> list[str]:
    claim, patient = entry.claim, entry.claim.patient
    share = "" if entry.status == "22" else money(entry.patient_share) if entry.patient_share else ""
    out = [
        seg(
            "CLP",
            entry.claim_id or claim.claim_id,
            entry.status,
            money(entry.charge),
            money(entry.paid),
            share,
            payer.remit_indicator,
            entry.icn,
            "11",
            "1",
        )
    ]
    out += _cas(entry.claim_cas)
    person = patient.dependent or patient.person
    number = () if patient.dependent else ("MI", patient.id)
    out.append(seg("NM1", "QC", "1", person.last, person.first, "", "", "", *number))
    if patient.dependent:
        out.append(seg("NM1", "IL", "1", patient.person.last, patient.person.first, "", "", "", "MI", patient.id))
    out.append(
        seg("NM1", "82", "1", claim.therapist.last, claim.therapist.first, "", "", "", "XX", claim.therapist.number)
    )
    if entry.forwarded_to:
        out.append(seg("NM1", "TT", "2", entry.forwarded_to))
    if entry.remarks:
        out.append(seg("MOA", "", "", *entry.remarks))
    if not entry.with_lines:
        out.append(f"DTM*232*{day(claim.dos)}")
    if entry.received:
        out.append(f"DTM*050*{day(entry.received)}")
    if entry.allowed > 0 and payer.sends_allowed:
        out.append(f"AMT*AU*{money(entry.allowed)}")
    for line in entry.lines if entry.with_lines else ():
        out += _line(line, entry, payer)
    return out


def _line(paid: PaidLine, entry: DemoEntry, payer: DemoPayer) -> list[str]:
    line, sign = paid.line, entry.sign
    shown = line.modifiers if payer.echoes_modifiers and entry.modifiers else ()
    procedure = ":".join(("HC", paid.recoded_to or line.procedure, *shown))
    billed = ":".join(("HC", line.procedure, *shown)) if paid.recoded_to else ""
    units = "0" if paid.denied and not paid.recoded_to else str(line.units)
    out = [
        seg(
            "SVC",
            procedure,
            money(sign * line.charge),
            money(paid.paid),
            "",
            units,
            billed,
            str(line.units) if billed or units == "0" else "",
        ),
        f"DTM*472*{day(line.dos)}",
    ]
    out += _cas(paid.cas)
    if entry.references:
        out.append(f"REF*6R*{line.number}")
    if payer.sends_allowed and paid.allowed > 0:
        out.append(f"AMT*B6*{money(paid.allowed)}")
    out += [f"LQ*HE*{remark}" for remark in paid.remarks]
    return out


def _cas(adjustments: tuple[Cas, ...]) -> list[str]:
    """One CAS per group code, up to six reasons each, in the order the groups first appear."""
    groups: dict[str, list[str]] = {}
    for group, reason, amount in adjustments:
        groups.setdefault(group, []).append(f"{reason}*{money(amount)}")
    return [
        f"CAS*{group}*" + "**".join(reasons[start : start + 6])
        for group, reasons in groups.items()
        for start in range(0, len(reasons), 6)
    ]
