"""Modules ask for their logger in one place, so that every command's log lines go through the one pipeline."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_only_the_pipeline_imports_structlog():
    modules = sorted((ROOT / "services").rglob("*.py"))
    found = [path.relative_to(ROOT).as_posix() for path in modules if "import structlog" in path.read_text()]
    assert found == ["services/core/logs.py"]
