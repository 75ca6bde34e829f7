"""Every word of a closed vocabulary has words for people, and no table names a word that nothing says."""

import pytest

from projections.tables.vocabulary import (
    Band,
    ClaimStatus,
    DeadlineState,
    DepositState,
    LineStatus,
    ListKind,
    PriceCause,
    PriceVerdict,
)
from services.presentation import labels


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (labels.CAUSES, {*PriceCause}),
        (labels.CLASSES, {*PriceVerdict}),
        (labels.BANDS, {*Band}),
        (
            labels.STATUSES,
            {*ClaimStatus, *LineStatus, "bundled"},
        ),  # a line's page says whether it was paid with another
        (labels.WORKLISTS, {*ListKind}),
        (labels.ITEMS, {*ListKind} - {ListKind.TODAY}),
        (labels.DEPOSITS, {*DepositState}),
        (labels.DEADLINE_STATES, {*DeadlineState}),
    ],
    ids=["causes", "verdicts", "bands", "statuses", "worklists", "items", "deposits", "deadlines"],
)
def test_every_word_has_words_for_people(table, words):
    assert set(table) == words
