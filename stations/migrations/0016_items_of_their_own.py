from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0015_inventories_and_sealed_commands")]

    operations = [
        migrations.RemoveConstraint(model_name="bulkitem", name="one_item_per_station_and_bulk"),
        migrations.AddField(
            model_name="bulkitem",
            name="kind",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="what this station is asked, where it differs from the others",
                max_length=40,
            ),
        ),
        migrations.AddField(
            model_name="bulkitem",
            name="params",
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
