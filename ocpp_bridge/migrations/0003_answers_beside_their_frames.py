"""What we answer at once stands beside what was said: one row instead of two."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("ocpp_bridge", "0002_why_handshakes_failed")]

    operations = [
        migrations.AddField(
            model_name="frame",
            name="answer",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="frame",
            name="answered_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
