"""What scheduling adds to /api/v1/."""

from __future__ import annotations

from django.urls import path

from scheduling import api

app_name = "api_scheduling"
urlpatterns = [
    path("reservations/", api.ReservationList.as_view(), name="reservation-list"),
    path("reservations/<uuid:public_id>/", api.ReservationDetail.as_view(), name="reservation-detail"),
    path("locations/<slug:slug>/availability/", api.Availability.as_view(), name="availability"),
]
