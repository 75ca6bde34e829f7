"""A law on what people read: pages and command-line tables in plain US English, without the program's own names.

Exempt are marked regions: `data-verbatim` holds what users typed or files brought (identifiers, raw EDI), as `pre`
does.
"""

import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from services.presentation.labels import WORKLISTS
from services.web import glossary
from tests.services.web.test_pages import PLAIN, deep

RULES = {
    "version by @": r"[\w.-]+@(?:\d[\w.]*|[A-Z]{2,}\d\w*)\b",
    "slug": r"\b[a-z]+(?:_[a-z0-9]+)+\b",
    "ISO instant": r"\b\d{4}-\d\d-\d\dT\d\d",
    "ISO date": r"\b\d{4}-\d\d-\d\d\b",
    "HTTP verb": r"\b(?:GET|POST|PUT|PATCH|DELETE) /",
    "event type": r"\b[a-z_]+\.[a-z_]+\.v\d\b",
    "bare 277 code": r"(?<![(/\w])A[0-8](?:[/ ]\d{1,3})+\b",
    "space before %": r"\d %",
    "British spelling": r"(?i)\b\w*(?:authoris|organis|recognis|normalis|colour|enrolment|programme|acknowledgement|"
    r"cancelled|behaviour|centre\b|cheque|favour|labour|judgement|licence)\w*",
    "private word": r"(?i)\b(?:reckon\w*|the house|beside|whoever|mended|so many|takes? in|told)\b",
}
VOID = frozenset({"img", "input", "link", "meta", "br", "hr", "line", "rect", "path", "circle"})
HIDDEN = frozenset({"script", "style", "pre", "template"})


class Reader(HTMLParser):
    """The text of a page that a person reads or hears, without the marked regions."""

    def __init__(self):
        super().__init__()
        self.open, self.words = [], []

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if not self._exempt() and "data-verbatim" not in told:
            self.words += [told[name] for name in ("aria-label", "title", "placeholder", "alt") if told.get(name)]
        if tag not in VOID:
            self.open.append((tag, tag in HIDDEN or "data-verbatim" in told))

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        if data.strip() and not self._exempt():
            self.words.append(" ".join(data.split()))

    def _exempt(self):
        return any(exempt for _, exempt in self.open)


def read(html):
    reader = Reader()
    reader.feed(html)
    return reader.words


def faults(texts):
    """What breaks the law: rule -> the sentences that do."""
    found = {}
    for text in texts:
        for name, rule in RULES.items():
            if re.search(rule, text):
                found.setdefault(name, set()).add(text[:160])
    return found


CODES = re.compile(r"\b(?:(?:CO|PR|OA|PI|CR)[- ]\d{1,3}|A[0-8](?:[/ ]\d{1,3})+|M\d{1,3}|MA\d{1,3}|N\d{1,4})\b")
SAY_NOTHING = frozenset({"remarks", "remark", "codes", "rejected", "denied", "adjusted"})
BLOCKS = frozenset(
    {"td", "th", "li", "p", "dd", "dt", "summary", "div", "caption", "h1", "h2", "h3", "option", "label"}
)


class Blocks(Reader):
    """The same text by paragraph, cell or item: what a person reads as one."""

    def __init__(self):
        super().__init__()
        self.found = []

    def flush(self):
        self.found.append(" ".join(self.words))
        self.words = []

    def handle_starttag(self, tag, attrs):
        if tag in BLOCKS:
            self.flush()
        super().handle_starttag(tag, [])
        if self.open and tag not in VOID:
            self.open[-1] = (tag, tag in HIDDEN or "data-verbatim" in dict(attrs))

    def handle_endtag(self, tag):
        super().handle_endtag(tag)
        if tag in BLOCKS:
            self.flush()


def bare_codes(html):
    """Cells, items and paragraphs that have an adjustment, remark or status code and no words for it."""
    reader = Blocks()
    reader.feed(html)
    reader.flush()
    with_codes = [block for block in reader.found if CODES.search(block)]
    return [block for block in with_codes if not set(re.findall(r"[A-Za-z]{5,}", CODES.sub("", block))) - SAY_NOTHING]


@pytest.mark.parametrize(
    ("html", "bare"),
    [
        ("<td>CO-50 N180: not deemed medically necessary</td>", []),
        ('<td class="code">OA-23</td><td>Paid in part</td>', ["OA-23"]),
        ("<div><span>CO-45</span> 12.00 <span>above the contract</span></div>", []),
        ("<p>rejected: A7 562 82</p>", ["rejected: A7 562 82"]),
        ("<pre>CAS*CO*45</pre>", []),
    ],
)
def test_the_law_sees_codes_without_words(html, bare):
    assert bare_codes(html) == bare


def test_no_page_shows_a_code_without_words(site):
    client = site.client()
    denied = [f"/claims/{site.ref(claim)}" for claim in ("BT100121", "BT100205", "BT100117", "BT100256", "BT100222")]
    pages = [*PLAIN, *(f"/worklists/{kind}" for kind in WORKLISTS), *deep(site), *denied]
    assert {path: found for path in pages if (found := bare_codes(client.get(path).text))} == {}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("by cedar-therapy@2", "version by @"),
        ("appeal_1 runs", "slug"),
        ("due 2026-03-02T15:00:00Z", "ISO instant"),
        ("rejected (A7/562/82)", None),
        ("A7/562/82", "bare 277 code"),
        ("an authorisation", "British spelling"),
        ("POST /v1/events", "HTTP verb"),
        ("Mar 2, 2026, version 2", None),
        ("due 2026-03-02", "ISO date"),
    ],
)
def test_the_law_sees_what_it_forbids(text, rule):
    assert set(faults([text])) == ({rule} if rule else set())


def test_marked_regions_are_exempt_and_nothing_else():
    assert read(
        '<p title="one">two <b data-verbatim>three <i>four</i></b><img alt="five"> six</p><pre>seven</pre>'
    ) == ["one", "two", "five", "six"]


def test_every_page_speaks_plainly(site):
    client, auditor, wrong = site.client(), site.client("a.reyes"), {}
    denied = [f"/claims/{site.ref(claim)}" for claim in ("BT100121", "BT100205", "BT100117", "BT100256", "BT100222")]
    for path in [*PLAIN, *(f"/worklists/{kind}" for kind in WORKLISTS), *deep(site), *denied, "/claims/" + "0" * 24]:
        wrong[path] = faults(read(client.get(path).text))
    wrong["/audit"] = faults(read(auditor.get("/audit?check=true").text))
    assert [
        f"{path} {rule}: {text}" for path, told in wrong.items() for rule, texts in told.items() for text in texts
    ] == []


def test_the_glossary_of_the_desk_is_that_of_the_documentation(site):
    shown = (Path(glossary.__file__).parent / "glossary.md").read_text()
    assert shown == (Path(__file__).parents[3] / "docs" / "glossary.md").read_text()
    page = site.client().get("/glossary").text
    assert all(f'<th scope="row">{escape(term)}</th>' in page for term, _ in glossary.terms())
    assert faults(read(page)) == {}
    assert 'href="/glossary"' in site.client().get("/").text
