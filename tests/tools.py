"""Programs that a test needs beyond Python: named where they are missing, required in CI."""

import os
import shutil

import pytest


def needs(program, *, package):
    """A test that runs this program. Without it: skipped with a line that names the Debian package; in CI a failure."""
    if shutil.which(program) or os.environ.get("CI") == "true":
        return lambda test: test
    return pytest.mark.skip(reason=f"{program} is not installed (package {package})")
