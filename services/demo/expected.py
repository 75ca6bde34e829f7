"""What is true of a written month, computed from its scripts: the manifest tests and demos check against."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from services.demo.cloud_events import dollars
from services.demo.file_batches import Mail
from services.demo.story import Life, Month, Posting
from services.demo.workdays import REMIT, at
from services.demo.world import DEMO_AT, DEMO_ZONE, ZONE
from services.demo.write_835 import Remit

CUT = DEMO_AT.astimezone(ZONE).replace(tzinfo=None)  # the demo's clock in local time


@dataclass(slots=True, kw_only=True)
class Manifest:
    """What was written.

    files: name, kind, sha256 and what is in it. shapes: what each shows, its claims. claims: money and attempts as of
    the demo's clock. remits, thresholds, variances (what was allowed too little; negative: too much), totals. All
    amounts are strings with two decimals.
    """

    seed: int
    at: str
    zone: str
    files: list[dict[str, Any]] = field(default_factory=list)
    shapes: dict[str, dict[str, Any]] = field(default_factory=dict)
    claims: dict[str, dict[str, Any]] = field(default_factory=dict)
    remits: list[dict[str, Any]] = field(default_factory=list)
    thresholds: list[dict[str, Any]] = field(default_factory=list)
    variances: list[dict[str, Any]] = field(default_factory=list)
    totals: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"


def new_manifest(seed: int) -> Manifest:
    return Manifest(seed=seed, at=DEMO_AT.isoformat().replace("+00:00", "Z"), zone=DEMO_ZONE)


def describe_file(mail: Mail, text: str) -> dict[str, Any]:
    about = {key: value for key, value in mail.about.items() if key != "copies"}
    if isinstance(total := about.get("total"), int):
        about["total"] = dollars(total)
    return {"name": mail.name, "kind": mail.kind, "sha256": hashlib.sha256(text.encode()).hexdigest()} | about


def arrived(posting: Posting) -> bool:
    """Whether the remittance was here by the demo's clock."""
    return at(posting.paid_on, REMIT, posting.payer.minute) <= CUT


def claim_truth(lives: Sequence[Life]) -> dict[str, dict[str, Any]]:
    """Every claim that was sent or answered by the demo's clock."""
    out: dict[str, dict[str, Any]] = {}
    for life in lives:
        attempts = [s for s in life.submissions if s.sent <= CUT]
        entries = [p for p in life.postings if arrived(p)]
        if attempts or entries:
            counted = [p.entry for p in entries if p.entry.status != "25"]
            out[life.claim.claim_id] = {
                "payer_id": life.claim.payer.payer_id,
                "patient_id": life.claim.patient.id,
                "dependent": life.claim.patient.dependent is not None,
                "discipline": life.claim.discipline,
                "dos": life.claim.dos.isoformat(),
                "charge": dollars(life.claim.charge),
                "attempts": len(attempts),
                "paid": dollars(sum(entry.paid for entry in counted)),
                "patient_responsibility": dollars(sum(entry.patient_share for entry in counted)),
                "allowed": dollars(sum(entry.allowed for entry in counted)),
                "entries": [_entry(p) for p in entries],
            }
    return out


def _entry(posting: Posting) -> dict[str, Any]:
    entry = posting.entry
    return {
        "payer_id": posting.payer.payer_id,
        "paid_on": posting.paid_on.isoformat(),
        "status": entry.status,
        "charge": dollars(entry.charge),
        "paid": dollars(entry.paid),
        "icn": entry.icn,
        "patient_responsibility": dollars(entry.patient_share),
    }


def remit_truth(remits: Mapping[Any, Remit]) -> list[dict[str, Any]]:
    return [
        {
            "payer_id": remit.payer.payer_id,
            "trace": remit.trace,
            "paid_on": remit.paid_on.isoformat(),
            "total": dollars(remit.total),
            "claims": dollars(sum(e.paid for e in remit.entries)),
            "provider_adjustments": dollars(sum(a for _, _, a in remit.adjustments)),
            "entries": len(remit.entries),
            "balanced": remit.balanced,
        }
        for remit in remits.values()
        if at(remit.paid_on, REMIT, remit.payer.minute) <= CUT
    ]


def finalised(lives: Sequence[Life], payer_id: str = "MEDICARE") -> dict[str, list[tuple[date, int]]]:
    """Per patient: payment date and allowed amount of every entry of a payer that has arrived."""
    out: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for life in lives:
        for posting in life.postings:
            if posting.payer.payer_id == payer_id and arrived(posting):
                out[life.claim.patient.id].append((posting.paid_on, posting.entry.allowed))
    return out


def threshold_truth(month: Month, observed: Mapping[tuple[str, str], tuple[date, int]]) -> list[dict[str, Any]]:
    """Confirmed, pending and projected dollars of the patients Medicare has reported to us.

    From the observation that is latest by its own date, what was finalized after it, and what is in flight, priced.
    """
    done = finalised(month.lives)
    out = []
    for (patient_id, bucket), (as_of, used) in observed.items():
        after = sum(allowed for paid_on, allowed in done.get(patient_id, []) if paid_on > as_of)
        pending = sum(
            life.entry.allowed
            for life in month.lives
            if life.claim.patient.id == patient_id
            and life.submissions
            and life.first.sent <= CUT
            and not any(arrived(p) for p in life.postings)
        )
        out.append(
            {
                "patient_id": patient_id,
                "bucket": bucket,
                "year": 2026,
                "used": dollars(used),
                "as_of": as_of.isoformat(),
                "confirmed": dollars(used + after),
                "pending": dollars(pending),
                "projected": dollars(used + after + pending),
            }
        )
    return out


def variance_truth(month: Month) -> list[dict[str, Any]]:
    """Lines whose allowed amount is not what was owed, where an answer has arrived and is in effect."""
    return [
        {"claim_id": life.claim.claim_id, "line": line, "cause": cause, "variance": dollars(cents)}
        for life, line, cause, cents in month.underpaid
        if _stands(life)
    ]


def _stands(life: Life) -> bool:
    """Something is allowed, reversals taken off, and we did not void the claim."""
    allowed = sum(p.entry.allowed for p in life.postings if arrived(p) and p.entry.status != "25")
    return allowed > 0 and all(submission.frequency != "8" for submission in life.submissions)


def totals(manifest: Manifest) -> dict[str, Any]:
    sent = [claim for claim in manifest.claims.values() if claim["attempts"]]
    kinds: dict[str, int] = defaultdict(int)
    for item in manifest.files:
        kinds[item["kind"]] += 1
    return {
        "claims": len(sent),
        "charge": _sum(claim["charge"] for claim in sent),
        "paid": _sum(claim["paid"] for claim in manifest.claims.values()),
        "remits": len(manifest.remits),
        "remitted": _sum(remit["total"] for remit in manifest.remits),
        "files": dict(sorted(kinds.items())),
    }


def _sum(amounts: Iterable[str]) -> str:
    return f"{sum(map(Decimal, amounts)):.2f}"


def received_by_cut(when: datetime) -> bool:
    return when <= CUT
