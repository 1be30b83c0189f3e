"""The operator's pages, under /operate/."""

from __future__ import annotations

from django.urls import path

from stations.views import commands, operator

app_name = "stations"
urlpatterns = [
    path("", operator.overview, name="overview"),
    path("sites/", operator.sites, name="sites"),
    path("chargers/", operator.stations, name="stations"),
    path("chargers/<str:identity>/", operator.station, name="station"),
    path("chargers/<str:identity>/commands/<slug:kind>/", commands.send, name="command"),
    path("sessions/", operator.sessions, name="sessions"),
    path("sessions/<uuid:public_id>/", operator.session, name="session"),
    path("sessions/<uuid:public_id>/stop/", commands.stop_session, name="stop_session"),
    path("sessions/<uuid:public_id>/review/", commands.review_session, name="review_session"),
    path("search/", operator.search, name="search"),
]
