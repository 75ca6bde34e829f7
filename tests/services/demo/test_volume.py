import json
from collections import defaultdict
from decimal import Decimal

import pytest
from x12_check import balance, interchanges, loops, sets

from services.demo.volume import write_year


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    directory = tmp_path_factory.mktemp("year")
    manifest = write_year(directory, 3000, 5)
    return directory, manifest


def transactions(directory, kind):
    for path in sorted(directory.glob(f"*_{kind}.edi")):
        for interchange in interchanges(path.read_text("ascii")):
            yield from sets(interchange)


def test_as_many_claims_as_asked_each_sent_and_accepted_and_answered_once(year):
    directory, manifest = year
    sent = [claim[0][1] for one in transactions(directory, "837P") for claim in loops(one, "CLM")]
    assert 3000 <= len(sent) == len(set(sent)) == manifest.claims <= 3001
    loops_of_277 = [loop for one in transactions(directory, "ACKS") if one[0][1] == "277" for loop in loops(one, "HL")]
    accepted = [s[2] for loop in loops_of_277 if loop[0][3] == "PT" for s in loop if s[0] == "TRN"]
    assert sorted(accepted) == sorted(sent)
    answered = [s[1] for one in transactions(directory, "835") for s in one if s[0] == "CLP"]
    assert sorted(answered) == sorted(sent)


def test_every_remittance_balances_and_adds_up_to_the_manifest(year):
    directory, manifest = year
    total = Decimal(0)
    for one in transactions(directory, "835"):
        assert balance(one) == []
        total += Decimal(next(s for s in one if s[0] == "BPR")[2])
    assert f"{total:.2f}" == manifest.remitted == manifest.paid


def test_errors_are_as_the_manifest_says_and_everything_else_is_right(year):
    """Allowed rebuilt from each 835 line equals what the manifest says for a line in error."""
    directory, manifest = year
    wrong = {(error["claim_id"], error["line"]): Decimal(error["allowed"]) for error in manifest.errors}
    causes = defaultdict(int)
    for error in manifest.errors:
        causes[error["cause"]] += 1
        assert Decimal(error["variance"]) == Decimal(error["expected_allowed"]) - Decimal(error["allowed"]) > 0
    assert set(causes) == {"old_rate", "no_full_unit", "downcoded", "wrong_plan"}
    found = 0
    for one in transactions(directory, "835"):
        for claim in loops([s for s in one if s[0] not in ("PLB", "SE", "LX")], "CLP"):
            for line in loops(claim, "SVC"):
                number = int(next(s for s in line if s[:2] == ["REF", "6R"])[2])
                if (claim[0][1], number) in wrong and not any(s[:2] == ["LQ", "HE"] and s[2] == "N851" for s in line):
                    share = sum(
                        Decimal(s[at])
                        for s in line
                        if s[0] == "CAS"
                        for at in range(3, len(s), 3)
                        if s[1] == "PR" or s[at - 1] == "253"
                    )
                    assert Decimal(line[0][3]) + share == wrong[claim[0][1], number]
                    found += 1
    assert found > 0.9 * len(wrong)


def test_no_patient_pays_more_than_the_part_b_deductible(year):
    directory, _ = year
    deducted = defaultdict(Decimal)
    for one in transactions(directory, "835"):
        for claim in loops([s for s in one if s[0] not in ("PLB", "SE", "LX")], "CLP"):
            member = next(s for s in claim if s[:2] == ["NM1", "QC"])[9]
            for cas in (s for s in claim if s[0] == "CAS" and s[1] == "PR"):
                deducted[member] += sum(Decimal(cas[at]) for at in range(3, len(cas), 3) if cas[at - 1] == "1")
    assert max(deducted.values()) == Decimal(283)


def test_one_seed_gives_the_same_year(year, tmp_path):
    directory, _ = year
    write_year(tmp_path, 3000, 5)
    names = sorted(path.name for path in directory.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    assert all((directory / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)


def test_the_manifest_and_the_contracts_are_written(year):
    directory, manifest = year
    assert json.loads((directory / "manifest.json").read_text())["errors"] == manifest.errors
    terms = (directory / "2025-12-01_0900_EVENTS.ndjson").read_text().splitlines()
    assert sum(json.loads(line)["type"] == "contract.published.v1" for line in terms) == 5
