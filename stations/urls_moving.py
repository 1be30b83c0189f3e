"""Moving in from another system, under /operate/moving-in/; who has arrived is the bridge's page."""

from __future__ import annotations

from django.urls import path

from stations.views import imports, moving

app_name = "moving"
urlpatterns = [
    path("addresses/", moving.addresses, name="addresses"),
    path("addresses/add/", moving.add_address, name="add_address"),
    path("addresses/<int:pk>/remove/", moving.remove_address, name="remove_address"),
    path("names/", moving.add_name, name="add_name"),
    path("names/<int:pk>/remove/", moving.remove_name, name="remove_name"),
    path("first-passwords/", moving.first_passwords, name="first_passwords"),
    path("imports/", imports.listed, name="imports"),
    path("imports/add/", imports.take_in, name="take_in"),
    path("imports/template/<slug:kind>.csv", imports.template, name="template"),
    path("imports/<uuid:public_id>/", imports.show, name="import"),
    path("imports/<uuid:public_id>/columns/", imports.remap, name="import_columns"),
    path("imports/<uuid:public_id>/confirm/", imports.confirm, name="import_confirm"),
    path("imports/<uuid:public_id>/undo/", imports.undo, name="import_undo"),
    path("imports/<uuid:public_id>/discard/", imports.discard, name="import_discard"),
]
