"""What scheduling adds to /api/v1/."""

from __future__ import annotations

from django.urls import path
from rest_framework.routers import SimpleRouter

from scheduling import api

app_name = "api_scheduling"
router = SimpleRouter()
router.register("charging-profiles", api.ProfileViewSet, basename="profile")

urlpatterns = [
    *router.urls,
    path("reservations/", api.ReservationList.as_view(), name="reservation-list"),
    path("reservations/terms/", api.ReservationTerms.as_view(), name="reservation-terms"),
    path("reservations/<uuid:public_id>/", api.ReservationDetail.as_view(), name="reservation-detail"),
    path("locations/<slug:slug>/availability/", api.Availability.as_view(), name="availability"),
]
