from __future__ import annotations

from django.urls import path

from ocpp_bridge import views

app_name = "ocpp_bridge"
urlpatterns = [
    path("chargers/<str:identity>/messages/", views.messages, name="messages"),
]
