"""Steps of an explanation in the words of a letter: for a payer's reader, who knows neither our files nor our names.

The figures are those of the page; what is said of versions, policies and contracts as we keep them becomes "our
agreement", and what only our own staff needs is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo

from services.presentation.plain_words import PACKS, pack_name, plain

_NAMED = re.compile(r"(?:\b(policy|contract) )?\b([A-Za-z][\w.-]*)@[\w][\w.-]*(?:[#@+][^\s:;,\])]*)?")
_AGREEMENT = "our agreement"
_AS_BILLED = re.compile(r"as billed: (?P<step>.*?)(?: = (?P<figure>-?[\d,.]+))?(?: \[[^\]]*\])?")
_OURS = re.compile(
    r"What stops it|Cautious:|A rejected submission does not count as filed|At the contractor's discretion|"
    r"includes \d+ of this practice's amounts"
)
_BEFORE: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"^the amount matches the earlier version \S+$", "the amount allowed is the rate before our agreement changed"),
    (r"^the amount matches the \w+ version \S+$", "the amount allowed is that of another version of our agreement"),
    (
        r"^the amount matches contract \S+ for plan (.+)$",
        lambda found: f"the amount allowed is the rate for the plan {found[1].title()}, not for this patient's plan",
    ),
    (r"^the amount matches contract \S+ for .*$", "the amount allowed is the rate of another agreement"),
    (r"^the amount (is|matches) ", r"the amount allowed \1 "),
    (r"; what stops it: .*$", ""),
)
_AFTER = (
    (r"^expected (\S+) less allowed (\S+)$", r"due under our agreement \1, less allowed \2"),
    (
        r"^(\S+) as billed less allowed (\S+): what the other code costs$",
        r"due for the code billed \1, less allowed \2",
    ),
    (r", half up$", ", rounded to the cent"),
    (r"^indices of ", "Medicare's indexes of the place, "),
    (r"^Latest: ", ""),
    (
        r"^Stopped: the payer accepted attempt (\d+) on (.*?) \((.*?)(?:, payer claim number (\S+?))?\)(?::.*)?$",
        lambda found: (
            f"You accepted submission {found[1]} on {found[2]} "
            f"({found[3]}{f', your claim number {found[4]}' if found[4] else ''})"
        ),
    ),
    (r"^Measured by the payer's receipt", "Measured by your receipt"),
    (r", alert [\d.,]+$", ""),
    (r"^(\S+) line (\d+) (\S+)( of |: )", r"claim \1, line \2, \3\4"),
    (r": finalized ", ": decided "),
    (r": pending, expected ", ": not decided yet, priced at "),
    (r"; (-?[\d.,]+) -> (-?[\d.,]+)", r"; total from \1 to \2"),
    (r"; amounts finalized here by then are included$", "; our own services decided by then are included"),
)


def for_reader(text: str, zone: ZoneInfo) -> str:
    """The sentence as a letter says it; empty where it is nothing to a payer."""
    if _OURS.match(text):
        return ""
    said = _each(text, _BEFORE)
    if _NAMED.fullmatch(said):
        return ""
    said = plain(_NAMED.sub(_name, said), zone)
    return _sentence(_each(said, _AFTER))


def money_rows(steps: Iterable[tuple[str, str]], zone: ZoneInfo) -> list[tuple[str, str]]:
    """Steps of a price, each with its figure, without those that are nothing to a payer."""
    rows = []
    for label, figure in steps:
        told, amount = label, figure
        if found := _AS_BILLED.fullmatch(label):
            told, amount = f"{found['step']}, the code billed", figure or found["figure"] or ""
        if said := for_reader(told, zone):
            rows.append((said, amount))
    return rows


def overpaid(reason: str, zone: ZoneInfo) -> str:
    """Why a line is an overpayment, without what we guess about its cause."""
    told = plain(reason.split("; likely cause:", maxsplit=1)[0], zone)
    shape = r"(?i)^line (\d+): (\S+) ×(\S+): allowed (\S+), contract: (\S+), (\S+) too much$"
    words = r"Line \1, \2, units \3: you allowed \4 where our agreement gives \5, which is \6 too much"
    return re.sub(shape, words, told)


def _each(text: str, rules: Iterable[tuple[str, str | Callable[[re.Match[str]], str]]]) -> str:
    for rule, words in rules:
        text = re.sub(rule, words, text)
    return text


def _name(found: re.Match[str]) -> str:
    """A rule pack in words; a policy is the payer's, a contract ours with it."""
    if found[1] == "policy":
        return "Your filing and appeal terms"
    stem = re.sub(r"\.\d{4}$", "", found[2].replace("_", "-"))
    return pack_name(found[2]) if stem in PACKS else _AGREEMENT


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
