from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0011_readings_without_foreign_keys")]

    operations = [
        migrations.AddField(
            model_name="reportedlimit",
            name="bounds",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
