"""Room on the page for rows that change often: an update then touches no index (HOT)."""

from django.db import migrations

TABLES = ("stations_chargingsession", "stations_connector", "stations_chargingstation")


class Migration(migrations.Migration):
    dependencies = [("stations", "0002_meter_readings")]

    operations = [
        migrations.RunSQL(
            f"alter table {table} set (fillfactor = 60)", f"alter table {table} reset (fillfactor)"
        )
        for table in TABLES
    ]
