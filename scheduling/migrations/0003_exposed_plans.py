from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0002_who_canceled")]

    operations = [
        migrations.AddField(
            model_name="powerplan",
            name="exposed_a",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="amps by which chargers out of reach could exceed a limit",
            ),
        ),
    ]
