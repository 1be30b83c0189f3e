"""The widest table names its station and session without the database checking it at every row.

Both are locked or read by the statement that writes the reading; the check locked their rows once
more, each as a multixact, and took a fifth of the statement's time.
"""

import django.db.models.deletion
from django.db import migrations, models

DROP = """
alter table stations_meterreading
  drop constraint stations_meterreading_station_id_fkey,
  drop constraint stations_meterreading_session_id_fkey;
"""
ADD = """
alter table stations_meterreading
  add constraint stations_meterreading_station_id_fkey
    foreign key (station_id) references stations_chargingstation (id) on delete cascade,
  add constraint stations_meterreading_session_id_fkey
    foreign key (session_id) references stations_chargingsession (id) on delete cascade;
"""


class Migration(migrations.Migration):

    dependencies = [("stations", "0010_reports_of_2x_stations")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(DROP, ADD)],
            state_operations=[
                migrations.AlterField(
                    model_name="meterreading",
                    name="station",
                    field=models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="stations.chargingstation",
                    ),
                ),
                migrations.AlterField(
                    model_name="meterreading",
                    name="session",
                    field=models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="readings",
                        to="stations.chargingsession",
                    ),
                ),
            ],
        ),
    ]
