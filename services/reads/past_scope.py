"""What can decide about one claim: a read of the past need fold no more than this to show the same page of it.

The prices and findings of a claim follow from its patient's days, its thresholds from its patient's years, and minutes
that a therapist gave two patients at once from that therapist's day. Whom a claim or visit belonged to at the cut is
found among all it was ever said to belong to, for which the log keeps an index; the live rows know only today's answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection

from events.visit import VisitDocumented
from projections.cut import Cut
from projections.keys import Key
from projections.terms.terms_in_force import Reference
from services.projector.claims import load_claims, view_claim
from services.projector.folds import FoldContext
from services.store.log import histories, keys_beside


def keys_near(log: Connection, practice: str, claim_id: str, reference: Reference, cut: Cut) -> set[str]:
    """The keys whose fold, with all that follows from them, gives the claim's rows as a fold of everything would."""
    context, key = FoldContext(log, log, cut), str(Key("claim", practice, claim_id))
    state = view_claim(key, load_claims(context, [key], reference)[key], reference).state
    if state is None or state.patient_id is None:
        return {key}
    circle = _Circle(context, practice, reference)
    mine = circle.of_patients({state.patient_id})
    days = {line.dos for line in state.lines if line.dos}
    return {key} | mine | circle.of_therapists(mine, days)


@dataclass(frozen=True)
class _Circle:
    """Widens from a patient to everyone the same therapists saw on the same days."""

    context: FoldContext
    practice: str
    reference: Reference

    def of_patients(self, patients: Iterable[str]) -> set[str]:
        """Every claim and visit that was ever said to be theirs, under any of their names, and their own keys."""
        names = {name for patient in patients for name in self.reference.patient_names(patient)}
        claims = keys_beside(self.context.log, self._index("patient_claims", names), "claim")
        visits = keys_beside(self.context.log, self._index("patient_visits", names), "visit")
        return claims | visits | set(self._index("patient", names))

    def of_therapists(self, mine: set[str], days: set[date]) -> set[str]:
        """The claims and visits of these days of everybody whom the patient's therapists saw on them."""
        told = [visit for visit in self._visits(mine) if visit.dos in days and visit.therapist_id]
        names = {f"{visit.dos.isoformat()}|{visit.therapist_id}" for visit in told}
        seen = keys_beside(self.context.log, self._index("therapist_visits", names), "visit")
        others = {self.reference.patient(visit.patient_id) for visit in self._visits(seen)}
        theirs = histories(self.context.log, self.of_patients(others) - mine, self.context.cut)
        return {key for key, told in theirs.items() if any(not days.isdisjoint(_days(h.data)) for h in told)}

    def _index(self, kind: str, names: Iterable[str]) -> list[str]:
        return [str(Key(kind, self.practice, name)) for name in names]

    def _visits(self, keys: Iterable[str]) -> list[VisitDocumented]:
        """Each visit as it was ever documented: which of these is in effect is for its fold to say."""
        visits = [key for key in keys if key.startswith("visit|")]
        found = histories(self.context.log, visits, self.context.cut)
        return [h.data for told in found.values() for h in told if isinstance(h.data, VisitDocumented)]


def _days(data: Any) -> set[date | None]:
    """The days of service that an event refers to."""
    return {getattr(data, "dos", None), *(getattr(line, "dos", None) for line in getattr(data, "lines", ()))}
