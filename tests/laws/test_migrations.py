"""Migrations follow one another: two of one number would leave no database anybody could open."""

import re
from pathlib import Path

VERSIONS = Path(__file__).parents[2] / "services" / "migrations" / "versions"


def test_migrations_are_one_chain():
    files = sorted(VERSIONS.glob("[0-9]*.py"))
    said = [
        re.findall(r'^(?:down_)?revision = (?:"(\d+)"|None)', path.read_text("utf-8"), re.MULTILINE) for path in files
    ]
    numbers = [f"{number:04d}" for number in range(1, len(files) + 1)]
    assert [path.name[:4] for path in files] == numbers
    assert said == [[number, before] for number, before in zip(numbers, ["", *numbers], strict=False)]
