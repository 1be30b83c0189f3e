from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from ocpp_bridge.models import FailedHandshake, FailedLine, Frame, LastReply, QuirkSeen


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A recorder is looked at and not written in."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Frame)
class FrameAdmin(ReadOnlyAdmin):
    list_display = ("at", "station", "direction", "action", "message_id")
    list_filter = ("direction",)
    list_select_related = ("station",)
    search_fields = ("station__identity", "message_id", "action")


@admin.register(FailedHandshake)
class FailedHandshakeAdmin(ReadOnlyAdmin):
    list_display = ("last_at", "identity", "reason", "count", "remote_address", "offered")
    list_filter = ("reason", "day")
    search_fields = ("identity", "remote_address")


@admin.register(FailedLine)
class FailedLineAdmin(ReadOnlyAdmin):
    list_display = ("last_at", "remote_address", "reason", "count", "detail")
    list_filter = ("reason", "day")
    search_fields = ("remote_address",)


@admin.register(LastReply)
class LastReplyAdmin(ReadOnlyAdmin):
    list_display = ("station", "message_id")
    list_select_related = ("station",)
    search_fields = ("station__identity",)


@admin.register(QuirkSeen)
class QuirkSeenAdmin(ReadOnlyAdmin):
    list_display = ("station", "name", "count", "last_at")
    list_filter = ("name",)
    list_select_related = ("station",)
    search_fields = ("station__identity",)
