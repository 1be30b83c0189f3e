"""The map of the site."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("config.api_urls")),
    path("files/", include("stations.urls_files")),
    path("commission/", include("stations.urls_commission")),
    path("operate/", include("stations.urls_upkeep")),
    path("operate/", include("stations.urls_door")),
    path("operate/moving-in/", include("stations.urls_moving")),
    path("operate/", include("stations.urls_energy")),
    path("operate/", include("stations.urls_commissioning")),
    path("operate/", include("stations.urls")),
    path("operate/", include("ocpp_bridge.urls")),
    path("", include("stations.urls_driver")),
    path("", include("accounts.urls")),
    path("", include("payments.urls")),
    path("", include("scheduling.urls")),
]
if settings.DEMO_PAGES:
    urlpatterns.append(path("mailbox/", include("demo.urls")))
