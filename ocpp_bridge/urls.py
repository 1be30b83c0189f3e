from __future__ import annotations

from django.urls import path

from ocpp_bridge import views, views_door

app_name = "ocpp_bridge"
urlpatterns = [
    path("connections/", views_door.connections, name="connections"),
    path("chargers/<str:identity>/connection/", views_door.connection, name="connection"),
    path("chargers/<str:identity>/messages/", views.messages, name="messages"),
]
