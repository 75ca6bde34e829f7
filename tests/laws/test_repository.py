"""What files say of themselves: rule packs their source, decisions their parts, the map every room, a name one thing."""

import ast
import re
import tomllib

import pytest

from tests.laws.code import ROOT, modules, refuse, tracked


def test_every_rule_pack_names_its_source_and_how_sure_we_are():
    packs = sorted((ROOT / "projections" / "rulepacks").glob("*.toml"))
    assert packs
    for path in packs:
        pack = tomllib.loads(path.read_text("utf-8"))
        assert pack.get("source", "").strip(), f"{path.name}: no source"
        assert pack.get("confidence") in ("H", "M", "L"), f"{path.name}: confidence is H, M or L"
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(pack.get("verified_on"))), f"{path.name}: no verified_on"


def test_every_table_belongs_to_a_rule_pack():
    folder = ROOT / "projections" / "rulepacks"
    packs = (tomllib.loads(path.read_text("utf-8")) for path in folder.glob("*.toml"))
    named = {period["table"] for pack in packs for period in pack["periods"] if "table" in period}
    assert named == {path.name for path in folder.glob("*.csv")}


# The brackets keep these patterns from finding themselves.
MACHINE_PATH = re.compile(r"(?<![\w.~/:}*-])/([w]ork|[r]oot|[h]ome)(/|\b(?![-\w.]))")
REGISTRY = re.compile(r"pypi[.]org|files[.]pythonhosted|index[-]url|find[-]links")


@pytest.mark.parametrize(
    ("pattern", "what"), [(MACHINE_PATH, "a path of one machine"), (REGISTRY, "a registry's address")]
)
def test_no_file_knows_the_machine_it_was_written_on(pattern, what):
    refuse(
        f"{path.relative_to(ROOT)}:{number} {what}: {line.strip()[:80]}"
        for path in tracked()
        for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), start=1)
        if pattern.search(line)
    )


# Lists of many small readings of the rules, not one decision each.
LISTS = {"0011-deadlines.md", "0012-session-rules.md", "0013-expected-amounts.md"}


def test_decisions_are_numbered_and_have_their_parts():
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [path.name[:5] for path in decisions] == [f"{n:04d}-" for n in range(1, len(decisions) + 1)]
    for path in decisions:
        text = path.read_text("utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        parts = re.findall(r"^## (Context|Decision|Consequences)$", text, re.MULTILINE)
        assert path.name in LISTS or parts == ["Context", "Decision", "Consequences"], path.name


def test_the_map_shows_every_room():
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    rooms = {path.parent for room in ("projections", "services") for path in (ROOT / room).glob("*/*.py")}
    missing = {path.relative_to(ROOT).as_posix() for path in rooms if f"`{path.name}/`" not in text}
    assert missing == set(), "not in docs/architecture.md"


# Names used in two places on purpose: the public documents (OpenAPI) call a thing as the field does.
TWICE = {"Session", "Threshold", "WorkItem"}


def test_a_public_type_name_exists_once():
    places = {}
    for module in modules():
        for name in public_types(module):
            places.setdefault(name, []).append(module.name)
    refuse(f"{name}: {', '.join(where)}" for name, where in places.items() if len(where) > 1 and name not in TWICE)


def public_types(module):
    """Classes and type aliases at module level that do not begin with an underscore."""
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name[0].isupper() and name != name.upper():
                yield name


def test_test_files_have_names_of_their_own():
    """Without packages, a second file of one name is not collected."""
    names = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        names.setdefault(path.name, []).append(path.relative_to(ROOT).as_posix())
    refuse(f"{name}: {', '.join(where)}" for name, where in names.items() if len(where) > 1)
