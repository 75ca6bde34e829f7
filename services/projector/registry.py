"""All kinds of key and how each is folded."""

from __future__ import annotations

from services.projector.claims import CLAIMS
from services.projector.folds import Folder

FOLDERS: dict[str, Folder] = {folder.kind: folder for folder in (CLAIMS,)}
