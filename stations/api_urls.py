"""What stations adds to /api/v1/."""

from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from stations.api import bulk, commands, commissioning, files, moving, places, reports, sessions

app_name = "api_stations"
router = SimpleRouter()
router.register("locations", places.LocationViewSet, basename="location")
router.register("stations", places.StationViewSet, basename="station")
router.register("evses", places.EvseViewSet, basename="evse")
router.register("sessions", sessions.SessionViewSet, basename="session")
router.register("commands", commands.CommandViewSet, basename="command")
router.register("bulk-commands", bulk.BulkViewSet, basename="bulk")
router.register("start-attempts", reports.AttemptViewSet, basename="attempt")
router.register("transfers", reports.TransferViewSet, basename="transfer")
router.register("certificates", reports.CertificateViewSet, basename="certificate")
router.register("monitors", reports.MonitorViewSet, basename="monitor")
router.register("security-events", reports.SecurityEventViewSet, basename="security_event")
router.register("files", files.FileViewSet, basename="file")
router.register("path-aliases", moving.PathAliasViewSet, basename="path-alias")
router.register("imports", moving.ImportViewSet, basename="import")
router.register("arrivals", moving.ArrivalViewSet, basename="arrival")
router.register("commissioning-links", commissioning.CommissioningLinkViewSet, basename="link")
router.register("commissioning-records", commissioning.CommissioningRecordViewSet, basename="record")

of_station = SimpleRouter()
of_station.register("commands", commands.StationCommandViewSet, basename="station-command")
of_station.register("variables", places.VariableViewSet, basename="station-variable")

readings = sessions.ReadingViewSet.as_view({"get": "list"})
import_rows = moving.ImportRowViewSet.as_view({"get": "list"})
items = bulk.BulkItemViewSet.as_view({"get": "list"})

urlpatterns = [
    path("command-kinds/", commands.KindList.as_view(), name="kind-list"),
    path("stations/<str:identity>/", include(of_station.urls)),
    path("sessions/<int:session_pk>/readings/", readings, name="session-reading-list"),
    path("bulk-commands/<uuid:public_id>/items/", items, name="bulk-item-list"),
    path("imports/<uuid:public_id>/rows/", import_rows, name="import-row-list"),
    *router.urls,
]
