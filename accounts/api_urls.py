"""What accounts adds to /api/v1/."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from accounts import api

app_name = "api_accounts"
router = SimpleRouter()
router.register("tokens", api.TokenViewSet, basename="token")
router.register("vehicles", api.VehicleViewSet, basename="vehicle")

urlpatterns = [path("me/", api.MeView.as_view(), name="me"), *router.urls]
