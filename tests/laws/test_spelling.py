"""Laws on words: US spelling and no private vocabulary in documentation, comments and docstrings.

Spelling is looked for in messages too. Names that are public keep the spelling they were published with: text between backticks and identifiers with an
underscore are not looked at, and single words are exempt below, each with its reason.
"""

import ast
import io
import re
import tokenize

import pytest

from tests.laws.code import ROOT, tracked

BRITISH = re.compile(
    r"(?i)\b(?:\w*(?:authoris|organis|recognis|normalis|finalis|summaris|initialis|serialis|categoris|prioritis|optimis"
    r"|synchronis|standardis|capitalis|utilis|minimis(?=e[ds]|ing))(?:e[drs]?|es|ing|ations?|able)"
    r"|un?recognised|analys(?:ed|ing)|(?:dis)?colour(?:s|ed|ing)?|(?:neigh|la|har)bours?|behaviours?|favour\w*"
    r"|honour(?:s|ed|ing)?|programmes?|catalogues?|cheques?|judgements?|acknowledgements?|enrolments?|instalments?"
    r"|(?:cancell|labell|modell|travell|totall)(?:ed|ing)|centres?|licences?|defences?|ageing|artefacts?|whilst|learnt)\b"
)
EXEMPT = {
    ("projections/session_rules/billed.py", "unrecognised"): "part of a rule's public name, modifier.unrecognised",
    ("docs/rules.md", "unrecognised"): "the same name in the table of rules",
    ("tests/projections/session_rules/test_comparison.py", "unrecognised"): "the same name in its test",
    ("services/presentation/fhir.py", "cancelled"): "a code of FHIR",
    ("projections/tables/price_facts.py", "finalised"): "a key of a stored JSON column",
    ("projections/tables/vocabulary.py", "finalised"): "a state in stored rows and in the API",
}
PRIVATE = {  # as a pattern: what to say instead
    r"whoever": "anyone who, the one that, no matter who",
    r"reckon\w*": "calculate, count",
    r"mend(?:s|ed|ing)?": "fix",
    r"beside": "next to, in addition to",
    r"so many": "this many, that many",
    r"told apart": "distinguished",
    r"foret(?:old|ells?)": "predicted",
    r"sp(?:eaks?|oke) of": "refers to",
    r"for ever": "forever",
}
LISTS = ("tests/laws/test_spelling.py", "tests/services/web/test_plain_pages.py")  # they hold the words to look for


def words(text):
    """British words of a text, small; what is between backticks or in the braces of an f-string is code."""
    return {found.lower() for found in BRITISH.findall(re.sub(r"`[^`\n]*`|\{[^{}]*\}", " ", text))}


def prose(path):
    text = path.read_text("utf-8")
    if path.suffix == ".md":
        return text
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return "\n".join(token.string for token in tokens if token.type in {tokenize.COMMENT, tokenize.STRING})


def british():
    """(file, word) of every British spelling in tracked Markdown and Python."""
    paths = [path for path in tracked() if path.suffix in {".md", ".py"}]
    return {
        (name, word)
        for path in paths
        if (name := path.relative_to(ROOT).as_posix()) not in LISTS
        for word in words(prose(path))
    }


def documentation(path):
    """Markdown, or the comments and docstrings of a module, without what is between backticks."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        found = [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        text = "\n".join([*found, *(token.string for token in tokens if token.type == tokenize.COMMENT)])
    return re.sub(r"`[^`\n]*`", " ", text)


def test_no_private_vocabulary_in_documentation():
    paths = [path for path in tracked() if path.suffix in {".md", ".py"}]
    texts = {path.relative_to(ROOT).as_posix(): documentation(path) for path in paths}
    assert not [
        f"{name}: {found.group()!r}, say: {better}"
        for word, better in PRIVATE.items()
        for name, text in texts.items()
        if name not in LISTS
        for found in re.finditer(rf"(?i)\b{word}\b", text)
    ]


def test_us_spelling_where_people_read():
    found = british()
    assert not sorted(found - EXEMPT.keys()), "British spelling: use the US form"
    assert not sorted(EXEMPT.keys() - found), "exempt for nothing: remove the entry"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The colour of a programme", {"colour", "programme"}),
        ("Unauthorised judgements, normalised", {"unauthorised", "judgements", "normalised"}),
        (
            "color, judgment, acknowledgment, program, precise, promises, exercise, four hours, de_minimis_percent",
            set(),
        ),
        ("`finalised`, acknowledgement_to_answer, f'{line.judgement}', CancelledError, de minimis", set()),
    ],
)
def test_the_law_sees_prose_and_leaves_code(text, found):
    assert words(text) == found
