"""Normal forms: what counts of an identifier that EDI spells in many ways. Every comparison of spellings is made here.

They serve comparison only. What is stored and shown stays as it was stated, and they never touch the `source` and `id`
that a publisher gave an event, nor a claim id.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

CUT_LENGTH = 15  # a claim number of at least this many characters may be the beginning of a longer one
_ORIGINATOR_DIGITS = 10  # TRN03 and BPR10: 1 and an employer's nine-digit tax number (005010X221A1)


@lru_cache(maxsize=65_536)  # the same few senders, payers and control numbers come again and again
def number_form(stated: str | None) -> str:
    """An identifier without case, blanks, punctuation and leading zeros; `0` for one of zeros only, empty for none."""
    kept = "".join(c for c in (stated or "").upper() if c.isalnum())
    return kept.lstrip("0") or kept[:1]


def originator_form(stated: str | None) -> str:
    """TRN03 or BPR10, with or without the 1 in front of a tax number."""
    form = number_form(stated)
    return form[1:].lstrip("0") if len(form) == _ORIGINATOR_DIGITS and form[0] == "1" and form.isdigit() else form


def name_form(stated: str | None) -> str:
    """A name in capitals, its words parted by single blanks, without punctuation."""
    return " ".join("".join(c if c.isalnum() else " " for c in (stated or "").upper()).split())


def amount_form(amount: Decimal | None) -> str:
    """An amount with two decimals, so that 50 is 50.00; empty where none is stated."""
    return "" if amount is None else f"{amount + 0:.2f}"


def may_be_cut(stated: str) -> bool:
    """Whether a claim number is long enough to be one that somebody cut short."""
    return len(stated.strip()) >= CUT_LENGTH


def beginnings(stated: str) -> list[str]:
    """Every normal form of a claim number that was cut from this one, the longest first; never the whole."""
    return [form for end in range(len(stated) - 1, CUT_LENGTH - 1, -1) if (form := number_form(stated[:end]))]
