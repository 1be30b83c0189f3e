"""The site with the API of payments joined, wherever config puts it."""

from __future__ import annotations

from django.urls import include, path

from config.urls import urlpatterns as site

urlpatterns = [*site, path("api/v1/", include("payments.api"))]
