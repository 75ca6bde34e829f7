"""What is said of each kind of refusal: name -> title, what was wrong, what to do."""

from __future__ import annotations

from collections.abc import Mapping

_CURSOR = "Take the cursor from the `Next-Cursor` header of the answer before, with the same filters, or begin without."
_LOOK_AGAIN = "Read it again, look at what changed, and send what you still mean."
TEXTS: Mapping[str, tuple[str, str, str]] = {
    # what HTTP itself says
    "malformed-request": (
        "The request cannot be read",
        "The request is no HTTP request of a form that this server takes.",
        "Correct the request; the same one will be refused again.",
    ),
    "not-found": (
        "Not found",
        "There is nothing at this address, or nothing that this key may see.",
        "Take addresses from an answer of this server: `POST /v1/search` gives the `ref` of a claim number.",
    ),
    "method-not-allowed": (
        "This address does not take that method",
        "The address exists; the method does not.",
        "Use a method of the header `Allow`.",
    ),
    "too-large": (
        "The body is too large",
        "The body is larger than `CLAIMCLOCK_MAX_BODY`, or than `CLAIMCLOCK_MAX_UPLOAD` for files.",
        "Send fewer events at a time, or split the file between interchanges.",
    ),
    "internal-error": (
        "Our fault",
        "The program failed. What was sent is not repeated here; the server's log has the reason.",
        "Send it again later. If it fails again, give the operator the `X-Request-ID` of the answer.",
    ),
    "unavailable": (
        "Not available now",
        "The database is away or all of its connections are in use. Nothing is known to be saved.",
        "Send the same again after `Retry-After` seconds; a repetition is harmless.",
    ),
    "disk-full": (
        "No room on the disk",
        "The server has no room left to keep what was sent. Nothing was taken.",
        "Tell the operator, then send the same again.",
    ),
    "invalid-request": (
        "The request does not match the document",
        "A parameter or a field of the body has a value that the API document does not allow; `errors` points at each.",
        "Correct the fields that `errors` names. For events, `results` has the errors of each.",
    ),
    # who may
    "not-signed-in": (
        "Not signed in",
        "No valid API key or session came with the request: none at all, a revoked one, or one that has ended.",
        "Send `Authorization: Bearer KEY`, with a key from `claimclock key add`.",
    ),
    "forbidden": (
        "Not allowed",
        "The key or person is known and lacks the permission or scope that `detail` names.",
        "Ask an administrator for a key with that scope, or a role with that permission.",
    ),
    "sign-in": (
        "Sign-in failed",
        "The name or the password is wrong, or the account is disabled.",
        "Try again, or ask an administrator for a sign-in link.",
    ),
    "code-needed": (
        "A code is needed",
        "The password is right; the code of the authenticator app is missing or wrong.",
        "Send the six digits of the app as `code`.",
    ),
    "too-many-tries": (
        "Too many wrong passwords",
        "Too many tries for this name or from this address.",
        "Wait a quarter of an hour.",
    ),
    "provider": (
        "The identity provider did not answer",
        "The OIDC provider cannot be reached or answers what no provider should.",
        "Try again; an operator checks `CLAIMCLOCK_OIDC_ISSUER`.",
    ),
    # too much, not now
    "too-many-requests": (
        "Too many requests",
        "This key or person is above `CLAIMCLOCK_RATE_LIMIT`, or sent too many invalid events.",
        "Wait `Retry-After` seconds. Each answer says in `RateLimit` what is left, in `RateLimit-Policy` the limit.",
    ),
    "busy": (
        "Too much is waiting",
        "The events that wait are more than `CLAIMCLOCK_LAG_LIMIT`. Nothing was taken.",
        "Send the same again after `Retry-After` seconds.",
    ),
    "transient": (
        "Something is away for now",
        "The stream server or the database is away, or durability could not be confirmed in time.",
        "Send the same again after `Retry-After` seconds; events that were taken already are duplicates then.",
    ),
    "stream-refused": (
        "The stream server refuses",
        "The stream server is there and does not do what is asked: no memory, no right, or another key in its place.",
        "Tell the operator. Nothing was taken; the same can be sent again.",
    ),
    "embedded-server": (
        "The embedded stream server is away",
        "The embedded Valkey could not be started or reached.",
        "Tell the operator; `claimclock doctor` says what is wrong.",
    ),
    # bodies
    "not-json": ("The body is not JSON", "The body is no JSON, or not of the kind that its type says.", "Send JSON."),
    "broken-body": (
        "The compressed body is broken",
        "The body is not the gzip that `Content-Encoding` says, or ends early.",
        "Compress it again, or send it as it is.",
    ),
    "unsupported-type": (
        "This kind of body is not taken here",
        "The `Content-Type` or `Content-Encoding` is not one that this address takes; `detail` lists those.",
        "Send one of them.",
    ),
    "one-file": ("A form with one file", "The form holds no file, or several.", "Send one file in each form."),
    # parameters
    "bad-instant": (
        "Not a day or an instant",
        "A parameter such as `at`, `as_of`, `known_at` or `since` cannot be read.",
        "Write a day (`2026-11-05`) or an instant with its offset (`2026-11-05T10:00:00Z`).",
    ),
    "bad-received": (
        "`received_at` cannot be read",
        "`received_at` is none of its forms.",
        "Write `now`, `file`, or an instant such as `2026-03-20T14:00:00Z`.",
    ),
    "bad-cursor": ("Not a cursor of ours", "The cursor was not made by this server.", _CURSOR),
    "list-cursor": (
        "A cursor of another list",
        "The cursor belongs to another list, or to the same list with other filters.",
        _CURSOR,
    ),
    "worklist-cursor": ("A cursor of another worklist", "The cursor does not fit this worklist.", _CURSOR),
    "filter": (
        "A filter cannot be read",
        "A filter of the list has a value that cannot be read; `detail` names it.",
        "Correct it; the API document has the values of each filter.",
    ),
    "usage": (
        "The request makes no sense",
        "Each part can be read, and together they ask for something that cannot be done; `detail` says what.",
        "Correct what `detail` names; the same request will be refused again.",
    ),
    "unknown-worklist": ("No such worklist", "No worklist has this name.", "The API document lists the worklists."),
    "unknown-basis": (
        "No such basis of age",
        "Age is counted from the day of service, of submission, or of responsibility.",
        "Send `dos`, `submission` or `responsibility`.",
    ),
    "unknown-grouping": (
        "No such grouping",
        "Patterns are counted by payer, code or month.",
        "Send `payer`, `code` or `month`.",
    ),
    # claims, visits, items
    "conflict": ("It has changed, or is in the way", "The state of things forbids what was asked for.", _LOOK_AGAIN),
    "stale-version": ("The claim has changed", "The claim changed since it was read: `version` is older.", _LOOK_AGAIN),
    "precondition": ("The claim has changed", "`If-Match` names another version than the claim's.", _LOOK_AGAIN),
    "refused-action": (
        "The action has no meaning for this claim",
        "As the claim stands, the action cannot be meant; `codes` names why.",
        "Look at the claim; another action is offered there.",
    ),
    "confirmation-needed": (
        "Please confirm",
        "The action is unlikely for this claim; `codes` names why.",
        "Send it again with `confirm` holding these codes, if it is meant.",
    ),
    "reason-missing": (
        "A reason is missing",
        "Work whose deadline still runs is closed with a reason.",
        "Send a `reason`.",
    ),
    "note-missing": ("A note is missing", "The reason `other` needs a note.", "Send a `note`."),
    "visit-billed": ("A claim bills this visit", "The visit is on a claim.", "Act on the claim."),
    "visit-state": ("The visit is not in that state", "It is closed already, or is not closed.", _LOOK_AGAIN),
    "wrong-list": ("Another list", "The items of this list belong to a claim or a visit.", "Act on that."),
    "unbalanced-eob": (
        "The EOB does not balance",
        "The typed amounts do not add up. Nothing was saved.",
        "Compare them with the paper; `detail` names the difference.",
    ),
    "bad-deposit": ("Not a deposit", "A deposit has an amount above zero.", "Correct the amount."),
    "letter-text": (
        "The letter's text cannot be used",
        "A field in it is unknown, or a part is missing.",
        "Correct the part that `detail` names.",
    ),
    "letter-render": (
        "The letter cannot be drawn",
        "The program failed to draw the letter.",
        "Tell the operator; the claim is unchanged.",
    ),
    # terms
    "terms-problem": ("These terms cannot be tried", "The terms cannot be used; `detail` says why.", "Correct them."),
    "bad-terms": (
        "These terms would be guessed at",
        "A term has no value, or no citation; `detail` points at each place.",
        "State each term, or leave it unknown.",
    ),
    "bad-edit": (
        "The change of a term cannot be read",
        "A change is written as TERM=LENGTH UNIT [from ANCHOR] [by receipt or mailing].",
        "Correct it, as in `filing=90 days from dos`.",
    ),
    "unknown-payer": ("No such payer", "No file, visit or policy names this payer.", "`GET /v1/payers` lists them."),
    "several-payers": ("Several payers have this name", "The name is not one payer's.", "Send the payer's id."),
    "same-payer": ("One payer already", "The two payers are one already.", "There is nothing to do."),
    "unknown-template": (
        "No such template",
        "The library has no such template.",
        "`GET /v1/payers/library` lists them.",
    ),
    "bad-pack": ("The rule pack cannot be used", "`detail` says what to correct.", "Correct the pack."),
    "rule-file": (
        "The published file cannot be used",
        "The file is none that is known, or a part of it cannot be read; `detail` names the place.",
        "Take the file as it was published.",
    ),
    "changed-since": ("Other rules are in force", "Rules came into force since the changes were shown.", _LOOK_AGAIN),
    # endpoints, files, installation
    "endpoint": (
        "The endpoint cannot be notified",
        "The address or the kinds cannot be used; `detail` says why.",
        "Correct them.",
    ),
    "unreadable-secret": (
        "The endpoint's secret cannot be read",
        "The secret was sealed with another `CLAIMCLOCK_REF_KEY`.",
        "Rotate the secret: `claimclock webhooks rotate ID`.",
    ),
    "unreadable-file": ("The file cannot be opened", "The file could not be opened at all.", "Send it again."),
    "unreachable-inbox": ("The inbox cannot be reached", "`detail` says why.", "Correct the inbox's settings."),
    "raw-store": (
        "A kept file cannot be read",
        "A kept file is missing, damaged, or encrypted with another key.",
        "Tell the operator: restore it from a backup, or set the `CLAIMCLOCK_RAW_KEY` it was kept with.",
    ),
    "audit-unwritable": (
        "The audit cannot be written",
        "What was asked for cannot be written down, so it is not shown.",
        "Tell the operator: the database must be writable.",
    ),
    "settings": ("A setting is wrong", "`detail` names its variable.", "The operator corrects it and starts again."),
    "schema": (
        "The database is of another version",
        "Its tables are not those that this version works with.",
        "The operator runs `claimclock migrate`, or the version that made the database.",
    ),
    "unread-contract": (
        "The contract file cannot be read",
        "The file is no contract file or fee schedule that this program reads; `detail` says what is wrong and where.",
        "Say which columns hold the code and the amount, or send the file in a form that docs/contracts.md shows.",
    ),
    "open-claims": (
        "The list of open claims cannot be read",
        "The list lacks a column that is needed, or rows of it are in doubt; `detail` names row and column.",
        "Say what the columns mean, correct the rows named, and try again with `dry_run`.",
    ),
    "routing-field": (
        "A field of the routing rule cannot be used",
        "A field of the rule has a value that means nothing there; `detail` names it.",
        "Correct the field and try the rule again.",
    ),
    "letter-field": (
        "Something in the letter's form cannot be used",
        "A field of the form has a value that cannot be used; `detail` names it.",
        "Correct the field; what was typed is still on the page.",
    ),
    "event-not-allowed": (
        "You may not send this event",
        "The parked event needs a permission, or is of a practice, that you do not have; `detail` says which.",
        "Have a person try it again who has that permission, or put the event aside.",
    ),
}
