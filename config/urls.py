"""The map of the site."""

from __future__ import annotations

from importlib.util import find_spec

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
]
if find_spec("stations.services.commands") and find_spec("stations.services.sessions"):
    urlpatterns += [path("operate/", include("stations.urls")), path("operate/", include("ocpp_bridge.urls"))]
if find_spec("accounts.urls"):
    urlpatterns.append(path("", include("accounts.urls")))
if find_spec("payments.urls"):
    urlpatterns.append(path("", include("payments.urls")))
if find_spec("scheduling.urls"):
    urlpatterns.append(path("", include("scheduling.urls")))
if settings.DEMO_PAGES:
    urlpatterns.append(path("mailbox/", include("demo.urls")))
