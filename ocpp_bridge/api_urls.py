"""What the bridge adds to /api/v1/."""

from __future__ import annotations

from django.urls import path

from ocpp_bridge import api

app_name = "api_bridge"
urlpatterns = [
    path("stations/<str:identity>/messages/", api.Journal.as_view(), name="message-list"),
]
