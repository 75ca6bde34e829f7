"""An error in words that reveal nothing of the data."""

from __future__ import annotations

import traceback
from pathlib import Path

from services.core.errors import ClaimclockError


def describe(error: BaseException) -> str:
    """The error's type and where it was raised; its text only where we, or the operating system, wrote it."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    places = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
    said = str(error) if isinstance(error, ClaimclockError) else isinstance(error, OSError) and error.strerror
    text = f": {said}" if said else ""
    return f"{type(error).__name__}{text} ({places})" if places else f"{type(error).__name__}{text}"
