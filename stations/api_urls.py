"""What stations adds to /api/v1/."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter

from stations import api

app_name = "api_stations"
router = SimpleRouter()
router.register("locations", api.LocationViewSet, basename="location")
router.register("stations", api.StationViewSet, basename="station")
router.register("evses", api.EvseViewSet, basename="evse")
router.register("sessions", api.SessionViewSet, basename="session")
router.register("commands", api.CommandViewSet, basename="command")

urlpatterns = router.urls
