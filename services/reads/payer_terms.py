"""A payer's terms in force and the templates of the library, for people and programs."""

from __future__ import annotations

from typing import Any

from events.term_refusals import levels_of
from events.term_words import Anchor
from events.terms import PolicyPublished, TermLimit
from projections.rules.payer_library import TERM_NAMES, Template
from projections.rules.windows import WindowError, read_window
from services.reads.payers import payer, standing_policy
from services.reads.read_context import ReadContext

TermRow = dict[str, Any]


def payer_with_terms(context: ReadContext, name: str) -> TermRow:
    """One payer as `payers` lists it, with its policy for all plans as `terms`, and that in words as `windows`.

    `name`: its id, an identifier or a name. Raises UnknownPayerError, SeveralPayersError.
    """
    row = payer(context, name)
    with context.terms() as (_, reference):
        policy = standing_policy(reference, row["payer_id"], context.today)
    terms = policy.model_dump(mode="json", by_alias=True, exclude_defaults=True) if policy else None
    windows = terms_in_words(policy) if policy else []
    return {key: row[key] for key in row if key != "open_cents"} | {"terms": terms, "windows": windows}


def terms_in_words(policy: PolicyPublished) -> list[TermRow]:
    """[{term, name, says, source, read_on, template}] of a payer's windows, for people; appeals level by level."""
    found: list[tuple[str, int | None, TermLimit]] = [
        (name, None, value) for name, value in policy if isinstance(value, TermLimit)
    ]
    found += [
        ("appeal", level, limit) for place, limit in enumerate(policy.appeals) for level in levels_of(limit, place)
    ]
    return [_term(name, level, limit) for name, level, limit in found]


def _term(name: str, level: int | None, limit: TermLimit) -> TermRow:
    """A window of length 0 says that the payer grants none; one that is not understood says so."""
    default = Anchor.DOS if name.startswith("filing") else Anchor.NOTICE
    try:
        says = "none" if limit.length == 0 else read_window(limit, name, default, level or 0).words
    except WindowError as error:
        says = f"not understood: {error}"
    return {
        "term": f"{name} {level}" if level else name,
        "name": TERM_NAMES.get(name, name.replace("_", " ")) + (f", level {level}" if level else ""),
        "says": says,
        "source": limit.source or limit.citation,
        "read_on": limit.read_on.isoformat() if limit.read_on else None,
        "template": getattr(limit, "x_template", None),
    }


def template_row(template: Template) -> TermRow:
    """A template without its figures; `empty` names the terms nobody could read."""
    terms = {figure.term for figure in template.figures}
    return {
        "id": template.id,
        "name": template.name,
        "program": template.program,
        "names": list(template.names),
        "identifiers": list(template.identifiers),
        "state": template.state,
        "note": template.note,
        "figures": len(template.figures),
        "empty": [TERM_NAMES[term] for term in TERM_NAMES if term not in terms],
    }


def template_with_figures(template: Template) -> TermRow:
    return template_row(template) | {"terms": figure_rows(template)}


def figure_rows(template: Template) -> list[TermRow]:
    """[{term, says, network, source, dated, read_on, confidence, note}]."""
    return [
        {
            "term": figure.title,
            "says": figure.words,
            "network": figure.network.value,
            "source": figure.source,
            "dated": figure.source_date,
            "read_on": figure.read_on.isoformat(),
            "confidence": figure.confidence,
            "note": figure.note,
        }
        for figure in template.figures
    ]
