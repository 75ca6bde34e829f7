"""How a claim key is folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from events.claim import ClaimSubmitted
from events.remittance import remit_key
from events.submission_key import submission_keys
from events.visit import VisitDocumented
from projections.claims.fold import fold_claim
from projections.claims.repeated_entries import is_entry
from projections.claims.state import ClaimState
from projections.deadlines import Deadline, deadlines, submission_deadlines
from projections.history import LoggedEvent
from projections.keys import Key, parse_key
from projections.rows import claims as rows
from projections.rows.patterns import pattern_rows
from projections.terms.terms_in_force import Reference
from projections.work.claim_items import WorkItem, work_items
from services.projector.folds import FoldContext, KeyProjector, Projection, Rows
from services.projector.provider_references import with_recoupments
from services.store.log import histories


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
        return (*submission_deadlines(self.state, self.visits, self.reference), *deadlines(self.state, self.reference))

    @cached_property
    def items(self) -> tuple[WorkItem, ...]:
        return () if self.state is None else work_items(self.state, self.deadlines, self.reference)


def load_claims(context: FoldContext, keys: Sequence[str], _reference: Reference) -> Mapping[str, list[LoggedEvent]]:
    """Each claim's own events, the verdicts on the submissions it travelled in, and the visits it bills."""
    found = histories(context.log, keys, context.cut)
    beside = {key: _named_elsewhere(parse_key(key).practice, history) for key, history in found.items()}
    others = histories(context.log, {name for names in beside.values() for name in names}, context.cut)
    for key, names in beside.items():
        for name in sorted(names):
            found[key].extend(others[name])
    with_recoupments(context.log, found, context.cut)
    return found


def _named_elsewhere(practice: str, history: Sequence[LoggedEvent]) -> set[str]:
    """The keys of events that do not name the claim but are about it."""
    names: set[str] = set()
    for event in history:
        if isinstance(event.data, ClaimSubmitted):
            submission = event.data.submission
            names |= {
                str(Key("verdict", practice, name)) for name in (submission_keys(submission) if submission else ())
            }
            names |= {str(Key("visit", practice, visit_id)) for visit_id in event.data.visit_ids}
    remits = {remit_key(event.data.remit) for event in history if is_entry(event.data)}
    if len(remits) > 1:  # only then can one be a copy of another, of which a person may have said something
        names |= {str(Key("remittance_review", practice, key)) for key in remits}
    return names


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


def _patterns(_key: str, view: ClaimView, reference: Reference) -> Rows:
    return {} if view.state is None else pattern_rows(view.state, view.deadlines, view.items, reference)


def _view(key: str, history: Any, reference: Reference) -> ClaimView:
    return view_claim(key, history, reference)


CLAIMS = KeyProjector(
    "claim",
    load_claims,
    _view,
    (
        Projection("lifecycle", ("claim", "claim_line", "membership"), _lifecycle),
        Projection("deadlines", ("deadline",), _clocks),
        Projection("worklist", ("work_item",), _work),
        Projection("patterns", ("claim_payer", "claim_attempt", "claim_outcome"), _patterns),
    ),
)
