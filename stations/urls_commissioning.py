"""Links for installers and their records, under /operate/."""

from __future__ import annotations

from django.urls import path

from stations.views import commissioning, labels

app_name = "commissioning"
urlpatterns = [
    path("commissioning/", commissioning.links, name="links"),
    path("commissioning/new/", commissioning.make_expected, name="make_expected"),
    path("commissioning/records/<uuid:public_id>.pdf", commissioning.record, name="record"),
    path("commissioning/<uuid:public_id>/", commissioning.link, name="link"),
    path("commissioning/<uuid:public_id>/renew/", commissioning.renew, name="renew"),
    path("commissioning/<uuid:public_id>/revoke/", commissioning.revoke, name="revoke"),
    path("chargers/<str:identity>/commissioning/", commissioning.station, name="station"),
    path("chargers/<str:identity>/commissioning/new/", commissioning.make, name="make"),
    path("chargers/<str:identity>/labels/<int:number>/", labels.bind, name="bind_label"),
    path("labels/<int:pk>/unbind/", labels.unbind, name="unbind_label"),
]
