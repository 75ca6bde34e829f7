"""A letter as PDF, or as pictures of its pages; attachments joined behind it."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import typst
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from services.core.errors import ClaimclockError, UsageError
from services.presentation.letters.document import Letter

LAYOUT = Path(__file__).with_name("letter.typ")
PAGES = 200  # of one attachment
PDF_START = b"%PDF-"


class LetterRenderError(ClaimclockError):
    """The letter cannot be drawn; the program's own fault."""


def pdf(letter: Letter) -> bytes:
    """The letter as PDF: the same bytes for the same letter. Raises LetterRenderError."""
    return _drawn(letter, "pdf")[0]


def pictures(letter: Letter) -> list[bytes]:
    """A PNG of each page."""
    return _drawn(letter, "png")


def _drawn(letter: Letter, form: Literal["pdf", "png"]) -> list[bytes]:
    try:
        found: Any = typst.compile(  # one file, or a list of one for each page
            LAYOUT.read_bytes(),
            format=form,
            ppi=110.0,
            sys_inputs={"letter": json.dumps(letter.as_json())},
            ignore_system_fonts=True,  # the same letter on every machine
        )
    except typst.TypstError as error:
        raise LetterRenderError("the letter could not be drawn as PDF") from error
    pages = found if isinstance(found, list) else [found]
    return [page for page in pages if page is not None]


def joined(letter: bytes, attachments: Sequence[tuple[str, bytes]]) -> bytes:
    """The letter with PDF files behind it, in order. Raises UsageError for what is no readable PDF."""
    if not attachments:
        return letter
    writer = PdfWriter()
    writer.append(io.BytesIO(letter))
    for number, (_, content) in enumerate(attachments, 1):
        _append(writer, content, number)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _append(writer: PdfWriter, content: bytes, number: int) -> None:
    if not content.startswith(PDF_START):
        raise UsageError(f"attachment {number} is no PDF file")
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted:
            raise UsageError(f"attachment {number} is protected by a password: remove it first")
        if len(reader.pages) > PAGES:
            raise UsageError(f"attachment {number} has more than {PAGES} pages")
        writer.append(reader)
    except PyPdfError as error:
        raise UsageError(f"attachment {number} is a damaged PDF file") from error
