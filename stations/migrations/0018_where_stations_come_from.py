"""Where a station last came from, so that a TLS handshake that failed there can be shown to its operator."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0017_moving_in")]

    operations = [
        migrations.AddField(
            model_name="chargingstation",
            name="remote_address",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="where it last came from", max_length=64
            ),
        ),
    ]
