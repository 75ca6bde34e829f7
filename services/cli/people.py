"""Who may sign in, and which programs may call."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from services.app_context import open_database
from services.cli import show
from services.cli.options import AsJson, DataOption, PracticeOption, audited
from services.core.clock import Clock, SystemClock
from services.core.settings import Settings, load_settings
from services.security import keys, links, people, second_factor
from services.security.roles import ROLES, Permission

Role = Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")]
Practices = Annotated[list[str] | None, typer.Option("--practice", help="Repeatable; without it, the usual one.")]
PERSON_COLUMNS = [
    ("name", "name"),
    ("role", "role"),
    ("practices", "practices"),
    ("has_password", "password"),
    ("disabled", "disabled"),
]
KEY_COLUMNS = [
    ("id", "id"),
    ("name", "name"),
    ("role", "role"),
    ("scopes", "scopes"),
    ("practices", "practices"),
    ("expires_at", "until"),
    ("revoked", "revoked"),
]

user = typer.Typer(help="Users who can sign in.", no_args_is_help=True)
key = typer.Typer(help="API API keys.", no_args_is_help=True)

AccountArgument = Annotated[str, typer.Argument(help="The user name.")]
PasswordFromInput = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@contextmanager
def opened(
    data: Path | None, practice: str | None = None, port: int | None = None
) -> Iterator[tuple[Engine, Settings, Clock]]:
    """The database alone; no stream is needed to say who may come in."""
    settings, clock = audited(load_settings(data_dir=data, practice=practice, port=port)), SystemClock()
    engine = open_database(settings, clock)
    try:
        yield engine, settings, clock
    finally:
        engine.dispose()


@user.command("add")
def user_add(
    name: Annotated[str, typer.Argument(help="The sign-in name; with an identity provider, the name it verifies.")],
    role: Role = "biller",
    practice: Practices = None,
    no_password: Annotated[bool, typer.Option("--no-password", help="Sign in by link or provider only.")] = False,
    password_stdin: PasswordFromInput = False,
    data: DataOption = None,
) -> None:
    """Adds a user; asks for the password twice."""
    password = None
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    elif not no_password:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    with opened(data) as (engine, settings, clock):
        people.add_person(engine, name, role, practice or [settings.practice], clock.now(), password=password)
    show.console.print(f"{name} can sign in as {role}")


@user.command("list")
def user_list(json: AsJson = False, data: DataOption = None) -> None:
    """All users, including disabled ones."""
    with opened(data) as (engine, _, _):
        rows = people.list_people(engine)
    if json:
        show.as_json(rows)
    else:
        show.table("People", rows, PERSON_COLUMNS)


@user.command("disable")
def user_disable(name: AccountArgument, data: DataOption = None) -> None:
    """Disables a user and ends their sessions."""
    with opened(data) as (engine, _, clock):
        people.disable_person(engine, name, clock.now())
    show.console.print(f"{name} can no longer sign in")


@user.command("enable")
def user_enable(name: AccountArgument, data: DataOption = None) -> None:
    """Enables a disabled user."""
    with opened(data) as (engine, _, clock):
        people.enable_person(engine, name, clock.now())
    show.console.print(f"{name} can sign in again")


@user.command("role")
def user_role(name: AccountArgument, role: Role, practice: Practices = None, data: DataOption = None) -> None:
    """Changes a user's role; their sessions end. Example: `claimclock user role pat --role lead`."""
    with opened(data) as (engine, _, clock):
        people.set_role(engine, name, role, clock.now(), practice)
    show.console.print(f"{name} now has the role {role}")


@user.command("password")
def user_password(
    name: AccountArgument,
    password_stdin: PasswordFromInput = False,
    data: DataOption = None,
) -> None:
    """Changes a user's password; their sessions end."""
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    with opened(data) as (engine, _, clock):
        people.set_password(engine, name, password, clock.now())
    show.console.print(f"{name} has a new password")


@user.command("connect")
def user_connect(
    name: AccountArgument,
    subject: Annotated[str, typer.Argument(help="The code the sign-in page showed the user.")],
    data: DataOption = None,
) -> None:
    """Links a user to their account at the identity provider."""
    with opened(data) as (engine, _, clock):
        people.bind_subject(engine, name, subject, clock.now())
    show.console.print(f"{name} can sign in by the provider")


@user.command("remove-second-factor")
def user_remove_second_factor(name: AccountArgument, data: DataOption = None) -> None:
    """Removes a user's authenticator app, for a lost phone: the next sign-in needs only the password."""
    with opened(data) as (engine, _, _):
        second_factor.remove(engine, people.find_person(engine, name).person_id)
    show.console.print(f"{name} signs in without an authenticator app")


@key.command("add")
def key_add(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Role = "integration",
    scope: Annotated[list[str] | None, typer.Option(help=f"Narrows the role; of {', '.join(Permission)}.")] = None,
    practice: Practices = None,
    days: Annotated[int | None, typer.Option(help="Expires after this many days.", min=1)] = None,
    json: AsJson = False,
    data: DataOption = None,
) -> None:
    """Creates an API key and shows it once."""
    with opened(data) as (engine, settings, clock):
        now = clock.now()
        key_id, made = keys.add_key(
            engine,
            name,
            practice or [settings.practice],
            now,
            role=role,
            scopes=scope or (),
            expires_at=now + timedelta(days=days) if days else None,
        )
    if json:
        show.as_json({"id": key_id, "key": made})
    else:
        show.console.print(
            f"id   {key_id}\nkey  {made}\n\nThe key is not shown again. A program sends it as "
            f"`Authorization: Bearer KEY`; `claimclock key revoke {key_id}` ends it.",
            soft_wrap=True,
            markup=False,
        )


@key.command("list")
def key_list(json: AsJson = False, data: DataOption = None) -> None:
    """All keys, including revoked ones; the keys themselves are not kept."""
    with opened(data) as (engine, _, _):
        rows = keys.list_keys(engine)
    if json:
        show.as_json(rows)
    else:
        show.table("API keys", rows, KEY_COLUMNS)


@key.command("revoke")
def key_revoke(
    key_id: Annotated[str, typer.Argument(help="The id that `key list` shows.")], data: DataOption = None
) -> None:
    """Revokes a key immediately."""
    with opened(data) as (engine, _, clock):
        keys.revoke_key(engine, key_id, clock.now())
    show.console.print(f"{key_id} is revoked")


def login_link(
    name: Annotated[str, typer.Argument(help="The user; added if the name is new.")],
    role: Role = "biller",
    port: Annotated[int | None, typer.Option(help="Port that `serve` listens on (or CLAIMCLOCK_PORT).")] = None,
    practice: PracticeOption = None,
    data: DataOption = None,
) -> None:
    """Prints a one-time sign-in link, valid 15 minutes."""
    with opened(data, practice, port) as (engine, settings, clock):
        link = links.make_login_link(engine, settings, clock.now(), name, role)
    show.console.print(link, soft_wrap=True, markup=False)
