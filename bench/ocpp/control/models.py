from __future__ import annotations

from typing import ClassVar

from django.db import models


class Station(models.Model):
    identity = models.CharField(max_length=48, unique=True)
    last_seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.identity


class Tag(models.Model):
    uid = models.CharField(max_length=20, unique=True)
    status = models.CharField(max_length=12, default="Accepted")

    def __str__(self) -> str:
        return self.uid


class Connector(models.Model):
    station = models.ForeignKey(Station, on_delete=models.CASCADE)
    number = models.IntegerField()
    status = models.CharField(max_length=20)
    status_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["station", "number"], name="connector_once_per_station")
        ]

    def __str__(self) -> str:
        return f"{self.station_id}/{self.number}"


class Session(models.Model):
    station = models.ForeignKey(Station, on_delete=models.CASCADE)
    tag = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    meter_start_wh = models.BigIntegerField()
    ended_at = models.DateTimeField(null=True)
    meter_end_wh = models.BigIntegerField(null=True)
    last_reading_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)


class Transaction(models.Model):
    """A charge of 2.0.1, which the station itself names."""

    station = models.ForeignKey(Station, on_delete=models.CASCADE)
    transaction_id = models.CharField(max_length=36)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["station", "transaction_id"], name="transaction_once_per_station")
        ]

    def __str__(self) -> str:
        return self.transaction_id


class Frame(models.Model):
    station = models.ForeignKey(Station, on_delete=models.CASCADE)
    at = models.DateTimeField()
    request = models.JSONField()
    answer = models.JSONField()

    def __str__(self) -> str:
        return f"{self.station_id} {self.at}"


class Reading(models.Model):
    session_id = models.BigIntegerField(db_index=True)
    taken_at = models.DateTimeField()
    values = models.JSONField()

    def __str__(self) -> str:
        return f"{self.session_id} {self.taken_at}"
