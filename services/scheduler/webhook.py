"""Tells a webhook of an alert, signed, so that its receiver knows who speaks and that it is no old message again."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

import httpx

from services.core.errors import ClaimclockError, SettingsError
from services.core.settings import Settings

SIGNATURE = "Claimclock-Signature"  # t=<seconds since 1970>,v1=<HMAC-SHA256 of "<t>.<body>" in hex>
DELIVERY = "Claimclock-Delivery"  # the alert's number: the same in every try, for the receiver to tell repetitions


class DeliveryError(ClaimclockError):
    """The webhook did not take an alert; the message says how it failed, never what was sent."""


def signature(secret: bytes, body: bytes, at: datetime) -> str:
    stamp = int(at.timestamp())
    return f"t={stamp},v1={hmac.new(secret, f'{stamp}.'.encode() + body, hashlib.sha256).hexdigest()}"


@dataclass(frozen=True)
class Webhook:
    """Where alerts go. `timeout` in seconds."""

    url: str
    secret: bytes
    timeout: float

    def send(self, body: bytes, number: int, at: datetime) -> None:
        """One try. Raises DeliveryError unless the receiver answers 2xx."""
        headers = {
            "Content-Type": "application/json",
            SIGNATURE: signature(self.secret, body, at),
            DELIVERY: str(number),
        }
        try:
            answer = httpx.post(self.url, content=body, headers=headers, timeout=self.timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DeliveryError(f"the webhook could not be reached ({type(error).__name__})") from None
        if not answer.is_success:
            raise DeliveryError(f"the webhook answered {answer.status_code}")


def webhook_of(settings: Settings) -> Webhook | None:
    """The webhook that is set, if any. Raises SettingsError where its secret is missing."""
    if settings.webhook_url is None:
        return None
    if settings.webhook_secret is None:
        raise SettingsError("CLAIMCLOCK_WEBHOOK_SECRET: needed with CLAIMCLOCK_WEBHOOK_URL, to sign what is sent")
    return Webhook(settings.webhook_url, settings.webhook_secret.get_secret_value().encode(), settings.webhook_timeout)
