"""What the laws look at: our modules as syntax trees, and every file under version control."""

import ast
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("events", "projections", "services")


@dataclass(frozen=True)
class Module:
    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def dotted(self) -> str:
        return self.name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def room(self) -> str:
        return self.name.split("/", 1)[0]

    @cached_property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)

    @cached_property
    def all_nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @cached_property
    def imported(self) -> dict[str, str]:
        """Local name -> what it stands for, dotted, for everything imported anywhere in the module."""
        names = {}
        for node in self.all_nodes:
            if isinstance(node, ast.Import):
                for item in node.names:
                    names[item.asname or item.name.split(".")[0]] = (
                        item.name if item.asname else item.name.split(".")[0]
                    )
            elif isinstance(node, ast.ImportFrom):
                for item in node.names:
                    names[item.asname or item.name] = f"{node.module}.{item.name}"
        return names

    def at(self, node: ast.AST) -> str:
        return f"{self.name}:{node.lineno}"

    def nodes(self, *kinds: type) -> Iterator[ast.AST]:
        return (node for node in self.all_nodes if isinstance(node, kinds))

    def imports(self) -> Iterator[tuple[ast.AST, str]]:
        """Every import, and the module it names."""
        for node in self.nodes(ast.Import, ast.ImportFrom):
            if isinstance(node, ast.Import):
                yield from ((node, item.name) for item in node.names)
            else:
                yield node, "." * node.level + (node.module or "")

    def imports_in_full(self) -> Iterator[tuple[ast.AST, str]]:
        """Every import with the name it fetches: `from services import store` is `services.store`."""
        for node in self.nodes(ast.Import, ast.ImportFrom):
            before = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            yield from ((node, before + item.name) for item in node.names)

    def meant(self, node: ast.expr) -> str:
        """The dotted name an expression stands for, its imports resolved; empty for anything else."""
        if isinstance(node, ast.Name):
            return self.imported.get(node.id, node.id)
        if isinstance(node, ast.Attribute) and (before := self.meant(node.value)):
            return f"{before}.{node.attr}"
        return ""


@cache
def modules(*rooms: str) -> tuple[Module, ...]:
    """Our modules, of some rooms or of all."""
    return tuple(Module(path) for room in rooms or ROOMS for path in sorted((ROOT / room).rglob("*.py")))


@cache
def tracked() -> tuple[Path, ...]:
    """Every file under version control; without git (a source archive), every file that is not hidden."""
    try:
        listed = (
            subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
            .stdout.decode()
            .split("\0")
        )
    except (OSError, subprocess.CalledProcessError):
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
        listed = [path.as_posix() for path in found if not any(part[0] in "._" for part in path.parts)]
    return tuple(ROOT / name for name in listed if name and (ROOT / name).is_file())


def refuse(offenders: Iterable[str]) -> None:
    """Fails, naming every offender on a line of its own."""
    found = sorted(offenders)
    assert not found, "\n".join(["", *found])
