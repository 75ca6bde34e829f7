"""Who may do what: the one table of roles, and the one table of routes. What is not listed is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """Also the scopes of an API key."""

    CLAIMS_READ = "claims:read"
    CLAIMS_ACT = "claims:act"
    MONEY_ACT = "money:act"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    TERMS_WRITE = "terms:write"
    FILES_WRITE = "files:write"
    PARKED_READ = "parked:read"
    PARKED_ACT = "parked:act"
    ESTIMATE = "estimate:make"
    OPERATIONS = "operations:read"
    AUDIT = "audit:read"
    PEOPLE = "people:write"
    WEBHOOKS = "webhooks:write"


class Gate(StrEnum):
    """Routes that ask for less than a permission."""

    OPEN = "anybody"
    SIGNED_IN = "anybody signed in"


_P = Permission
_BILLER = {_P.CLAIMS_READ, _P.CLAIMS_ACT, _P.FILES_WRITE, _P.PARKED_READ, _P.ESTIMATE}
_LEAD = _BILLER | {_P.MONEY_ACT, _P.PARKED_ACT, _P.EVENTS_READ}
_MANAGER = _LEAD | {_P.TERMS_WRITE, _P.EVENTS_WRITE, _P.OPERATIONS, _P.WEBHOOKS}

ROLES: Mapping[str, frozenset[Permission]] = {
    "biller": frozenset(_BILLER),
    "lead": frozenset(_LEAD),
    "manager": frozenset(_MANAGER),
    "integration": frozenset(
        {
            _P.EVENTS_WRITE,
            _P.EVENTS_READ,
            _P.TERMS_WRITE,
            _P.FILES_WRITE,
            _P.CLAIMS_READ,
            _P.ESTIMATE,
            _P.WEBHOOKS,
        }
    ),
    "auditor": frozenset({_P.AUDIT, _P.CLAIMS_READ, _P.EVENTS_READ, _P.PARKED_READ, _P.OPERATIONS}),
    "admin": frozenset(_MANAGER | {_P.AUDIT, _P.PEOPLE}),
}


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a route asks for. `audited`: it shows patient data, or changes something, so it leaves a trace.

    `passive`: a page asks by itself, which must not keep a session from running idle. `big`: takes whole files.
    """

    needs: Permission | Gate
    audited: bool = False
    passive: bool = False
    big: bool = False


def _reads(needs: Permission = _P.CLAIMS_READ) -> Access:
    return Access(needs=needs, audited=True)


OPEN, SIGNED_IN = Access(needs=Gate.OPEN), Access(needs=Gate.SIGNED_IN)
ROUTES: dict[str, Access] = {
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /metrics": OPEN,
    "GET /docs": OPEN,
    "GET /docs/style.css": OPEN,
    "GET /docs/try.js": OPEN,
    "GET /problems": OPEN,
    "GET /problems/{name}": OPEN,
    "GET /openapi.json": OPEN,
    "GET /asyncapi": OPEN,
    "POST /v1/session": OPEN,
    "GET /v1/session": SIGNED_IN,
    "DELETE /v1/session": SIGNED_IN,
    "GET /sign-in/link/{token}": OPEN,
    "POST /sign-in/link/{token}": OPEN,
    "GET /sign-in/oidc": OPEN,
    "GET /sign-in/oidc/callback": OPEN,
    "POST /v1/events": Access(needs=_P.EVENTS_WRITE),  # each event names its publisher in the log itself
    "POST /v1/events/batch": Access(needs=_P.EVENTS_WRITE),
    "GET /v1/events": _reads(_P.EVENTS_READ),
    "GET /v1/schemas": OPEN,
    "GET /v1/schemas/{event_type}": OPEN,
    "POST /v1/edi": Access(needs=_P.FILES_WRITE, audited=True, big=True),
    "GET /v1/export": Access(needs=_P.CLAIMS_READ),
    "GET /v1/export/events": _reads(_P.EVENTS_READ),
    "GET /v1/export/{table}": _reads(),
    "GET /v1/fhir/metadata": OPEN,
    "GET /v1/fhir/{resource}/{name}": _reads(),
    "GET /v1/fhir/{resource}": _reads(),
    "POST /v1/open-claims": Access(needs=_P.FILES_WRITE, audited=True, big=True),
    "GET /v1/open-claims/sources": Access(needs=_P.FILES_WRITE),
    "GET /open-claims": Access(needs=_P.FILES_WRITE),
    "POST /open-claims/try": Access(needs=_P.FILES_WRITE, audited=True, big=True),
    "POST /open-claims/import": Access(needs=_P.FILES_WRITE, audited=True),
    "GET /v1/inbox-files": Access(needs=_P.FILES_WRITE, audited=True),
    "GET /v1/intake/{correlation_id}": Access(needs=_P.FILES_WRITE, passive=True),
    "POST /v1/search": _reads(),
    "GET /v1/worklists/{kind}": _reads(),
    "GET /v1/claims": _reads(),
    "GET /v1/visits": _reads(),
    "POST /v1/visits": _reads(),
    "POST /v1/visits/close": Access(needs=_P.CLAIMS_ACT, audited=True),
    "POST /v1/visits/reopen": Access(needs=_P.CLAIMS_ACT, audited=True),
    "POST /v1/items/actions": Access(needs=_P.CLAIMS_ACT, audited=True),
    "GET /visits/closed": _reads(),
    "POST /visits/close": Access(needs=_P.CLAIMS_ACT, audited=True),
    "POST /visits/reopen": Access(needs=_P.CLAIMS_ACT, audited=True),
    "GET /v1/findings": _reads(),
    "GET /v1/findings/score": Access(needs=_P.CLAIMS_READ),
    "GET /v1/remittances": _reads(),
    "GET /v1/remittances/{name}": _reads(),
    "GET /v1/contracts": Access(needs=_P.CLAIMS_READ),
    "POST /v1/contracts/import": Access(needs=_P.TERMS_WRITE, audited=True, big=True),
    "GET /v1/contracts/{contract_id}": Access(needs=_P.CLAIMS_READ),
    "GET /v1/patterns": _reads(),
    "GET /v1/alerts": _reads(),
    "POST /v1/what-if": Access(needs=_P.CLAIMS_READ, big=True),
    "GET /v1/claims/{ref}": _reads(),
    "GET /v1/claims/{ref}/events": _reads(),
    "POST /v1/claims/{ref}/actions": Access(needs=_P.CLAIMS_ACT, audited=True),
    "POST /v1/letters/draft": _reads(),
    "POST /v1/letters/draft.{form}": _reads(),
    "POST /v1/letters": Access(needs=_P.CLAIMS_ACT, audited=True, big=True),
    "GET /v1/claims/{ref}/letters": _reads(),
    "GET /v1/claims/{ref}/letters/{event}": _reads(),
    "GET /v1/letter-texts": Access(needs=_P.CLAIMS_READ),
    "POST /v1/letter-texts/{kind}": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /v1/settings/profile": Access(needs=_P.CLAIMS_READ),
    "POST /v1/settings/profile": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /v1/settings/addresses": Access(needs=_P.CLAIMS_READ),
    "POST /v1/settings/addresses": Access(needs=_P.TERMS_WRITE, audited=True),
    "POST /v1/paper-eob": Access(needs=_P.MONEY_ACT, audited=True),
    "POST /v1/actions": Access(needs=_P.CLAIMS_ACT, audited=True),
    "GET /v1/thresholds": _reads(),
    "POST /v1/thresholds": _reads(),
    "GET /v1/aging": Access(needs=_P.CLAIMS_READ),
    "GET /v1/underpayments": _reads(),
    "GET /v1/parked": _reads(_P.PARKED_READ),
    "GET /v1/parked/{parked_id}": _reads(_P.PARKED_READ),
    "POST /v1/parked/{parked_id}/retry": Access(needs=_P.PARKED_ACT, audited=True),
    "POST /v1/parked/{parked_id}/discard": Access(needs=_P.PARKED_ACT, audited=True),
    "POST /v1/estimate": Access(needs=_P.ESTIMATE),
    "GET /v1/rules": Access(needs=_P.CLAIMS_READ),
    "GET /v1/rules/status": Access(needs=_P.CLAIMS_READ),
    "GET /v1/rules/lists": Access(needs=_P.CLAIMS_READ),
    "POST /v1/rules/import": Access(needs=_P.TERMS_WRITE, audited=True, big=True),
    "POST /v1/rules/diff": Access(needs=_P.CLAIMS_READ, audited=True, big=True),
    "POST /v1/rules/publish": Access(needs=_P.TERMS_WRITE, audited=True, big=True),
    "GET /v1/rules/packs/{pack_id}": Access(needs=_P.CLAIMS_READ),
    "GET /v1/rules/learned": _reads(),
    "POST /v1/rules/learned": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /v1/payer-changes": _reads(),
    "GET /v1/stream": Access(needs=_P.CLAIMS_READ, passive=True),
    "POST /v1/session/password": Access(needs=Gate.SIGNED_IN, audited=True),
    "GET /v1/webhooks": Access(needs=_P.WEBHOOKS),
    "POST /v1/webhooks": Access(needs=_P.WEBHOOKS, audited=True),
    "PUT /v1/webhooks/{endpoint_id}": Access(needs=_P.WEBHOOKS, audited=True),
    "POST /v1/webhooks/{endpoint_id}/state": Access(needs=_P.WEBHOOKS, audited=True),
    "DELETE /v1/webhooks/{endpoint_id}": Access(needs=_P.WEBHOOKS, audited=True),
    "POST /v1/webhooks/{endpoint_id}/rotate": Access(needs=_P.WEBHOOKS, audited=True),
    "POST /v1/webhooks/{endpoint_id}/test": Access(needs=_P.WEBHOOKS, audited=True),
    "GET /v1/webhooks/{endpoint_id}/deliveries": Access(needs=_P.WEBHOOKS),
    "POST /v1/webhook-deliveries/{delivery_id}/replay": Access(needs=_P.WEBHOOKS, audited=True),
    "GET /webhooks": Access(needs=_P.WEBHOOKS),
    "POST /webhooks": Access(needs=_P.WEBHOOKS, audited=True),
    "POST /webhooks/{endpoint_id}": Access(needs=_P.WEBHOOKS, audited=True),
    "POST /webhooks/deliveries/{delivery_id}": Access(needs=_P.WEBHOOKS, audited=True),
    "GET /v1/people": _reads(_P.PEOPLE),
    "POST /v1/people": Access(needs=_P.PEOPLE, audited=True),
    "POST /v1/people/{person_id}": Access(needs=_P.PEOPLE, audited=True),
    "POST /v1/people/{person_id}/link": Access(needs=_P.PEOPLE, audited=True),
    "GET /v1/keys": Access(needs=_P.PEOPLE, audited=True),
    "POST /v1/keys": Access(needs=_P.PEOPLE, audited=True),
    "DELETE /v1/keys/{key_id}": Access(needs=_P.PEOPLE, audited=True),
    "GET /people": _reads(_P.PEOPLE),
    "POST /people": Access(needs=_P.PEOPLE, audited=True),
    "POST /people/{person_id}": Access(needs=_P.PEOPLE, audited=True),
    "GET /account": SIGNED_IN,
    "POST /account/password": Access(needs=Gate.SIGNED_IN, audited=True),
    "POST /account/second-factor": Access(needs=Gate.SIGNED_IN, audited=True),
    "GET /v1/audit": Access(needs=_P.AUDIT, audited=True),
    "GET /v1/audit/check": Access(needs=_P.AUDIT),
    # pages
    "GET /static/{version}/{name}": OPEN,
    "GET /favicon.ico": OPEN,
    "GET /sign-in": OPEN,
    "POST /sign-in": OPEN,
    "POST /sign-out": SIGNED_IN,
    "POST /find": _reads(),
    "GET /find/{search}": _reads(),
    "GET /drafts": Access(needs=_P.CLAIMS_READ, passive=True),
    "GET /drafts/{place}": _reads(),
    "POST /drafts/{place}": Access(needs=_P.CLAIMS_ACT),
    "GET /": _reads(),
    "GET /worklists/{kind}": _reads(),
    "GET /worklists/{kind}/file.{form}": _reads(),
    "GET /worklists/{kind}/matching": _reads(_P.CLAIMS_ACT),
    "POST /worklists/{kind}/search": _reads(),
    "GET /glossary": SIGNED_IN,
    "GET /guide/{name}": SIGNED_IN,
    "GET /guide/pictures/{picture}": SIGNED_IN,
    "GET /export/{table}.{form}": _reads(),
    "GET /views/counts": Access(needs=_P.CLAIMS_READ, passive=True),
    "POST /columns": Access(needs=_P.CLAIMS_READ),
    "POST /views": Access(needs=_P.CLAIMS_READ, audited=True),
    "POST /views/{view}/remove": Access(needs=_P.CLAIMS_READ, audited=True),
    "GET /claims/{ref}": _reads(),
    "GET /claims/{ref}/raw/{event}": _reads(),
    "GET /claims/{ref}/letters": _reads(),
    "GET /claims/{ref}/letters/{kind}": _reads(),
    "POST /claims/{ref}/letters/{kind}": Access(needs=_P.CLAIMS_ACT, audited=True, big=True),
    "GET /claims/{ref}/sent/{event}": _reads(),
    "GET /underpayments/letter": _reads(),
    "POST /underpayments/letter": Access(needs=_P.CLAIMS_ACT, audited=True, big=True),
    "GET /team": Access(needs=_P.OPERATIONS),
    "GET /v1/team": Access(needs=_P.OPERATIONS),
    "GET /v1/team/weekly": Access(needs=_P.OPERATIONS),
    "GET /v1/team/weekly.txt": Access(needs=_P.OPERATIONS),
    "GET /v1/team/weekly.pdf": Access(needs=_P.OPERATIONS),
    "GET /contracts": Access(needs=_P.CLAIMS_READ),
    "POST /contracts/try": Access(needs=_P.TERMS_WRITE, audited=True, big=True),
    "POST /contracts/publish": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /setup": Access(needs=_P.CLAIMS_READ),
    "POST /setup/finish": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /setup/practice": Access(needs=_P.CLAIMS_READ),
    "POST /setup/practice": Access(needs=_P.TERMS_WRITE, audited=True),
    "POST /setup/zone": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /inbox": Access(needs=_P.FILES_WRITE),
    "POST /inbox": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /keys": _reads(_P.PEOPLE),
    "POST /keys": Access(needs=_P.PEOPLE, audited=True),
    "POST /keys/{key_id}/revoke": Access(needs=_P.PEOPLE, audited=True),
    "GET /routing": Access(needs=_P.CLAIMS_READ),
    "POST /routing/try": Access(needs=_P.TERMS_WRITE, audited=True),
    "POST /routing/save": Access(needs=_P.TERMS_WRITE, audited=True),
    "POST /routing/change": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /v1/routing": Access(needs=_P.CLAIMS_READ),
    "POST /v1/routing/try": Access(needs=_P.TERMS_WRITE, audited=True),
    "POST /v1/routing/rules": Access(needs=_P.TERMS_WRITE, audited=True),
    "POST /v1/routing/rules/end": Access(needs=_P.TERMS_WRITE, audited=True),
    "POST /v1/routing/queues": Access(needs=_P.TERMS_WRITE, audited=True),
    "POST /v1/routing/queues/remove": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /letters": Access(needs=_P.CLAIMS_READ),
    "GET /letters/{kind}": Access(needs=_P.CLAIMS_READ),
    "POST /letters/{kind}": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /thresholds": _reads(),
    "GET /thresholds/{patient}": _reads(),
    "GET /aging": Access(needs=_P.CLAIMS_READ),
    "GET /aging/claims": _reads(),
    "GET /patterns": Access(needs=_P.CLAIMS_READ),
    "GET /underpayments": _reads(),
    "GET /underpayments/{ref}/{line}": _reads(),
    "GET /deposits": _reads(),
    "GET /paper-eob": Access(needs=_P.MONEY_ACT),
    "GET /claims/{ref}/paper-eob": _reads(_P.MONEY_ACT),
    "GET /v1/deposits": _reads(),
    "GET /unidentified": _reads(),
    "GET /unidentified/{name}": _reads(),
    "POST /unidentified/{name}": Access(needs=_P.CLAIMS_ACT, audited=True),
    "POST /unidentified/decisions/{event_id}/undo": Access(needs=_P.CLAIMS_ACT, audited=True),
    "GET /v1/unidentified": _reads(),
    "GET /v1/unidentified/decisions": _reads(),
    "POST /v1/unidentified/decisions/{event_id}/undo": Access(needs=_P.CLAIMS_ACT, audited=True),
    "GET /v1/unidentified/{name}": _reads(),
    "GET /v1/unidentified/{name}/candidates": _reads(),
    "POST /v1/unidentified/{name}/join": Access(needs=_P.CLAIMS_ACT, audited=True),
    "POST /v1/unidentified/{name}/separate": Access(needs=_P.CLAIMS_ACT, audited=True),
    "POST /v1/deposits": Access(needs=_P.MONEY_ACT, audited=True),
    "GET /remittances": _reads(),
    "GET /remittances/{name}": _reads(),
    "GET /upload": _reads(_P.FILES_WRITE),
    "GET /upload/{correlation_id}": Access(needs=_P.FILES_WRITE, audited=True),
    "GET /operations": _reads(_P.PARKED_READ),
    "GET /operations/parked/{parked_id}": _reads(_P.PARKED_READ),
    "GET /rules": Access(needs=_P.CLAIMS_READ),
    "POST /rules/import": Access(needs=_P.TERMS_WRITE, audited=True, big=True),
    "POST /rules/publish": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /rules/learned": _reads(),
    "GET /estimate": Access(needs=_P.ESTIMATE),
    "POST /estimate": Access(needs=_P.ESTIMATE),
    "POST /rules/learned": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /payers": Access(needs=_P.CLAIMS_READ),
    "GET /payers/terms": Access(needs=_P.CLAIMS_READ),
    "POST /payers/terms": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /v1/payers": Access(needs=_P.CLAIMS_READ),
    "GET /v1/payers/terms": Access(needs=_P.CLAIMS_READ),
    "GET /v1/payers/library": Access(needs=_P.CLAIMS_READ),
    "GET /v1/payers/library/{template}": Access(needs=_P.CLAIMS_READ),
    "POST /v1/payers/adopt": Access(needs=_P.TERMS_WRITE, audited=True),
    "POST /v1/payers/edit": Access(needs=_P.TERMS_WRITE, audited=True),
    "POST /v1/payers/publish": Access(needs=_P.TERMS_WRITE, audited=True),
    "POST /v1/payers/merge": Access(needs=_P.TERMS_WRITE, audited=True),
    "GET /audit": Access(needs=_P.AUDIT, audited=True),
    "GET /audit/file.csv": Access(needs=_P.AUDIT, audited=True),
}


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who is asking. `token` is the session's, None for an API key."""

    kind: str
    id: str
    name: str
    role: str
    practices: tuple[str, ...]
    permissions: frozenset[Permission]
    token: str | None = None

    def may(self, needs: Permission | Gate) -> bool:
        return isinstance(needs, Gate) or needs in self.permissions


def permissions_of(role: str, scopes: tuple[str, ...] = ()) -> frozenset[Permission]:
    """A role's permissions, narrowed to the scopes if there are any. An unknown role has none."""
    granted = ROLES.get(role, frozenset())
    return granted & {Permission(scope) for scope in scopes} if scopes else granted
