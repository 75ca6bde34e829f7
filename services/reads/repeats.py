"""Answers that came again in another remittance: second copies that wait, and checks issued again, with both traces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from projections.claims.repeat_facts import RepeatedEntry
from projections.claims.state import ClaimState
from projections.keys import Key
from projections.terms.terms_in_force import Reference
from services.projector.claims import load_claims, view_claim
from services.projector.folds import FoldContext

COPY, REISSUED = "second_copy", "issued_again"
FLAGS = frozenset({"second_copy", "paid_again"})  # of claims that have any


def repeats_json(state: ClaimState, reference: Reference) -> list[dict[str, Any]]:
    """Each repeated answer of a claim: the remittance it came in first, and the one it came in again."""
    told = [(COPY, one) for one in state.copies] + [(REISSUED, one) for one in state.reissued]
    return [_one(kind, repeat, state.practice, reference) for kind, repeat in told]


def _one(kind: str, repeat: RepeatedEntry, practice: str, reference: Reference) -> dict[str, Any]:
    sides = {
        "first": (repeat.first, repeat.first_trace, repeat.first_date),
        "again": (repeat.again, repeat.again_trace, repeat.again_date),
    }
    return {"kind": kind, "paid": f"{repeat.paid:.2f}"} | {
        side: {
            "ref": reference.ref(practice, f"remittance\0{key}"),
            "trace_number": trace,
            "payment_date": on.isoformat() if on else None,
        }
        for side, (key, trace, on) in sides.items()
    }


def repeats_of_claims(
    fold_context: FoldContext, reference: Reference, practice: str, claims: Mapping[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """By claim number, for the claims among these rows that are flagged for it."""
    flagged = [claim_id for claim_id, row in claims.items() if not FLAGS.isdisjoint((row.flags or "").split())]
    return dict(_folded(fold_context, reference, [str(Key("claim", practice, claim_id)) for claim_id in flagged]))


def _folded(
    fold_context: FoldContext, reference: Reference, keys: list[str]
) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    for key, history in load_claims(fold_context, keys, reference).items():
        state = view_claim(key, history, reference).state
        if state is not None:
            yield state.claim_id, repeats_json(state, reference)
