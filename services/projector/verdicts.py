"""How the acknowledgments of whole files are folded: those that fit no submission, or several, are for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from events.claim import SubmissionVerdict
from projections.claims.settlement import Candidate
from projections.history import LoggedEvent
from projections.keys import parse_key
from projections.rows.claims import item_rows
from projections.terms.terms_in_force import Reference
from projections.work.unidentified import verdict_items
from services.projector.folds import FoldContext, KeyProjector, Projection, Rows
from services.projector.remittances import as_loaded
from services.store.log import histories
from services.store.submission_contents import with_contents
from services.store.submission_names import candidates


class LoadedVerdicts(NamedTuple):
    """What was said of the submissions under one name, and which submissions have it."""

    history: list[LoggedEvent]
    candidates: list[Candidate]


def load_verdicts(context: FoldContext, keys: Sequence[str], _reference: Reference) -> Mapping[str, LoadedVerdicts]:
    found = histories(context.log, keys, context.cut)
    by_practice: dict[str, list[str]] = {}
    for key in keys:
        by_practice.setdefault(parse_key(key).practice, []).append(parse_key(key).name)
    known = {practice: candidates(context.log, practice, names, context.cut) for practice, names in by_practice.items()}
    for practice in by_practice:
        keys_here = [key for key in keys if parse_key(key).practice == practice]
        answers = [e.data for key in keys_here for e in found[key] if isinstance(e.data, SubmissionVerdict)]
        known[practice] = with_contents(context.log, practice, answers, known[practice], context.cut)
    return {key: LoadedVerdicts(found[key], known[parse_key(key).practice][parse_key(key).name]) for key in keys}


def _items(key: str, loaded: Any, reference: Reference) -> Rows:
    items = verdict_items(loaded.history, loaded.candidates, reference)
    return {"work_item": item_rows(key, parse_key(key).practice, items, reference)}


VERDICTS = KeyProjector(
    kind="verdict",
    load=load_verdicts,
    prepare=as_loaded,
    projections=(Projection(name="unidentified", tables=("work_item",), fold=_items),),
)
