from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from stations.models import (
    ChargingSession,
    ChargingStation,
    Circuit,
    Connector,
    DailyUsage,
    DeviceVariable,
    Evse,
    Location,
    MeterReading,
    SecurityEvent,
    StationCommand,
    StationNotice,
    StationTransfer,
    StrayReport,
)


class RecordAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only services write: looked at here, never changed."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class EvseInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Evse
    extra = 0
    fields = ("number", "evse_id", "code", "name", "current_type", "max_power_w", "circuit")
    readonly_fields = ("evse_id", "code")
    show_change_link = True


class ConnectorInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Connector
    extra = 0
    fields = ("number", "standard", "has_cable", "status", "detail", "status_at")
    readonly_fields = ("status", "detail", "status_at")


@admin.register(Location)
class LocationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "organization", "city", "time_zone", "is_public")
    list_filter = ("organization", "is_public")
    list_select_related = ("organization",)
    search_fields = ("name", "slug", "city")
    prepopulated_fields: ClassVar = {"slug": ("name",)}


@admin.register(Circuit)
class CircuitAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "location", "parent", "limit_a", "phases")
    list_select_related = ("location", "parent")
    search_fields = ("name", "location__name")


@admin.register(ChargingStation)
class ChargingStationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """The password is set by provisioning only, which shows it once."""

    list_display = ("identity", "name", "location", "ocpp_version", "is_connected", "last_seen_at")
    list_filter = ("organization", "is_connected", "registration", "ocpp_version")
    list_select_related = ("location",)
    search_fields = ("identity", "name", "serial")
    fields = ("organization", "location", "identity", "name", "registration", "security_profile")
    inlines: ClassVar = [EvseInline]


@admin.register(Evse)
class EvseAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("evse_id", "station", "number", "name", "current_type", "max_power_w")
    list_filter = ("organization", "current_type")
    list_select_related = ("station",)
    search_fields = ("evse_id", "code", "station__identity")
    inlines: ClassVar = [ConnectorInline]


@admin.register(Connector)
class ConnectorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("evse", "number", "standard", "status", "detail", "status_at")
    list_filter = ("status", "standard")
    list_select_related = ("evse",)
    readonly_fields = ("status", "detail", "error_code", "info", "status_at")


@admin.register(ChargingSession)
class ChargingSessionAdmin(RecordAdmin):
    list_display = ("number", "station", "evse", "status", "started_at", "ended_at", "energy_wh")
    list_filter = ("status", "organization")
    list_select_related = ("station", "evse")
    search_fields = ("number", "transaction_id", "token_uid", "station__identity")


@admin.register(MeterReading)
class MeterReadingAdmin(RecordAdmin):
    list_display = ("taken_at", "station", "session", "context", "energy_wh", "power_w")
    list_select_related = ("station", "session")
    search_fields = ("session__number", "station__identity")


@admin.register(StationCommand)
class StationCommandAdmin(RecordAdmin):
    list_display = ("created_at", "station", "kind", "status", "requested_by", "answer_word")
    list_filter = ("status", "kind")
    list_select_related = ("station", "requested_by")
    search_fields = ("station__identity", "message_id")


@admin.register(StrayReport)
class StrayReportAdmin(RecordAdmin):
    list_display = ("at", "station", "reason", "resolved_at")
    list_filter = ("reason", "organization")
    list_select_related = ("station",)


@admin.register(DeviceVariable)
class DeviceVariableAdmin(RecordAdmin):
    list_display = ("station", "component", "variable", "instance", "value", "mutability")
    list_select_related = ("station",)
    search_fields = ("variable", "component", "station__identity")


@admin.register(DailyUsage)
class DailyUsageAdmin(RecordAdmin):
    list_display = ("day", "station", "sessions", "energy_wh", "occupied_s")
    list_filter = ("organization",)
    list_select_related = ("station",)
    date_hierarchy = "day"


@admin.register(StationTransfer)
class StationTransferAdmin(RecordAdmin):
    list_display = ("requested_at", "station", "kind", "status", "word", "ended_at")
    list_filter = ("kind", "status", "organization")
    list_select_related = ("station",)
    search_fields = ("station__identity", "file_name")


@admin.register(SecurityEvent)
class SecurityEventAdmin(RecordAdmin):
    list_display = ("received_at", "station", "type", "info", "is_urgent", "resolved_at")
    list_filter = ("is_urgent", "type", "organization")
    list_select_related = ("station",)
    search_fields = ("station__identity",)


@admin.register(StationNotice)
class StationNoticeAdmin(RecordAdmin):
    list_display = ("at", "station", "kind", "evse_number", "request_number")
    list_filter = ("kind", "organization")
    list_select_related = ("station",)
    search_fields = ("station__identity",)
