"""Sessions that started by card or car: the hold follows the start; without one the charge stops."""

from __future__ import annotations

from accounts.models import User
from payments.models import Payment
from payments.providers.base import ProviderError
from payments.selectors import open_payment_of
from payments.selectors.payments import waiting_for
from payments.services import pricing
from payments.services.company_charges import account_for
from payments.services.means import Means, means_for
from payments.services.payments import create_payment, request_hold
from payments.services.sizing import hold_for
from payments.services.starting import stop_session
from stations.models import ChargingSession

Status = Payment.Status


def hold_for_session(*, session_id: int) -> Payment | None:
    """Hold for a running session on what its driver has paid in ahead, or her card. After a decline see
    `stop_unpaid_session`.

    None where nothing is to be held: free, a test, nobody's card (the organization's own), on a company's
    account, neither card nor balance, or held already.
    """
    session = _session(session_id)
    if session.is_test or session.status != ChargingSession.Status.ACTIVE:
        return None
    if account_for(session) is not None or session.driver is None:
        return None
    payment = _payment(session)
    if payment is None or payment.status != Status.CREATED:
        return payment
    return request_hold(payment_id=payment.pk)


def stop_unpaid_session(*, payment_id: int) -> None:
    """The card of a running charge said no, now or found out later: the charge stops, its energy is owed."""
    payment = Payment.objects.select_related("session__station", "session__evse").get(pk=payment_id)
    session = payment.session
    if session is None or session.status != ChargingSession.Status.ACTIVE:
        return
    if payment.status == Status.FAILED and open_payment_of(session) is None:
        stop_session(session=session)


def _session(session_id: int) -> ChargingSession:
    wanted = ("organization", "evse__station__location", "driver", "station")
    return ChargingSession.objects.select_related(*wanted).get(pk=session_id)


def take_kept_hold(session: ChargingSession) -> bool:
    """What is held for the driver's booking here pays her charge: no second hold."""
    if session.evse_id is None or session.driver_id is None:
        return False
    waiting = waiting_for(driver_id=session.driver_id, evse_id=session.evse_id)
    if waiting is None or Payment.objects.filter(session=session).exists():
        return False
    return bool(Payment.objects.filter(pk=waiting.pk, session=None).update(session=session))


def _payment(session: ChargingSession) -> Payment | None:
    """The session's payment, made on the first asking; one that nothing is saved for is left alone."""
    take_kept_hold(session)
    known = Payment.objects.filter(session=session).order_by("-pk").first()
    if known is not None:
        return known if known.method_id or known.paid_from_id else None
    tariff = pricing.session_tariff(session)
    if tariff is None or pricing.is_free(tariff) or session.driver is None or session.evse is None:
        return None
    hold_minor = hold_for(tariff=tariff, evse=session.evse, driver=session.driver)
    means = _means(session, session.driver, tariff.currency, hold_minor)
    if means is None:
        return None
    return create_payment(
        organization=session.organization,
        currency=tariff.currency,
        requested_minor=hold_minor,
        email=session.driver.email,
        evse=session.evse,
        session=session,
        **means._asdict(),
    )


def _means(session: ChargingSession, driver: User, currency: str, hold_minor: int) -> Means | None:
    """None also while the provider does not answer: the sweep of what is owed comes later."""
    try:
        return means_for(
            driver=driver,
            organization_id=session.organization_id,
            currency=currency,
            hold_minor=hold_minor,
        )
    except ProviderError:
        return None
