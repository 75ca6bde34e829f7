"""Acknowledgments: the 999 (005010X231A1) for a file, the 277CA (005010X214) for its claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.demo.world import CLINIC, CLINIC_SENDER, EXCHANGE, EXCHANGE_ID, DemoClaim, DemoPayer
from services.demo.write_837 import DemoSubmission
from services.demo.x12writer import VERSIONS, day, money, seg


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAnswer:
    """What one 277CA says of one claim. `payer` None means the clearinghouse speaks.

    `line` names a service line that alone is rejected; `covers` is the submission answered (its BHT03 is echoed
    unless `echoes` is off); `file` keeps answers of the same instant in separate files.
    """

    covers: DemoSubmission
    arrives: datetime
    category: str
    status: str
    payer: DemoPayer | None = None
    entity: str = ""
    action: str = "WQ"
    icn: str = ""
    line: int = 0
    more: tuple[str, ...] = ()
    echoes: bool = True
    file: str = ""

    @property
    def claim(self) -> DemoClaim:
        return self.covers.claim

    @property
    def accepts(self) -> bool:
        return self.category in {"A0", "A1", "A2", "A5"} and self.action == "WQ"


def functional(control: int, sets: Sequence[tuple[int, bool]]) -> list[str]:
    """A 999 for group `control`: (set number, accepted) of each set."""
    out = [f"AK1*HC*{control}*{VERSIONS['HC']}"]
    for number, accepted in sets:
        out.append(f"AK2*837*{number:04d}*{VERSIONS['HC']}")
        if accepted:
            out.append("IK5*A")
        else:
            out += ["IK3*NM1*18*2010*8", "CTX*SITUATIONAL TRIGGER*NM1*18**9", "IK4*9*67*1", "IK5*R*5"]
    good = sum(accepted for _, accepted in sets)
    verdict = "A" if good == len(sets) else "P" if good else "R"
    return [*out, f"AK9*{verdict}*{len(sets)}*{len(sets)}*{good}"]


def claim_acknowledgment(reference: str, answers: Sequence[DemoAnswer]) -> list[str]:
    """The segments of one 277CA that answers the claims of one submitted set."""
    first = answers[0]
    stamp = day(first.arrives.date())
    good = [answer for answer in answers if answer.accepts]
    out = _source(reference, first, stamp)
    out.append(f"STC*A1:19:PR*{stamp}*WQ*{money(sum(a.claim.charge for a in answers))}")
    out += _counts(good, answers)
    out += ["HL*3*2*19*1", f"NM1*85*2*{CLINIC.last}*****XX*{CLINIC.number}"]
    for level, answer in enumerate(answers, 4):
        out += _patient(level, answer, stamp)
    return out


def batch_rejection(submission: DemoSubmission, arrives: datetime, charge: int, count: int) -> list[str]:
    """A 277CA that rejects a whole submitted set at the information receiver and names no claim."""
    stamp = day(arrives.date())
    out = _source(
        submission.reference, DemoAnswer(covers=submission, arrives=arrives, category="A8", status="746"), stamp
    )
    out[out.index("HL*2*1*21*1")] = "HL*2*1*21*0"
    return [*out, f"STC*A8:746:41*{stamp}*U*{money(charge)}", f"QTY*AA*{count}", f"AMT*YY*{money(charge)}"]


def _source(reference: str, answer: DemoAnswer, stamp: str) -> list[str]:
    payer = answer.payer
    name = (
        seg("NM1", "PR", "2", payer.name, "", "", "", "", "PI", payer.number)
        if payer
        else (f"NM1*AY*2*{EXCHANGE}*****46*{EXCHANGE_ID}")
    )
    trace = f"{payer.number if payer else 'LX'}{answer.arrives:%y%m%d%H%M}{answer.file}"
    return [
        f"BHT*0085*08*{trace}*{stamp}*{answer.arrives:%H%M}*TH",
        "HL*1**20*1",
        name,
        f"TRN*1*{trace}",
        f"DTP*050*D8*{stamp}",
        f"DTP*009*D8*{stamp}",
        "HL*2*1*21*1",
        f"NM1*41*2*{CLINIC.last}*****46*{CLINIC_SENDER}",
        f"TRN*2*{reference if answer.echoes else '0'}",
    ]


def _counts(good: Sequence[DemoAnswer], answers: Sequence[DemoAnswer]) -> list[str]:
    accepted, total = sum(a.claim.charge for a in good), sum(a.claim.charge for a in answers)
    bad = len(answers) - len(good)
    out = [f"QTY*90*{len(good)}"] if good else []
    out += [f"QTY*AA*{bad}"] if bad else []
    out += [f"AMT*YU*{money(accepted)}"] if good else []
    return out + ([f"AMT*YY*{money(total - accepted)}"] if bad else [])


def _patient(level: int, answer: DemoAnswer, stamp: str) -> list[str]:
    claim = answer.claim
    person = claim.patient.dependent or claim.patient.person
    out = [f"HL*{level}*3*PT", seg("NM1", "QC", "1", person.last, person.first, "", "", "", "MI", claim.patient.id)]
    out.append(f"TRN*2*{claim.claim_id}")
    verdict = ":".join(part for part in (answer.category, answer.status, answer.entity) if part)
    at_line = answer.line > 0
    head = f"A2:20*{stamp}*WQ" if at_line else f"{verdict}*{stamp}*{answer.action}"
    out.append(seg("STC", *head.split("*"), money(claim.charge), *([""] * 5 if answer.more else ()), *answer.more))
    if answer.icn:
        out.append(f"REF*1K*{answer.icn}")
    out += [f"REF*D9*{claim.claim_id}", f"DTP*472*D8*{day(claim.dos)}"]
    for line in claim.lines if at_line else ():
        if line.number == answer.line:
            procedure = ":".join(("HC", line.procedure, *line.modifiers))
            out += [
                seg("SVC", procedure, money(line.charge), "", "", "", "", str(line.units)),
                f"STC*{verdict}*{stamp}*U*{money(line.charge)}",
                f"REF*FJ*{line.number}",
            ]
    return out
