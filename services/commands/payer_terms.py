"""A payer's terms tried, then put into force: the same for the command line, HTTP and the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from events.terms import PolicyPublished
from projections.rules.payer_library import CALLED, Network, Template, adopted_policy
from projections.terms.terms_in_force import Reference
from services.app_context import AppContext
from services.commands.payer_edits import edited_policy
from services.commands.publish_payers import link_payers, publish_policy
from services.core.errors import UsageError
from services.presentation.formatting import plural
from services.projector.payer_trial import PayerTrial, try_policy
from services.projector.tried_terms import RefusedTermsError, read_policy
from services.reads.payers import payer, payer_id_of, standing_policy
from services.reads.read_context import ReadContext

PolicyContent = Mapping[str, Any]


class BadTermsError(UsageError):
    """Terms that would be guessed at; the message points at each place."""


class SamePayerError(UsageError):
    """Two payers that are to become one are one already."""


@dataclass(frozen=True, kw_only=True)
class TermsPlan:
    """Terms of a payer that may be put into force. `stated`: the policy's data; `trial`: what it would change."""

    stated: PolicyContent
    trial: PayerTrial

    @property
    def words(self) -> str:
        called = f", called {self.stated[CALLED]}" if CALLED in self.stated else ""
        return f"Payer {self.stated['payer_id']}{called}: {self.trial.words}"

    def as_json(self, *, published: bool) -> dict[str, Any]:
        return {"policy": dict(self.stated), "would": self.trial.as_json(), "published": published}


@dataclass(frozen=True, kw_only=True)
class MergePlan:
    """A payer that is another one. `claims`: how many claims change their payer."""

    gone: str
    gone_name: str
    kept: str
    kept_name: str
    claims: int

    @property
    def words(self) -> str:
        become = "a claim" if self.claims == 1 else "claims"
        return f"would make {plural(self.claims, 'claim')} of {self.gone_name} {become} of {self.kept_name}"

    def as_json(self, *, published: bool) -> dict[str, Any]:
        would = {"claims": self.claims, "text": self.words}
        return {"from": self.gone, "to": self.kept, "claims": self.claims, "would": would, "published": published}


def plan_adoption(
    context: ReadContext, template: Template, taken_as: str, network: Network, effective_from: date | None = None
) -> TermsPlan:
    """A template's terms for one of the practice's payers, named by its id, an identifier or a name.

    Raises SeveralPayersError, BadTermsError.
    """
    payer_id = payer_id_of(context, taken_as)

    def made(reference: Reference) -> PolicyContent:
        standing = standing_policy(reference, payer_id, effective_from or context.today)
        stated = adopted_policy(template, payer_id, network, context.today, standing)
        return stated | {"version": _newest(reference, stated) + 1}

    return _plan(context, made, effective_from)


def plan_edit(context: ReadContext, name: str, changes: Iterable[str], effective_from: date | None = None) -> TermsPlan:
    """Single terms of a payer; the rest stays as it is. Raises UnknownPayerError, BadEditError, BadTermsError."""
    payer_id = payer(context, name)["payer_id"]

    def made(reference: Reference) -> PolicyContent:
        standing = standing_policy(reference, payer_id, effective_from or context.today)
        stated = edited_policy(payer_id, standing, changes)
        return stated | {"version": _newest(reference, stated) + 1}

    return _plan(context, made, effective_from)


def plan_policy(context: ReadContext, stated: PolicyContent) -> TermsPlan:
    """All terms of a payer as stated; without a version they replace the newest. Raises BadTermsError."""
    return _plan(context, lambda reference: {"version": _newest(reference, stated) + 1} | dict(stated))


def _plan(
    context: ReadContext, made: Callable[[Reference], PolicyContent], effective_from: date | None = None
) -> TermsPlan:
    with context.context() as (fold_context, reference):
        since = {"effective_from": effective_from.isoformat()} if effective_from else {}
        stated = dict(made(reference)) | since
        trial = try_policy(fold_context.log, context.practice, reference, _understood(stated), context.today)
    return TermsPlan(stated=stated, trial=trial)


def _newest(reference: Reference, stated: PolicyContent) -> int:
    """The highest version in numbers of the payer's policies for the same plan, state and line of business, or 0."""
    scope = [stated.get(name) for name in ("payer_id", "plan", "state", "line_of_business")]
    same = (p for p in reference.policies if [p.payer_id, p.plan, p.state, p.line_of_business] == scope)
    versions = [str(policy.version) for policy in same]
    return max((int(version) for version in versions if version.isdecimal()), default=0)


def plan_merge(context: ReadContext, name: str, into: str) -> MergePlan:
    """Raises UnknownPayerError, SamePayerError."""
    gone, kept = payer(context, name), payer(context, into)
    if gone["payer_id"] == kept["payer_id"]:
        raise SamePayerError(f"{name} and {into} are already one payer")
    return MergePlan(
        gone=gone["payer_id"],
        gone_name=gone["name"],
        kept=kept["payer_id"],
        kept_name=kept["name"],
        claims=gone["claims"],
    )


def put_into_force(app: AppContext, plan: TermsPlan | MergePlan) -> None:
    """Publishes what was planned and waits until everything it touches is folded again."""
    if isinstance(plan, MergePlan):
        link_payers(app, plan.gone, plan.kept)
    else:
        publish_policy(app, plan.stated)


def _understood(stated: PolicyContent) -> PolicyPublished:
    try:
        return read_policy(stated)
    except RefusedTermsError as error:
        raise BadTermsError(str(error)) from None
