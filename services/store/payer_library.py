"""The library of payers' terms, read from the files that ship with the program."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from projections.rules.payer_library import Template, read_templates
from services.core.errors import NotFoundError

LIBRARY = Path(__file__).parents[2] / "projections" / "payer_library"


class UnknownTemplateError(NotFoundError):
    """The library has no such template."""


@cache  # files of the program itself: they never change while it runs
def payer_library() -> tuple[Template, ...]:
    """Every template, by id."""
    return read_templates(tomllib.loads(path.read_text("utf-8")) for path in sorted(LIBRARY.glob("*.toml")))


def template_named(name: str) -> Template:
    """A template of the library. Raises UnknownTemplateError."""
    found = next((template for template in payer_library() if template.id == name), None)
    if found is None:
        raise UnknownTemplateError(f"no template {name!r}; `claimclock payers library` lists them")
    return found
