"""Laws on words: US spelling and no private vocabulary in documentation, comments and docstrings.

Spelling is looked for in messages too. Names that are public keep the spelling they were published with: text between backticks and identifiers with an
underscore are not looked at, and single words are exempt below, each with its reason.
"""

import ast
import io
import re
import tokenize

import pytest

from tests.laws.code import ROOT, modules, refuse, tracked

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
SAID = {  # what people read on pages, in letters, errors and command help, as a pattern: what to say instead
    r"would stop it": "what stops it",
    r"all the same": "anyway",
    r"(?:take|takes|taken|took|taking) in": "import",
    r"brought in|brings? in": "imported",
    r"bears?": "has, includes",
    r"in the place of": "instead of, in place of",
    r"set-up": "setup",
    r"keys? of programs?": "API key",
    r"puts? aside": "dismiss",
    r"(?:is|are) away": "is unavailable",
    r"is no (?:day|code|date|number|JSON)": "is not a",
    r"somebody": "someone",
    r"of ours": "of this practice",
    r"not judged": "not checked",
    r"came about": "happened",
    r"hangs on": "belongs to",
    r"earns?": "supports (units)",
    r"(?:\d|\}|\)) x (?=[\d{(])": "the sign for times",
    r"x(?=\{)": "the sign for times",
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


def messages(module):
    """(line, text) of every string of a module that reads as words: no docstring, no key, no SQL."""
    docs = {
        id(node.body[0].value)
        for node in module.nodes(ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if node.body and isinstance(node.body[0], ast.Expr)
    }
    inside = {id(part) for node in module.nodes(ast.JoinedStr) for part in node.values}
    for node in module.nodes(ast.JoinedStr, ast.Constant):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
        elif isinstance(node.value, str) and id(node) not in docs | inside and " " in node.value.strip():
            yield node.lineno, node.value


def unplain(text):
    """What a US biller would not say -> what to say instead, for every such phrase of a text."""
    return {
        found.group(): better
        for phrase, better in SAID.items()
        for found in re.finditer(rf"(?i)(?<![\w<]){phrase}(?!\w)", text)
    }


def test_what_people_read_is_in_their_words():
    shown = [(module, *said) for module in modules("projections", "services") for said in messages(module)]
    pages = [(path, path.read_text("utf-8")) for path in tracked() if path.suffix == ".html"]
    refuse(
        [
            *(f"{module.name}:{line}: {unplain(text)}" for module, line, text in shown if unplain(text)),
            *(f"{path.relative_to(ROOT)}: {unplain(text)}" for path, text in pages if unplain(text)),
        ]
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Would stop it: a 999", {"Would stop it"}),
        ("Join all the same", {"all the same"}),
        ("no claim bears 97110 x{}", {"bears", "x"}),
        ("2 x {} = 80.00", {"2 x "}),
        ("{} x {}", {"} x "}),
        ("the claim has 97110 \u00d72; earned in 0x{} and index{}", set()),
    ],
)
def test_the_law_knows_what_a_biller_would_not_say(text, found):
    assert set(unplain(text)) == found


def test_us_spelling_where_people_read():
    found = british()
    assert not sorted(found - EXEMPT.keys()), "British spelling: use the US form"
    assert not sorted(EXEMPT.keys() - found), "exempt for nothing: remove the entry"


def declared_fields(module):
    """Names of fields that a class of a module declares: what JSON and tables call them."""
    for node in module.nodes(ast.ClassDef):
        fields = (part.target for part in node.body if isinstance(part, ast.AnnAssign))
        yield from (field for field in fields if isinstance(field, ast.Name))


def test_names_of_fields_are_in_us_spelling():
    refuse(
        f"{module.at(field)} {field.id}"
        for module in modules()
        for field in declared_fields(module)
        if words(field.id.replace("_", " "))
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The colour of a programme", {"colour", "programme"}),
        ("Unauthorised judgements, normalised", {"unauthorised", "judgements", "normalised"}),
        (
            "color, judgment, acknowledgment, program, precise, promises, exercise, four hours, de_minimis_percent",
            set(),
        ),
        ("`finalised`, colour_of_answer, f'{line.judgement}', CancelledError, de minimis", set()),
    ],
)
def test_the_law_sees_prose_and_leaves_code(text, found):
    assert words(text) == found
