"""Writes docs/problems.md from the kinds of problem answers.

python -m services.devtools.problem_catalog
"""

from __future__ import annotations

from pathlib import Path

from services.api.problem_types import PROBLEM_TYPES

DOCUMENT = Path(__file__).parents[2] / "docs" / "problems.md"
_HEAD = """# Problems

<!-- Written by services/devtools/problem_catalog.py; change services/api/problem_texts.py instead. -->

Every refusal of the HTTP API is a problem detail (RFC 9457). Its `type` is one of these addresses on the server that
answered, where the same text stands; `detail` says more about the case at hand, `errors` points at fields. Nothing of
what was sent is repeated. Names stay; new ones may come, so treat one that you do not know by its status.
"""


def page() -> str:
    """The whole page."""
    kinds = sorted(PROBLEM_TYPES.values(), key=lambda each: each.name)
    parts = (f"## {kind.name}\n\n`{kind.address}` {kind.title}.\n\n{kind.meaning} {kind.remedy}\n" for kind in kinds)
    return "\n".join([_HEAD, *parts])


if __name__ == "__main__":
    DOCUMENT.write_text(page(), "utf-8")
