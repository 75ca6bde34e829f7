"""How far a practice's setup has come: each step, what is missing of it, and what that hides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, func, select

from projections.tables.tables import READ_TABLES
from services.core.errors import SettingsError
from services.core.settings import Settings
from services.presentation.formatting import day, plural
from services.presentation.letters.facts import PracticeProfile
from services.reads.inboxes import inboxes_for
from services.reads.payers import of_one_name, payers
from services.reads.read_context import ReadContext
from services.security.keys import list_keys
from services.security.people import active_people
from services.store.practice_settings import PracticeSettings, SettingKind
from services.store.zone import next_zone, zone_is_chosen

CLAIM, REMITTANCE = READ_TABLES["claim"], READ_TABLES["remittance"]
MONTHS = 12  # of files that make the first day useful
FULL = timedelta(days=30 * (MONTHS - 1))
MOST_PAYERS = 5  # named in one sentence


@dataclass(frozen=True, kw_only=True)
class SetupStep:
    """`missing` says what lacks, "" where nothing does; `hides` what cannot be shown or is wrong until then."""

    name: str
    title: str
    missing: str
    hides: str
    href: str
    needs: str

    @property
    def done(self) -> bool:
        return not self.missing

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "title": self.title, "done": self.done, "missing": self.missing, "hides": self.hides}


def setup_steps(context: ReadContext, engine: Engine, settings: Settings) -> list[SetupStep]:
    """In the order in which they are best taken."""
    known = [row for row in payers(context) if row["claims"]]
    return [
        _zone(engine, settings),
        _profile(engine, context.practice),
        _claims_files(context),
        _remittance_files(context),
        _terms(known),
        _contracts(known),
        _people(engine, context.practice),
        _inbox(engine, context.practice, settings),
    ]


def may_finish(steps: list[SetupStep]) -> bool:
    """The guide does not finish without a time zone: every last day depends on it."""
    return next(step for step in steps if step.name == "zone").done


def is_finished(engine: Engine, practice: str) -> bool:
    return PracticeSettings(engine, practice).get(SettingKind.SETUP) is not None


def _zone(engine: Engine, settings: Settings) -> SetupStep:
    waiting = next_zone(engine)
    missing = "" if zone_is_chosen(engine) else "no time zone is chosen"
    return SetupStep(
        name="zone",
        title=f"Time zone{': ' + (waiting or settings.practice_zone) if not missing else ''}",
        missing=missing,
        hides="days end at midnight UTC: deadlines can be a day off, and files without a zone are read as UTC",
        href="/setup/practice",
        needs="terms:write",
    )


def _profile(engine: Engine, practice: str) -> SetupStep:
    kept = PracticeSettings(engine, practice).get(SettingKind.PROFILE)
    profile = PracticeProfile.of(kept.body) if kept else PracticeProfile()
    return SetupStep(
        name="profile",
        title="Name and address of the practice",
        missing="" if profile.name and profile.address else "no name and address",
        hides="letters can be viewed but not sent",
        href="/setup/practice",
        needs="terms:write",
    )


def _span(context: ReadContext, column: Any, practice: Any) -> tuple[int, date | None, date | None]:
    query = select(func.count(), func.min(column), func.max(column)).where(
        practice == context.practice, column.is_not(None)
    )
    with context.rows() as rows:
        count, first, last = rows.execute(query).one()
    return int(count), first, last


def _files(context: ReadContext, what: str, span: tuple[int, date | None, date | None]) -> str:
    count, first, last = span
    if not count or first is None or last is None:
        return f"no {what} was imported"
    reaches = f"{what}s go back only to {day(first)}: import the last {MONTHS} months"
    return "" if context.today - first >= FULL else reaches


def _claims_files(context: ReadContext) -> SetupStep:
    return SetupStep(
        name="claims",
        title="Claims sent (837) of the last 12 months",
        missing=_files(context, "837", _span(context, CLAIM.c.sent_on, CLAIM.c.practice)),
        hides="payments of claims that were never imported are listed as unmatched; filing limits and late responses "
        "cannot be watched",
        href="/upload",
        needs="files:write",
    )


def _remittance_files(context: ReadContext) -> SetupStep:
    return SetupStep(
        name="remittances",
        title="Remittances (835) of the last 12 months",
        missing=_files(context, "835", _span(context, REMITTANCE.c.payment_date, REMITTANCE.c.practice)),
        hides="no payment, denial, underpayment or patient balance is known",
        href="/upload",
        needs="files:write",
    )


def _without(rows: list[dict[str, Any]]) -> str:
    names = [str(row["name"]) for row in rows]
    more = f" and {plural(len(names) - MOST_PAYERS, 'other')}" if len(names) > MOST_PAYERS else ""
    return ", ".join(names[:MOST_PAYERS]) + more


def _terms(known: list[dict[str, Any]]) -> SetupStep:
    lacking = [row for row in known if set(row["lacks"]) - {"contract"}]
    shared = of_one_name(known)
    said = [f"{shared[0][0]} is listed under {len(shared[0][1])} ids"] if shared else []
    said += [f"filing or appeal limits are not known of {_without(lacking)}"] if lacking else []
    return SetupStep(
        name="payers",
        title="Payers and their terms",
        missing="; ".join(said) or _none(known),
        hides="claims with these payers have no last day to file, correct or appeal",
        href="/payers",
        needs="claims:read",
    )


def _contracts(known: list[dict[str, Any]]) -> SetupStep:
    lacking = [row for row in known if "contract" in row["lacks"]]
    return SetupStep(
        name="contracts",
        title="Fee schedules and contracts",
        missing=f"no contract with {_without(lacking)}" if lacking else _none(known),
        hides="underpayments of these payers cannot be found",
        href="/contracts",
        needs="terms:write",
    )


def _none(known: list[dict[str, Any]]) -> str:
    return "" if known else "no payer is known yet: import files first"


def _people(engine: Engine, practice: str) -> SetupStep:
    mine = active_people(engine, practice)
    return SetupStep(
        name="people",
        title="People",
        missing="" if len(mine) > 1 else "only one person can sign in",
        hides="work cannot be assigned, and every action is under one name",
        href="/people",
        needs="people:write",
    )


def _inbox(engine: Engine, practice: str, settings: Settings) -> SetupStep:
    """Taken as done, too, where a program has a key to send files with."""
    programs = [row for row in list_keys(engine) if practice in row["practices"] and row["role"] == "integration"]
    try:
        known = any(not row["revoked"] for row in programs) or inboxes_for(engine, settings, practice).inbox
        missing = "" if known else "no folder or server is checked"
    except SettingsError:
        missing = "the file that lists inboxes cannot be read"
    return SetupStep(
        name="inbox",
        title="Inbox for files that arrive by themselves",
        missing=missing,
        hides="files have to be uploaded by hand, and nothing new arrives on days when nobody does",
        href="/inbox",
        needs="terms:write",
    )
