"""Every kind of refusal by its name: `type` of a problem answer is `/problems/NAME`, a page that says what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

from services.api.problem_texts import TEXTS

PAGES = "/problems/"


@dataclass(frozen=True, kw_only=True)
class ProblemType:
    """One kind of refusal. `meaning`: what was wrong; `remedy`: what a sender does about it."""

    name: str
    title: str
    meaning: str
    remedy: str

    @property
    def address(self) -> str:
        return f"{PAGES}{self.name}"


PROBLEM_TYPES = {
    name: ProblemType(name=name, title=title, meaning=meaning, remedy=remedy)
    for name, (title, meaning, remedy) in TEXTS.items()
}
OF_STATUS = {
    400: "malformed-request",
    401: "not-signed-in",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    413: "too-large",
    415: "unsupported-type",
    422: "invalid-request",
    429: "too-many-requests",
    500: "internal-error",
    503: "unavailable",
    507: "disk-full",
}  # of answers that no error of ours stands behind


def type_of_status(status: int) -> ProblemType:
    """The general kind of an HTTP status; unlisted ones count as their class does."""
    general = OF_STATUS[400] if status < HTTPStatus.INTERNAL_SERVER_ERROR else OF_STATUS[500]
    return PROBLEM_TYPES[OF_STATUS.get(status, general)]


def type_of_error(error: type[BaseException], status: int) -> ProblemType:
    """The kind of an error: by its class's name, or by that of the nearest class above it that has a page."""
    for each in error.__mro__:
        if found := PROBLEM_TYPES.get(_name(each)):
            return found
    return type_of_status(status)


def _name(error: type) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", error.__name__.removesuffix("Error")).lower()
