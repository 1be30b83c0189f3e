"""The operator's pages, under /operate/."""

from __future__ import annotations

from django.urls import path

from stations.views import api_tokens, bulk, commands, expert, operator

app_name = "stations"
urlpatterns = [
    path("", operator.overview, name="overview"),
    path("sites/", operator.sites, name="sites"),
    path("chargers/", operator.stations, name="stations"),
    path("chargers/<str:identity>/", operator.station, name="station"),
    path("chargers/<str:identity>/commands/<slug:kind>/", commands.send, name="command"),
    path("chargers/<str:identity>/ask/", expert.ask, name="ask"),
    path("bulk/", bulk.begun, name="bulks"),
    path("bulk/new/", bulk.prepare, name="bulk_new"),
    path("bulk/<uuid:public_id>/", bulk.show, name="bulk"),
    path("bulk/<uuid:public_id>/<slug:act>/", bulk.steer, name="bulk_steer"),
    path("api/", api_tokens.tokens, name="api_tokens"),
    path("api/<int:pk>/revoke/", api_tokens.revoke, name="api_token_revoke"),
    path("sessions/", operator.sessions, name="sessions"),
    path("sessions/<uuid:public_id>/", operator.session, name="session"),
    path("sessions/<uuid:public_id>/stop/", commands.stop_session, name="stop_session"),
    path("sessions/<uuid:public_id>/review/", commands.review_session, name="review_session"),
    path("search/", operator.search, name="search"),
]
