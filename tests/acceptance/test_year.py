"""A clinic's year, as files: every error that the payers made is on the list, and nobody is accused."""

from collections import Counter
from decimal import Decimal

import pytest

from services.demo.volume import write_year

CLAIMS = 20_000


@pytest.mark.slow
def test_underpayments_of_a_year_are_the_errors_that_were_made(claimclock, tmp_path, report):
    manifest = write_year(tmp_path / "year", CLAIMS)
    told = claimclock.json("ingest", *sorted((tmp_path / "year").glob("2*")))
    assert {file["parked"] for file in told} == {0}
    made = {(error["claim_id"], error["line"]): error for error in manifest.errors}
    found = {(row["claim_id"], row["line"]): row for row in claimclock.json("underpayments")}
    hits = found.keys() & made.keys()
    causes = Counter(error["cause"] for error in manifest.errors)
    right = sum(found[hit]["cause"] == made[hit]["cause"] for hit in hits)
    report(
        f"{manifest.claims:,} claims, {manifest.lines:,} lines, {len(made):,} paid short "
        f"({', '.join(f'{cause} {n}' for cause, n in sorted(causes.items()))}): recall {len(hits) / len(made):.4f}, "
        f"precision {len(hits) / len(found):.4f}, cause right {right / len(hits):.4f}"
    )
    assert found.keys() - made.keys() == set()
    assert made.keys() - found.keys() == set()
    assert {hit: found[hit]["variance"] for hit in hits} == {hit: made[hit]["variance"] for hit in hits}
    assert right == len(hits)
    groups = claimclock.json("underpayments", "--groups")
    assert sum(Decimal(group["variance"]) for group in groups) == sum(
        Decimal(row["variance"]) for row in found.values()
    )
