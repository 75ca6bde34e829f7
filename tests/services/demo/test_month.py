import json
import re
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from x12_check import balance, claims_by_patient_level, interchanges, loops, sets

from events.registry import TYPES, parse
from services.demo.month import DEMO_AT, DEMO_ZONE, write_month
from services.demo.world import ZONE

MENDED = {"cut", "foreign"}  # what the manifest says of files that are not complete X12 files we read


def whole(manifest, *kinds):
    """Names of the X12 files of some kinds that are meant to be sound."""
    return [f["name"] for f in manifest["files"] if f["kind"] in kinds and not MENDED & set(f)]


def all_sets(month, *kinds):
    directory, manifest = month
    for name in whole(manifest, *kinds):
        for interchange in interchanges((directory / name).read_text("ascii")):
            for one in sets(interchange):
                yield name, interchange, one


def claims_of(manifest, *shapes):
    return {claim_id for shape in shapes for claim_id in manifest["shapes"][shape]["claims"]}


def test_one_seed_gives_the_same_bytes(month, tmp_path):
    directory, _ = month
    write_month(tmp_path)
    names = sorted(path.name for path in directory.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    assert all((directory / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)


@pytest.mark.parametrize("seed", [1, 77])
def test_another_seed_gives_another_month_with_the_same_shapes(month, tmp_path, seed):
    directory, manifest = month
    other = write_month(tmp_path, seed)
    assert set(other.shapes) == set(manifest["shapes"])
    assert len(other.claims) == len(manifest["claims"])
    assert (tmp_path / "manifest.json").read_bytes() != (directory / "manifest.json").read_bytes()


def test_about_four_hundred_claims_of_three_therapists(month):
    _, manifest = month
    sent = [claim for claim in manifest["claims"].values() if claim["attempts"]]
    assert 380 <= len(sent) == manifest["totals"]["claims"] <= 420
    assert {claim["discipline"] for claim in sent} == {"PT", "OT", "SLP"}
    october = [claim for claim in sent if claim["dos"].startswith("2026-10")]
    assert len(october) > 340
    assert len(sent) - len(october) > 24
    assert all(date.fromisoformat(claim["dos"]).weekday() < 5 for claim in sent)


def test_no_number_in_it_can_be_a_real_one(month):
    """NPIs are assigned from 1 and 2 on, Medicare numbers from 1 to 9."""
    directory, manifest = month
    text = "".join((directory / name).read_text("ascii") for name in whole(manifest, "837P", "835"))
    assert {npi[0] for npi in re.findall(r"\bXX\*(\d{10})", text)} == {"9"}
    assert {mbi[0] for mbi in re.findall(r"\bMI\*(\d[A-Z][A-Z0-9]\d[A-Z]{1}[A-Z0-9]\d[A-Z]{2}\d{2})\b", text)} == {"0"}


def test_names_are_in_order_of_arrival_and_nothing_comes_after_the_demo(month):
    _, manifest = month
    names = [f["name"] for f in manifest["files"]]
    assert names == sorted(names)
    assert len(set(names)) == len(names)
    latest = datetime.strptime(names[-1][:15], "%Y-%m-%d_%H%M").replace(tzinfo=ZONE)
    assert latest <= DEMO_AT == datetime(2026, 11, 6, 14, tzinfo=UTC)
    assert (manifest["at"], manifest["zone"]) == ("2026-11-06T14:00:00Z", DEMO_ZONE)


def test_every_envelope_is_sound_and_says_when_it_came(month):
    _, manifest = month
    late = manifest["shapes"]["payment_before_claim"]["claims"][0]
    late_files = {f["name"] for f in manifest["files"] if f["kind"] == "837P" and f["claims"] == [late]}
    count = 0
    for name, interchange, one in all_sets(month, "837P", "999", "277CA", "835"):
        stamp = f"20{interchange[0][9]}_{interchange[0][10]}"
        arrived = name[:15].replace("-", "")
        if "portal-copy" in name:
            continue
        assert arrived == stamp or (name in late_files and arrived > stamp), name
        assert one[0][0] == "ST"
        count += 1
    assert count > 300


def test_claims_are_whole(month):
    _, manifest = month
    seen = defaultdict(int)
    for _, _, one in all_sets(month, "837P"):
        levels = claims_by_patient_level(one)
        assert {code for _, code, _ in levels.values()} <= {"20", "22", "23"}
        for claim in loops(one, "CLM"):
            charge = Decimal(claim[0][2])
            lines = loops(claim, "LX")
            assert charge == sum(Decimal(s[2]) for line in lines for s in line if s[0] == "SV1")
            assert [int(line[0][1]) for line in lines] == list(range(1, len(lines) + 1))
            assert any(s[0] == "HI" for s in claim)
            assert all({"SV1", "DTP", "REF"} <= {s[0] for s in line} for line in lines)
            assert charge == Decimal(manifest["claims"][claim[0][1]]["charge"])
            replaces = claim[0][5][2] in ("7", "8")
            assert replaces == any(s[:2] == ["REF", "F8"] for s in claim)
            seen[claim[0][1]] += 1
    assert seen == {name: c["attempts"] for name, c in manifest["claims"].items() if c["attempts"]}


def test_every_999_answers_a_group_we_sent(month):
    sent, answered, refused = {}, set(), set()
    for _, interchange, one in all_sets(month, "837P"):
        sent.setdefault(interchange[1][6], set()).add(one[0][2])
    for _, _, one in all_sets(month, "999"):
        ak1 = next(s for s in one if s[0] == "AK1")
        answers = [s[2] for s in one if s[0] == "AK2"]
        verdicts = [s[1] for s in one if s[0] == "IK5"]
        assert set(answers) <= sent[ak1[2]]
        ak9 = next(s for s in one if s[0] == "AK9")
        assert ak9[2:] == [str(len(answers))] * 2 + [str(verdicts.count("A"))]
        answered.add(ak1[2])
        refused |= {(ak1[2], number) for number, verdict in zip(answers, verdicts, strict=True) if verdict == "R"}
    assert len(set(sent) - answered) == 1
    assert len(refused) == 2


def test_every_277ca_names_claims_we_sent_and_adds_up(month):
    _, manifest = month
    categories = defaultdict(set)
    for name, _, one in all_sets(month, "277CA"):
        claims_by_patient_level(one)
        head = [s for s in one if s[0] in ("QTY", "AMT")]
        patients = [loop for loop in loops(one, "HL") if loop[0][3] == "PT"]
        for loop in patients:
            claim_id = next(s for s in loop if s[0] == "TRN")[2]
            assert manifest["claims"][claim_id]["attempts"], name
            for status in (s for s in loop if s[0] == "STC"):
                categories[status[1][0], status[3]].add(claim_id)
        if patients:
            charges = sum(Decimal(next(s for s in loop if s[0] == "STC")[4]) for loop in patients)
            assert charges == sum(Decimal(s[2]) for s in head if s[0] == "AMT")
            assert len(patients) == sum(int(s[2]) for s in head if s[0] == "QTY")
    assert {
        ("A1", "WQ"),
        ("A2", "WQ"),
        ("A3", "U"),
        ("A5", "WQ"),
        ("A6", "U"),
        ("A7", "U"),
        ("A7", "WQ"),
        ("A8", "U"),
        ("P1", "WQ"),
    } <= set(categories)
    assert categories["A7", "WQ"] == claims_of(manifest, "category_action_disagree")
    assert categories["A5", "WQ"] == claims_of(manifest, "split_claim")


def test_remittances_balance_but_for_those_that_are_not_meant_to(month):
    _, manifest = month
    off = defaultdict(set)
    for name, _, one in all_sets(month, "835"):
        for where, claim_id, _ in balance(one):
            off[where].add(claim_id or name)
    assert set(off) == {"claim", "line", "remittance"}
    assert off["claim"] == claims_of(manifest, "unbalanced_claim")
    assert off["line"] == claims_of(manifest, "unbalanced_lines")
    assert off["remittance"] == {f["name"] for f in manifest["files"] if f.get("balanced") is False}
    assert len(off["remittance"]) == 1


def test_money_in_the_files_is_the_money_in_the_manifest(month):
    _, manifest = month
    paid, shares, remitted, seen = defaultdict(Decimal), defaultdict(Decimal), Decimal(0), set()
    for _, _, one in all_sets(month, "835"):
        content = json.dumps(one[1:-1])
        if content in seen:
            continue
        seen.add(content)
        remitted += Decimal(next(s for s in one if s[0] == "BPR")[2])
        for claim in loops([s for s in one if s[0] not in ("PLB", "SE", "LX")], "CLP"):
            if claim[0][2] != "25":
                paid[claim[0][1]] += Decimal(claim[0][4])
                for cas in (s for s in claim if s[0] == "CAS" and s[1] == "PR"):
                    shares[claim[0][1]] += sum(Decimal(cas[at]) for at in range(3, len(cas), 3))
    assert {name: f"{amount:.2f}" for name, amount in paid.items() if amount} == {
        name: claim["paid"] for name, claim in manifest["claims"].items() if Decimal(claim["paid"])
    }
    assert {name: f"{amount:.2f}" for name, amount in shares.items() if amount} == {
        name: claim["patient_responsibility"]
        for name, claim in manifest["claims"].items()
        if Decimal(claim["patient_responsibility"])
    }
    assert f"{remitted:.2f}" == manifest["totals"]["remitted"]
    assert len(seen) == manifest["totals"]["remits"]


def test_provider_adjustments_are_all_there(month):
    reasons = defaultdict(list)
    for name, _, one in all_sets(month, "835"):
        for plb in (s for s in one if s[0] == "PLB" and "portal-copy" not in name):
            for at in range(3, len(plb), 2):
                reason = plb[at][0] if isinstance(plb[at], list) else plb[at]
                reasons[reason].append(Decimal(plb[at + 1]))
    assert sum(reasons["FB"]) == 0
    assert len(reasons["FB"]) == 2
    assert list(reasons["L6"]) == [Decimal("-1.37")]
    assert sum(reasons["72"]) < 0 < sum(reasons["WO"]) == -sum(reasons["72"])
    assert len(reasons["WO"]) == 3
    assert min(reasons["WO"]) < 0


def test_nothing_paid_is_said_so(month):
    traces = []
    for _, _, one in all_sets(month, "835"):
        bpr = next(s for s in one if s[0] == "BPR")
        assert (bpr[4] == "NON") == (Decimal(bpr[2]) == 0)
        if bpr[4] == "NON":
            traces.append(next(s for s in one if s[0] == "TRN")[2])
    assert len(traces) > len(set(traces)), "a payer repeats its trace number where nothing is paid"


def test_the_shapes_of_remittances_are_what_they_say(month):
    _, manifest = month
    entries = defaultdict(list)
    for name, _, one in all_sets(month, "835"):
        if "portal-copy" not in name:
            for claim in loops([s for s in one if s[0] not in ("PLB", "SE", "LX")], "CLP"):
                entries[claim[0][1]].append(claim)

    def statuses(shape):
        return [[claim[0][2] for claim in entries[name]] for name in manifest["shapes"][shape]["claims"]]

    def reasons(shape):
        return {
            (s[1], s[2])
            for name in claims_of(manifest, shape)
            for claim in entries[name]
            for s in claim
            if s[0] == "CAS"
        }

    assert statuses("reversal_and_correction") == [["1", "22", "1"]]
    assert statuses("correction_before_reversal") == [["1", "1", "22"]]
    assert statuses("reversal_only") == [["1", "22"]]
    assert statuses("replacement_7") == [["1", "22", "1"]]
    assert statuses("predetermination_25") == [["25", "1"]]
    assert statuses("denied_status_4") == [["4"]]
    assert statuses("void_then_payment") == [["1"]]
    assert ["19", "2"] in [sorted(found) for found in statuses("crossover_19")]
    assert len({claim[0][7] for claim in entries[manifest["shapes"]["split_claim"]["claims"][0]]}) == 2
    assert reasons("kx_denied_co") == {("CO", "119")}
    assert reasons("kx_denied_pr") == {("PR", "119")}
    assert reasons("denied_29") == {("CO", "29")}
    assert ("OA", "18") in reasons("denied_18")
    assert {("CO", "97")} <= reasons("ncci_97")
    assert {("CO", "236")} <= reasons("ncci_236")
    assert reasons("deductible_only") >= {("PR", "1")}
    assert {claim[0][4] for name in claims_of(manifest, "deductible_only") for claim in entries[name]} == {"0"}
    assert set(entries) - set(manifest["claims"]) == set()
    assert {name for name, claim in manifest["claims"].items() if not claim["attempts"]} == {"OLD-77120", "0"}


def test_thresholds_are_crossed_in_both_buckets(month):
    _, manifest = month
    projected = {(t["bucket"], Decimal(t["projected"])) for t in manifest["thresholds"]}
    crossed = [bucket for bucket, amount in projected if amount > 2480]
    assert sorted(crossed) == ["OT", "OT", "PT_SLP", "PT_SLP"]
    assert any(2200 <= amount <= 2480 for _, amount in projected)
    assert any(2900 < amount < 3000 for _, amount in projected)


def test_the_contract_error_shows_on_dozens_of_claims(month):
    _, manifest = month
    causes = defaultdict(set)
    for variance in manifest["variances"]:
        causes[variance["cause"]].add(variance["claim_id"])
    assert len(causes["old_rate"]) >= 24
    assert len(causes["no_full_unit"]) == len(causes["wrong_plan"]) == 2
    assert all(Decimal(v["variance"]) < 0 for v in manifest["variances"] if v["cause"].startswith("overpaid"))
    assert all(Decimal(v["variance"]) > 0 for v in manifest["variances"] if not v["cause"].startswith("overpaid"))


def test_rejections_wait_whose_24_hours_still_run(month):
    _directory, manifest = month
    fresh = [f for f in manifest["files"] if f["kind"] == "999" and f["rejected_sets"]]
    latest = datetime.strptime(fresh[-1]["name"][:15], "%Y-%m-%d_%H%M").replace(tzinfo=ZONE)
    assert DEMO_AT - latest < timedelta(hours=24)
    names = [f["name"] for f in manifest["files"] if f["name"].startswith("2026-11-05_1") and f["kind"] == "277CA"]
    refused = claims_of(manifest, "second_rejection")
    assert refused <= {c for f in manifest["files"] if f["name"] in names for c in f["claims"]}


def test_events_are_of_known_types_and_only_the_broken_one_is_invalid(month):
    directory, manifest = month
    kinds, invalid, seen, repeated, contradicted = set(), 0, {}, 0, 0
    for name in (f["name"] for f in manifest["files"] if f["kind"] == "EVENTS"):
        for line in (directory / name).read_text("ascii").splitlines():
            raw = json.loads(line)
            assert raw["type"] in TYPES
            try:
                event = parse(line)
            except ValueError:
                invalid += 1
                continue
            kinds.add(event.type)
            known = seen.setdefault(event.envelope.identity, event.hash)
            repeated += name.endswith("visits-again.ndjson")
            contradicted += known != event.hash
    assert (invalid, contradicted) == (1, 1)
    assert repeated > 10
    assert kinds >= {
        "visit.documented.v1",
        "contract.published.v1",
        "policy.published.v1",
        "therapy.balance_observed.v1",
        "work.assigned.v1",
        "work.noted.v1",
        "work.snoozed.v1",
        "work.resolved.v1",
        "appeal.filed.v1",
        "appeal.decided.v1",
        "patient.paid.v1",
        "claim.written_off.v1",
        "refund.sent.v1",
        "records.requested.v1",
        "dispute.opened.v1",
        "identity.linked.v1",
        "event.withdrawn.v1",
    }


def test_every_visit_fits_the_units_billed(month):
    directory, manifest = month
    billed = {}
    for _, _, one in all_sets(month, "837P"):
        for claim in loops(one, "CLM"):
            billed[claim[0][1]] = {s[1][1]: int(s[4]) for s in claim if s[0] == "SV1"}
    checked = 0
    for name in (f["name"] for f in manifest["files"] if f["name"].endswith("_visits.ndjson")):
        for line in (directory / name).read_text("ascii").splitlines():
            data = json.loads(line)["data"]
            units = billed.get("BT" + data["visit_id"][1:])
            if units is not None and data["timed"]:
                total = sum(service["minutes"] for service in data["timed"])
                assert (total + 7) // 15 == sum(units[service["procedure"]] for service in data["timed"])
                checked += 1
    assert checked > 200
