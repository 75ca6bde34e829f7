"""Reads that the pages brought: sums agree, pages are complete, the past is the same however it is folded."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from itertools import count
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from projections.cut import Cut
from projections.work.kinds import KINDS
from services.core.errors import NotFoundError, RawStoreError
from services.demo.month import DEMO_AT
from services.presentation.csv_export import csv_lines
from services.presentation.table_head import TableHead
from services.presentation.xlsx_export import xlsx
from services.reads.aging import BASES, aging
from services.reads.aging_claims import aged_claims
from services.reads.claim_history import claim_story
from services.reads.claims import claim_page
from services.reads.list_counts import lost_already, lost_within, names_of, tallies
from services.reads.patients import patient_id_of, patient_ref
from services.reads.payer_patterns import decisions, month_names, open_work, response_clocks
from services.reads.price_lines import line_prices, priced_lines
from services.reads.read_context import ReadContext
from services.reads.remittances import remittance_page, remittances
from services.reads.segments import event_segments, marked
from services.reads.thresholds import thresholds
from services.reads.underpayments import underpayments
from services.reads.worklist_filters import EVERYTHING, SORTS, FilterError, Filters, read_filters
from services.reads.worklists import ALSO, worklist
from services.store.raw_files import RawStore
from services.web import figures

WEEK, DAY = timedelta(days=7), date(2026, 6, 1)


@pytest.fixture
def context(site):
    return ReadContext(engine=site.app.engine, references=site.app.references, practice="default", at=DEMO_AT)


def whole(read):
    """Every page of a list."""
    found, cursor = [], None
    while True:
        page = read(cursor)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("owner", ["payer", "patient"])
def test_the_claims_behind_a_figure_add_up_to_it(context, basis, owner):
    for row in aging(context, basis=basis, owner=owner):
        claims = whole(
            lambda c, row=row: aged_claims(
                context, owner=owner, basis=basis, bucket=row["bucket"], payer=row["payer_id"], limit=7, cursor=c
            )
        )
        assert len({claim["ref"] for claim in claims}) == len(claims) == row["claims"]
        assert sum(Decimal(claim["amount"]) for claim in claims) == Decimal(row["amount"])


def test_priced_lines_page_by_page_are_the_whole_list(context):
    paged = whole(lambda c: priced_lines(context, limit=7, cursor=c))
    key = ("claim_id", "line", "variance")
    assert [[row[k] for k in key] for row in paged] == [[row[k] for k in key] for row in underpayments(context)]


def test_one_line_beside_its_price(context):
    (price,) = line_prices(context, "BT100221", 1)
    assert (price["expected_allowed"], price["allowed"], price["cause"]) == ("69.00", "62.00", "old_rate")
    with pytest.raises(NotFoundError):
        line_prices(context, "BT100221", 99)


def test_remittances_page_by_page(context):
    checks = whole(lambda c: remittances(context, limit=5, cursor=c))
    assert len({check["ref"] for check in checks}) == len(checks) > 30
    days = [check["payment_date"] for check in checks]
    assert days == sorted(days, reverse=True)
    for check in checks:
        page = remittance_page(context, check["ref"])
        assert len(page["entries"]) == check["claims"]
        paid = sum(Decimal(entry["paid"] or 0) for entry in page["entries"] if entry["status_code"] != "25")
        assert paid == Decimal(check["claims_paid"])
        if check["balanced"]:
            assert check["difference"] in (None, "0.00")


def test_a_remittance_calls_its_claims_what_their_pages_call_them(context):
    told = {
        "payment": "paid",
        "denial": "denied",
        "reversal": "reversed",
        "rejection": "rejected",
        "duplicate": "denied",
    }
    kinds = Counter()
    for check in whole(lambda c: remittances(context, limit=50, cursor=c)):
        for entry in remittance_page(context, check["ref"])["entries"]:
            place = (check["trace_number"], entry["ordinal"])
            entries = claim_page(context, entry["claim_id"])["entries"]
            (kind,) = {e["kind"] for e in entries if (e["trace_number"], e["ordinal"]) == place}
            assert entry["kind"] == told.get(kind, kind)
            kinds[kind] += 1
    assert kinds.keys() >= {"payment", "denial", "reversal", "rejection", "predetermination"}


def test_what_does_not_add_up_is_found(context):
    unbalanced = remittances(context, unbalanced=True).items
    assert unbalanced
    assert not any(check["balanced"] for check in unbalanced)
    name = unbalanced[0]["payer"]
    assert {check["payer"] for check in remittances(context, payer=name[:6].lower()).items} == {name}
    with pytest.raises(NotFoundError):
        remittance_page(context, "0" * 24)


@pytest.mark.parametrize("claim_id", ["BT100122", "BT100259", "BT100288", "BT100357", "BT100390"])
def test_a_claim_s_past_is_the_same_folded_alone(site, claim_id):
    """As with the whole practice folded."""
    cut = Cut(datetime(2026, 10, 30, tzinfo=UTC))
    past = ReadContext(
        engine=site.app.engine, references=site.app.references, practice="default", at=cut.as_of, cut=cut
    )
    if not hasattr(site, "past"):
        site.past = past  # its whole scratch serves all of these tests
    assert claim_page(past.near(claim_id), claim_id) == claim_page(site.past, claim_id)


def test_every_event_says_what_it_changed(context):
    story = claim_story(context, "BT100122")
    assert [step["type"].rpartition(".v")[0] for step in story.steps][0::6] == ["claim.submitted", "claim.denied"]
    changes = [change for step in story.steps for change in step["changes"]]
    assert [c["to"] for c in changes if c["what"] == "status"] == ["in_flight", "accepted", "denied"]
    assert {"what": "charge", "from": "0.00", "to": "260.00"} in changes
    started = {
        c["clock"]: c["due"] for c in changes if c["what"] == "clock" and c["to"] == "open" and c["from"] is None
    }
    assert started["appeal_1"] == "2026-11-04"
    assert len({step["ref"] for step in story.steps}) == len(story.steps)


def test_the_segments_behind_a_figure(context, site):
    store = RawStore(site.app.settings)
    (answer,) = claim_story(context, "BT100122").answers[2]
    segments = event_segments(context, store, "BT100122", answer["event"], 2)
    assert segments[0]["text"].startswith("CLP*BT100122")
    assert [s["text"].split("*")[0] for s in segments if s["hit"]] == ["SVC", "DTM", "CAS", "REF", "LQ"]
    with pytest.raises(NotFoundError):
        event_segments(context, store, "BT100122", "0" * 24)
    with pytest.raises(NotFoundError):
        event_segments(context, store, "BT100205", answer["event"])
    with pytest.raises(RawStoreError):
        store.segments("nothing")


def test_lines_of_an_837_are_marked_by_lx():
    texts = ["CLM*1~", "LX*1~", "SV1*HC:97110~", "LX*2~", "SV1*HC:97530~"]
    assert [s["text"] for s in marked(texts, 2) if s["hit"]] == ["LX*2~", "SV1*HC:97530~"]
    assert not any(s["hit"] for s in marked(texts, None))


def test_tallies_count_what_the_lists_show(context):
    found = tallies(context)
    for kind, tally in found.items():
        items = worklist(context, kind, Filters(lost=False) if kind == "today" else EVERYTHING).items
        assert tally.items == len(items), kind
        assert tally.amount == sum(Decimal(item["amount_at_risk"] or 0) for item in items), kind


def test_what_is_lost_already_is_split_off_and_nothing_is_counted_twice(context):
    lost, alive = (worklist(context, "today", Filters(lost=split)).items for split in (True, False))
    tally = lost_already(context)
    assert (tally.items, tally.amount) == (len(lost), sum(Decimal(item["amount_at_risk"]) for item in lost))
    assert lost
    soon = [item for item in alive if item["lost_on"] and item["lost_on"] <= (context.today + WEEK).isoformat()]
    assert lost_within(context, 7).items == len(soon)


def test_all_open_work_is_one_row_for_each_claim_with_the_others_folded_in(context):
    rows = worklist(context, "today").items
    claims = [row["claim_id"] for row in rows if row["claim_id"]]
    assert len(claims) == len(set(claims))
    lists = {kind: worklist(context, kind).items for kind in KINDS if kind != "today"}
    everything = [(kind, item) for kind, items in lists.items() for item in items]
    for row in rows:
        mine = [(kind, item) for kind, item in everything if item["claim_id"] == row["claim_id"] and row["claim_id"]]
        if row["claim_id"]:
            assert sorted(kind for kind, _ in mine) == sorted([row["kind"], *(also["kind"] for also in row["also"])])
            sums = Counter()
            for kind, item in mine:
                sums[kind] += Decimal(item["amount_at_risk"])
            assert Decimal(row["amount_at_risk"]) == max(sums.values())
    assert {item["claim_id"] for _, item in everything if item["claim_id"]} == set(claims)
    assert next(set(also) for row in rows for also in row["also"][:1]) == set(ALSO)


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_pages_through_the_same_rows(context, sort):
    whole = worklist(context, "today", Filters(sort=sort)).items
    seen, cursor = [], None
    while True:
        page = worklist(context, "today", Filters(sort=sort), 7, cursor)
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == whole
    assert {row["claim_id"] for row in whole} == {row["claim_id"] for row in worklist(context, "today").items}


def test_filters_fit_what_they_say(context):
    whole = worklist(context, "denial").items
    by_code = worklist(context, "denial", Filters(code="197")).items
    assert by_code
    assert by_code == [item for item in whole if "-197:" in item["reason"]]
    named = names_of(context, [whole[0]["patient_id"]])[whole[0]["patient_id"]].split(",")[0]
    found = worklist(context, "denial", Filters(text=named)).items
    assert whole[0] in found
    days = [
        claim_page(context, item["claim_id"])["dos"]
        for item in worklist(context, "denial", Filters(dos_from=DAY)).items
    ]
    assert days
    assert all(day >= DAY.isoformat() for day in days)
    nobody = worklist(context, "denial", Filters(assignee="nobody")).items
    assert nobody == [item for item in whole if not item["assignee"]]
    two = tuple({item["payer_id"] for item in whole})[:2]
    assert {item["payer_id"] for item in worklist(context, "denial", Filters(payer=two)).items} == set(two)


def test_filters_read_alike_whoever_asks_and_name_the_field_that_is_wrong(context):
    zone = context.references.zone
    day = read_filters({"due_before": "2026-11-06", "due_from": "2026-11-06"}, zone)
    assert day.due_before - day.due_from == timedelta(days=1)
    for name, text in (
        ("amount_min", "abc"),
        ("dos_from", "x"),
        ("due_before", "soon"),
        ("days_left", "-1"),
        ("sort", "shape"),
        ("nothing", "1"),
    ):
        with pytest.raises(FilterError) as error:
            read_filters({name: text}, zone)
        assert error.value.field == name


def test_patients_have_opaque_refs_and_names(context):
    patients = {row["patient_id"] for row in thresholds(context)}
    refs = {patient_ref(context, patient) for patient in patients}
    assert {patient_id_of(context, ref) for ref in refs} == patients
    assert all("," in name for name in names_of(context, patients).values())
    with pytest.raises(NotFoundError):
        patient_id_of(context, "0" * 24)


def test_payer_patterns_count_every_decided_line(context):
    found = decisions(context, months=36)
    lines = [row for row in underpayments(context, everything=True) if row["class"] not in ("not_answered", None)]
    denied = Counter(row["payer_id"] for row in lines if row["class"] == "denied")
    told = Counter()
    for row in found:
        told[row["payer_id"]] += row["denied"]
    assert {payer: count for payer, count in told.items() if count} == denied
    assert {row["month"] for row in found} <= set(month_names(context, 36))
    assert month_names(context, 3) == ["2026-09", "2026-10", "2026-11"]
    assert sum(row["items"] for row in open_work(context)) == sum(
        t.items for t in tallies(context, ("rejection", "denial")).values()
    )
    assert all(row["running"] >= row["overdue"] for row in response_clocks(context))


def test_files_for_spreadsheets_run_no_formula():
    rows = [{"claim_id": "=1+1", "amount_at_risk": "-12.50", "due": "2026-11-04", "reason": "tab\x0b"}]
    columns = ("claim_id", "amount_at_risk", "due", "reason")
    assert next(iter(csv_lines(rows, columns))).split("\n")[1] == "'=1+1,-12.50,2026-11-04,tab\x0b"
    head = TableHead(title="a" * 40, practice="default", at=DEMO_AT, zone=ZoneInfo("UTC"), narrowed="=1+1 & more")
    sheet = openpyxl.load_workbook(BytesIO(xlsx(rows, columns, head))).active
    assert sheet["A1"].data_type == "s"
    cells = sheet[3]
    assert (cells[0].value, cells[0].data_type) == ("=1+1", "s")
    assert (float(cells[1].value), cells[2].value) == (-12.5, datetime(2026, 11, 4))  # noqa: DTZ001


def test_figures_beside_the_lists_are_reckoned_once_for_a_state_of_the_log(context, monkeypatch):
    log, turns = SimpleNamespace(position=5), count()
    monkeypatch.setattr(figures, "committed_position", lambda _: log.position)
    monkeypatch.setattr(figures, "reckon", lambda _: next(turns))
    kept = figures.HeadlineFigures()
    assert [kept.of(context, live=True), kept.of(context, live=True)] == [0, 0]
    log.position = 6
    assert [kept.of(context, live=True), kept.of(context, live=True), kept.of(context, live=False)] == [1, 1, 2]
