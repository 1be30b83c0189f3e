from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core import outbox
from core.models import Delivery, DomainEvent, Pulse


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """For tables that people read and only the system writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(DomainEvent)
class DomainEventAdmin(ReadOnlyAdmin):
    list_display = ("type", "subject", "occurred_at")
    list_filter = ("type",)
    search_fields = ("subject",)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = ("event", "handler", "state", "attempts", "next_attempt_at", "error")
    list_filter = ("state", "handler")
    actions = ("revive",)

    @admin.action(description=_("Give another chance"), permissions=["view"])
    def revive(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        revived = sum(outbox.revive(delivery_id=pk) for pk in queryset.values_list("pk", flat=True))
        self.message_user(request, _("%(count)d deliveries will be tried again.") % {"count": revived})


@admin.register(Pulse)
class PulseAdmin(ReadOnlyAdmin):
    list_display = ("name", "at")
