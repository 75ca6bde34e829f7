"""What must be in the record before a claim is sent.

CMS Pub 100-02 ch. 15 §220.1 (plan and certification) and §220.3 (documentation); 42 CFR 410.61 and 424.24(c). What
the record does not say either way is unknown, not missing, and only brings advice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from projections.rules.rulebook import Unknown
from projections.session_rules.findings import Finding, Ruleset
from projections.session_rules.session import Record, Session


def record_findings(session: Session, rules: Ruleset, sent_at: datetime | None = None) -> list[Finding]:
    """Everything the record of a session lacks. `sent_at`: when its claim left, None before it did."""
    values = _values(rules)
    record = session.record
    return [
        *_elements(record, values, rules),
        *_total_minutes(session, rules),
        *_signature(record, sent_at, rules),
        *_plan(record, session.dos, values, rules),
        *_authorization(record.authorization, session.dos, rules),
    ]


def _values(rules: Ruleset) -> Mapping[str, Any]:
    ruling = rules.pick("documentation")
    return {} if isinstance(ruling, Unknown) else ruling.values


def _elements(record: Record, values: Mapping[str, Any], rules: Ruleset) -> list[Finding]:
    wanted: Mapping[str, str] = values.get("elements", {})
    known = record.elements or {}
    missing = [name for name in wanted if known.get(name) is False]
    unknown = [name for name in wanted if known.get(name) is None]
    found = [
        finding
        for name in missing
        for finding in rules.find(
            "documentation.element_missing", f"the note does not say {wanted[name]} ({name})", "complete the note"
        )
    ]
    if unknown:
        said = f"not known whether the note says: {', '.join(unknown)}"
        found += rules.find("documentation.elements_unknown", said, "check the note")
    return found


def _total_minutes(session: Session, rules: Ruleset) -> list[Finding]:
    timed = sum(service.minutes or 0 for service in session.services if service.timed)
    total = session.record.total_minutes
    if not timed:
        return []
    if total is None:
        said = "the total treatment time is not documented in addition to the timed minutes"
        return rules.find("documentation.total_minutes_missing", said, "document both")
    if total < timed:
        said = f"total treatment time {total} min is less than {timed} timed min"
        return rules.find("documentation.total_minutes_short", said, "correct the times")
    return []


def _signature(record: Record, sent_at: datetime | None, rules: Ruleset) -> list[Finding]:
    signed = record.note_signed_at
    if signed is None:
        return rules.find("documentation.note_unsigned", "the note is not signed", "sign it before the claim goes out")
    if sent_at is not None and signed > sent_at:
        said = "the note was signed after the claim went out"
        return rules.find("documentation.note_signed_late", said, "hold claims until their note is signed")
    return []


def _plan(record: Record, dos: date, values: Mapping[str, Any], rules: Ruleset) -> list[Finding]:
    starts, ends = record.plan_established_on, record.plan_certified_through
    if not record.has_plan:
        return rules.find("plan.missing", "no plan of care is known", "establish one before treating")
    if starts is not None and dos < starts:
        return rules.find("plan.not_in_force", "the session is before the plan of care", "check both dates")
    if ends is not None and dos > ends:
        return rules.find("plan.not_in_force", "the plan's certification had expired by this session", "recertify")
    longest = values.get("certification_days")
    if longest and starts is not None and ends is not None and (ends - starts).days > int(longest):
        said = f"the plan is certified for {(ends - starts).days} days, more than {longest} at once"
        return rules.find("plan.certification_long", said, "recertify within the limit")
    return []


def _authorization(stated: Any, dos: date, rules: Ruleset) -> list[Finding]:
    """Reads {required, number, valid_through, visits_remaining}; anything else is taken as an authorization held."""
    if not isinstance(stated, Mapping):
        return []
    if stated.get("required") and not (stated.get("number") or stated.get("id")):
        return rules.find("authorization.missing", "the payer requires an authorization; none is on file", "obtain it")
    ends = stated.get("valid_through")
    if isinstance(ends, str) and ends < dos.isoformat():
        return rules.find("authorization.expired", "the authorization had expired by this session", "renew it")
    rest = stated.get("visits_remaining")
    if isinstance(rest, int) and rest <= 0:
        return rules.find("authorization.used_up", "no authorized visit is left", "ask for more")
    return []


def statement_findings(attestation: Any, rules: Ruleset, line: int | None = None) -> list[Finding]:
    """The three statements required in the record where KX is sent (CMS Pub 100-02 ch. 15 §220.3).

    Reads {necessity, progress, home_program}; any other attestation that is given counts as a person's word for all.
    """
    wanted: Mapping[str, str] = _values(rules).get("kx_statements", {})
    if isinstance(attestation, Mapping) and any(name in attestation for name in wanted):
        missing = [said for name, said in wanted.items() if not attestation.get(name)]
    else:
        missing = [] if attestation else list(wanted.values())
    if not missing:
        return []
    said = f"KX is not supported, the record lacks: {'; '.join(missing)}"
    return rules.find("kx.statements_missing", said, "document it before billing KX", line=line)


def progress_findings(
    treatment_day: int, rules: Ruleset, *, reported: bool = False, tracked: bool = True
) -> list[Finding]:
    """`treatment_day` counts the episode's days of treatment since the last progress report, this one included.

    `reported`: a report was written on this very day. `tracked`: the record says of some day whether one was; where it
    never does, a report is asked for every tenth day, and in between it is only remarked that none is known.
    """
    if reported:
        return []
    values = _values(rules)
    due, alert = values.get("progress_due"), values.get("progress_alert")
    said = f"treatment day {treatment_day} since the last progress report"
    if due and treatment_day >= int(due):
        missing = tracked or treatment_day % int(due) == 0
        rule = "documentation.progress_report_due" if missing else "documentation.progress_report_unknown"
        return rules.find(rule, f"{said}; due by day {due}", "write the report")
    if alert and treatment_day >= int(alert):
        return rules.find("documentation.progress_report_soon", f"{said}; due by day {due}", "plan the report")
    return []


def treatment_days(days: Iterable[date], reports: Iterable[date] = ()) -> dict[date, int]:
    """For each treatment day of an episode its number since the last progress report before it.

    Days count, not visits (CMS Pub 100-02 ch. 15 §220.3): two sessions on one day are one. A report written on a
    treatment day covers that day, and counting starts again with the next.
    """
    written, count, numbers = set(reports), 0, {}
    last: date | None = None
    for day in sorted(set(days)):
        if last is not None and any(last <= report < day for report in written):
            count = 0
        count += 1
        numbers[day] = count
        last = day
    return numbers
