"""Whom an answer shows: the claims and patients of its rows, by their opaque names, for the audit.

45 CFR 164.312(b): "who saw this patient" has an answer for every list, search and export, on every door, not for single
claims only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any

REF = re.compile(r"[0-9a-f]{24}")
DEEPEST = 6  # rows in groups in a page, and what a row holds
PER_ENTRY = 80  # refs of 25 characters: an entry of the audit stays below what fits on a page
RefOf = Callable[[str], str]  # the opaque name of what is called so in a practice


def refs_in(value: Any, ref_of: RefOf | None = None, depth: int = 0) -> Iterator[str]:
    """The claim of a row; where it has none, its patient. Checks and events bear opaque names too, and are neither."""
    if depth > DEEPEST:
        return
    if is_dataclass(value) and not isinstance(value, type):
        value = vars(value) if hasattr(value, "__dict__") else {}
    if isinstance(value, Mapping):
        yield from _named(value, ref_of)
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for part in value:
        if not isinstance(part, str | int):
            yield from refs_in(part, ref_of, depth + 1)


def _named(row: Mapping[Any, Any], ref_of: RefOf | None) -> Iterator[str]:
    ref, claim_id, patient_id = row.get("ref"), row.get("claim_id"), row.get("patient_id")
    if claim_id and isinstance(ref, str) and REF.fullmatch(ref):
        yield ref
    elif ref_of is not None and isinstance(claim_id, str) and claim_id:
        yield ref_of(claim_id)
    elif ref_of is not None and isinstance(patient_id, str) and patient_id:
        yield ref_of(f"patient\0{patient_id}")


def entries_of(detail: str | None, refs: Iterable[str]) -> list[str | None]:
    """The details of as many audit entries as the refs need; the first bears what the answer is about."""
    every = list(refs)
    if not every:
        return [detail]
    parts = [every[at : at + PER_ENTRY] for at in range(0, len(every), PER_ENTRY)]
    words = [f"{detail or ''}; shown: " if detail else "shown: ", *["continued; shown: "] * (len(parts) - 1)]
    return [word + " ".join(part) for word, part in zip(words, parts, strict=True)]
