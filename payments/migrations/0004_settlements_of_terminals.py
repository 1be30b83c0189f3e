from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_calibration_law_and_autocharge'),
        ('payments', '0003_one_open_attempt_per_payer'),
        ('stations', '0012_outer_bounds'),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='difference_minor',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='payment',
            name='looked_at',
            field=models.DateTimeField(blank=True, help_text='when a person looked at the difference', null=True),
        ),
        migrations.AddField(
            model_name='payment',
            name='terminal_ref',
            field=models.CharField(blank=True, db_default='', help_text="the reference of a terminal's provider", max_length=255),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('terminal_ref', ''), _negated=True), fields=('organization', 'terminal_ref'), name='payment_terminal_ref_unique'),
        ),
    ]
