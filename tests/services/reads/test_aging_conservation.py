"""Aging holds every open cent once: its totals are the balances of the claims, no matter who owes them."""

from decimal import Decimal

from sqlalchemy import select

from projections.tables.tables import READ_TABLES
from services.reads.aging import BASES, aging
from services.reads.claims import claim_page
from services.reads.read_context import ReadContext
from tests.histories.random_histories import histories
from tests.services.projector.conftest import NOW, make_projector, new_engine, project  # noqa: F401

CLAIM = READ_TABLES["claim"]


def test_totals_are_the_balances_of_the_claims(new_engine):  # noqa: F811
    engine = new_engine()
    project(engine, [event for events in histories(40) for event in events])
    context = ReadContext(engine=engine, references=make_projector(engine).references, practice="default", at=NOW)
    with engine.connect() as connection:
        claims = connection.scalars(select(CLAIM.c.claim_id)).all()
    pages = [claim_page(context, claim_id) for claim_id in claims]
    assert any(Decimal(page["payer_balance"]) for page in pages)
    for owner in ("payer", "patient"):
        balances = sum((Decimal(page[f"{owner}_balance"]) for page in pages), Decimal(0))
        for basis in BASES:
            for by in (None, "payer", "bucket"):
                rows = aging(context, by, basis, owner)
                assert sum((Decimal(row["amount"]) for row in rows), Decimal(0)) == balances
