"""Whom an answer shows: the claims and patients of its rows, by their opaque names, for the audit.

45 CFR 164.312(b): "who saw this patient" has an answer for every list, search and export, not for single claims only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from typing import Any

from fastapi import Request

REF = re.compile(r"[0-9a-f]{24}")
DEEPEST = 6  # rows in groups in a page, and what a row holds
PER_ENTRY = 80  # refs of 25 characters: an entry of the audit stays below what fits on a page
NameOf = Callable[[str], str]  # the opaque name of a patient, by id


def note_shown(request: Request, value: Any, name_of: NameOf | None = None) -> None:
    """Notes every claim and patient that a value holds rows of; the guard writes them down before the answer leaves."""
    found: dict[str, None] = getattr(request.state, "shown", {})
    found.update(dict.fromkeys(refs_in(value, name_of)))
    request.state.shown = found


def refs_in(value: Any, name_of: NameOf | None = None, depth: int = 0) -> Iterator[str]:
    """The claim of a row; where it has none, its patient."""
    if depth > DEEPEST:
        return
    if is_dataclass(value) and not isinstance(value, type):
        value = vars(value) if hasattr(value, "__dict__") else {}
    if isinstance(value, Mapping):
        yield from _named(value, name_of)
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for part in value:
        if not isinstance(part, str | int):
            yield from refs_in(part, name_of, depth + 1)


def _named(row: Mapping[Any, Any], name_of: NameOf | None) -> Iterator[str]:
    ref, patient_id = row.get("ref"), row.get("patient_id")
    if isinstance(ref, str) and REF.fullmatch(ref):
        yield ref
    elif name_of is not None and isinstance(patient_id, str) and patient_id:
        yield name_of(patient_id)


def entries_of(detail: str | None, refs: Iterable[str]) -> list[str | None]:
    """The details of as many audit entries as the refs need; the first bears what the answer is about."""
    every = list(refs)
    if not every:
        return [detail]
    parts = [every[at : at + PER_ENTRY] for at in range(0, len(every), PER_ENTRY)]
    words = [f"{detail or ''}; shown: " if detail else "shown: ", *["continued; shown: "] * (len(parts) - 1)]
    return [word + " ".join(part) for word, part in zip(words, parts, strict=True)]
