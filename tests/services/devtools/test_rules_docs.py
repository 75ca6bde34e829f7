"""docs/rules.md is generated and current; every finding has a test, and every finding that is made has a grade."""

import re

from projections.session_rules.findings import read_catalogue
from services.devtools import rules_docs as docs
from services.store.shipped_rule_packs import shipped_packs

CATALOGUE = read_catalogue(next(p for p in shipped_packs() if p["kind"] == "findings")["periods"][0]["values"])


def test_the_page_is_current():
    assert docs.PAGE.read_text("utf-8") == docs.page(), "run: python -m services.devtools.rules_docs"


def test_every_pack_is_named_by_a_test_that_proves_it():
    marked = {name for path in (docs.ROOT / "tests").rglob("test_*.py") for name in docs.marked_packs(path)}
    assert marked == {pack["pack_id"] for pack in shipped_packs()}


def test_every_finding_has_a_test():
    proofs = docs.rule_tests(CATALOGUE.gradings, sorted((docs.ROOT / "tests").rglob("test_*.py")))
    assert set(CATALOGUE.gradings) - set(proofs) == set()


def test_every_finding_that_is_made_is_graded_and_every_grade_is_used():
    text = "\n".join(path.read_text("utf-8") for path in (docs.ROOT / "projections").rglob("*.py"))
    made = set(re.findall(r'"([a-z]+\.[a-z_]+)"', text)) & {f"{g}" for g in CATALOGUE.gradings}
    problems = {
        row["problem"] for p in shipped_packs() if p["kind"] == "diagnosis" for row in p["periods"][0]["values"]["rows"]
    }
    made |= {f"diagnosis.{problem}" for problem in problems}
    assert made == set(CATALOGUE.gradings)
    asked = set(re.findall(r'\.find\(\s*"([a-z]+\.[a-z_]+)"', text))
    assert asked <= set(CATALOGUE.gradings)
