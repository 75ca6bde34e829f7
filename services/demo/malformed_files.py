"""Files that are awkward as files: repeated, contradictory or invalid events, and files of another kind."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import timedelta

from services.demo.cloud_events import EHR, CloudEventJson, event, ndjson, visits_of_day
from services.demo.file_batches import Mail
from services.demo.story import Month
from services.demo.workdays import local
from services.demo.world import CLINIC_SENDER, EXCHANGE_ID
from services.demo.x12writer import DemoEnvelope, interchange

_NOTICE = (
    "LARKWING EXCHANGE NOTICE\n\nThe exchange will be closed for maintenance on Sunday from 2 to 4 in the morning.\n"
    "Files received before then are not affected.\n"
)
_SERVICES_REVIEW = (
    "BHT*0007*11*AUTH1014*20261014*0912",
    "HL*1**20*1",
    "NM1*PR*2*LAKESHORE MUTUAL*****PI*74812",
    "HL*2*1*21*1",
    "NM1*1P*2*QUILLBACK THERAPY CLINIC*****XX*9999998013",
    "HL*3*2*22*0",
    "NM1*IL*1*DOE*JANE****MI*LAK000000001",
    "UM*HS*I*1",
    "HCR*A1*AUTH0001",
)


def loose_mail(month: Month, mail: Sequence[Mail]) -> list[Mail]:
    """The awkward files, given the ordinary ones."""
    notice = Mail(arrives=local("2026-10-15 10:00"), kind="NOTE", tag="exchange", text=_NOTICE, about={"foreign": True})
    return [_repeated_visits(mail), _second_thoughts(month), _services_review(), notice]


def _repeated_visits(mail: Sequence[Mail]) -> Mail:
    visits = next(item for item in mail if item.tag == "visits" and item.arrives.day == 8)
    about = {"events": visits.about["events"], "repeats": visits.name}
    return Mail(
        arrives=visits.arrives + timedelta(hours=14, minutes=20),
        kind="EVENTS",
        tag="visits-again",
        text=visits.text,
        about=about,
    )


def _second_thoughts(month: Month) -> Mail:
    """An amended visit (a unit less) of a paid claim, an identity with two contents, and a visit without its date."""
    paid = month.shapes["paid_right"][0]
    original = _visit_of(month, paid)
    amended = copy.deepcopy(original)
    amended |= {
        "id": original["id"] + "-amended",
        "time": "2026-11-03T15:30:00Z",
        "supersedessource": EHR,
        "supersedesid": original["id"],
    }
    amended["data"]["timed"][0]["minutes"] -= 15
    amended["data"]["total_minutes"] -= 15
    claim_id = month.shapes["conflicting_event"][0]
    when = local("2026-11-03 09:35")
    said = [
        event((EHR, "copay-0001"), "patient.paid.v1", claim_id, when, {"claim_id": claim_id, "amount": amount})
        for amount in ("30.00", "25.00")
    ]
    broken = event((EHR, "visit-broken"), "visit.documented.v1", "V0", when, {"visit_id": "V0", "discipline": "PT"})
    events: list[CloudEventJson] = [amended, *said, broken]
    return Mail(
        arrives=local("2026-11-03 09:50"),
        kind="EVENTS",
        tag="second-thoughts",
        text=ndjson(events),
        about={"events": len(events), "parked": 2},
    )


def _visit_of(month: Month, claim_id: str) -> CloudEventJson:
    dos = next(seen.claim.dos for seen in month.seen if seen.claim.claim_id == claim_id)
    day = [seen for seen in month.seen if seen.claim.dos == dos]
    return next(item for item in visits_of_day(day, {}) if item["data"]["visit_id"] == f"V{claim_id[2:]}")


def _services_review() -> Mail:
    """A 278, which the intake does not read. It goes out in the envelope of a 277 with its names changed."""
    sent = local("2026-10-14 09:12")
    text = interchange(
        DemoEnvelope(sender=EXCHANGE_ID, receiver=CLINIC_SENDER, control=990001, sent=sent, group="HN"),
        (_SERVICES_REVIEW,),
    )
    text = text.replace("005010X214", "005010X217").replace("ST*277", "ST*278").replace("GS*HN", "GS*HI")
    return Mail(arrives=sent, kind="278", tag="review", text=text, about={"foreign": True})
