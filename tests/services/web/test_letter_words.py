"""A law on what payers and patients read in letters: over the demo's month, every kind, no name or word of our own."""

import re

from sqlalchemy import select

from projections.tables.tables import READ_TABLES
from services.presentation.letters.compose import compose
from services.presentation.letters.document import Grid, Paragraph
from services.presentation.letters.kinds import LetterKind
from services.presentation.letters.texts import TEXTS
from services.reads.letter_facts import LetterSubject, letter_facts
from services.reads.read_context import ReadContext
from services.store.raw_files import RawStore
from tests.services.web.test_plain_pages import faults

ITEM, PRICE, CONTRACT = READ_TABLES["work_item"], READ_TABLES["line_price"], READ_TABLES["line_price"].c.contract
OURS = re.compile(
    r"as billed:|half up|pending, expected|finali[sz]ed|indices|version \d|\bpolicy [A-Z]{3,}|what stops|->|"
    r"\bcontract: |\bours\b|likely cause|@"
)
MOST = 24  # claims, spread over every list


def words(letter):
    """Every text of the letter but what a clerk is told, and segments as they were sent."""
    found = [letter.title, *(text for pair in letter.about for text in pair)]
    for block in letter.body:
        if isinstance(block, Paragraph):
            found.append(block.text)
        elif isinstance(block, Grid):
            found += [block.caption, *block.heads, *(cell for row in (*block.rows, block.total) for cell in row)]
    return found


def subjects(connection):
    groups = select(PRICE.c.payer_id, PRICE.c.procedure).where(PRICE.c.verdict.in_(("underpaid", "recoded"))).distinct()
    for payer, procedure in connection.execute(groups):
        yield LetterSubject(kind=LetterKind.UNDERPAYMENT_DISPUTE, payer_id=payer, procedure=procedure)
    listed = select(ITEM.c.claim_id, ITEM.c.kind).where(ITEM.c.claim_id != "").order_by(ITEM.c.kind, ITEM.c.claim_id)
    by_list = {}
    for claim, kind in connection.execute(listed):
        by_list.setdefault(kind, []).append(claim)
    claims = {claim for each in by_list.values() for claim in each[: MOST // len(by_list) + 1]}
    for claim in sorted(claims):
        yield from (LetterSubject(kind=kind, claim_id=claim) for kind in LetterKind)


def test_letters_hold_no_word_of_our_own(site):
    app = site.app
    context = ReadContext(engine=app.engine, references=app.references, practice="default", at=app.clock.now())
    with app.engine.connect() as connection:
        wanted = list(subjects(connection))
        contracts = {name.split("@")[0] for name in connection.scalars(select(CONTRACT).distinct()) if name}
    named = re.compile("|".join(re.escape(name) for name in sorted(contracts)) or "(?!)")
    told = {}
    for about in wanted:
        letter = compose(about.kind, TEXTS[about.kind], letter_facts(context, RawStore(app.settings), about))
        told.setdefault(about.kind, set()).update(words(letter))
    assert told.keys() == set(LetterKind)
    for kind, texts in told.items():
        assert faults(texts) == {}, kind
        assert {text for text in texts if OURS.search(text) or named.search(text)} == set(), kind
    dispute = told[LetterKind.UNDERPAYMENT_DISPUTE]
    assert any(re.fullmatch(r"Rate of \d{5}, the code billed", text) for text in dispute)
    assert any(re.fullmatch(r"Due for the code billed [\d.]+, less allowed [\d.]+", text) for text in dispute)
    assert any(re.fullmatch(r"Due under our agreement [\d.]+, less allowed [\d.]+", text) for text in dispute)
