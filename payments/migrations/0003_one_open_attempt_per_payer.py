from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('payments', '0002_used_tariffs_are_final'),
        ('stations', '0004_missing_seq_nos'),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='payer_key',
            field=models.CharField(blank=True, editable=False, help_text='whose attempt to start a charge this is', max_length=60),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('session__isnull', True), ('status__in', ['created', 'requires_action', 'authorized']), models.Q(('payer_key', ''), _negated=True)), fields=('evse', 'payer_key'), name='one_open_attempt_per_payer'),
        ),
    ]
