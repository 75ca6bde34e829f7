"""Lists that come in pages: each goes on behind its last row, so that no row is skipped or comes twice.

Every page carries a version: who asks again with If-None-Match gets 304 where nothing changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial, total_ordering
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from services.api.app_state import office_of
from services.api.shown import note_shown
from services.core.errors import UsageError
from services.reads.keyset import ListCursorError, ListPage

T = TypeVar("T")
Place = Sequence[str | int | bool | None]
NO_FILTERS = ("cursor", "limit", "_count", "practice")  # the practice counts by what was found, given or not


class BadCursorError(UsageError):
    """A cursor must come from an earlier answer."""


def open_cursor(request: Request, cursor: str | None) -> str | None:
    """Where a sealed cursor of this very list goes on. Raises BadCursorError, ListCursorError."""
    if cursor is None:
        return None
    found = office_of(request).signer.unseal(cursor)
    if found is None:
        raise BadCursorError("invalid cursor")
    name, _, place = found.partition(" ")
    if name != _list_name(request):
        raise ListCursorError(
            "the cursor belongs to another list or to other filters; "
            "repeat the parameters of the page before, or leave the cursor out"
        )
    return place


def seal_cursor(request: Request, place: str | None) -> str | None:
    """A place in this list, encrypted: it may hold claim numbers. Good for the same list and filters only."""
    return None if place is None else office_of(request).signer.seal(f"{_list_name(request)} {place}")


def _list_name(request: Request) -> str:
    """The same for all pages of a list: its address, practice and every parameter that says which rows it has.

    Pages for people make their own links, which leave out what is usual: there the address is enough.
    """
    told = request.query_params.multi_items() if request.url.path.startswith("/v1/") else ()
    filters = sorted((name, value) for name, value in told if value and name not in NO_FILTERS)
    named = [request.url.path, getattr(request.state, "practice", ""), filters]
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:16]


def listed(request: Request, items: Sequence[Any], next_cursor: str | None) -> Response:
    """A page of a list: the very JSON of the command line; the headers say where it goes on."""
    headers = {}
    note_shown(request, items, ref_of(request))
    if next_cursor is not None:
        query = urlencode(
            [*((k, v) for k, v in request.query_params.multi_items() if k != "cursor"), ("cursor", next_cursor)]
        )
        headers = {"Next-Cursor": next_cursor, "Link": f'<{request.url.path}?{query}>; rel="next"'}
    return JSONResponse(list(items), headers=headers)


def ref_of(request: Request) -> Callable[[str], str]:
    """Makes the opaque names of claims and patients of the practice that is asked for."""
    return partial(office_of(request).references.ref, getattr(request.state, "practice", ""))


def page_answer(request: Request, page: ListPage) -> Response:
    """A page that a read gave, its cursor sealed."""
    return listed(request, page.items, seal_cursor(request, page.next_cursor))


def in_order(
    request: Request,
    rows: Iterable[T],
    place: Callable[[T], Place],
    *,
    limit: int,
    cursor: str | None,
    descending: Collection[int] = (),
    shown: Callable[[list[T]], Sequence[Any]] = list,
) -> Response:
    """A page of a list that is read whole and ordered by `place`, which no two rows share.

    `descending`: which parts of a place run backward; `shown`: the rows of a page as JSON, where they are none yet.
    Raises BadCursorError, ListCursorError.
    """
    ranked = sorted(((_rank(place(row), descending), row) for row in rows), key=lambda one: one[0])
    if cursor is not None:
        last = _rank(_opened(request, cursor), descending)
        ranked = [one for one in ranked if _is_behind(one[0], last)]
    ordered = [row for _, row in ranked]
    following = None
    if len(ordered) > limit:
        following = seal_cursor(request, json.dumps(list(place(ordered[limit - 1]))))
    return listed(request, shown(ordered[:limit]), following)


def by_fields(*names: str) -> Callable[[dict[str, Any]], Place]:
    """The place of a row by fields of it."""
    return lambda row: [row[name] for name in names]


@total_ordering
@dataclass(frozen=True)
class _Backward:
    """Orders the other way around."""

    value: Any

    def __lt__(self, other: _Backward) -> bool:
        return bool(other.value < self.value)


def _rank(place: Place, descending: Collection[int]) -> list[Any]:
    """Comparable also where a value is missing: nothing comes first."""
    found: list[Any] = [(value is not None, "" if value is None else value) for value in place]
    return [_Backward(one) if at in descending else one for at, one in enumerate(found)]


def _is_behind(rank: list[Any], last: list[Any]) -> bool:
    try:
        return len(rank) == len(last) and rank > last
    except TypeError:  # a cursor of another list
        raise BadCursorError("invalid cursor") from None


def _opened(request: Request, cursor: str) -> Place:
    try:
        opened: Place = list(json.loads(open_cursor(request, cursor) or ""))
    except (ValueError, TypeError):
        raise BadCursorError("invalid cursor") from None
    return opened
