"""Money in the admin: to look at. What changes money goes through the services."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from core.admin import ReadOnlyAdmin
from payments.models import (
    BillingAccount,
    ChargeDetailRecord,
    ClosedMonth,
    CompanyAccount,
    CustomerGroup,
    DebtNotice,
    Discrepancy,
    Dispute,
    GroupMember,
    HostPayout,
    HostStatement,
    Invoice,
    KeptStall,
    Payment,
    PaymentMethod,
    PlatformTerms,
    Posting,
    PostingLine,
    ProviderOperation,
    ReconciliationRun,
    Refund,
    SiteHost,
    Tariff,
    TariffAssignment,
    Voucher,
    WebhookEvent,
)


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class AssignmentInline(ReadOnlyInline):
    model = TariffAssignment
    fields = ("group", "location", "station", "evse", "during")
    readonly_fields = fields


@admin.register(Tariff)
class TariffAdmin(ReadOnlyAdmin):
    list_display = ("name", "version", "organization", "currency", "tax_included", "used_at")
    list_filter = ("organization", "currency")
    list_select_related = ("organization",)
    search_fields = ("name", "public_id")
    inlines = (AssignmentInline,)


class GroupMemberInline(ReadOnlyInline):
    model = GroupMember
    fields = ("user", "id_token", "during")
    readonly_fields = fields


class GroupPriceInline(ReadOnlyInline):
    model = TariffAssignment
    fields = ("tariff", "location", "station", "evse", "during")
    readonly_fields = fields


@admin.register(CustomerGroup)
class CustomerGroupAdmin(ReadOnlyAdmin):
    list_display = ("name", "organization", "created_at", "retired_at")
    list_filter = ("organization",)
    list_select_related = ("organization",)
    search_fields = ("name", "public_id")
    inlines = (GroupMemberInline, GroupPriceInline)


@admin.register(ChargeDetailRecord)
class ChargeDetailRecordAdmin(ReadOnlyAdmin):
    list_display = (
        "public_id",
        "session",
        "kept",
        "organization",
        "total_gross",
        "currency",
        "energy_wh",
        "issued_at",
    )
    list_filter = ("organization", "currency")
    list_select_related = ("session", "kept", "organization")
    search_fields = ("public_id", "=session__number", "=kept__number")
    date_hierarchy = "issued_at"


class OperationInline(ReadOnlyInline):
    model = ProviderOperation
    fields = ("kind", "state", "idempotency_key", "created_at", "settled_at", "error")
    readonly_fields = fields


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = (
        "public_id",
        "status",
        "organization",
        "account",
        "session",
        "currency",
        "authorized_minor",
        "captured_minor",
        "created_at",
    )
    list_filter = ("status", "organization")
    list_select_related = ("organization", "account__user", "session")
    search_fields = ("public_id", "provider_ref", "email", "account__user__email", "=session__number")
    date_hierarchy = "created_at"
    inlines = (OperationInline,)


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = (
        "public_id",
        "status",
        "organization",
        "payment",
        "currency",
        "amount_minor",
        "created_at",
    )
    list_filter = ("status", "organization")
    list_select_related = ("organization", "payment")
    search_fields = ("public_id", "provider_ref", "payment__public_id")
    date_hierarchy = "created_at"


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    list_display = ("provider_ref", "status", "organization", "payment", "currency", "amount_minor", "due_at")
    list_filter = ("status", "organization")
    list_select_related = ("organization", "payment")
    search_fields = ("provider_ref", "payment__public_id")


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "status", "organization", "created_at", "finished_at", "found")
    list_filter = ("status", "organization")
    list_select_related = ("organization",)


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnlyAdmin):
    list_display = ("ref", "kind", "state", "organization", "found_at", "closed_at")
    list_filter = ("state", "kind", "organization")
    list_select_related = ("organization",)
    search_fields = ("ref", "payment__public_id")


@admin.register(ProviderOperation)
class ProviderOperationAdmin(ReadOnlyAdmin):
    list_display = ("idempotency_key", "kind", "state", "created_at", "settled_at")
    list_filter = ("state", "kind")
    search_fields = ("idempotency_key", "payment__public_id")


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnlyAdmin):
    list_display = ("event_id", "type", "received_at", "processed_at", "attempts")
    list_filter = ("type",)
    search_fields = ("event_id",)


class LineInline(ReadOnlyInline):
    model = PostingLine
    fields = ("account", "amount_minor", "currency")
    readonly_fields = fields


@admin.register(Posting)
class PostingAdmin(ReadOnlyAdmin):
    list_display = ("reference", "reason", "organization", "at")
    list_filter = ("organization", "reason")
    list_select_related = ("organization",)
    search_fields = ("reference",)
    date_hierarchy = "at"
    inlines = (LineInline,)


class MethodInline(ReadOnlyInline):
    model = PaymentMethod
    fields = ("brand", "last4", "expires_month", "expires_year", "is_default", "is_usable")
    readonly_fields = fields


@admin.register(KeptStall)
class KeptStallAdmin(ReadOnlyAdmin):
    list_display = ("number", "organization", "driver", "evse", "starts_at", "outcome", "waived_at")
    list_filter = ("organization", "outcome")
    list_select_related = ("organization", "driver", "evse__station")
    search_fields = ("public_id", "=number")


@admin.register(BillingAccount)
class BillingAccountAdmin(ReadOnlyAdmin):
    list_display = ("user", "currency", "provider_customer_id", "created_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "provider_customer_id")
    inlines = (MethodInline,)


@admin.register(SiteHost)
class SiteHostAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "organization", "email", "is_payable", "provider_ref")
    list_filter = ("kind", "organization", "is_payable")
    list_select_related = ("organization",)
    search_fields = ("name", "email", "=provider_ref")


@admin.register(PlatformTerms)
class PlatformTermsAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Set by the installation's staff. What a statement has told stays told; new terms count from then on."""

    list_display = ("organization", "percent", "fixed_minor", "during")
    list_filter = ("organization",)
    list_select_related = ("organization",)


@admin.register(HostStatement)
class HostStatementAdmin(ReadOnlyAdmin):
    list_display = ("host", "month", "records", "net", "share_minor", "currency", "issued_at")
    list_filter = ("organization",)
    list_select_related = ("host",)


@admin.register(HostPayout)
class HostPayoutAdmin(ReadOnlyAdmin):
    list_display = ("host", "amount_minor", "currency", "status", "failure_code", "created_at")
    list_filter = ("organization", "status")
    list_select_related = ("host",)
    search_fields = ("=provider_ref", "public_id")


# --- the books ---------------------------------------------------------------------------------


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    list_display = ("text", "kind", "organization", "gross_minor", "currency", "issued_on")
    list_filter = ("organization", "kind")
    list_select_related = ("organization",)
    search_fields = ("public_id",)


@admin.register(ClosedMonth)
class ClosedMonthAdmin(ReadOnlyAdmin):
    list_display = ("organization", "month", "closed_by", "closed_at")
    list_filter = ("organization",)
    list_select_related = ("organization", "closed_by")


@admin.register(CompanyAccount)
class CompanyAccountAdmin(ReadOnlyAdmin):
    list_display = ("name", "organization", "email", "vat_number")
    list_filter = ("organization",)
    list_select_related = ("organization",)
    search_fields = ("name", "email", "vat_number")


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    list_display = ("code", "company", "organization", "charges_allowed", "valid_until", "ended_at")
    list_filter = ("organization",)
    list_select_related = ("organization", "company")
    search_fields = ("=code", "company__name")


@admin.register(DebtNotice)
class DebtNoticeAdmin(ReadOnlyAdmin):
    list_display = ("record", "step", "sent_at")
    list_select_related = ("record",)
