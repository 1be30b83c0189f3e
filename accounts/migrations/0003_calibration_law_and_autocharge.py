import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0002_api_tokens")]

    operations = [
        migrations.AddField(
            model_name="idtoken",
            name="vehicle",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="tokens",
                to="accounts.vehicle",
            ),
        ),
        migrations.AddField(
            model_name="organization",
            name="is_under_calibration_law",
            field=models.BooleanField(
                default=False,
                help_text="only energy that the meter has signed, without error flags, is billed unseen",
                verbose_name="under calibration law",
            ),
        ),
        migrations.AddField(
            model_name="vehicle",
            name="autocharge_since",
            field=models.DateTimeField(
                blank=True, help_text="since when its driver lets it be recognized by its address", null=True
            ),
        ),
        migrations.AlterField(
            model_name="idtoken",
            name="type",
            field=models.CharField(
                choices=[("rfid", "RFID card"), ("app", "App"), ("vehicle", "Vehicle"), ("other", "Other")],
                default="rfid",
                max_length=10,
            ),
        ),
    ]
