"""Which messages of a transaction are missing, not only how many: a repeat is then known exactly."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0003_room_for_updates")]

    operations = [
        migrations.RemoveField(model_name="chargingsession", name="seen_seq_count"),
        migrations.AddField(
            model_name="chargingsession",
            name="missing_seq_nos",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.IntegerField(), blank=True, default=list, size=None
            ),
        ),
    ]
