"""Letters as files: what is in the letter is in the PDF and in the DOCX; texts are never markup; attachments follow."""

import io

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from services.core.errors import UsageError
from services.letters.docx import docx
from services.letters.pdf import joined, pdf, pictures
from services.presentation.letters.document import Grid, Letter, Paragraph, RawText


def letter(**changes):
    given = {
        "kind": "appeal",
        "title": "First-level appeal",
        "date": "Nov 6, 2026",
        "sender": ("Brightwater Therapy", "100 Harbor Street"),
        "recipient": ("Lakeshore Health Plan", "PO Box 1000"),
        "about": (("Our claim number", "BT1"),),
        "blocks": (
            Paragraph("To whom it may concern:"),
            Grid(
                caption="Denied",
                heads=("Line", "Charge"),
                rows=(("1", "120.00"),),
                right=(1,),
                total=("Total", "120.00"),
            ),
            RawText("In the 277CA", ("STC*A2:20*20260424*WQ*260~",)),
        ),
        "signer": ("Jo Park",),
    }
    return Letter(**(given | changes))


def pdf_text(content):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def docx_text(content):
    made = Document(io.BytesIO(content))
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in made.paragraphs), *cells])


WORDS = ("Brightwater Therapy", "Lakeshore Health Plan", "BT1", "120.00", "STC*A2:20*20260424*WQ*260~", "Jo Park")


@pytest.mark.parametrize(("draw", "read"), [(pdf, pdf_text), (docx, docx_text)])
def test_the_file_holds_the_whole_letter(draw, read):
    told = read(draw(letter()))
    assert [word for word in WORDS if word not in told] == []


def test_the_same_letter_is_the_same_file():
    assert pdf(letter()) == pdf(letter())


def test_segments_come_behind_the_signature():
    told = pdf_text(pdf(letter()))
    assert told.index("Jo Park") < told.index("In the 277CA")


def test_a_letter_as_pictures_has_one_for_each_page():
    pages = pictures(letter())
    assert len(pages) == len(PdfReader(io.BytesIO(pdf(letter()))).pages)
    assert all(page.startswith(b"\x89PNG") for page in pages)


@settings(max_examples=25)
@given(st.text(max_size=80))
def test_any_text_can_be_drawn_and_none_is_markup(text):
    made = letter(title=text or "x", blocks=(Paragraph(f"#panic() {text} $x$ *y*"),))
    assert pdf(made).startswith(b"%PDF-")
    assert "*y*" in docx_text(docx(made))


def test_markup_in_a_text_stays_text():
    assert "#sys.inputs *bold* $x$" in pdf_text(pdf(letter(blocks=(Paragraph("#sys.inputs *bold* $x$"),))))


def a_pdf(pages=1, password=None):
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_attachments_follow_in_order():
    whole = joined(pdf(letter()), [("notes", a_pdf(2)), ("plan", a_pdf(1))])
    assert len(PdfReader(io.BytesIO(whole)).pages) == len(PdfReader(io.BytesIO(pdf(letter()))).pages) + 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello", "attachment 1 is no PDF file"),
        (b"%PDF-1.7 and nothing", "attachment 1 is a damaged PDF file"),
        (a_pdf(password="secret"), "protected by a password"),
        (a_pdf(201), "more than 200 pages"),
    ],
)
def test_an_attachment_that_cannot_be_added_is_refused(content, said):
    with pytest.raises(UsageError, match=said):
        joined(pdf(letter()), [("notes", content)])


@pytest.mark.parametrize(("draw", "read"), [(pdf, pdf_text), (docx, docx_text)])
def test_a_letter_that_lacks_something_says_so_on_paper(draw, read):
    assert "Draft, not complete" not in read(draw(letter()))
    assert "Draft, not complete" in read(draw(letter(missing=("the recipient",))))


def test_a_signature_never_stands_alone_on_its_page():
    for length in range(20, 44, 3):
        grid = Grid(caption="T", heads=("a", "b"), rows=tuple((str(n), "1.00") for n in range(length)), right=(1,))
        made = letter(blocks=(grid, Paragraph("Please call us.")))
        last = PdfReader(io.BytesIO(pdf(made))).pages[-1].extract_text()
        assert "Jo Park" not in last or "Please call us." in last
