from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0014_commissioning")]

    operations = [
        migrations.AddField(
            model_name="chargingstation",
            name="inventory_of",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="make and firmware whose settings were asked for",
                max_length=240,
            ),
        ),
        migrations.AddField(
            model_name="stationcommand",
            name="sealed",
            field=models.TextField(
                blank=True,
                db_default="",
                help_text="the parameters with their secrets, encrypted, until it is sent",
            ),
        ),
        migrations.AddField(
            model_name="bulkcommand",
            name="sealed",
            field=models.TextField(
                blank=True,
                db_default="",
                help_text="the parameters with their secrets, encrypted, until it has ended",
            ),
        ),
    ]
