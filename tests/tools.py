"""Programs that a test needs beyond Python: named where they are missing, required in CI."""

import os
import shutil
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import pytest


def needs(program, *, package):
    """A test that runs this program. Without it: skipped with a line that names the Debian package; in CI a failure."""
    if shutil.which(program) or os.environ.get("CI") == "true":
        return lambda test: test
    return pytest.mark.skip(reason=f"{program} is not installed (package {package})")


def bundled(program, *, package):
    """The path of a program that comes in a package of Python. Without it the test is skipped; in CI it fails."""
    try:
        found = [Path(one.locate()) for one in files(package) or () if one.name == program]
    except PackageNotFoundError:
        found = []
    if not found and os.environ.get("CI") != "true":
        pytest.skip(f"{program} is not installed (package {package} of the extra dev)")
    return found[0].resolve()
