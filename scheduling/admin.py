from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnlyAdmin
from scheduling.models import ChargingPreferences, PowerPlan, PowerSlice, Reservation, SentProfile


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """To look at; what changes a reservation goes through the services."""

    list_display = ("number", "location", "evse", "driver", "during", "status", "announced_at")
    list_filter = ("status", "organization", "location")
    list_select_related = ("location", "evse", "driver")
    search_fields = ("=number", "driver__email", "evse__evse_id", "evse__code")
    date_hierarchy = "created_at"


@admin.register(ChargingPreferences)
class ChargingPreferencesAdmin(ReadOnlyAdmin):
    list_display = ("session", "departure_at", "energy_wh")
    list_select_related = ("session",)


class PowerSliceInline(admin.TabularInline):  # type: ignore[type-arg]
    model = PowerSlice
    fields = ("session", "limit_a", "limit_w", "reason", "during")
    readonly_fields = fields
    can_delete = False
    extra = 0


@admin.register(PowerPlan)
class PowerPlanAdmin(ReadOnlyAdmin):
    list_display = ("location", "made_at", "policy")
    list_filter = ("organization", "location")
    list_select_related = ("location",)
    date_hierarchy = "made_at"
    inlines = (PowerSliceInline,)


@admin.register(PowerSlice)
class PowerSliceAdmin(ReadOnlyAdmin):
    list_display = ("plan", "session", "limit_a", "limit_w", "reason")
    list_select_related = ("plan__location", "session")


@admin.register(SentProfile)
class SentProfileAdmin(ReadOnlyAdmin):
    list_display = ("station", "evse", "purpose", "limit_a", "limit_w", "status", "sent_at", "answered_at")
    list_filter = ("status", "purpose", "organization")
    list_select_related = ("station", "evse")
    search_fields = ("station__identity",)
