"""Notes whom an answer over HTTP shows; the guard writes them down before it leaves."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from services.security.shown_refs import RefOf, refs_in


def note_shown(request: Request, value: Any, ref_of: RefOf | None = None) -> None:
    """Notes every claim and patient that a value holds rows of."""
    found: dict[str, None] = getattr(request.state, "shown", {})
    found.update(dict.fromkeys(refs_in(value, ref_of)))
    request.state.shown = found
