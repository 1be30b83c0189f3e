"""The operator's pages for keeping chargers in order, under /operate/: files, lists, settings."""

from __future__ import annotations

from django.urls import path

from stations.views import configuration, files, local_lists, reports

app_name = "upkeep"
urlpatterns = [
    path("files/", files.page, name="files"),
    path("files/upload/", files.upload, name="upload"),
    path("files/<uuid:file_id>/", files.file, name="file"),
    path("files/<uuid:file_id>/download/", files.download, name="download"),
    path("files/<uuid:file_id>/install/", files.install, name="install"),
    path("chargers/<str:identity>/local-list/", local_lists.local_list, name="local_list"),
    path("chargers/<str:identity>/configuration/", configuration.configuration, name="configuration"),
    path("chargers/<str:identity>/configuration/read/", configuration.read_all, name="read_all"),
    path(
        "chargers/<str:identity>/configuration/send/", configuration.send_differences, name="send_differences"
    ),
    path("chargers/<str:identity>/reports/", reports.reports, name="reports"),
    path("templates/", configuration.templates, name="templates"),
    path("templates/new/", configuration.new_template, name="new_template"),
    path("templates/<int:template_id>/", configuration.template, name="template"),
    path("templates/<int:template_id>/send/", configuration.send_to_all, name="send_to_all"),
    path("templates/<int:template_id>/remove/", configuration.remove_template, name="remove_template"),
    path("chargers/<str:identity>/logs/", files.collect, name="collect_logs"),
    path("files/<uuid:file_id>/discard/", files.discard, name="discard"),
]
