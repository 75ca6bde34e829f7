"""How a claim key is folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from events.visit import VisitDocumented
from projections.claims.fold import fold_claim
from projections.claims.state import ClaimState
from projections.deadlines import Deadline, deadlines, submission_deadlines
from projections.history import LoggedEvent
from projections.keys import parse_key
from projections.readiness.replacements import replacement_findings
from projections.rows import claims as rows
from projections.rows.patterns import pattern_rows
from projections.tables.vocabulary import ClaimStatus
from projections.terms.terms_in_force import Reference
from projections.work.claim_items import WorkItem, work_items
from services.projector.folds import KeyProjector, Projection, Rows
from services.projector.linked_claims import load_claims


@dataclass
class ClaimView:
    """A claim's state, the visits it says it bills and, when asked for, what follows from them."""

    state: ClaimState | None
    visits: tuple[LoggedEvent, ...]
    reference: Reference

    @cached_property
    def deadlines(self) -> tuple[Deadline, ...]:
        if self.state is None:
            return ()
        found = (*submission_deadlines(self.state, self.visits, self.reference), *deadlines(self.state, self.reference))
        return tuple(d for d in found if not d.runs) if self.state.status == ClaimStatus.REPLACED else found

    @cached_property
    def items(self) -> tuple[WorkItem, ...]:
        return () if self.state is None else work_items(self.state, self.deadlines, self.reference)


def view_claim(key: str, history: Sequence[LoggedEvent], reference: Reference) -> ClaimView:
    _, practice, claim_id = parse_key(key)
    visits = tuple(event for event in history if isinstance(event.data, VisitDocumented))
    about = [event for event in history if not isinstance(event.data, VisitDocumented)]
    return ClaimView(fold_claim(practice, claim_id, about, reference), visits, reference)


def _lifecycle(_key: str, view: ClaimView, reference: Reference) -> Rows:
    if view.state is None:
        return {}
    return {
        "claim": rows.claim_rows(view.state, reference),
        "claim_line": rows.line_rows(view.state, reference),
        "membership": rows.membership_rows(view.state),
    }


def _clocks(_key: str, view: ClaimView, reference: Reference) -> Rows:
    if view.state is None:
        return {}
    return {"deadline": rows.deadline_rows(view.state, view.deadlines, reference)}


def _work(key: str, view: ClaimView, reference: Reference) -> Rows:
    if view.state is None:
        return {}
    return {"work_item": rows.item_rows(key, view.state.practice, view.items, reference)}


def _findings(_key: str, view: ClaimView, reference: Reference) -> Rows:
    return {} if view.state is None else {"finding": replacement_findings(view.state, reference)}


def _patterns(_key: str, view: ClaimView, reference: Reference) -> Rows:
    return {} if view.state is None else pattern_rows(view.state, view.deadlines, view.items, reference)


def _view(key: str, history: Any, reference: Reference) -> ClaimView:
    return view_claim(key, history, reference)


CLAIMS = KeyProjector(
    kind="claim",
    load=load_claims,
    prepare=_view,
    projections=(
        Projection(name="lifecycle", tables=("claim", "claim_line", "membership"), fold=_lifecycle),
        Projection(name="deadlines", tables=("deadline",), fold=_clocks),
        Projection(name="worklist", tables=("work_item",), fold=_work),
        Projection(name="findings", tables=("finding",), fold=_findings),
        Projection(name="patterns", tables=("claim_payer", "claim_attempt", "claim_outcome"), fold=_patterns),
    ),
)

__all__ = ["CLAIMS", "ClaimView", "load_claims", "view_claim"]
