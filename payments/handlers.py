"""Reactions of payments; named in `config/wiring.py`. Each may be told twice."""

from __future__ import annotations

from decimal import Decimal

from payments.events import (
    AllowanceNearlyUsed,
    CardEnding,
    DebtNoticed,
    HoldNearlyUsed,
    HostInvited,
    HostStated,
    InvoiceIssued,
    KeptStallCorrected,
    KeptStallEnded,
    KeptStallRated,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentRefunded,
    ReconciliationAsked,
    SessionCorrected,
    SessionRated,
    WebhookReceived,
)
from payments.models import ChargeDetailRecord
from payments.services import (
    billing,
    card_care,
    collecting,
    company_documents,
    debts,
    holding,
    host_mail,
    overpaid,
    receipts,
    reconciliation,
    reserving,
    settlements,
    starting,
    tariffs,
    topping_up,
    webhooks,
)
from stations.events import (
    SessionAbandoned,
    SessionEnded,
    SessionMeasured,
    SessionReviewed,
    SessionStarted,
    SettlementReported,
    StationAdopted,
)


def hold_for_started_session(event: SessionStarted) -> None:
    """Where no hold came first (a card, a car, an operator): it follows within seconds (MONEY rule 9)."""
    holding.hold_for_session(session_id=event.session_id)


def bill_ended_session(event: SessionEnded) -> None:
    if not event.is_held:
        billing.bill_session(session_id=event.session_id)


def bill_reviewed_session(event: SessionReviewed) -> None:
    billing.bill_session(session_id=event.session_id)


def bill_measured_session(event: SessionMeasured) -> None:
    """Under calibration law the bill waits for this."""
    if not event.is_held:
        billing.bill_session(session_id=event.session_id)


def let_go_of_abandoned_session(event: SessionAbandoned) -> None:
    collecting.let_go(session_id=event.session_id)


def collect_rated_session(event: SessionRated) -> None:
    collecting.collect(session_id=event.session_id)


def settle_kept_stall(event: KeptStallEnded) -> None:
    """Who did not come is billed; where nobody is to pay, the hold is let go."""
    reserving.settle(kept_id=event.kept_id)


def collect_rated_kept_stall(event: KeptStallRated) -> None:
    collecting.collect_kept(kept_id=event.kept_id)


def record_settlement(event: SettlementReported) -> None:
    """A terminal at a charger took the money, or could not."""
    settlements.record_settlement(
        organization_id=event.organization_id,
        reference=event.reference,
        status=event.status,
        amount=Decimal(event.amount),
        session_id=event.session_id,
    )


def compare_settlement(event: SessionRated) -> None:
    """The price may come after the terminal's word."""
    settlements.compare_session(session_id=event.session_id)


def send_receipt(event: PaymentCaptured) -> None:
    receipts.send_receipt(payment_id=event.payment_id)


def use_top_up(event: PaymentCaptured) -> None:
    topping_up.use_top_up(payment_id=event.payment_id)


def warn_of_used_hold(event: HoldNearlyUsed) -> None:
    receipts.send_hold_warning(payment_id=event.payment_id)


def warn_of_used_allowance(event: AllowanceNearlyUsed) -> None:
    receipts.send_allowance_warning(charge_id=event.charge_id)


def invite_host(event: HostInvited) -> None:
    host_mail.invite(host_id=event.host_id)


def send_statement(event: HostStated) -> None:
    host_mail.send_statement(statement_id=event.statement_id)


def tell_payer_of_refund(event: PaymentRefunded) -> None:
    receipts.send_refund_notice(refund_id=event.refund_id)


def reconcile(event: ReconciliationAsked) -> None:
    reconciliation.run_reconciliation(run_id=event.run_id)


def give_back_corrected(event: SessionCorrected | KeptStallCorrected) -> None:
    """A lower total was paid already: the difference goes back without anybody's click."""
    if event.owed_back_minor > 0:
        record = ChargeDetailRecord.objects.get(pk=event.cdr_id)
        overpaid.give_back_overpaid(record=record, reason=event.reason)


def give_back_old_total(event: PaymentCaptured) -> None:
    overpaid.give_back_after_correction(payment_id=event.payment_id)


def send_corrected_receipt(event: SessionCorrected | KeptStallCorrected) -> None:
    receipts.send_corrected_receipt(cdr_id=event.cdr_id)


def send_invoice(event: InvoiceIssued) -> None:
    company_documents.send_invoice(invoice_id=event.invoice_id)


def follow_authorized_payment(event: PaymentAuthorized) -> None:
    """The hold stands: start what was paid for, or take what is already due."""
    starting.follow_hold(payment_id=event.payment_id)


def note_failed_attempt(event: PaymentFailed) -> None:
    """A start that found no money is an attempt too."""
    starting.note_failed_attempt(payment_id=event.payment_id)


def stop_unpaid_session(event: PaymentFailed) -> None:
    holding.stop_unpaid_session(payment_id=event.payment_id)


def tell_of_ending_card(event: CardEnding) -> None:
    card_care.tell_of_ending_card(method_id=event.method_id)


def tell_of_debt(event: DebtNoticed) -> None:
    debts.tell_of_debt(record_id=event.record_id, step=event.step)


def look_at_webhook(event: WebhookReceived) -> None:
    webhooks.process_webhook(webhook_id=event.webhook_id)


def price_adopted_station(event: StationAdopted) -> None:
    """The tariff of the template holds on every EVSE of the new station."""
    if event.tariff_id is not None:
        tariffs.assign_to_station(tariff_id=event.tariff_id, station_id=event.station_id, starts_at=event.at)
