"""What an estimate is asked for: one model for the command line, HTTP and the desk, which refuses by field.

A refusal's place is that of the field in the request: `timed[0].minutes`, `charges`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from events.values import ZERO, Code, Day, Money, Name
from projections.disciplines import DISCIPLINES
from projections.session_rules.session import DAY_MINUTES, DocumentedService, InvalidSessionError, Session

MOST = 100  # services, diagnoses; a day's session has a handful


class InvalidRequestError(InvalidSessionError):
    """An estimate that cannot be made; `field` names what to fix."""


def _whole(value: Any) -> Any:
    """A truth value is no number of minutes."""
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError("minutes must be a whole number")
    return value.strip() if isinstance(value, str) else value


def _not_negative(value: Money) -> Money:
    if value < 0:
        raise ValueError("must be an amount such as 150.00, not negative")
    return value


def _discipline(value: str) -> str:
    if value not in DISCIPLINES:
        raise ValueError(f"must be one of {', '.join(DISCIPLINES)}")
    return value


AskedCode = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, min_length=1, max_length=20)]
AskedModifier = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[0-9A-Za-z]{2}$")]
AskedMinutes = Annotated[int, BeforeValidator(_whole), Field(ge=0, le=DAY_MINUTES)]
AskedAmount = Annotated[Money, AfterValidator(_not_negative)]
AskedName = Annotated[Name, Field(min_length=1), AfterValidator(str.strip)]
ServiceKind = Literal["timed", "untimed"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AskedTimed(_Part):
    """A code with its minutes of direct contact; `assistant_minutes` of them the assistant worked alone."""

    procedure: AskedCode
    minutes: AskedMinutes
    assistant_minutes: AskedMinutes = 0

    @field_validator("assistant_minutes")
    @classmethod
    def _within(cls, value: int, info: ValidationInfo) -> int:
        if value > info.data.get("minutes", DAY_MINUTES):
            raise ValueError("must not exceed the minutes of the service")
        return value


class AskedUntimed(_Part):
    """A code without time; its minutes where they are known. A bare code is one too."""

    procedure: AskedCode
    minutes: AskedMinutes | None = None
    assistant_minutes: AskedMinutes = 0

    @field_validator("assistant_minutes")
    @classmethod
    def _within(cls, value: int, info: ValidationInfo) -> int:
        minutes = info.data.get("minutes")
        if minutes is not None and value > minutes:
            raise ValueError("must not exceed the minutes of the service")
        return value


def _bare(value: Any) -> Any:
    return {"procedure": value} if isinstance(value, str) else value


class SessionRequest(_Part):
    """One session in the words of the visit event; money as text.

    `charges` and `modifiers` are by procedure, of the line a code becomes; `running` is the amount of the threshold
    already used, None where unknown. `order` says the kind of each service in the order of the note; without it the
    timed ones come first.
    """

    payer: AskedName
    dos: Day = Field(examples=["2026-03-02"])
    discipline: Annotated[Code, AfterValidator(_discipline)] = Field(examples=["PT"])
    untimed: list[Annotated[AskedUntimed, BeforeValidator(_bare)]] = Field([], max_length=MOST)
    timed: list[AskedTimed] = Field([], max_length=MOST, validate_default=True)
    order: list[ServiceKind] = Field([], max_length=2 * MOST)
    assistant: dict[AskedCode, AskedMinutes] = {}
    charges: dict[AskedCode, AskedAmount] = {}
    modifiers: dict[AskedCode, list[AskedModifier]] = {}
    diagnoses: list[Code] = Field([], max_length=MOST)
    program: Name | None = None
    running: AskedAmount | None = None
    place_of_service: Annotated[str, StringConstraints(pattern=r"^\d{1,2}$")] | None = Field(
        None, description="Place of service, such as 11 or 22 (default: non-facility)."
    )

    @field_validator("timed")
    @classmethod
    def _some(cls, value: list[AskedTimed], info: ValidationInfo) -> list[AskedTimed]:
        if not value and not info.data.get("untimed", [None]):
            raise ValueError("a session needs at least one timed or untimed service")
        return value

    @field_validator("order")
    @classmethod
    def _of_these(cls, value: list[ServiceKind], info: ValidationInfo) -> list[ServiceKind]:
        stated = ["timed"] * len(info.data.get("timed", ())) + ["untimed"] * len(info.data.get("untimed", ()))
        if value and sorted(value) != stated:
            raise ValueError("must name each service once, as timed or untimed")
        return value

    @field_validator("assistant", "charges", "modifiers")
    @classmethod
    def _listed(cls, value: Mapping[str, Any], info: ValidationInfo) -> Mapping[str, Any]:
        known = {s.procedure for name in ("timed", "untimed") for s in info.data.get(name, ())}
        if info.field_name and known and (strange := sorted(value.keys() - known)):
            raise ValueError(f"{strange[0]} is not among the services")
        return value

    @field_validator("assistant")
    @classmethod
    def _fits(cls, value: Mapping[str, int], info: ValidationInfo) -> Mapping[str, int]:
        for code, minutes in value.items():
            rooms = [_room(s) for name in ("timed", "untimed") for s in info.data.get(name, ()) if s.procedure == code]
            if rooms and None not in rooms and minutes > sum(room or 0 for room in rooms):
                raise ValueError(f"{code}: {minutes} min exceed the minutes of the service")
        return value

    @property
    def session(self) -> Session:
        """The session as the rules see it, services in the order given."""
        return Session(
            discipline=self.discipline,
            dos=self.dos,
            services=_assisted(self._services(), self.assistant),
            payer_id=self.payer,
            program=self.program,
            diagnoses=tuple(self.diagnoses),
        )

    def _services(self) -> list[DocumentedService]:
        timed = [
            DocumentedService(
                procedure=s.procedure, minutes=s.minutes, assistant_minutes=s.assistant_minutes, timed=True
            )
            for s in self.timed
        ]
        untimed = [
            DocumentedService(
                procedure=s.procedure, minutes=s.minutes, assistant_minutes=s.assistant_minutes, timed=False
            )
            for s in self.untimed
        ]
        queues = {"timed": iter(timed), "untimed": iter(untimed)}
        return [next(queues[kind]) for kind in self.order] if self.order else timed + untimed


class EstimateRequest(SessionRequest):
    """A session, with further ones of the same patient and day in `also`: judged and priced together."""

    deductible_left: AskedAmount = ZERO
    locality: Name | None = None
    edition: Annotated[Name, Field(max_length=20)] | None = None
    also: list[SessionRequest] = Field([], max_length=10, description="More sessions of the same patient and day.")

    @property
    def sessions(self) -> tuple[SessionRequest, ...]:
        """All sessions of the day, this one first."""
        return (self, *self.also)


def _room(service: AskedTimed | AskedUntimed) -> int | None:
    return None if service.minutes is None else service.minutes - service.assistant_minutes


def _assisted(services: list[DocumentedService], assistant: Mapping[str, int]) -> tuple[DocumentedService, ...]:
    """Give each code its assistant's minutes, the first entries of a code first."""
    for code, minutes in assistant.items():
        left = minutes
        for place, service in enumerate(services):
            if service.procedure == code and left:
                room = left if service.minutes is None else min(left, service.minutes - service.assistant_minutes)
                services[place] = replace(service, assistant_minutes=service.assistant_minutes + room)
                left -= room
    return tuple(services)


def read_request(body: Mapping[str, Any]) -> EstimateRequest:
    """A request from plain values. Raises InvalidRequestError, naming the first field that is wrong."""
    try:
        return EstimateRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise InvalidRequestError(_place(first["loc"]), first["msg"].removeprefix("Value error, ")) from None


def _place(loc: Iterable[int | str]) -> str:
    """("timed", 0, "minutes") as timed[0].minutes."""
    told = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return told.lstrip(".") or "request"


def body_from_options(
    *,
    timed: Iterable[str] = (),
    untimed: Iterable[str] = (),
    assistant: Iterable[str] = (),
    charge: Iterable[str] = (),
    modifier: Iterable[str] = (),
    order: Sequence[str] = (),
    **plain: Any,
) -> dict[str, Any]:
    """A request's plain values as written on a command line: `97530:23` for minutes, `97530:150.00` for a charge.

    `order`: "timed" or "untimed" for each service in the order given. Raises InvalidRequestError, naming the option.
    """
    services = {
        "timed": [dict(zip(("procedure", "minutes"), _pair(text, "timed"), strict=True)) for text in timed],
        "untimed": [_untimed(text) for text in untimed],
    }
    stated = sorted(order) == ["timed"] * len(services["timed"]) + ["untimed"] * len(services["untimed"])
    return {
        **{name: value for name, value in plain.items() if value is not None},
        **services,
        "order": list(order) if stated else [],
        "assistant": _by_code(assistant, "assistant", _sum_of_minutes),
        "charges": _by_code(charge, "charge", _only),
        "modifiers": _by_code(modifier, "modifier", list),
    }


def request_from_options(*, also: Iterable[str] = (), **options: Any) -> EstimateRequest:
    """A request as written on a command line. `also`: further sessions, each as `discipline=OT timed=97530:30`.

    Raises InvalidRequestError, naming the option.
    """
    body = body_from_options(**options)
    shared = {name: body[name] for name in ("payer", "dos", "program", "place_of_service") if name in body}
    body["also"] = [shared | _further(text) for text in also]
    return read_request(body)


_SEVERAL = ("timed", "untimed", "assistant", "charge", "modifier", "diagnosis")
_ONE = ("discipline", "running", "place_of_service")


def _further(text: str) -> dict[str, Any]:
    """A further session in one argument: `discipline=OT timed=97530:30 untimed=97165 modifier=97530:59`."""
    lists: dict[str, list[str]] = {}
    plain: dict[str, str] = {}
    order: list[str] = []
    for word in text.split():
        name, equals, value = word.partition("=")
        if not equals or name not in (*_SEVERAL, *_ONE):
            raise InvalidRequestError(
                "also", f"write it as discipline=OT timed=97530:30; known: {', '.join(_SEVERAL + _ONE)}"
            )
        if name in _ONE:
            plain[name] = value
        else:
            lists.setdefault(name, []).append(value)
            order += [name] if name in ("timed", "untimed") else []
    diagnoses = lists.pop("diagnosis", [])
    return body_from_options(**lists, order=order, diagnoses=diagnoses, **plain)


def _pair(text: str, name: str) -> tuple[str, str]:
    code, colon, value = str(text).partition(":")
    if not colon or not code.strip():
        raise InvalidRequestError(name, "write it as code:value, for example 97530:23")
    return code.strip().upper(), value.strip()


def _untimed(text: str) -> dict[str, str]:
    """`97161`, or `97150:40` where the minutes of an untimed service are known."""
    code, colon, minutes = text.partition(":")
    return {"procedure": code, **({"minutes": minutes} if colon else {})}


def _by_code(texts: Iterable[str], name: str, join: Callable[[list[str]], Any]) -> dict[str, Any]:
    found: dict[str, list[str]] = {}
    for code, value in (_pair(text, name) for text in texts):
        found.setdefault(code, []).append(value)
    return {code: join(values) for code, values in found.items()}


def _sum_of_minutes(values: list[str]) -> int | str:
    """AskedMinutes of a code listed twice are added; what is no number is left for the model to refuse."""
    return sum(map(int, values)) if all(value.isdecimal() for value in values) else values[-1]


def _only(values: list[str]) -> str:
    if len(values) > 1:
        raise InvalidRequestError("charge", "a code is given twice; write the charge of all its units once")
    return values[0]
