"""The library of payers' terms, read from the files that ship with the program."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from projections.rules.payer_library import Template, read_templates

LIBRARY = Path(__file__).parents[2] / "projections" / "payer_library"


@cache  # files of the program itself: they never change while it runs
def payer_library() -> tuple[Template, ...]:
    """Every template, by id."""
    return read_templates(tomllib.loads(path.read_text("utf-8")) for path in sorted(LIBRARY.glob("*.toml")))
