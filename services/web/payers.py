"""Every payer that was ever named, what is not known of its terms, and the pages on which terms are entered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from events.term_words import Anchor, Counts, TermUnit, read_word
from events.terms import PolicyPublished
from projections.rules.payer_library import TERM_NAMES, Network, Template, filled
from services.api.app_state import AppState
from services.api.authorization import GuardedRoute
from services.api.dependencies import AtLiveDesk, Here, InPractice
from services.api.edi import in_practice
from services.commands.payer_edits import APPEAL, NAMED, NONE, UNKNOWN
from services.commands.payer_terms import (
    MergePlan,
    TermsPlan,
    plan_adoption,
    plan_edit,
    plan_merge,
    put_into_force,
)
from services.core.errors import ClaimclockError, UsageError
from services.reads.payer_names import folded
from services.reads.payer_terms import payer_with_terms, terms_in_words
from services.reads.payers import of_one_name, payers
from services.reads.read_context import ReadContext
from services.store.payer_library import payer_library, template_named
from services.web.pages import page, redirect

PAYERS, TERMS = "/payers", "/payers/terms"
LONGEST = 200
PayerQuery = Annotated[str, Query(min_length=1, max_length=LONGEST)]
FormFields = Mapping[str, str]
ShownPlan = TermsPlan | MergePlan
# What the page offers to edit, and from what each usually counts; `payers edit` and the API take every term.
EDITABLE: Mapping[str, Anchor] = {
    "filing": Anchor.DOS,
    "filing_secondary": Anchor.PRIMARY_NOTICE,
    "corrected": Anchor.FIRST_NOTICE,
    "appeal 1": Anchor.NOTICE,
    "appeal 2": Anchor.DECISION,
    "appeal 3": Anchor.DECISION,
    "peer_to_peer": Anchor.NOTICE,
    "records": Anchor.NOTICE,
    "dispute": Anchor.NOTICE,
}
OTHER_NAMES = {
    "peer_to_peer": "peer-to-peer call",
    "records": "records request",
    "dispute": "dispute of an underpayment",
}
MAILING = "mailing"

router = APIRouter(route_class=GuardedRoute, include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class EditRow:
    """A term on the page: what it is now, and what a form field begins with."""

    term: str
    name: str
    now: str
    unit: str
    anchor: str
    counts: str


@router.get(PAYERS)
def get_payers(request: Request, context: AtLiveDesk) -> HTMLResponse:
    """Most open money first."""
    library, known = payer_library(), payers(context)
    return page(
        request,
        context,
        "payers.html",
        section=PAYERS,
        payers=known,
        shared=of_one_name([row for row in known if row["claims"]]),
        library=library,
        filled=filled(library),
        term_names=TERM_NAMES,
    )


@router.get(TERMS)
def get_terms(request: Request, context: AtLiveDesk, payer: PayerQuery) -> HTMLResponse:
    """One payer: its names, what is not known, its terms, and the forms that change them."""
    return _terms_page(request, context, payer)


@router.post(TERMS)
async def post_terms(request: Request, app_state: Here, practice: InPractice, context: AtLiveDesk) -> Response:
    """Shows what adopting, editing or merging would change; once confirmed, puts it into force."""
    fields = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return await run_in_threadpool(_change, request, app_state, practice, context, fields)


def _change(request: Request, app_state: AppState, practice: str, context: ReadContext, fields: FormFields) -> Response:
    name = fields.get("payer", "")[:LONGEST]
    request.state.detail = f"{fields.get('do', '')} terms of {name}"[:LONGEST]
    try:
        plan = PLANNERS.get(fields.get("do", ""), _unknown)(context, name, fields)
    except ClaimclockError as error:
        return _terms_page(request, context, name, problem=error.message, fields=fields)
    if fields.get("confirmed") != "yes":
        return _terms_page(request, context, name, plan=plan, fields=fields)
    put_into_force(in_practice(app_state.app, practice), plan)
    kept = plan.kept if isinstance(plan, MergePlan) else str(plan.stated["payer_id"])
    return redirect(request, TERMS, payer=kept)


def _adoption(context: ReadContext, name: str, fields: FormFields) -> ShownPlan:
    if fields.get("network") not in ("in", "out"):
        raise UsageError("Say whether you are in network: the figures differ")
    template = template_named(fields.get("template", ""))
    return plan_adoption(context, template, name, Network(fields["network"]), _since(fields))


def _edit(context: ReadContext, name: str, fields: FormFields) -> ShownPlan:
    name_typed = fields.get(NAMED, "").strip()
    changes = [f"{NAMED}={name_typed}"] if name_typed else []
    changes += [change for term in EDITABLE if (change := _change_of(term, fields))]
    if not changes:
        raise UsageError("Enter at least one term")
    return plan_edit(context, name, changes, _since(fields))


def _merge(context: ReadContext, name: str, fields: FormFields) -> ShownPlan:
    return plan_merge(context, name, fields.get("into", ""))


def _unknown(_context: ReadContext, _name: str, _fields: FormFields) -> ShownPlan:
    raise UsageError("Choose what to change")


PLANNERS: Mapping[str, Callable[[ReadContext, str, FormFields], ShownPlan]] = {
    "adopt": _adoption,
    "edit": _edit,
    "merge": _merge,
}


def _change_of(term: str, fields: FormFields) -> str | None:
    """As the one grammar of edits writes it; None where the form leaves the term as it is."""
    field = term.replace(" ", "_")
    said = fields.get(f"{field}-instead", "")
    if said in (NONE, UNKNOWN):
        return f"{term}={said}"
    length = fields.get(f"{field}-length", "").strip()
    if not length:
        return None
    parts = {part: fields.get(f"{field}-{part}", "") for part in ("unit", "anchor", "counts")}
    return f"{term}={length} {parts['unit']} from {parts['anchor']} by {parts['counts']}"


def _since(fields: FormFields) -> date | None:
    given = fields.get("effective_from", "").strip()
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise UsageError("In force from: not a date such as 2026-03-02") from None


def _terms_page(
    request: Request,
    context: ReadContext,
    name: str,
    *,
    plan: ShownPlan | None = None,
    problem: str = "",
    fields: FormFields | None = None,
) -> HTMLResponse:
    told = payer_with_terms(context, name)
    planned = terms_in_words(PolicyPublished.model_validate(plan.stated)) if isinstance(plan, TermsPlan) else []
    given = {key: value for key, value in (fields or {}).items() if key not in ("csrf_token", "confirmed")}
    return page(
        request,
        context,
        "payer.html",
        422 if problem else 200,
        section=PAYERS,
        payer=told,
        rows=_edit_rows(told),
        units=[unit.value for unit in TermUnit],
        anchors=[anchor.value for anchor in Anchor],
        templates=_fitting_first(told),
        others=[each["payer_id"] for each in payers(context) if each["payer_id"] != told["payer_id"]],
        plan=plan,
        planned=planned,
        empty=_not_entered(planned) if plan else [],
        given=given,
        problem=problem,
    )


def _not_entered(planned: Iterable[Mapping[str, Any]]) -> list[str]:
    known = {row["term"].split(" ")[0] for row in planned}
    return [name for term, name in TERM_NAMES.items() if term not in known]


def _edit_rows(told: Mapping[str, Any]) -> list[EditRow]:
    says = {row["term"]: row["says"] for row in told["windows"]}
    return [
        _edit_row(term, usual, says.get(term, ""), _stated(told["terms"] or {}, term))
        for term, usual in EDITABLE.items()
    ]


def _edit_row(term: str, usual: Anchor, now: str, stated: Mapping[str, Any]) -> EditRow:
    kind, _, level = term.partition(" ")
    name = TERM_NAMES.get(kind) or OTHER_NAMES.get(kind, kind)
    mailed = read_word(Counts, stated.get("counts") or Counts.RECEIPT) == Counts.SUBMISSION
    return EditRow(
        term=term.replace(" ", "_"),
        name=f"{name}, level {level}" if level else name,
        now=now,
        unit=read_word(TermUnit, stated.get("unit") or TermUnit.DAYS) or TermUnit.DAYS,
        anchor=read_word(Anchor, stated.get("anchor") or usual) or usual,
        counts=MAILING if mailed else Counts.RECEIPT,
    )


def _stated(terms: Mapping[str, Any], term: str) -> Mapping[str, Any]:
    kind, _, level = term.partition(" ")
    if kind != APPEAL:
        found: Mapping[str, Any] = terms.get(kind) or {}
        return found
    appeals = terms.get("appeals", ())
    return next(
        (
            each
            for place, each in enumerate(appeals, 1)
            if int(level) in (each.get("levels") or [each.get("level", place)])
        ),
        {},
    )


def _fitting_first(told: Mapping[str, Any]) -> list[Template]:
    """Every template; those that share a name or identifier with the payer first."""
    mine = {folded(each) for each in (told["payer_id"], *told["names"], *told["identifiers"])}

    def other(template: Template) -> bool:
        return mine.isdisjoint(folded(each) for each in (*template.names, *template.identifiers, template.name))

    return sorted(payer_library(), key=lambda template: (other(template), template.name.casefold()))
