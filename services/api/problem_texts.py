"""The texts of each kind of refusal: name -> title, what was wrong, what to do."""

from __future__ import annotations

from collections.abc import Mapping

_CURSOR = "Use the cursor in the `Next-Cursor` header of the previous page with the same filters, or start without one."
_LOOK_AGAIN = "Load it again, review what changed, and resend what still applies."
TEXTS: Mapping[str, tuple[str, str, str]] = {
    # what HTTP itself says
    "malformed-request": (
        "The request cannot be read",
        "The request is not a valid HTTP request for this server.",
        "Correct the request; the same one will be refused again.",
    ),
    "not-found": (
        "Not found",
        "There is nothing at this address, or this key may not see it.",
        "Use addresses from a response of this server: `POST /v1/search` returns the `ref` of a claim number.",
    ),
    "method-not-allowed": (
        "Method not allowed",
        "The address exists, but not with this method.",
        "Use one of the methods in the `Allow` header.",
    ),
    "too-large": (
        "The body is too large",
        "The body exceeds `CLAIMCLOCK_MAX_BODY`, or for files `CLAIMCLOCK_MAX_UPLOAD`.",
        "Send fewer events at a time, or split the file between interchanges.",
    ),
    "internal-error": (
        "Server error",
        "The program failed. What was sent is not repeated here; the server's log has the reason.",
        "Try again later. If it fails again, give the operator the `X-Request-ID` of the response.",
    ),
    "unavailable": (
        "Not available right now",
        "The database is unavailable or all of its connections are in use. Nothing is known to be saved.",
        "Resend the same request after `Retry-After` seconds; duplicates are ignored.",
    ),
    "disk-full": (
        "Disk full",
        "The server has no disk space left for what was sent. Nothing was accepted.",
        "Tell the operator, then resend the same request.",
    ),
    "invalid-request": (
        "The request does not match the API schema",
        "A parameter or a field of the body has a value that the API schema does not allow; `errors` lists each.",
        "Correct the fields that `errors` names. For events, `results` has the errors of each.",
    ),
    # who may
    "not-signed-in": (
        "Not signed in",
        "The request has no valid API key or session: none was sent, or it was revoked or has expired.",
        "Send `Authorization: Bearer KEY`, with a key from `claimclock key add`.",
    ),
    "forbidden": (
        "Not allowed",
        "The key or user lacks the permission or scope that `detail` names.",
        "Ask an administrator for a key with that scope or a role with that permission.",
    ),
    "sign-in": (
        "Sign-in failed",
        "The name or the password is wrong, or the account is disabled.",
        "Try again, or ask an administrator for a sign-in link.",
    ),
    "code-needed": (
        "Code required",
        "The password is right; the code of the authenticator app is missing or wrong.",
        "Send the six digits from the app as `code`.",
    ),
    "too-many-tries": (
        "Too many wrong passwords",
        "Too many attempts for this name or from this address.",
        "Wait 15 minutes.",
    ),
    "provider": (
        "The identity provider did not answer",
        "The OIDC provider cannot be reached or returned an invalid response.",
        "Try again; if it persists, have the operator check `CLAIMCLOCK_OIDC_ISSUER`.",
    ),
    # too much, not now
    "too-many-requests": (
        "Too many requests",
        "This key or user exceeded `CLAIMCLOCK_RATE_LIMIT`, or sent too many invalid events.",
        "Wait `Retry-After` seconds. `RateLimit` in every response says what is left, `RateLimit-Policy` the limit.",
    ),
    "busy": (
        "Processing backlog",
        "More than `CLAIMCLOCK_LAG_LIMIT` events are waiting to be processed. Nothing was accepted.",
        "Resend the same request after `Retry-After` seconds.",
    ),
    "transient": (
        "Temporarily unavailable",
        "The stream server or the database is unavailable, or durability could not be confirmed in time.",
        "Resend after `Retry-After` seconds; events that were already accepted count as duplicates.",
    ),
    "stream-refused": (
        "The stream server refused a command",
        "The stream server is reachable but refused: out of memory, no permission, or the key holds something else.",
        "Tell the operator. Nothing was accepted; the same request can be resent.",
    ),
    "embedded-server": (
        "The embedded stream server is unavailable",
        "The embedded Valkey could not be started or reached.",
        "Tell the operator; `claimclock doctor` shows what is wrong.",
    ),
    # bodies
    "not-json": ("The body is not JSON", "The body is not valid JSON, or does not match its type.", "Send JSON."),
    "broken-body": (
        "The compressed body is damaged",
        "The body is not gzip as `Content-Encoding` states, or is cut off.",
        "Compress it again, or send it uncompressed.",
    ),
    "unsupported-type": (
        "Unsupported content type",
        "This address does not accept the `Content-Type` or `Content-Encoding`; `detail` lists those it does.",
        "Send one of them.",
    ),
    "one-file": ("One file per form", "The form has no file, or several.", "Send one file per form."),
    # parameters
    "bad-instant": (
        "Not a date or time",
        "A parameter such as `at`, `as_of`, `known_at` or `since` cannot be read.",
        "Use a date (`2026-11-05`) or a time with its UTC offset (`2026-11-05T10:00:00Z`).",
    ),
    "bad-received": (
        "`received_at` cannot be read",
        "`received_at` has none of the accepted forms.",
        "Use `now`, `file`, or a time such as `2026-03-20T14:00:00Z`.",
    ),
    "bad-cursor": ("Invalid cursor", "The cursor was not issued by this server.", _CURSOR),
    "list-cursor": (
        "Cursor of a different list",
        "The cursor belongs to a different list, or to the same list with different filters.",
        _CURSOR,
    ),
    "worklist-cursor": ("Cursor of a different worklist", "The cursor does not match this worklist.", _CURSOR),
    "filter": (
        "Invalid filter",
        "A filter has an invalid value; `detail` names it.",
        "Correct it; the API documentation lists the values of each filter.",
    ),
    "usage": (
        "The request cannot be carried out",
        "Each part is valid, but together they ask for something that cannot be done; `detail` explains.",
        "Correct what `detail` names; the same request will be refused again.",
    ),
    "unknown-worklist": ("No such worklist", "No worklist has this name.", "The API documentation lists them."),
    "unknown-basis": (
        "No such aging basis",
        "Aging is measured from the date of service, of submission, or of responsibility.",
        "Send `dos`, `submission` or `responsibility`.",
    ),
    "unknown-grouping": (
        "No such grouping",
        "Patterns are counted by payer, code or month.",
        "Send `payer`, `code` or `month`.",
    ),
    # claims, visits, items
    "conflict": ("Conflict with the current state", "The current state does not allow this.", _LOOK_AGAIN),
    "stale-version": ("The claim has changed", "The claim changed after it was read: `version` is old.", _LOOK_AGAIN),
    "precondition": ("The claim has changed", "`If-Match` does not match the claim's version.", _LOOK_AGAIN),
    "refused-action": (
        "The action does not apply to this claim",
        "The action does not apply to the claim in its current state; `codes` has the reason.",
        "Open the claim and choose another action.",
    ),
    "confirmation-needed": (
        "Please confirm",
        "The action is unusual for this claim; `codes` has the reason.",
        "If it is intended, resend it with these codes in `confirm`.",
    ),
    "reason-missing": (
        "A reason is missing",
        "Closing an item whose deadline is still open requires a reason.",
        "Send a `reason`.",
    ),
    "note-missing": ("A note is missing", "The reason `other` needs a note.", "Send a `note`."),
    "visit-billed": ("The visit is billed", "The visit is on a claim.", "Work on the claim instead."),
    "visit-state": ("The visit is not in that state", "It is already closed, or not closed.", _LOOK_AGAIN),
    "wrong-list": ("Wrong list", "The items of this list belong to a claim or a visit.", "Work on that instead."),
    "unbalanced-eob": (
        "The EOB does not balance",
        "The amounts entered do not add up. Nothing was saved.",
        "Compare them with the paper EOB; `detail` has the difference.",
    ),
    "bad-deposit": ("Invalid deposit", "A deposit must be more than zero.", "Correct the amount."),
    "letter-text": (
        "The letter's text cannot be used",
        "It has an unknown field, or a part is missing.",
        "Correct the part that `detail` names.",
    ),
    "letter-render": (
        "The letter could not be created",
        "The program failed to create the letter file.",
        "Tell the operator; the claim is unchanged.",
    ),
    # terms
    "terms-problem": ("These terms cannot be used", "`detail` explains why.", "Correct them."),
    "bad-terms": (
        "Incomplete terms",
        "A term has no value or no citation; `detail` lists each place.",
        "State each term, or mark it unknown.",
    ),
    "bad-edit": (
        "Invalid change to a term",
        "A change is written as TERM=LENGTH UNIT [from ANCHOR] [by receipt or mailing].",
        "Correct it, as in `filing=90 days from dos`.",
    ),
    "unknown-payer": ("No such payer", "No file, visit or policy names this payer.", "`GET /v1/payers` lists them."),
    "several-payers": ("Several payers have this name", "The name is not unique.", "Send the payer's id."),
    "same-payer": ("Already merged", "The two payers are already one.", "There is nothing to do."),
    "unknown-template": (
        "No such template",
        "The library has no such template.",
        "`GET /v1/payers/library` lists them.",
    ),
    "bad-pack": ("The rule pack cannot be used", "`detail` says what to correct.", "Correct the pack."),
    "rule-file": (
        "The published file cannot be used",
        "The file is not a known one, or a part of it cannot be read; `detail` names the place.",
        "Use the file exactly as it was published.",
    ),
    "changed-since": ("Rules have changed", "Other rules took effect after the changes were shown.", _LOOK_AGAIN),
    # endpoints, files, installation
    "endpoint": (
        "Invalid endpoint",
        "The address or the kinds cannot be used; `detail` explains why.",
        "Correct them.",
    ),
    "unreadable-secret": (
        "The endpoint's secret cannot be read",
        "The secret was encrypted with a different `CLAIMCLOCK_REF_KEY`.",
        "Rotate the secret: `claimclock webhooks rotate ID`.",
    ),
    "unreadable-file": ("The file cannot be opened", "The file could not be opened.", "Send it again."),
    "unreachable-inbox": ("The inbox cannot be reached", "`detail` says why.", "Correct the inbox's settings."),
    "raw-store": (
        "A stored file cannot be read",
        "A stored file is missing, damaged, or encrypted with a different key.",
        "Tell the operator: restore it from a backup, or set the `CLAIMCLOCK_RAW_KEY` it was stored with.",
    ),
    "audit-unwritable": (
        "The audit log cannot be written",
        "This access cannot be recorded, so nothing is shown.",
        "Tell the operator: the database must be writable.",
    ),
    "settings": ("Invalid setting", "`detail` names its variable.", "The operator corrects it and restarts."),
    "schema": (
        "Database version mismatch",
        "Its tables do not match this version of Claimclock.",
        "The operator runs `claimclock migrate`, or the version that created the database.",
    ),
    "unread-contract": (
        "The contract file cannot be read",
        "The file is not a contract file or fee schedule that can be read; `detail` says what is wrong and where.",
        "Name the columns of the code and the amount, or send the file in a form shown in docs/contracts.md.",
    ),
    "open-claims": (
        "The list of open claims cannot be read",
        "The list lacks a required column, or some rows are unclear; `detail` names row and column.",
        "Map the columns, correct the rows named, and try again with `dry_run`.",
    ),
    "routing-field": (
        "Invalid field in the routing rule",
        "A field of the rule has an invalid value; `detail` names it.",
        "Correct the field and try the rule again.",
    ),
    "letter-field": (
        "Invalid field in the letter's form",
        "A field of the form has an invalid value; `detail` names it.",
        "Correct the field; your entries are still on the page.",
    ),
    "event-not-allowed": (
        "You may not send this event",
        "The parked event requires a permission or belongs to a practice that you do not have; `detail` says which.",
        "Have someone with that permission retry it, or dismiss the event.",
    ),
}
