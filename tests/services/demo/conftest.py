import json

import pytest

from services.demo.month import write_month


@pytest.fixture(scope="session")
def month(tmp_path_factory):
    """The demo's month: its directory and its manifest as written."""
    directory = tmp_path_factory.mktemp("month")
    write_month(directory)
    return directory, json.loads((directory / "manifest.json").read_text())
