from __future__ import annotations

from django.urls import path

from ocpp_bridge import views, views_door, views_export, views_moving

app_name = "ocpp_bridge"
urlpatterns = [
    path("moving-in/", views_moving.arrivals, name="arrivals"),
    path("connections/", views_door.connections, name="connections"),
    path("chargers/<str:identity>/connection/", views_door.connection, name="connection"),
    path("chargers/<str:identity>/conformance/", views.conformance, name="conformance"),
    path("messages/", views.journal, name="journal"),
    path("messages/export/", views_export.export, name="journal_export"),
    path("chargers/<str:identity>/messages/", views.messages, name="messages"),
    path("chargers/<str:identity>/messages/recording/", views_export.recording, name="recording"),
]
