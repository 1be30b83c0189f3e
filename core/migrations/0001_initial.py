
import core.clock
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Pulse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, unique=True)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='DomainEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(max_length=80)),
                ('subject', models.CharField(blank=True, max_length=80)),
                ('payload', models.JSONField()),
                ('occurred_at', models.DateTimeField(default=core.clock.now)),
            ],
            options={
                'indexes': [models.Index(fields=['type', 'occurred_at'], name='core_domain_type_ee9c76_idx')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('handler', models.CharField(max_length=160)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('done', 'Done'), ('buried', 'Buried')], default='pending', max_length=10)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(default=core.clock.now)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('error', models.TextField(blank=True)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='core.domainevent')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='domainevent',
            trigger=pgtrigger.compiler.Trigger(name='events_do_not_change', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='887b5146ddbe3bb923757c26e373d4b831dde571', operation='UPDATE', pgid='pgtrigger_events_do_not_change_c0aed', table='core_domainevent', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['next_attempt_at'], name='pending_deliveries'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('event', 'handler'), name='one_delivery_per_handler'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'done', 'buried'])), name='delivery_state_known'),
        ),
    ]
