"""Reads bank statements: CSV with a header line, and BAI2 (BTRS, X9.121). Only credits become deposits.

A line is identified by account, date, amount, trace and how many equal lines came before it in the statement, so that
a statement that is downloaded again adds nothing.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation

from events.normal_forms import number_form
from events.values import round_cents
from services.intake.results import FileSeen, FoundEvent, ReadResult, RefusedPiece, Source, clipped
from services.intake.x12 import ByteStream

CSV, BAI2 = "bank CSV", "BAI2"
_LARGEST = 32 << 20  # bytes of a statement, far above any real one
_TRN = re.compile(r"TRN\*1\*([^*~\\\s]+)(?:\*(\d{10}))?")  # reassociation trace of a CCD+ addendum
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "date": ("date", "posting date", "post date", "transaction date", "value date"),
    "amount": ("amount", "credit", "credit amount", "deposit"),
    "account": ("account", "account number"),
    "trace": ("trace", "trace number", "reference", "check number"),
    "text": ("description", "details", "memo", "addenda"),
    "payer": ("payer", "payer name", "company", "company name"),
    "company": ("company id", "originator id"),
}
_CARD, _CHECK = ("card", "merchant"), ("check", "lockbox")
_CREDITS = range(100, 400)  # BAI2 type codes of credits
_SKIPPED_FUNDS = {"S": 3, "V": 2}  # fields that follow a funds type


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """One credit of a statement."""

    account: str
    on: date
    amount: Decimal
    trace: str | None
    company: str | None
    payer: str | None
    text: str


def is_bank_file(head: bytes) -> str | None:
    """Which kind of bank statement begins like this; None for none."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:2_000].split(b"\n", 1)[0].decode("utf-8", "replace")
    if re.match(r"01,[^,]*,[^,]*,\d{6},", first):
        return BAI2
    names = {name.strip(' "\r').lower() for name in first.split(",")}
    wanted = (names.intersection(_COLUMNS["date"]), names.intersection(_COLUMNS["amount"]))
    return CSV if all(wanted) else None


def read_bank_file(stream: ByteStream, kind: str, source: Source) -> Iterator[ReadResult]:
    """Every credit as a deposit; a line that cannot be read is refused, the others are kept."""
    data = b"".join(iter(lambda: stream.read(1 << 20), b""))
    text = data[:_LARGEST].decode("utf-8-sig", "replace")
    if len(data) > _LARGEST:
        yield RefusedPiece(
            reason="the statement is larger than 32 MB; split it", segment=None, transaction=kind, raw=""
        )
        return
    yield FileSeen(kind, "1.0", 1)
    seen: Counter[tuple[str, ...]] = Counter()
    for number, found in _csv_lines(text) if kind == CSV else _bai_lines(text):
        if isinstance(found, BankLine):
            yield FoundEvent(_event(found, seen, source))
        else:
            yield RefusedPiece(reason=found[0], segment=number, transaction=kind, raw=clipped(found[1]))


def _event(line: BankLine, seen: Counter[tuple[str, ...]], source: Source) -> dict[str, object]:
    parts = (number_form(line.account), line.on.isoformat(), f"{line.amount:.2f}", number_form(line.trace))
    seen[parts] += 1
    name = hashlib.sha256("\0".join((*parts, str(seen[parts]))).encode()).hexdigest()[:32]
    data = {
        "deposit_id": name,
        "date": line.on.isoformat(),
        "amount": f"{line.amount:.2f}",
        "method": _method(line),
        "trace": line.trace,
        "company_id": line.company,
        "payer_name": line.payer,
    }
    at = datetime.combine(line.on, time(), source.zone).astimezone(UTC)
    return {
        "specversion": "1.0",
        "id": name,
        "source": "bank/statement",
        "type": "deposit.received.v1",
        "subject": name,
        "time": at.isoformat(),
        "practice": source.practice,
        "correlationid": source.correlation_id,
        "rawref": source.sha256,
        "data": {key: value for key, value in data.items() if value is not None},
    }


def _method(line: BankLine) -> str:
    words = line.text.lower()
    if any(word in words for word in _CARD):
        return "card"
    return "check" if any(word in words for word in _CHECK) else "eft"


def _csv_lines(text: str) -> Iterator[tuple[int, BankLine | tuple[str, str]]]:
    rows = csv.DictReader(io.StringIO(text))
    names = {name.strip().lower(): name for name in rows.fieldnames or ()}
    columns = {field: next((names[n] for n in known if n in names), None) for field, known in _COLUMNS.items()}
    for number, row in enumerate(rows, 2):
        told = {field: (row.get(name) or "").strip() if name else "" for field, name in columns.items()}
        if not any(told.values()):
            continue
        on, amount = _day(told["date"]), _amount(told["amount"])
        if on is None or amount is None:
            if told["amount"]:
                missing = "date" if on is None else "amount"
                yield number, (f"line {number}: its {missing} cannot be read", ",".join(str(v) for v in row.values()))
            continue
        if amount > 0:
            trn = _TRN.search(told["text"])
            yield (
                number,
                BankLine(
                    account=told["account"],
                    on=on,
                    amount=amount,
                    payer=told["payer"] or None,
                    text=told["text"],
                    trace=(trn[1] if trn else told["trace"]) or None,
                    company=(trn[2] if trn and trn[2] else told["company"]) or None,
                ),
            )


def _bai_lines(text: str) -> Iterator[tuple[int, BankLine | tuple[str, str]]]:
    on, account = None, ""
    for number, record in _bai_records(text):
        fields = record.split(",")
        if fields[0] == "02" and len(fields) > 4:
            on = _day(fields[4])
        elif fields[0] == "03" and len(fields) > 1:
            account = fields[1]
        elif fields[0] == "16" and len(fields) > 2 and fields[1].isdigit() and int(fields[1]) in _CREDITS:
            if on is None or not fields[2].lstrip("+").isdigit():
                yield number, (f"line {number}: its group has no date, or its amount cannot be read", record)
            else:
                yield number, _bai_credit(fields, account, on)


def _bai_records(text: str) -> Iterator[tuple[int, str]]:
    """Whole records: 88 continues the one before it."""
    begun: tuple[int, str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.strip().removesuffix("/")
        if plain.startswith("88,") and begun:
            begun = (begun[0], f"{begun[1]} {plain[3:]}")
        elif plain:
            if begun:
                yield begun
            begun = (number, plain)
    if begun:
        yield begun


def _bai_credit(fields: list[str], account: str, on: date) -> BankLine:
    """16,type,amount in cents,funds type,bank reference,customer reference,text."""
    funds = fields[3] if len(fields) > 3 else ""
    skip = _SKIPPED_FUNDS.get(funds, 0)
    if funds == "D" and len(fields) > 4 and fields[4].isdigit():
        skip = 1 + 2 * int(fields[4])
    rest = fields[4 + skip :]
    words = ",".join(rest[2:])
    trn = _TRN.search(words)
    customer = rest[1].strip() if len(rest) > 1 else ""
    return BankLine(
        account=account,
        on=on,
        amount=Decimal(int(fields[2].lstrip("+"))).scaleb(-2),
        payer=None,
        text=words,
        trace=trn[1] if trn else (customer.strip("0 ") and customer) or None,
        company=trn[2] if trn else None,
    )


def _day(text: str) -> date | None:
    plain = "%y%m%d" if len(text.strip()) == len("yymmdd") else "%Y%m%d"
    for form in ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", plain):
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


def _amount(text: str) -> Decimal | None:
    plain = text.replace("$", "").replace(",", "").strip()
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        return None
    return round_cents(amount) if amount.is_finite() and abs(amount) < 10**12 else None
