from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.db.models import Model
from django.http import HttpRequest

from accounts.models import AuditEntry, IdToken, Membership, Organization, User, Vehicle


class NewUserForm(BaseUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email",)


class ChangedUserForm(UserChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = "__all__"


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Membership
    extra = 0
    autocomplete_fields = ("user", "organization")


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    form = ChangedUserForm
    add_form = NewUserForm
    list_display = ("email", "name", "joined_at", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("joined_at", "erased_at", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "password", "name", "locale")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("joined_at", "last_login", "erased_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)
    inlines: ClassVar = [MembershipInline]


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "country_code", "party_id", "currency", "time_zone")
    search_fields = ("name", "slug")
    prepopulated_fields: ClassVar = {"slug": ("name",)}
    inlines: ClassVar = [MembershipInline]


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("user", "organization", "role", "created_at")
    list_filter = ("role", "organization")
    list_select_related = ("user", "organization")
    autocomplete_fields = ("user", "organization")


@admin.register(IdToken)
class IdTokenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("uid", "type", "status", "user", "organization", "valid_until")
    list_filter = ("type", "status")
    list_select_related = ("user", "organization")
    search_fields = ("uid", "label", "user__email")
    autocomplete_fields = ("user", "organization")


@admin.register(Vehicle)
class VehicleAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "user", "battery_wh", "max_ac_w", "max_dc_w", "is_default")
    list_select_related = ("user",)
    search_fields = ("name", "user__email")
    autocomplete_fields = ("user",)


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Append only: looked at, never written here."""

    list_display = ("at", "organization", "actor", "action", "subject")
    list_filter = ("action", "organization")
    list_select_related = ("organization", "actor")
    search_fields = ("subject", "actor__email")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
