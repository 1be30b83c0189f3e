"""Pages of stations for drivers."""

from __future__ import annotations

from django.urls import path

from stations.views import autocharge

app_name = "driver"
urlpatterns = [
    path("account/autocharge/", autocharge.autocharge, name="autocharge"),
    path("account/autocharge/<int:pk>/", autocharge.forget, name="autocharge_forget"),
]
