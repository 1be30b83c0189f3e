"""Starts, signed values and meters, under /operate/."""

from __future__ import annotations

from django.urls import path

from stations.views import energy

app_name = "energy"
urlpatterns = [
    path("starts/", energy.starts, name="starts"),
    path("chargers/<str:identity>/starts/", energy.station_starts, name="station_starts"),
    path("sessions/<uuid:public_id>/proof/", energy.proof, name="proof"),
    path("sessions/<uuid:public_id>/signed-values.xml", energy.signed_file, name="signed_values"),
    path("meters/", energy.meters, name="meters"),
    path("meters/law/", energy.calibration_law, name="calibration_law"),
    path("meters/<str:evse_id>/", energy.note_meter, name="note_meter"),
]
