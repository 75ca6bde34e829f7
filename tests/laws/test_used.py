"""What nothing uses is deleted: tests alone are no use."""

import ast
import re
from collections import Counter

from tests.laws.code import ROOT, modules

# Names that are looked up by their text, or that a framework calls: where.
BY_NAME = {
    "services/cli": "verbs are loaded by name when they are asked for (services/cli/main.py)",
    "services/migrations": "Alembic calls them",
}
TABLES_OF_A_VERSION_BEFORE = {"Refold"}  # its processes may still write there
WORD = re.compile(r"[A-Za-z_]\w*")


def defined(module):
    """Names a module defines at its top, decorated functions apart: a framework calls those."""
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) or (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.decorator_list
        ):
            yield node.name
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for name in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if isinstance(name, ast.Name):
                        yield name.id
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def test_every_name_is_used():
    uses = Counter(word for module in modules() for word in WORD.findall(module.text))
    for path in (ROOT / "services").rglob("*"):
        if path.suffix in {".html", ".mako"}:
            uses.update(WORD.findall(path.read_text("utf-8")))
    unused = [
        f"{module.name}: {name}"
        for module in modules()
        if not module.name.startswith(tuple(BY_NAME))
        for name in defined(module)
        if uses[name] == 1 and not name.startswith("__") and name not in TABLES_OF_A_VERSION_BEFORE
    ]
    assert not unused, "\n".join(unused)
