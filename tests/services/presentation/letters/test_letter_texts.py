"""Texts of letters: every shipped text is valid, a field without a value takes its paragraph with it, nothing else."""

import re
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.presentation.letters.compose import compose
from services.presentation.letters.document import Grid, Paragraph
from services.presentation.letters.facts import LetterFacts, PracticeProfile
from services.presentation.letters.fields import FIELDS, blocks_of, fields_of
from services.presentation.letters.kinds import WORDS, LetterKind
from services.presentation.letters.template import LetterText, LetterTextError, checked, filled, in_words
from services.presentation.letters.texts import TEXTS

KNOWN, BLOCKS = ("name", "sum", "table"), ("table",)
BARE = LetterFacts(
    today=date(2026, 11, 6),
    zone=ZoneInfo("UTC"),
    profile=PracticeProfile(name="Clinic", address=("1 Main St",)),
    payer_id="P",
    recipient=("Plan", "PO Box 1"),
)
TABLE = (Grid(caption="T", heads=("a",), rows=(("1",),)),)


@pytest.mark.parametrize("kind", LetterKind)
def test_every_kind_has_words_and_a_valid_text(kind):
    assert WORDS[kind].name
    text = TEXTS[kind]
    assert checked(text, fields_of(kind), blocks_of(kind)).body == text.body


def test_every_field_is_of_some_shipped_text_or_offered_to_all():
    used = {name for kind in LetterKind for name in FIELDS if f"{{{{{name}}}}}" in TEXTS[kind].title + TEXTS[kind].body}
    assert {name for name, field in FIELDS.items() if field.kinds} - used == set()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("Dear {{nobody}}", "paragraph 1 has an unknown field; this letter has name, sum, table"),
        ("Hello\n\nsee {{table}} here", "paragraph 2: table is a table, it stands alone"),
        ("Dear {{name}", "check the braces"),
        ("  \n\n ", "needs a title and a text"),
    ],
)
def test_a_text_that_cannot_be_used_is_refused_with_what_to_do(body, said):
    with pytest.raises(LetterTextError, match=said):
        checked(LetterText("Title", body), KNOWN, BLOCKS)


def test_a_paragraph_without_its_value_is_left_out_and_named():
    text = LetterText("To {{name}}", "Dear {{name}}:\n\nYou owe {{sum}}.\n\n{{table}}\n\nGoodbye.")
    title, blocks, without = filled(text, {"name": "Ann", "sum": None, "table": TABLE})
    assert (title, without) == ("To Ann", ("sum",))
    assert blocks == (Paragraph("Dear Ann:"), *TABLE, Paragraph("Goodbye."))


@given(value=st.text(max_size=60).filter(lambda text: text.strip()))
def test_a_value_is_never_read_as_a_field(value):
    _, blocks, without = filled(LetterText("T", "x{{name}}y"), {"name": value})
    assert (blocks, without) == ((Paragraph(f"x{value}y"),), ())


def test_a_text_with_words_to_fill_in_is_not_ready():
    facts = BARE
    made = compose(LetterKind.REFUND, LetterText("T", "Because [State the reason here.]"), facts)
    assert made.missing == ("the text in brackets: fill it in or delete it",)
    assert compose(LetterKind.REFUND, LetterText("T", "Because [1] of it"), facts).missing == ()


@pytest.mark.parametrize("kind", LetterKind)
def test_nothing_that_is_not_known_is_ever_printed(kind):
    """Each shipped text with nothing known of a claim: what names a field without a value is not in the letter."""
    made = compose(kind, TEXTS[kind], BARE)
    told = [made.title, *(text for block in made.body if isinstance(block, Paragraph) for text in [block.text])]
    assert [text for text in told if re.search(r"\{\{|\}\}|None", text)] == []
    assert not any(text != text.strip() or "  " in text for text in told)
    assert made.left_out or "{{" not in TEXTS[kind].body


def test_a_title_whose_field_is_not_known_keeps_the_letter_back():
    made = compose(LetterKind.REFUND, LetterText("Refund for {{patient_name}}", "Hello."), BARE)
    assert made.title == "Refund for"
    assert made.left_out == ("The patient's name",)
    assert made.missing == ("missing values in the title: The patient's name (change the title)",)


@given(kind=st.sampled_from(LetterKind), data=st.data())
def test_a_list_shows_fields_by_their_names(kind, data):
    names = [name for name in fields_of(kind) if name not in blocks_of(kind)]
    title = " and ".join(f"{{{{{name}}}}}" for name in data.draw(st.lists(st.sampled_from(names), min_size=1)))
    shown = in_words(title, {name: field.label for name, field in fields_of(kind).items()})
    assert "{" not in shown
    assert "_" not in shown
