"""A worklist's address: the filters, the order and the columns it names, read once for every page and file of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi import Path as InPath

from projections.tables.vocabulary import ListKind
from projections.work.kinds import KINDS
from services.api.app_state import AppState
from services.commands.desk_settings import DeskSettings
from services.presentation.filter_words import filter_words
from services.presentation.item_columns import DESK_COLUMNS
from services.reads.read_context import ReadContext
from services.reads.routing import queues_of
from services.reads.worklist_filters import FilterError, Filters, read_filters
from services.security.roles import Principal

DUE = {
    "overdue": "Past due",
    "1": "Within 24 hours",
    "3": "Within 3 days",
    "7": "Within 7 days",
    "30": "Within 30 days",
}
ME, MINE = "me", "mine"
DEFAULT_COLUMNS = ("due", "lost_on", "amount", "assignee")

ListKindPath = Annotated[str, InPath(pattern=f"^({'|'.join(KINDS)})$")]
TodayText = Annotated[str, Query(max_length=200)]
KeptId = Annotated[str, Query(pattern="^(|[0-9a-f]{24})$")]


@dataclass(frozen=True, kw_only=True)
class Narrowed:
    """The filters as given in the address; an empty one narrows nothing.

    `f`: those kept on the server. `cols`: columns of the table, with commas between them.
    """

    payer: Annotated[list[str] | None, Query()] = None
    assignee: TodayText = ""
    queue: TodayText = ""
    tag: TodayText = ""
    category: TodayText = ""
    discipline: TodayText = ""
    code: TodayText = ""
    provider: TodayText = ""
    clinic: TodayText = ""
    dos_from: TodayText = ""
    dos_to: TodayText = ""
    age_min: TodayText = ""
    days_left: TodayText = ""
    amount_min: TodayText = ""
    amount_max: TodayText = ""
    due: TodayText = ""
    sort: TodayText = ""
    lost: TodayText = ""
    cols: TodayText = ""
    f: KeptId = ""
    snoozed: Annotated[bool, Query()] = False

    def query(self) -> dict[str, Any]:
        """What the address says, to be said again in links."""
        told = {each.name: getattr(self, each.name) for each in fields(self)}
        told["payer"] = [payer for payer in self.payer or () if payer]
        return {name: value for name, value in told.items() if value and name != "snoozed"} | (
            {"snoozed": "true"} if self.snoozed else {}
        )

    @property
    def narrows(self) -> bool:
        return bool(self.query().keys() - {"sort", "lost", "cols"})

    def given(self, context: ReadContext, who: Principal, kept: dict[str, str]) -> dict[str, Any]:
        """As the one reader of filters takes them."""
        told = self.query()
        for name in ("due", "f", "lost", "snoozed", "cols"):
            told.pop(name, None)
        told["assignee"] = who.name if self.assignee == ME else self.assignee
        told["queue"] = queues_of(context, who.name) if self.queue == MINE else self.queue
        told |= _window(self.due, context) | kept
        return told | {"lost": self.lost == "yes", "include_snoozed": self.snoozed}

    def columns(self, usual: str) -> tuple[str, ...]:
        """Those to show, in their fixed order: the address's, else what the person usually has, else the default."""
        wanted = [name for name in (self.cols or usual).split(",") if name in DESK_COLUMNS]
        return tuple(name for name in DESK_COLUMNS if name in (wanted or DEFAULT_COLUMNS))

    def words(self, kept: dict[str, str], payer_name: Callable[[str], str]) -> str:
        """The filters in words; a text that is kept on the server included."""
        return filter_words(self.query() | kept, payer_name)


def _window(due: str, context: ReadContext) -> dict[str, Any]:
    if not due:
        return {}
    if due not in DUE:
        raise FilterError("due", f"use one of {', '.join(DUE)}")
    if due == "overdue":
        return {"due_before": context.at}
    return {"due_from": context.at, "due_before": context.at + timedelta(days=int(due))}


Narrowing = Annotated[Narrowed, Depends()]


def narrowed_by(query: dict[str, Any]) -> Narrowed:
    """What a saved view holds; names of a newer or older version are left out."""
    known = {each.name for each in fields(Narrowed)}
    given = {name: value for name, value in query.items() if name in known}
    payers = given.pop("payer", None)
    snoozed = str(given.pop("snoozed", "")) == "true"
    return Narrowed(
        payer=[payers] if isinstance(payers, str) else payers,
        snoozed=snoozed,
        **{name: str(value) for name, value in given.items()},
    )


def filters_of(
    app_state: AppState, context: ReadContext, who: Principal, kind: str, narrowed: Narrowed
) -> tuple[Filters, dict[str, str]]:
    """The filters, and those of them that are kept on the server. Raises FilterError."""
    kept = settings_of(app_state).kept_filter(context.practice, narrowed.f) if narrowed.f else {}
    given = narrowed.given(context, who, kept)
    if kind != ListKind.TODAY:
        given.pop("lost")
    return read_filters(given, app_state.app.settings.zone), kept


def settings_of(app_state: AppState) -> DeskSettings:
    return DeskSettings(app_state.app.engine, app_state.app.settings)


def address_of(kind: str) -> str:
    return "/" if kind == ListKind.TODAY else f"/worklists/{kind}"
