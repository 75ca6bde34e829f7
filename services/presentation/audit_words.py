"""An audit entry as a sentence: who did or saw what, without the program's routes."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

# Route -> what somebody who asked for it did. A route without words is shown as "used" with its last part.
ACTIONS: Mapping[str, str] = {
    "GET /": "Viewed all open work",
    "GET /worklists/{kind}": "Viewed a worklist",
    "GET /v1/worklists/{kind}": "Read a worklist (API)",
    "GET /worklists/{kind}/file.{form}": "Exported a worklist",
    "GET /worklists/{kind}/matching": "Selected all claims on a list",
    "GET /claims/{ref}": "Viewed a claim",
    "GET /v1/claims/{ref}": "Read a claim (API)",
    "GET /v1/claims/{ref}/events": "Read a claim's events (API)",
    "GET /claims/{ref}/raw/{event}": "Viewed raw EDI",
    "POST /v1/claims/{ref}/actions": "Action on a claim",
    "POST /v1/actions": "Actions on several claims",
    "POST /find": "Searched",
    "POST /v1/search": "Searched (API)",
    "GET /find/{search}": "Viewed search results",
    "GET /claims/{ref}/letters": "Viewed the letters about a claim",
    "GET /v1/claims/{ref}/letters": "Read the letters about a claim (API)",
    "GET /claims/{ref}/letters/{kind}": "Drafted a letter",
    "POST /claims/{ref}/letters/{kind}": "Created or filed a letter",
    "GET /claims/{ref}/sent/{event}": "Opened a letter that was sent",
    "GET /v1/claims/{ref}/letters/{event}": "Read a letter that was sent (API)",
    "GET /underpayments/letter": "Drafted a dispute letter",
    "POST /underpayments/letter": "Created or filed a dispute letter",
    "POST /letters/{kind}": "Changed the text of a letter",
    "POST /v1/letters": "Filed a letter (API)",
    "POST /v1/letters/draft": "Drafted a letter (API)",
    "POST /v1/letters/draft.{form}": "Created a letter (API)",
    "POST /v1/letter-texts/{kind}": "Changed the text of a letter (API)",
    "POST /v1/settings/profile": "Changed the practice's settings (API)",
    "POST /v1/settings/addresses": "Changed an address for letters (API)",
    "POST /v1/contracts/import": "Tested or published a contract file (API)",
    "POST /contracts/try": "Tested a contract file",
    "POST /contracts/publish": "Published contracts",
    "POST /setup/finish": "Finished setup",
    "POST /setup/practice": "Changed the practice's settings",
    "POST /setup/zone": "Chose the time zone",
    "POST /inbox": "Turned the drop folder on or off",
    "POST /routing/try": "Tested a routing rule",
    "POST /routing/save": "Saved a routing rule",
    "POST /routing/change": "Changed a routing rule or queue",
    "POST /v1/routing/try": "Tested a routing rule (API)",
    "POST /v1/routing/rules": "Saved a routing rule (API)",
    "POST /v1/routing/rules/end": "Ended a routing rule (API)",
    "POST /v1/routing/queues": "Saved a queue (API)",
    "POST /v1/routing/queues/remove": "Removed a queue (API)",
    "GET /keys": "Viewed API keys",
    "POST /keys": "Created an API key",
    "POST /keys/{key_id}/revoke": "Revoked an API key",
    "GET /thresholds": "Viewed therapy thresholds",
    "GET /v1/thresholds": "Read therapy thresholds (API)",
    "POST /v1/thresholds": "Read a patient's thresholds (API)",
    "GET /thresholds/{patient}": "Viewed a patient",
    "GET /aging/claims": "Viewed aged claims",
    "GET /underpayments": "Viewed underpayments",
    "GET /v1/underpayments": "Read underpayments (API)",
    "GET /underpayments/{ref}/{line}": "Viewed a line's price",
    "GET /remittances": "Viewed remittances",
    "GET /remittances/{name}": "Viewed a remittance",
    "POST /v1/edi": "Uploaded a file",
    "GET /upload/{correlation_id}": "Viewed an import result",
    "GET /v1/parked/{parked_id}": "Viewed unread input (API)",
    "GET /operations/parked/{parked_id}": "Viewed unread input",
    "POST /v1/parked/{parked_id}/retry": "Retried unread input",
    "POST /v1/parked/{parked_id}/discard": "Dismissed unread input",
    "POST /v1/items/actions": "Action on a patient's item",
    "GET /visits/closed": "Viewed closed visits",
    "POST /visits/close": "Closed a visit",
    "POST /visits/reopen": "Reopened a visit",
    "POST /v1/visits/close": "Closed a visit (API)",
    "POST /v1/visits/reopen": "Reopened a visit (API)",
    "POST /payers/terms": "Changed a payer's terms",
    "POST /v1/payers/adopt": "Adopted a payer's terms (API)",
    "POST /v1/payers/edit": "Changed a payer's terms (API)",
    "POST /v1/payers/publish": "Published a payer's terms (API)",
    "POST /v1/payers/merge": "Merged two payers (API)",
    "GET /v1/events": "Read the event feed (API)",
    "GET /audit": "Viewed the audit log",
    "GET /v1/audit": "Read the audit log (API)",
    "GET /aging": "Viewed aging",
    "GET /audit/file.csv": "Exported the audit log",
    "GET /contracts": "Viewed contracts",
    "GET /deposits": "Viewed deposits",
    "GET /drafts": "Viewed own drafts",
    "GET /drafts/{place}": "Read own draft",
    "POST /drafts/{place}": "Saved a draft",
    "GET /estimate": "Opened the estimate form",
    "POST /estimate": "Calculated an estimate",
    "GET /export/{table}.{form}": "Exported a table",
    "GET /rules": "Viewed rules",
    "GET /rules/learned": "Viewed learned rules",
    "POST /rules/learned": "Decided on a learned rule",
    "POST /rules/import": "Read rule files",
    "POST /rules/publish": "Published rules",
    "GET /letters": "Viewed letter texts",
    "GET /letters/{kind}": "Viewed a letter text",
    "GET /operations": "Viewed operations",
    "GET /paper-eob": "Opened the paper EOB form",
    "GET /claims/{ref}/paper-eob": "Opened the paper EOB form of a claim",
    "GET /patterns": "Viewed denials and payers",
    "GET /payers": "Viewed payers",
    "GET /payers/terms": "Viewed a payer's terms",
    "GET /people": "Viewed people",
    "POST /people": "Added a person",
    "POST /people/{person_id}": "Changed a person's account",
    "GET /account": "Viewed own account",
    "POST /account/password": "Changed own password",
    "POST /account/second-factor": "Changed own authenticator app",
    "GET /setup": "Viewed setup",
    "GET /inbox": "Viewed the inbox",
    "GET /setup/practice": "Viewed the practice's settings",
    "GET /team": "Viewed the team's figures",
    "POST /worklists/{kind}/search": "Searched a worklist",
    "GET /unidentified": "Viewed unmatched responses",
    "GET /unidentified/{name}": "Viewed an unmatched response",
    "POST /unidentified/{name}": "Decided on an unmatched response",
    "POST /unidentified/decisions/{event_id}/undo": "Undid a decision on a response",
    "GET /upload": "Opened the upload page",
    "POST /views": "Saved a view",
    "POST /views/{view}/remove": "Removed a view",
    "GET /views/counts": "Counted saved views",
    "POST /columns": "Chose columns",
    "GET /webhooks": "Viewed notifications",
    "POST /webhooks": "Added a notification address",
    "POST /webhooks/{endpoint_id}": "Changed a notification address",
    "POST /webhooks/deliveries/{delivery_id}": "Sent a notification again",
    "sign in by password": "Signed in with a password",
    "sign in by link": "Signed in with a one-time link",
    "sign in by provider": "Signed in with the identity provider",
    "failed sign-in": "Sign-in failed",
    "refused": "Refused",
    "sign out": "Signed out",
}
ANSWERS: Mapping[int, str] = {
    401: "not signed in",
    403: "not permitted",
    404: "not found",
    409: "conflict",
    412: "claim changed meanwhile",
    422: "invalid request",
    429: "too many requests",
    503: "service busy",
}


def action_words(action: str) -> str:
    """What was done; of a route that has no words of its own, its resource."""
    told = ACTIONS.get(action)
    if told is not None:
        return told
    verb, _, path = action.partition(" ")
    if not path.startswith("/"):
        return action[:1].upper() + action[1:]
    parts = [part for part in path.split("/") if part and part != "v1" and "{" not in part]
    done = "Viewed" if verb == "GET" else "Changed"
    return (
        f"{done} {' '.join(parts).replace('_', ' ').replace('-', ' ') or 'a page'}{' (API)' if '/v1/' in path else ''}"
    )


def answer_words(status: int) -> str:
    """Empty where it went well."""
    if status < HTTPStatus.BAD_REQUEST:
        return ""
    return ANSWERS.get(status, "failed" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "refused")


SHOWN = "shown: "  # before the opaque names of the claims and patients that a list showed


def detail_words(detail: str | None) -> str:
    """How a list was narrowed, and how many claims and patients it showed; their opaque names say nothing to people."""
    told, mark, refs = (detail or "").partition(SHOWN)
    if not mark:
        return told
    number = len(refs.split())
    counted = f"{number} claims and patients shown" if number != 1 else "1 claim or patient shown"
    return f"{told.rstrip('; ')}; {counted}" if told.strip("; ") else counted
