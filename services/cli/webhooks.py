"""Notification endpoints: webhooks, mail and chat."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from services.cli import show
from services.cli.options import AsJson, DataOption, PracticeOption, reading
from services.cli.people import opened
from services.commands.endpoints import EndpointAdmin, EndpointWish
from services.core.errors import UsageError
from services.presentation.notifications import SUBSCRIBED
from services.reads.endpoints import deliveries as read_deliveries
from services.reads.endpoints import endpoint, endpoints

webhooks = typer.Typer(help="Notification endpoints: webhooks, mail and chat.", no_args_is_help=True)
EndpointId = Annotated[str, typer.Argument(help="The id that `webhooks list` shows.")]
Kinds = Annotated[list[str] | None, typer.Option("--kind", help=f"Only these kinds; any of {', '.join(SUBSCRIBED)}.")]
PayersOption = Annotated[list[str] | None, typer.Option("--payer", help="Only these payers.")]
LeastOption = Annotated[str, typer.Option("--least", help="Minimum amount.")]
COLUMNS = [
    ("id", "id"),
    ("name", "name"),
    ("address", "address"),
    ("kinds", "kinds"),
    ("state", "state"),
    ("changed_at", "changed"),
]
DELIVERY_COLUMNS = [
    ("id", "id"),
    ("made_at", "when"),
    ("endpoint", "endpoint"),
    ("kind", "kind"),
    ("state", "state"),
    ("tries", "tries"),
    ("error", "error"),
]


@contextmanager
def _admin(data: Path | None, practice: str | None) -> Iterator[EndpointAdmin]:
    with opened(data, practice) as (engine, settings, clock):
        yield EndpointAdmin(
            engine=engine, settings=settings, practice=settings.practice, by="command line", now=clock.now()
        )


@webhooks.command("list")
def list_endpoints(json: AsJson = False, data: DataOption = None, practice: PracticeOption = None) -> None:
    """All endpoints and their notifications."""
    with reading(data, practice) as context:
        rows = endpoints(context)
    show.as_json(rows) if json else show.table("Endpoints", rows, COLUMNS)


@webhooks.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Your name for the endpoint.")],
    address: Annotated[str, typer.Argument(help="https://…, or an apprise address such as mailto://….")],
    kind: Kinds = None,
    payer: PayersOption = None,
    least: LeastOption = "0",
    full_content: Annotated[bool, typer.Option("--full-content", help="Include patient data in messages.")] = False,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Adds an endpoint and shows its secret, once.

    Example: `claimclock webhooks add billing https://example.org/hook --kind claim.denied`.
    """
    wish = EndpointWish(
        name=name,
        address=address,
        kinds=kind or (),
        payers=payer or (),
        least_amount=_amount(least),
        full_content=full_content,
    )
    with _admin(data, practice) as admin:
        endpoint_id, secret = admin.add(wish)
    _show_secret(endpoint_id, secret, json=json)


@webhooks.command("rotate")
def rotate(
    endpoint_id: EndpointId, json: AsJson = False, data: DataOption = None, practice: PracticeOption = None
) -> None:
    """Gives an endpoint a new secret; the old one also works for a day."""
    with _admin(data, practice) as admin:
        secret = admin.rotate(endpoint_id)
    _show_secret(endpoint_id, secret, json=json)


@webhooks.command("test")
def send_test(endpoint_id: EndpointId, data: DataOption = None, practice: PracticeOption = None) -> None:
    """Sends a test; `webhooks deliveries` shows the result."""
    with _admin(data, practice) as admin:
        delivery_id = admin.test(endpoint_id)
    show.console.print(f"test {delivery_id} is queued; the scheduler (`claimclock serve`) sends it")


@webhooks.command("pause")
def pause(endpoint_id: EndpointId, data: DataOption = None, practice: PracticeOption = None) -> None:
    """Pauses an endpoint until `resume`; what happens meanwhile is not sent later."""
    with _admin(data, practice) as admin:
        admin.pause(endpoint_id, paused=True)
    show.console.print(f"{endpoint_id} is paused")


@webhooks.command("resume")
def resume(endpoint_id: EndpointId, data: DataOption = None, practice: PracticeOption = None) -> None:
    """Resumes an endpoint from now on."""
    with _admin(data, practice) as admin:
        admin.pause(endpoint_id, paused=False)
    show.console.print(f"{endpoint_id} is active")


@webhooks.command("remove")
def remove(endpoint_id: EndpointId, data: DataOption = None, practice: PracticeOption = None) -> None:
    """Removes an endpoint; its deliveries stay listed."""
    with _admin(data, practice) as admin:
        admin.remove(endpoint_id)
    show.console.print(f"{endpoint_id} is removed")


@webhooks.command("deliveries")
def list_deliveries(
    endpoint_id: Annotated[str | None, typer.Argument(help="Only for this endpoint.")] = None,
    limit: Annotated[int, typer.Option(help="Maximum rows.")] = 50,
    json: AsJson = False,
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """What was sent, newest first, and the result."""
    with reading(data, practice) as context:
        if endpoint_id is not None:
            endpoint(context, endpoint_id)
        rows, zone = read_deliveries(context, endpoint_id, limit).items, context.references.zone
    show.as_json(rows) if json else show.table("Deliveries", show.local(rows, zone), DELIVERY_COLUMNS)


@webhooks.command("replay")
def replay(
    delivery_id: Annotated[str, typer.Argument(help="The id that `webhooks deliveries` shows.")],
    data: DataOption = None,
    practice: PracticeOption = None,
) -> None:
    """Resends a notification, under the same id."""
    with _admin(data, practice) as admin:
        admin.replay(delivery_id)
    show.console.print(f"{delivery_id} will be sent again")


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise UsageError(f"--least: {text!r} is not an amount") from None


def _show_secret(endpoint_id: str, secret: str, *, json: bool) -> None:
    if json:
        show.as_json({"id": endpoint_id, "secret": secret})
    else:
        show.console.print(
            f"id      {endpoint_id}\nsecret  {secret}\n\nThe secret is not shown again. It verifies the header "
            "webhook-signature, as any library of Standard Webhooks does.",
            soft_wrap=True,
            markup=False,
        )
