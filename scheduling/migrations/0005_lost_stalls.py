from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0004_saved_places")]

    operations = [
        migrations.AddField(
            model_name="reservation",
            name="lost_stall_at",
            field=models.DateTimeField(
                blank=True, help_text="since then the driver knows that the stall is out of order", null=True
            ),
        ),
    ]
