"""Where stations fetch and hand in files, under /files/: no log-in, a signed link instead."""

from __future__ import annotations

from django.urls import path

from stations.views import transfers

app_name = "files"
urlpatterns = [
    path("out/<str:token>/", transfers.fetch, name="fetch_unnamed"),
    path("out/<str:token>/<path:name>", transfers.fetch, name="fetch"),
    path("in/<str:token>/", transfers.hand_in, name="hand_in"),
    path("in/<str:token>/<path:name>", transfers.hand_in, name="hand_in_named"),
]
