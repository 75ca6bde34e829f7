"""What an 835 says of claims whose 837 is not here, and of lines it leaves out."""

import pytest
from sqlalchemy import select

from projections.tables.tables import READ_TABLES
from tests.services.projector.conftest import new_engine, project
from tests.services.projector.test_returned_numbers import claims, envelope, events_of, items, paid, sent

__all__ = ["new_engine"]
LINE, REMITTANCE, DEADLINE = (READ_TABLES[name] for name in ("claim_line", "remittance", "deadline"))


def rows(engine, table):
    with engine.connect() as connection:
        return connection.execute(select(table)).all()


def unprocessable(claim_id="C6", day="20260310"):
    return envelope(
        "835",
        day,
        50,
        f"BPR*I*0*C*ACH************{day}",
        "TRN*1*T6*1205296137",
        "N1*PR*MEDICARE MAC*XV*12402",
        "N1*PE*CLINIC*XX*1999999984",
        "LX*1",
        f"CLP*{claim_id}*1*100*0*0*MB*ICN6*11*1",
        "NM1*QC*1*DOE*ANN****MI*1AA0AA0AA01",
        "MOA***MA130",
        "SVC*HC:97110:GP*100*0**2",
        "DTM*472*20260215",
        "CAS*CO*16*100",
        "LQ*HE*N290",
        sender="PAYER",
        receiver="FC1",
        guide="005010X221A1",
    )


def test_a_claim_known_only_as_unprocessable_has_payer_lines_and_filing_clock(new_engine):
    engine = new_engine()
    project(engine, events_of(unprocessable()))
    claim = claims(engine)["C6"]
    assert (claim.status, claim.payer_id, claim.charge, str(claim.dos)) == (
        "unmatched",
        "MEDICARE",
        10000,
        "2026-02-15",
    )
    (line,) = rows(engine, LINE)
    assert (line.procedure, line.modifiers, line.units, line.charge, line.status) == (
        "97110",
        "GP",
        "2",
        10000,
        "rejected",
    )
    (filing,) = [row for row in rows(engine, DEADLINE) if row.kind == "timely_filing"]
    assert filing.due == "2027-02-16"  # a year after the service, the 15th being a holiday
    (rejection,) = items(engine, "rejection")
    assert str(rejection.lost_on) == "2027-02-16"
    (unmatched,) = items(engine, "unmatched")
    assert (unmatched.category, "unprocessable" in unmatched.reason) == ("unmatched_ack", True)
    assert not rows(engine, READ_TABLES["finding"])  # nobody here billed it


def test_its_837_takes_the_place_of_what_the_835_repeats(new_engine):
    late = [*events_of(unprocessable()), *events_of(sent("C6", day="20260220", charge="140", dos="20260216"))]
    for order in (late, late[::-1]):
        engine = new_engine()
        project(engine, order, sizes=(1,))
        (line,) = rows(engine, LINE)
        assert (line.charge, str(line.dos)) == (14000, "2026-02-16")
        assert claims(engine)["C6"].status == "rejected"


@pytest.mark.parametrize(
    ("segments", "where"),
    [
        (
            "SVC*HC:97110:GP*100*60**2~DTM*472*20260105~CAS*CO*45*40~SVC*HC:97140:GP*60*10**1~CAS*CO*45*50",
            {"lines", "lines_paid"},
        ),
        ("SVC*HC:97110:GP*100*60**2~CAS*CO*45*40~SVC*HC:97140:GP*100*50**1~CAS*CO*45*50", set()),
    ],
)
def test_lines_that_do_not_add_up_to_the_claim_leave_the_remittance_out_of_balance(new_engine, segments, where):
    text = paid("C36", charge="200").replace("BPR*I*50", "BPR*I*110").replace("CLP*C36*1*200*50", "CLP*C36*1*200*110")
    start, end = text.index("SVC*"), text.index("SE*")
    engine = new_engine()
    project(engine, events_of(text[:start] + segments + "~" + text[end:]))
    (remittance,) = rows(engine, REMITTANCE)
    assert remittance.balanced is not bool(where)
    assert {difference["where"] for difference in remittance.differences or ()} == where
    assert ("unbalanced" in claims(engine)["C36"].flags) is bool(where)
