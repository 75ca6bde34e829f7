"""What docs/contributing.md sends people to is there."""

import re

from tests.laws.code import ROOT

PAGE = ROOT / "docs" / "contributing.md"
NAMED = re.compile(r"`((?:events|projections|services|tests|docs|deploy)/[^`\s]*)`")


def test_every_path_of_the_page_exists():
    named = NAMED.findall(PAGE.read_text("utf-8"))
    assert len(named) > 50
    assert [path for path in named if not (ROOT / path).exists()] == []
