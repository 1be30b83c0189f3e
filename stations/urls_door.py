"""The chargers' door, under /operate/: new chargers, and what each must show."""

from __future__ import annotations

from django.urls import path

from stations.views import door, security

app_name = "door"
urlpatterns = [
    path("onboarding/", door.waiting, name="waiting"),
    path("onboarding/policy/", door.policy, name="policy"),
    path("onboarding/templates/", door.new_template, name="new_template"),
    path("onboarding/templates/<int:pk>/remove/", door.remove_template, name="remove_template"),
    path("onboarding/<str:identity>/adopt/", door.adopt, name="adopt"),
    path("onboarding/<str:identity>/reject/", door.reject, name="reject"),
    path("onboarding/<str:identity>/reconsider/", door.reconsider, name="reconsider"),
    path("chargers/<str:identity>/security/", security.security, name="security"),
    path("chargers/<str:identity>/security/password/", security.change_password, name="change_password"),
    path("chargers/<str:identity>/security/profile/", security.upgrade, name="upgrade"),
    path("chargers/<str:identity>/security/request/", security.ask_for_request, name="ask_for_request"),
    path("chargers/<str:identity>/security/expired/", security.allow_expired, name="allow_expired"),
    path("chargers/<str:identity>/security/payment-code/", security.payment_code, name="payment_code"),
    path("certificates/<int:pk>/revoke/", security.revoke, name="revoke"),
    path("certificates/<int:pk>/send-again/", security.send_again, name="send_certificate_again"),
]
