"""Which claims a provider adjustment (PLB) may mean: its reference in all the ways payers spell a claim number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from events.normal_forms import number_form

_SHORTEST_PART = 6  # a part of a reference with fewer characters names no claim by itself
# Medicare writes two digits for the kind of adjustment before its claim control number of 13.
_MEDICARE = re.compile(r"\d{2}(\d{13})\d*")


def reference_forms(reference: str | None) -> tuple[str, ...]:
    """The normal forms under which the claim meant by a reference may be known, each once."""
    stated = reference or ""
    parts = [stated, *(part for part in re.split(r"[\s:/|,;]+", stated) if len(part) >= _SHORTEST_PART)]
    forms = []
    for part in parts:
        plain = "".join(c for c in part if c.isalnum())
        forms.append(number_form(part))
        if found := _MEDICARE.fullmatch(plain):
            forms.append(number_form(found[1]))
    return tuple(dict.fromkeys(form for form in forms if form.strip("0")))


def trace_name(stated: str | None) -> str:
    """The name under which the claims of a check are found by its number; empty for none.

    A blank sets it apart from every claim number: normal forms hold letters and digits only.
    """
    form = number_form(stated)
    return f"trace {form}" if form.strip("0") else ""


def claim_forms(numbers: Iterable[str | None]) -> tuple[str, ...]:
    """The normal forms of the numbers of a claim: ours and the payer's; none for a number of zeros."""
    return tuple(dict.fromkeys(form for number in numbers if (form := number_form(number)).strip("0")))
