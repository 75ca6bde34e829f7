"""constraints.txt pins every package the project needs, and none that it does not need."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.laws.code import ROOT

OURS = "claimclock"
EXTRAS = frozenset(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"])
# The oldest and the newest Python in use: a package that only one of them needs is pinned too.
PYTHONS = (
    {"python_version": "3.11", "python_full_version": "3.11.2"},
    {"python_version": "3.14", "python_full_version": "3.14.0"},
)


def pins():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return dict(re.fullmatch(r"(\S+)==(\S+)", line).groups() for line in lines if line and not line.startswith("#"))


def stated_by_us():
    """What pyproject.toml says, not what it said when it was last installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = (
        f'{text}; extra == "{extra}"' for extra, texts in project["optional-dependencies"].items() for text in texts
    )
    return [Requirement(text) for text in (*project["dependencies"], *extras)]


def needed():
    """Every package reached from ours; not beyond what is not installed here."""
    seen, waiting = set(), [(OURS, EXTRAS)]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            stated = stated_by_us() if name == OURS else [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:
            continue
        waiting += [(canonicalize_name(r.name), frozenset(r.extras)) for r in stated if applies(r, extras)]
    return {name for name, _ in seen} - {OURS}


def applies(requirement, extras):
    marker = requirement.marker
    return marker is None or any(
        marker.evaluate(python | {"extra": extra}) for python in PYTHONS for extra in ({""} | extras)
    )


def test_every_needed_package_is_pinned():
    assert needed() - {canonicalize_name(name) for name in pins()} == set()


def test_no_package_is_pinned_that_is_not_needed():
    """Judged of what is installed: of the rest nobody can say here what needs it."""
    assert {canonicalize_name(name) for name in pins() if found(name)} - needed() == set()


def test_what_is_installed_is_what_is_pinned():
    installed = {name: pinned for name, pinned in pins().items() if found(name)}
    assert {name: version(name) for name in installed} == installed


def found(name):
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def test_pins_are_sorted():
    names = [name.lower() for name in pins()]
    assert names == sorted(names)


def test_every_dependency_has_a_row_in_the_decision_about_them():
    (path,) = (ROOT / "docs" / "decisions").glob("*-what-is-a-library-and-what-is-ours.md")
    decided = path.read_text("utf-8")
    tools = {"mypy", "ruff", "pytest", "pytest-asyncio", "pytest-xdist", "types-authlib", "types-openpyxl", OURS}
    stated = {canonicalize_name(one.name) for one in stated_by_us()} - tools
    words = {canonicalize_name(word) for word in re.findall(r"[\w.-]+", decided)}
    assert stated - words == set()
