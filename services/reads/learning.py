"""What payers keep denying that no rule predicted, offered as rules of the practice's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select

from events.values import from_cents
from projections.rules.policies import Terms
from projections.session_rules.findings import GRADED
from projections.session_rules.learned import LEARNED, LearnedRule, read_learned
from projections.tables.line_facts import LineAnswer, LineFacts
from projections.tables.tables import READ_TABLES
from projections.tables.vocabulary import LineStatus
from services.core.errors import NotFoundError
from services.reads.findings import score
from services.reads.read_context import ReadContext
from services.rule_files.packs import Standing, pack_content, period

LINE, FINDING = READ_TABLES["claim_line"], READ_TABLES["finding"]
LEAST = 3  # denials before anything is offered
SHARE = 0.6  # of the decided lines it applies to
ELSEWHERE = (
    0.25  # what the rest of the same code's lines may at most have been denied: else the feature explains nothing
)
LearnedOffer = dict[str, Any]


class Feature(NamedTuple):
    """What a denied line has in common with others. Fewer parts say more."""

    procedure: str
    beside: str = ""
    modifier: str = ""
    diagnosis: str = ""

    @property
    def parts(self) -> int:
        return sum(bool(part) for part in self[1:])


@dataclass(kw_only=True)
class DecidedLine:
    """A line the payer decided: its features, and the codes that denied it and were not predicted."""

    payer_id: str
    claim_id: str
    features: frozenset[Feature]
    denied_by: frozenset[str]
    category: Mapping[str, str]
    charge: int


@dataclass(kw_only=True)
class _Tally:
    lines: int = 0
    denied: Counter[str] = field(default_factory=Counter)
    claims: dict[str, list[str]] = field(default_factory=dict)
    charges: Counter[str] = field(default_factory=Counter)
    category: dict[str, str] = field(default_factory=dict)


def learned_offers(context: ReadContext) -> list[LearnedOffer]:
    """`[{rule, payer_id, procedure, beside, modifier, diagnosis, code, category, seen, of, charge, claims, text}]`.

    The plainest feature that explains a payer's denials; what it explains is not offered again in more words.
    """
    by_payer: dict[str, list[DecidedLine]] = {}
    for line in _decided(context):
        by_payer.setdefault(line.payer_id, []).append(line)
    found = [offer for payer_id, lines in sorted(by_payer.items()) for offer in _offers(payer_id, lines)]
    return sorted(found, key=lambda offer: (-offer["seen"], offer["rule"]))


def _offers(payer_id: str, lines: Sequence[DecidedLine]) -> Iterator[LearnedOffer]:
    tallies: dict[Feature, _Tally] = {}
    for line in lines:
        for feature in line.features:
            _count(tallies.setdefault(feature, _Tally()), line)
    explained: set[tuple[str, str]] = set()
    for feature in sorted(tallies, key=lambda f: (f.parts, -tallies[f].lines, f)):
        tally, whole = tallies[feature], tallies[Feature(feature.procedure)]
        for code, seen in sorted(tally.denied.items()):
            fresh = [claim for claim in tally.claims[code] if (code, claim) not in explained]
            if len(fresh) >= LEAST and _stands_out(feature, code, tally, whole):
                explained |= {(code, claim) for claim in tally.claims[code]}
                yield _offer(payer_id, feature, code, seen, tally)


def _count(tally: _Tally, line: DecidedLine) -> None:
    tally.lines += 1
    for code in line.denied_by:
        tally.denied[code] += 1
        tally.claims.setdefault(code, []).append(line.claim_id)
        tally.charges[code] += line.charge
        tally.category[code] = line.category[code]


def _stands_out(feature: Feature, code: str, tally: _Tally, whole: _Tally) -> bool:
    """Often enough with the feature, and seldom enough without it."""
    if tally.denied[code] < SHARE * tally.lines:
        return False
    rest = whole.lines - tally.lines
    return not feature.parts or not rest or whole.denied[code] - tally.denied[code] <= ELSEWHERE * rest


def _offer(payer_id: str, feature: Feature, code: str, seen: int, tally: _Tally) -> LearnedOffer:
    name = ".".join(part.lower() for part in (LEARNED, code, *feature) if part)
    row = LearnedRule(
        rule=name, **feature._asdict(), code=code, category=tally.category[code], seen=str(seen), of=str(tally.lines)
    )
    return asdict(row) | {
        "payer_id": payer_id,
        "seen": seen,
        "of": tally.lines,
        "charge": f"{from_cents(tally.charges[code]):.2f}",
        "claims": sorted(set(tally.claims[code])),
        "text": f"{payer_id}: {code} on {row.words}, {seen} of {tally.lines}",
    }


def _decided(context: ReadContext) -> Iterator[DecidedLine]:
    with context.context() as (fold_context, reference):
        query = select(LINE).where(LINE.c.practice == context.practice, LINE.c.status != LineStatus.VOIDED)
        claims: dict[str, list[Any]] = {}
        for row in fold_context.rows.execute(query.order_by(LINE.c.claim_id, LINE.c.number)):
            claims.setdefault(row.claim_id, []).append(row)
        foretold = _foretold(
            fold_context.rows.execute(
                select(FINDING.c.claim_id, FINDING.c.line, FINDING.c.grade, FINDING.c.predicts).where(
                    FINDING.c.practice == context.practice, FINDING.c.claim_id.is_not(None)
                )
            )
        )
        for claim_id, rows in claims.items():
            yield from _claim(claim_id, rows, foretold, reference.terms)


def _foretold(rows: Iterable[Any]) -> set[tuple[str, int | None, str]]:
    """(claim, line or None for the whole, category) of every grave finding that is not itself a learned rule's."""
    return {
        (row.claim_id, row.line, category) for row in rows if row.grade in GRADED for category in row.predicts.split()
    }


def _claim(
    claim_id: str, rows: Sequence[Any], foretold: set[tuple[str, int | None, str]], terms: Terms
) -> Iterator[DecidedLine]:
    facts = [LineFacts.from_json(row.facts) for row in rows]
    sent = next((line.claim for line in facts if line.claim), None)
    diagnoses = tuple(code.replace(".", "").upper() for code in sent.diagnoses) if sent else ()
    for row, line in zip(rows, facts, strict=True):
        answers = [answer for answer in line.answers if answer.sequence == "P" and answer.stands]
        if not answers or row.dos is None:
            continue
        codes: dict[str, str] = {}
        if answers[-1].denied:
            codes = _denying(claim_id, row.number, answers[-1], foretold, terms)
        beside = {other.procedure for other in rows if other.dos == row.dos and other.number != row.number}
        features = _features(row, beside - {row.procedure}, diagnoses)
        yield DecidedLine(
            payer_id=row.payer_id,
            claim_id=claim_id,
            features=features,
            denied_by=frozenset(codes),
            category=codes,
            charge=row.charge,
        )


def _denying(
    claim_id: str, number: int, answer: LineAnswer, foretold: set[tuple[str, int | None, str]], terms: Terms
) -> dict[str, str]:
    """The denying codes of an answer that no finding predicted, with their category."""
    table = terms.denials(answer.notice_date)
    found: dict[str, str] = {}
    for adjustment in answer.adjustments:
        judged = table.judge(adjustment.group, adjustment.reason, answer.remark_codes)
        known = {(claim_id, number, judged.category), (claim_id, None, judged.category)}
        if judged.is_denial and not known & foretold:
            found[f"{adjustment.group}-{adjustment.reason}"] = judged.category
    return found


def _features(row: Any, beside: set[str], diagnoses: Sequence[str]) -> frozenset[Feature]:
    plain = Feature(row.procedure)
    found = {plain, *(plain._replace(beside=other) for other in beside)}
    found |= {plain._replace(modifier=modifier) for modifier in row.modifiers.split()}
    found |= {plain._replace(diagnosis=code) for code in diagnoses}
    found |= {plain._replace(diagnosis=code, beside=other) for code in diagnoses for other in beside}
    return frozenset(found)


def learned_pack(context: ReadContext, rule: str) -> dict[str, Any]:
    """The payer's pack with an offered rule added, ready to be published by a person. Raises NotFoundError."""
    offer = next((offer for offer in learned_offers(context) if offer["rule"] == rule), None)
    if offer is None:
        raise NotFoundError(f"no rule {rule!r} is offered; `claimclock rules learned` shows those that are")
    row = {name: str(offer[name]) for name in LearnedRule.__dataclass_fields__}
    return _pack(context, str(offer["payer_id"]), rule, [row])


def adopted_rules(context: ReadContext) -> list[LearnedOffer]:
    """The learned rules in force with how they did: [{rule, payer_id, text, hit, missed, open, precision}].

    `hit` and `missed` count its predictions that payers have answered; `precision` is None where there are none.
    """
    with context.context() as (_, reference):
        packs = [pack for pack in reference.rules.packs.values() if pack.kind == LEARNED]
    scored = {row["rule"]: row for row in score(context)["rules"]}
    found = []
    for pack in sorted(packs, key=lambda pack: pack.pack_id):
        payer_id = str(pack.scope["payer_id"])
        for row in read_learned(pack.periods[-1].values):
            told = scored.get(row.rule, {})
            found.append(
                {
                    "rule": row.rule,
                    "payer_id": payer_id,
                    "text": f"{payer_id}: {row.code} on {row.words}, {row.seen} of {row.of} when adopted",
                    **{name: told.get(name, 0) for name in ("hit", "missed", "open")},
                    "precision": told.get("precision"),
                }
            )
    return found


def pack_without(context: ReadContext, rule: str) -> dict[str, Any]:
    """The payer's pack without a rule that was adopted, ready to be published. Raises NotFoundError."""
    adopted = next((row for row in adopted_rules(context) if row["rule"] == rule), None)
    if adopted is None:
        raise NotFoundError(f"no learned rule {rule!r} is in force")
    return _pack(context, adopted["payer_id"], rule, [])


def _pack(context: ReadContext, payer_id: str, rule: str, rows: list[dict[str, str]]) -> dict[str, Any]:
    """The payer's pack with these rows in the place of a rule's."""
    with context.context() as (_, reference):
        standing = Standing(packs=reference.rules.packs, codes=frozenset(), today=context.today)
    pack_id = f"{LEARNED}.{payer_id}"
    known = standing.periods(pack_id)
    others = [old for old in (known[-1]["values"]["rows"] if known else ()) if old["rule"] != rule]
    return pack_content(
        standing,
        pack_id=pack_id,
        kind=LEARNED,
        label="1",
        source="our remittances",
        confidence="M",
        scope={"payer_id": payer_id},
        periods=[period(date(2000, 1, 1), None, {"rows": [*others, *rows]})],
    )
