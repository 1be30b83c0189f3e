"""/api/v1/: each app publishes its part in `api_urls`; here they are joined, and described."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("", include("accounts.api_urls")),
    path("", include("ocpp_bridge.api_urls")),
    path("", include("stations.api_urls")),
    path("", include("payments.api_urls")),
    path("", include("scheduling.api_urls")),
]
