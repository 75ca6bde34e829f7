"""How remittance, visit and patient keys are folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from events.coverage import CoverageFact
from events.followup import WorkFact
from events.patient import BalanceObserved, PatientRegistered
from events.remittance import RemittanceReceived
from events.visit import VisitClosed, VisitDocumented
from projections.history import LoggedEvent, effective_events
from projections.keys import Key, coverage_key, day_key, parse_key, payer_key, year_key
from projections.rows.claims import item_rows
from projections.rows.deposit_rows import promised_keys
from projections.rows.membership import belongs_to
from projections.rows.remittances import fold_remittance
from projections.tables.readiness_facts import ClosedVisit
from projections.tables.visits import PatientRow, VisitRow
from projections.tables.work_acts import WorkDone, acts_column
from projections.terms.terms_in_force import Reference
from projections.work.provider_references import reference_items
from services.projector.folds import FoldContext, KeyProjector, Projection, Rows
from services.projector.provider_references import claims_named
from services.store.log import histories


def load_history(context: FoldContext, keys: Sequence[str], _reference: Reference) -> Mapping[str, list[LoggedEvent]]:
    return histories(context.log, keys, context.cut)


def as_loaded(_key: str, history: Any, _reference: Reference) -> Any:
    return history


class LoadedRemittance(NamedTuple):
    """A remittance's events, and how many claims each reference of its provider adjustments may mean."""

    history: list[LoggedEvent]
    named: Mapping[str, int]


def load_remittances(
    context: FoldContext, keys: Sequence[str], _reference: Reference
) -> Mapping[str, LoadedRemittance]:
    found = histories(context.log, keys, context.cut)
    owners: dict[str, set[str]] = {}
    return {key: LoadedRemittance(found[key], _named(context, key, found[key], owners)) for key in keys}


def _named(
    context: FoldContext, key: str, history: Sequence[LoggedEvent], owners: dict[str, set[str]]
) -> Mapping[str, int]:
    parts = [event.data for event in history if isinstance(event.data, RemittanceReceived)]
    stated = {a.reference for part in parts for a in part.provider_adjustments if a.reference}
    practice = parse_key(key).practice
    named = {one: claims_named(context.log, practice, one, owners, context.cut) for one in sorted(stated)}
    return {reference: len(claims) for reference, claims in named.items()}


def _open_references(key: str, loaded: LoadedRemittance, reference: Reference) -> Rows:
    standing, name = effective_events(loaded.history, reference.zone), parse_key(key)
    items = reference_items(name.name, standing, loaded.named, reference.zone)
    return {"work_item": item_rows(key, name.practice, items, reference)}


def _remittance(key: str, loaded: LoadedRemittance, reference: Reference) -> Rows:
    history = loaded.history
    rows = fold_remittance(key, parse_key(key).practice, history, reference)
    announced = any(isinstance(h.data, RemittanceReceived) and h.data.prenotification for h in history)
    derived = [] if announced else {name for row in rows for name in promised_keys(row)}
    return {"remittance": rows, "membership": belongs_to(key, derived)}


def _visit(key: str, history: Sequence[LoggedEvent], reference: Reference) -> Rows:
    """The visit as last documented."""
    known = effective_events(history, reference.zone)
    told = [h for h in known if isinstance(h.data, VisitDocumented) and h.data.visit_id == parse_key(key).name]
    if not told:
        return {}
    visit, practice = told[-1].data, parse_key(key).practice
    closed = [h.data for h in known if isinstance(h.data, VisitClosed)]
    patient_id = reference.patient(visit.patient_id)
    row: VisitRow = {
        "key": key,
        "practice": practice,
        "visit_id": visit.visit_id,
        "patient_id": patient_id,
        "payer_id": reference.payer(visit.payer_id),
        "discipline": visit.discipline,
        "dos": visit.dos,
        "facts": visit.model_dump(mode="json", exclude_none=True),
        "closed": _closing(closed[-1]).to_json() if closed else None,
        "work": acts_column(WorkDone(h.time, h.data) for h in known if isinstance(h.data, WorkFact)),
    }
    derived = {
        day_key(practice, patient_id, visit.dos),
        str(Key("patient_visits", practice, patient_id)),
        payer_key(practice, row["payer_id"]),
    }
    return {"visit": [row], "membership": belongs_to(key, derived)}


def _closing(told: VisitClosed) -> ClosedVisit:
    return ClosedVisit(reason=told.reason, by=told.by, note=told.note)


def _observed_years(key: str, history: Sequence[LoggedEvent], reference: Reference) -> Rows:
    """The patient-years that payers' own balances refer to, and the coverage that their answers are about."""
    practice = parse_key(key).practice
    told = [h.data for h in effective_events(history, reference.zone) if isinstance(h.data, BalanceObserved)]
    derived = {year_key(practice, reference.patient(b.patient_id), b.year, b.bucket) for b in told}
    derived |= {str(Key("patient_visits", practice, reference.patient(b.patient_id))) for b in told}
    covered = [h.data for h in effective_events(history, reference.zone) if isinstance(h.data, CoverageFact | WorkFact)]
    derived |= {coverage_key(practice, reference.patient(fact.patient_id)) for fact in covered if fact.patient_id}
    return {"membership": belongs_to(key, derived)}


def _last_first(name: str) -> str:
    """BRAM T HOLLISTER -> HOLLISTER, BRAM T; a name with a comma stays as it is."""
    parts = name.split()
    return name.strip() if "," in name or len(parts) < 2 else f"{parts[-1]}, {' '.join(parts[:-1])}"


def _patient(key: str, history: Sequence[LoggedEvent], reference: Reference) -> Rows:
    told = [h.data for h in effective_events(history, reference.zone) if isinstance(h.data, PatientRegistered)]
    if not told:
        return {}
    name = told[-1].name or ""
    initials = "".join(part[0].upper() for part in name.replace(",", " ").split() if part)
    members = [known.value for known in told[-1].identifiers if known.kind == "member_id"]
    row: PatientRow = {
        "key": key,
        "practice": parse_key(key).practice,
        "patient_id": told[-1].patient_id,
        "initials": initials,
        "full_name": _last_first(name) or None,
        "member_id": members[-1] if members else None,
        "facts": told[-1].model_dump(mode="json", exclude_none=True),
    }
    return {"patient": [row]}


REMITTANCES = KeyProjector(
    kind="remittance",
    load=load_remittances,
    prepare=as_loaded,
    projections=(
        Projection(name="remittance", tables=("remittance", "membership"), fold=_remittance),
        Projection(name="provider references", tables=("work_item",), fold=_open_references),
    ),
)
VISITS = KeyProjector(
    kind="visit",
    load=load_history,
    prepare=as_loaded,
    projections=(Projection(name="visit", tables=("visit", "membership"), fold=_visit),),
)
PATIENTS = KeyProjector(
    kind="patient",
    load=load_history,
    prepare=as_loaded,
    projections=(
        Projection(name="patient", tables=("patient",), fold=_patient),
        Projection(name="balances", tables=("membership",), fold=_observed_years),
    ),
)
