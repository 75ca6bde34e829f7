"""Files as CMS, X12 and ICD-10-CM publish them, brought into force; one way for command line, HTTP and pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from services.app_context import AppContext
from services.commands.publish_rules import publish
from services.core.errors import ConflictError
from services.projector.refold import RefoldProgress
from services.reads.read_context import ReadContext
from services.reads.rule_imports import ImportPlan, ImportRequest, ImportSummary, plan_import
from services.rule_files.packs import FileKind
from services.rule_files.published import PublishedFile, uploaded_file
from services.store.raw_files import RawStore


@dataclass(frozen=True)
class KeptFile:
    """An uploaded file between being looked at and being published: its name, and the hash it is kept under."""

    name: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class SeenImport:
    """What a person looked at before publishing: the files, what was said of them, and the checksum of every pack."""

    files: tuple[KeptFile, ...]
    taken_as: FileKind | None
    year: int | None
    packs: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> SeenImport:
        """What `as_json` gave."""
        kind = FileKind(told["taken_as"]) if told["taken_as"] else None
        return cls(
            files=tuple(KeptFile(**file) for file in told["files"]),
            taken_as=kind,
            year=told["year"],
            packs=dict(told["packs"]),
        )


class ChangedSinceError(ConflictError):
    """Other rules came into force since the changes were shown."""


def import_rules(
    app: AppContext,
    context: ReadContext,
    request: ImportRequest,
    *,
    dry_run: bool,
    progress: RefoldProgress | None = None,
) -> ImportSummary:
    """Reads the files, compares them with what is in force, and publishes what differs unless it is a dry run.

    Raises RuleFileError where nothing can be used, BadPackError where a pack ties with another.
    """
    plan = _planned(context, request, progress)
    published = bool(plan.contents) and not dry_run
    if published:
        publish(app, *plan.contents)
    return plan.told | {"published": published}


def look_at(
    app: AppContext, context: ReadContext, asked: SeenImport, *, quick: bool
) -> tuple[ImportSummary, SeenImport]:
    """What an import of kept files would change, and what to hand to `publish_seen` so that just this is published."""
    plan = _planned(context, _request(app, asked, look_at_claims=not quick))
    packs = {pack["pack"]: pack["checksum"] for pack in plan.told["packs"]}
    return plan.told, SeenImport(files=asked.files, taken_as=asked.taken_as, year=asked.year, packs=packs)


def publish_seen(app: AppContext, context: ReadContext, seen: SeenImport) -> list[str]:
    """Publishes what was looked at and returns the packs. Raises ChangedSinceError where it would differ."""
    plan = _planned(context, _request(app, seen, look_at_claims=False))
    packs = {pack["pack"]: pack["checksum"] for pack in plan.told["packs"]}
    if packs != dict(seen.packs):
        raise ChangedSinceError("other rules took effect after these changes were shown; review them again")
    if plan.contents:
        publish(app, *plan.contents)
    return sorted(packs)


def keep_file(app: AppContext, name: str, stream: BinaryIO) -> KeptFile:
    """Keeps an upload under its hash until it is published."""
    return KeptFile(name, RawStore(app.settings).put(stream))


def _planned(context: ReadContext, request: ImportRequest, progress: RefoldProgress | None = None) -> ImportPlan:
    with context.context() as (_, reference):
        return plan_import(request, reference, context.today, context, progress)


def _request(app: AppContext, asked: SeenImport, *, look_at_claims: bool) -> ImportRequest:
    files = tuple(_opened(RawStore(app.settings), asked.files))
    return ImportRequest(files=files, taken_as=asked.taken_as, year=asked.year, look_at_claims=look_at_claims)


def _opened(store: RawStore, files: Iterable[KeptFile]) -> Iterator[PublishedFile]:
    for file in files:
        with store.open(file.sha256) as stream:
            yield from uploaded_file(file.name, stream.read())
