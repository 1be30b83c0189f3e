"""The demo's authority for station certificates is made once and kept."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from embedded.authority import Authority
from stations.services import certificates


@pytest.fixture
def authority(tmp_path, monkeypatch):
    monkeypatch.delenv("STATION_CA_CERT", raising=False)
    return Authority(tmp_path)


def test_it_is_made_at_the_first_start_and_kept(authority, settings):
    call_command(*authority.making())
    assert authority.making() == ()
    assert authority.key.stat().st_mode & 0o777 == 0o600
    for name, value in authority.environment().items():
        setattr(settings, name, value)
    assert "Forecourt demo" in certificates.authority().certificate.subject.rfc4514_string()


def test_a_start_that_was_cut_off_is_made_good(authority):
    authority.directory.mkdir()
    authority.certificate.write_text("half")
    call_command(*authority.making())
    assert authority.certificate.read_text().startswith("-----BEGIN CERTIFICATE")
    assert authority.making() == ()


def test_an_authority_that_is_named_wins(authority, monkeypatch):
    monkeypatch.setenv("STATION_CA_CERT", "ours.pem")
    assert (authority.environment(), authority.making()) == ({}, ())
