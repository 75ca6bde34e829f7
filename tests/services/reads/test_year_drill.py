"""The drill: the files of 2027 come in, and December and January are priced and judged each by its own year."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from projections.session_rules.estimate_request import request_from_options
from projections.tables.tables import READ_TABLES
from services.projector.adopt_rule_packs import OWN, adoption
from services.reads.estimates import make_estimate
from services.reads.read_context import ReadContext
from services.reads.rule_imports import ImportRequest, plan_import
from services.reads.rule_status import ending, rule_status
from services.rule_files.published import uploaded_file
from tests.services.projector.conftest import (
    entries,
    make_projector,
    new_engine,  # noqa: F401
)
from tests.services.rule_files import layouts

DECEMBER, JANUARY = datetime(2026, 12, 10, 15, tzinfo=UTC), datetime(2027, 1, 20, 15, tzinfo=UTC)
YEAR_FILES = {
    "RVU27A.zip": layouts.zipped(
        PPRRVU2027_Jan_nonQPP_dot_csv=layouts.rvu_text(),
        PPRRVU2027_Jan_QPP_dot_csv=layouts.rvu_text(factor="34.1000"),
        GPCI2027_dot_csv=layouts.gpci_text(),
    ),
    "figures.toml": layouts.FIGURES_TEXT.encode(),
    "ccipra-v330r0-f1.txt": layouts.ptp_text().encode(),
    "MCR_MUE_PractitionerServices_Eff_01-01-2027.csv": layouts.MUE_TEXT.encode(),
    "icd10cm_order_2027.txt": layouts.ORDER_TEXT.encode(),
}


class Drill:
    """A practice on a moved clock."""

    def __init__(self, engine):
        self.engine = engine
        self.now = DECEMBER
        self.batch = 0

    def project(self, *events):
        self.batch += 1
        projector = make_projector(self.engine, self.now)
        projector.process(entries(events, self.batch))
        while projector.drain():
            pass
        return projector

    def context(self):
        return ReadContext(
            engine=self.engine, references=make_projector(self.engine).references, practice="default", at=self.now
        )

    def reference(self):
        with self.context().context() as (_, reference):
            return reference

    def bill(self, number, dos):
        line = {"number": 1, "procedure": "97530", "modifiers": ["GP"], "units": "2", "charge": "150.00", "dos": dos}
        data = {
            "claim_id": f"C{number}",
            "patient_id": "P1",
            "payer_id": "MEDICARE",
            "total_charge": "150.00",
            "diagnoses": ["M25561"],
            "lines": [line],
            "billing_npi": "1999999984",
            "place_of_service": "11",
        }
        self.project(
            {
                "specversion": "1.0",
                "id": f"claim{number}",
                "source": "t",
                "type": "claim.submitted.v1",
                "subject": f"C{number}",
                "time": f"{dos}T20:00:00Z",
                "data": data,
            }
        )

    def plan(self, look_at_claims=True):
        files = [file for name, body in YEAR_FILES.items() for file in uploaded_file(name, body)]
        request = ImportRequest(files=tuple(files), look_at_claims=look_at_claims)
        context = self.context()
        return plan_import(request, self.reference(), context.today, context)

    def adopt(self, plan):
        self.project(*(adoption(dict(content), self.now.isoformat(), "default", OWN) for content in plan.contents))

    def expected(self):
        price = READ_TABLES["line_price"]
        with self.engine.connect() as connection:
            rows = connection.execute(select(price.c.claim_id, price.c.expected_allowed).order_by(price.c.claim_id))
            return {row.claim_id: row.expected_allowed for row in rows}


@pytest.fixture
def drill(new_engine):  # noqa: F811
    made = Drill(new_engine())
    made.bill(1, "2026-12-30")
    made.bill(2, "2027-01-05")
    return made


def test_before_the_files_come_january_has_no_price_and_says_what_is_missing(drill):
    assert drill.expected() == {"C1": 6012, "C2": None}
    missing = {(told["kind"], told["covers"]): told for told in rule_status(drill.context())}
    assert {kind for kind, covers in missing if covers in ("2027", "2027 Q1")} >= {"pfs", "kx", "deductible", "ncci"}
    assert (missing["pfs", "2027"]["claims"], missing["pfs", "2027"]["first_needed"]) == (1, "2027-01-05")
    soon = {told["kind"] for told in ending(missing.values(), date(2026, 12, 10))}
    assert {"pfs", "kx"} <= soon


def test_a_year_that_ends_without_its_successor_is_told_before_any_claim_needs_it(new_engine):  # noqa: F811
    empty = Drill(new_engine())
    soon = {told["kind"]: told for told in ending(rule_status(empty.context()), date(2026, 12, 10))}
    assert (soon["kx"]["covers"], soon["kx"]["claims"]) == ("2027", 0)
    empty.now = datetime(2026, 10, 30, 15, tzinfo=UTC)  # more than sixty days ahead
    assert "kx" not in {told["kind"] for told in rule_status(empty.context())}


def test_the_import_foretells_which_claims_change_and_publishing_does_it(drill):
    plan = drill.plan()
    assert {claim["claim_id"] for claim in plan.told["claims"]} == {"C2"}
    drill.adopt(plan)
    # (.50 + .60 + .02) x 34 = 38.08, and with half the practice expense 27.88; December stays as it was
    assert drill.expected() == {"C1": 6012, "C2": 3808 + 2788}
    assert drill.plan(look_at_claims=False).contents == ()


def test_each_visit_is_judged_by_its_own_year(drill):
    drill.adopt(drill.plan(look_at_claims=False))
    drill.now = JANUARY

    def threshold(dos):
        request = request_from_options(
            payer="MEDICARE", dos=dos, discipline="PT", timed=["97530:30"], running="2470.00"
        )
        return make_estimate(request, drill.reference())

    december, january = threshold("2026-12-30"), threshold("2027-01-05")
    assert (december["expected_allowed"], january["expected_allowed"]) == ("60.12", "65.96")
    assert december["threshold"]["lines_needing_kx"] == [1]
    assert january["threshold"]["lines_needing_kx"] == []  # the limit of 2027 is 2,550.00
    rules = drill.reference().rules
    assert Decimal(rules.pick("kx", date(2027, 6, 1)).values["threshold"]) == 2550


def test_nothing_of_the_new_year_is_unknown_after_the_import(drill):
    drill.adopt(drill.plan(look_at_claims=False))
    drill.now = JANUARY
    missing = {(told["kind"], told["covers"]) for told in rule_status(drill.context())}
    assert {covers for kind, covers in missing if kind not in ("icd10cm", "holidays")} & {"2027", "2027 Q1"} == set()
