from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("payments", "0015_prepaid_balances")]

    operations = [
        migrations.AddField(
            model_name="customergroup",
            name="retired_at",
            field=models.DateTimeField(
                blank=True, help_text="nobody can join it any more", null=True
            ),
        ),
    ]
