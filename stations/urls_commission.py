"""The installer's page, under /commission/: no log-in, a signed link and one device instead."""

from __future__ import annotations

from django.urls import path

from stations.views import installer

app_name = "commission"
urlpatterns = [
    path("<str:token>/", installer.board, name="board"),
    path("<str:token>/begin/", installer.begin, name="begin"),
    path("<str:token>/identity/", installer.identity, name="identity"),
    path("<str:token>/password/", installer.password, name="password"),
    path("<str:token>/stalls/<int:number>/name/", installer.socket, name="socket"),
    path("<str:token>/stalls/<int:number>/unlock/", installer.unlock, name="unlock"),
    path("<str:token>/stalls/<int:number>/rotation/", installer.rotation, name="rotation"),
    path("<str:token>/stalls/<int:number>/start/", installer.start, name="start"),
    path("<str:token>/stalls/<int:number>/stop/", installer.stop, name="stop"),
    path("<str:token>/stalls/<int:number>/label/", installer.label, name="label"),
    path("<str:token>/finish/", installer.finish, name="finish"),
    path("<str:token>/record.pdf", installer.record_file, name="record_pdf"),
]
