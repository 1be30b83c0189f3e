"""When X happens, do Y: the one table of who listens to what (ADR 2).

Every event appears, also those to which nobody listens yet; a system check compares this table
with the event classes and with the functions it names.
"""

from __future__ import annotations

from typing import Final

EVENT_HANDLERS: Final[dict[str, tuple[str, ...]]] = {
    "accounts.MemberInvited": ("accounts.handlers.tell_invited_member",),
    "accounts.TokenBlocked": ("stations.list_handlers.look_at_lists",),
    "accounts.TokenChanged": ("stations.list_handlers.look_at_lists",),
    "scheduling.PlanMade": (),
    "scheduling.ReservationCanceled": ("scheduling.handlers.tell_driver_of_cancellation",),
    "scheduling.ReservationConfirmed": ("scheduling.handlers.confirm_by_mail",),
    "scheduling.ReservationExpired": (),
    "scheduling.ReservationFulfilled": (),
    "scheduling.ReservationMissed": (),
    "scheduling.ReservationReminded": ("scheduling.handlers.remind_driver",),
    "scheduling.StallLost": ("scheduling.handlers.tell_driver_of_lost_stall",),
    "scheduling.StallMended": ("scheduling.handlers.tell_driver_of_mended_stall",),
    "stations.ChargingNeedsTold": ("scheduling.handlers.answer_needs",),
    "stations.CommandAnswered": (
        "stations.handlers.follow_credentials",
        "stations.list_handlers.follow_list",
        "scheduling.handlers.follow_power_answer",
        "scheduling.handlers.follow_reserve_answer",
    ),
    "stations.CommissioningLinkSent": ("stations.handlers.send_commissioning_link",),
    "stations.EvseStatusChanged": ("scheduling.handlers.keep_booking_at_stall",),
    "stations.OuterLimitChanged": ("scheduling.handlers.share_power_again",),
    "stations.ReservationReleased": ("scheduling.handlers.keep_booking",),
    "stations.SecurityEventReported": (),
    "stations.SessionAbandoned": (
        "stations.handlers.follow_abandoned_session",
        "payments.handlers.let_go_of_abandoned_session",
    ),
    "stations.SessionEnded": (
        "stations.handlers.refresh_daily_usage",
        "stations.handlers.look_at_ended_session",
        "payments.handlers.bill_ended_session",
        "scheduling.handlers.share_power_again",
    ),
    "stations.SessionMeasured": ("payments.handlers.bill_measured_session",),
    "stations.SessionInterrupted": ("scheduling.handlers.share_power_again",),
    "stations.SessionPhaseChanged": ("scheduling.handlers.share_power_again",),
    "stations.SessionRequested": (),
    "stations.SessionReviewed": (
        "stations.handlers.refresh_daily_usage",
        "payments.handlers.bill_reviewed_session",
    ),
    "stations.SessionStarted": (
        "stations.handlers.follow_started_session",
        "payments.handlers.hold_for_started_session",
        "scheduling.handlers.fulfill_reservation",
        "scheduling.handlers.share_power_again",
    ),
    "stations.SettlementReported": ("payments.handlers.record_settlement",),
    "stations.StationAdopted": ("payments.handlers.price_adopted_station",),
    "stations.StationBooted": (
        "stations.handlers.take_inventory",
        "scheduling.handlers.begin_anew",
        "scheduling.handlers.tell_of_reservations",
    ),
    "stations.StationConnected": (
        "scheduling.handlers.share_power_again",
        "scheduling.handlers.tell_of_reservations",
    ),
    "stations.StationDisconnected": ("scheduling.handlers.share_power_again",),
    "stations.TransferEnded": ("stations.handlers.follow_transfer",),
    "payments.AllowanceNearlyUsed": ("payments.handlers.warn_of_used_allowance",),
    "payments.CardEnding": ("payments.handlers.tell_of_ending_card",),
    "payments.CardSaved": (),
    "payments.HoldNearlyUsed": ("payments.handlers.warn_of_used_hold",),
    "payments.HostInvited": ("payments.handlers.invite_host",),
    "payments.HostStated": ("payments.handlers.send_statement",),
    "payments.DebtNoticed": ("payments.handlers.tell_of_debt",),
    "payments.InvoiceIssued": ("payments.handlers.send_invoice",),
    "payments.KeptStallCorrected": (
        "payments.handlers.give_back_corrected",
        "payments.handlers.send_corrected_receipt",
    ),
    "payments.KeptStallEnded": ("payments.handlers.settle_kept_stall",),
    "payments.KeptStallRated": ("payments.handlers.collect_rated_kept_stall",),
    "payments.PaymentAuthorized": ("payments.handlers.follow_authorized_payment",),
    "payments.PaymentCaptured": (
        "payments.handlers.give_back_old_total",
        "payments.handlers.send_receipt",
        "payments.handlers.use_top_up",
    ),
    "payments.PaymentFailed": (
        "payments.handlers.note_failed_attempt",
        "payments.handlers.stop_unpaid_session",
        "scheduling.handlers.tell_driver_of_refused_hold",
    ),
    "payments.DisputeChanged": (),
    "payments.PaymentRefunded": ("payments.handlers.tell_payer_of_refund",),
    "payments.PaymentVoided": (),
    "payments.ReconciliationAsked": ("payments.handlers.reconcile",),
    "payments.RefundFailed": (),
    "payments.SessionCorrected": (
        "payments.handlers.give_back_corrected",
        "payments.handlers.send_corrected_receipt",
    ),
    "payments.SessionRated": (
        "payments.handlers.collect_rated_session",
        "payments.handlers.compare_settlement",
    ),
    "payments.WebhookReceived": ("payments.handlers.look_at_webhook",),
}
