"""What happens in the payment tests, in a few words."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import User
from core import outbox
from payments.models import Payment, PaymentMethod
from payments.providers import provider
from payments.services.cards import ensure_account, save_card
from payments.services.payments import create_payment, request_hold
from payments.services.tariffs import assign_tariff, create_tariff
from simulator.stripe.webhooks import sign
from stations.models import ChargingSession, Evse
from tests.factories import ConnectorFactory, EvseFactory, SessionFactory, UserFactory
from tests.simulator.stripe.running import SECRET, StandIn

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
KWH = [{"price_components": [{"type": "ENERGY", "price": "0.50", "vat": "20", "step_size": 1}]}]


class Story:
    """One place, one tariff, one driver."""

    def __init__(self) -> None:
        self.evse: Evse = EvseFactory()
        ConnectorFactory(evse=self.evse, organization=self.evse.organization)
        self.driver: User = UserFactory()
        self.tariff = create_tariff(
            organization=self.evse.organization, name="Standard", elements=KWH, hold_minor=5000
        )
        assign_tariff(tariff=self.tariff, starts_at=NOON - timedelta(days=300))

    def give_card(self, test_card: str) -> PaymentMethod:
        """Attach one of the stand-in's test cards to the driver, as a finished setup would."""
        account = ensure_account(user=self.driver)
        stand_in: Any = provider()
        attached = stand_in.client.v1.payment_methods.attach(
            test_card, {"customer": account.provider_customer_id}
        )
        method = save_card(account=account, method_ref=attached.id)
        assert method is not None
        return method

    def session(
        self, *, energy_wh=0, minutes=60, driver=True, status="completed", **fields
    ) -> ChargingSession:
        ended = status == "completed"
        evse = fields.pop("evse", self.evse)
        return SessionFactory(
            evse=evse,
            driver=self.driver if driver else None,
            status=status,
            started_at=NOON,
            ended_at=NOON + timedelta(minutes=minutes) if ended else None,
            meter_start_wh=1000,
            meter_end_wh=1000 + energy_wh if ended else None,
            energy_wh=energy_wh,
            phase="charging",
            **fields,
        )

    def held(self, session: ChargingSession | None = None, *, amount_minor=5000) -> Payment:
        """A hold that stands, for this session."""
        payment = self.asked(session, amount_minor=amount_minor)
        return request_hold(payment_id=payment.pk)

    def asked(self, session: ChargingSession | None = None, *, amount_minor=5000) -> Payment:
        account = ensure_account(user=self.driver)
        return create_payment(
            organization=self.evse.organization,
            currency="EUR",
            requested_minor=amount_minor,
            account=account,
            method=account.methods.get(is_default=True),
            evse=self.evse,
            session=session,
        )


def intents(stand_in: StandIn) -> list:
    """Every PaymentIntent that the stand-in knows, newest first."""
    return list(stand_in.client().v1.payment_intents.list({"limit": 100}).auto_paging_iter())


def statuses(stand_in: StandIn) -> list[str]:
    return sorted(intent.status for intent in intents(stand_in))


def taken_minor(stand_in: StandIn) -> int:
    return sum(intent.amount_received for intent in intents(stand_in))


def signed_events(stand_in: StandIn, *, at_s: int | None = None) -> list[tuple[bytes, str]]:
    """The stand-in's events as signed webhooks, oldest first."""
    events = list(stand_in.client().v1.events.list({"limit": 100}).auto_paging_iter())
    return [signed(event.to_dict(), at_s=at_s) for event in reversed(events)]


def signed(event: dict, *, secret: str = SECRET, at_s: int | None = None) -> tuple[bytes, str]:
    payload = json.dumps(event)
    return payload.encode(), sign(payload, secret, at_s if at_s is not None else int(time.time()))


def pay_on_page(stand_in: StandIn, url: str, *, number="4242424242424242", email="guest@example.org"):
    """Fill in the hosted page; answers (status, headers, body)."""
    return stand_in.post(url, number=number, expiry="12/34", cvc="123", email=email)


def deliver() -> int:
    """Let the outbox work, until nothing is due."""
    return outbox.deliver_pending()


def amount(minor: int) -> Decimal:
    return Decimal(minor) / 100
