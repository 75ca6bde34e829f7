"""Notifies a webhook of an alert, signed, so that its receiver knows who sent it and that it is not a replay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import httpx
import standardwebhooks

from services.core.errors import ClaimclockError, SettingsError
from services.core.settings import Settings
from services.scheduler.posting import SignedPost, post_status

# The names of https://www.standardwebhooks.com: any of its libraries verifies what is sent.
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX = "whsec_"


class DeliveryError(ClaimclockError):
    """The webhook did not take an alert; the message says how it failed, never what was sent."""


def key_of(secret: str) -> str | bytes:
    """The key that signs: the base64 after `whsec_`, as Standard Webhooks write it, else the text itself."""
    return secret if secret.startswith(PREFIX) else secret.encode()


def signed_headers(key: str | bytes, number: int, body: bytes, at: datetime) -> dict[str, str]:
    """`webhook-id` is the same in every try, so that receivers recognize repetitions; the timestamp is of the try."""
    name = f"alert-{number}"
    signature = standardwebhooks.Webhook(key).sign(name, at, body.decode())
    return {ID: name, TIMESTAMP: str(int(at.timestamp())), SIGNATURE: signature}


@dataclass(frozen=True)
class Webhook:
    """Where alerts go. `timeout` in seconds."""

    url: str
    secret: str | bytes
    timeout: float

    def send(self, body: bytes, number: int, at: datetime) -> None:
        """One try. Raises DeliveryError unless the receiver answers 2xx."""
        headers = {"Content-Type": "application/json"} | signed_headers(self.secret, number, body, at)
        try:
            status = post_status(SignedPost(address=self.url, body=body, headers=headers), self.timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DeliveryError(f"the webhook could not be reached ({type(error).__name__})") from None
        if not httpx.codes.is_success(status):
            raise DeliveryError(f"the webhook answered {status}")


def webhook_of(settings: Settings) -> Webhook | None:
    """The webhook that is set, if any. Raises SettingsError where its secret is missing."""
    if settings.webhook_url is None:
        return None
    if settings.webhook_secret is None:
        raise SettingsError("CLAIMCLOCK_WEBHOOK_SECRET: needed with CLAIMCLOCK_WEBHOOK_URL, to sign what is sent")
    return Webhook(settings.webhook_url, key_of(settings.webhook_secret.get_secret_value()), settings.webhook_timeout)
