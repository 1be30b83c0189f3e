
import core.clock
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.constraints
import django.db.models.deletion
import uuid
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('stations', '0002_meter_readings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.RunSQL('create sequence scheduling_reservation_number as integer', 'drop sequence scheduling_reservation_number'),
        migrations.CreateModel(
            name='ChargingPreferences',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('departure_at', models.DateTimeField(blank=True, null=True)),
                ('energy_wh', models.BigIntegerField(blank=True, null=True)),
                ('session', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='preferences', to='stations.chargingsession')),
            ],
            options={
                'verbose_name_plural': 'charging preferences',
            },
        ),
        migrations.CreateModel(
            name='PowerPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField(default=core.clock.now)),
                ('inputs', models.JSONField()),
                ('policy', models.CharField(max_length=40)),
                ('circuit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stations.circuit')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='power_plans', to='stations.location')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
            ],
        ),
        migrations.CreateModel(
            name='PowerSlice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('limit_w', models.PositiveIntegerField()),
                ('limit_a', models.PositiveIntegerField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='slices', to='scheduling.powerplan')),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stations.chargingsession')),
            ],
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.BigIntegerField(db_default=models.Func(models.Value('scheduling_reservation_number'), function='nextval', output_field=models.BigIntegerField()), editable=False, unique=True)),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('status', models.CharField(choices=[('held', 'Held'), ('confirmed', 'Confirmed'), ('fulfilled', 'Used'), ('canceled', 'Canceled'), ('missed', 'Missed'), ('expired', 'Expired')], default='held', max_length=10)),
                ('hold_expires_at', models.DateTimeField(blank=True, null=True)),
                ('energy_wh', models.BigIntegerField(blank=True, help_text='what the driver asked for', null=True)),
                ('quote', models.JSONField(blank=True, help_text='the price as it was shown', null=True)),
                ('created_at', models.DateTimeField(default=core.clock.now)),
                ('announced_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('driver', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to=settings.AUTH_USER_MODEL)),
                ('evse', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='stations.evse')),
                ('id_token', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.idtoken')),
                ('location', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='stations.location')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('session', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reservation', to='stations.chargingsession')),
            ],
        ),
        migrations.CreateModel(
            name='SentProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('profile_id', models.IntegerField()),
                ('purpose', models.CharField(max_length=12)),
                ('stack_level', models.PositiveSmallIntegerField(default=0)),
                ('limit_a', models.PositiveIntegerField(blank=True, null=True)),
                ('limit_w', models.PositiveIntegerField(blank=True, null=True)),
                ('status', models.CharField(choices=[('sent', 'Sent'), ('accepted', 'Accepted'), ('rejected', 'Rejected'), ('cleared', 'Cleared')], default='sent', max_length=10)),
                ('sent_at', models.DateTimeField(default=core.clock.now)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('command', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='sent_profile', to='stations.stationcommand')),
                ('evse', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sent_profiles', to='stations.evse')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('session', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sent_profiles', to='stations.chargingsession')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sent_profiles', to='stations.chargingstation')),
            ],
        ),
        migrations.AddIndex(
            model_name='powerplan',
            index=models.Index(fields=['location', '-made_at'], name='scheduling__locatio_0c5984_idx'),
        ),
        migrations.AddConstraint(
            model_name='powerslice',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('plan', '='), ('session', '='), ('during', '&&')], name='slices_of_a_session_do_not_overlap'),
        ),
        migrations.AddIndex(
            model_name='reservation',
            index=models.Index(fields=['driver', '-created_at'], name='scheduling__driver__fc4369_idx'),
        ),
        migrations.AddIndex(
            model_name='reservation',
            index=models.Index(models.F('hold_expires_at'), condition=models.Q(('status', 'held')), name='reservation_holds'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('status__in', ['held', 'confirmed'])), deferrable=django.db.models.constraints.Deferrable['IMMEDIATE'], expressions=[('evse', '='), ('during', '&&')], name='no_overlapping_reservations'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.CheckConstraint(condition=models.Q(('during__endswith__isnull', False), ('during__startswith__isnull', False), models.Q(('during__isempty', True), _negated=True)), name='reservation_has_both_ends'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'held'), _negated=True), ('hold_expires_at__isnull', False), _connector='OR'), name='reservation_hold_expires'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'fulfilled'), _negated=True), ('session__isnull', False), _connector='OR'), name='fulfilled_has_a_session'),
        ),
        migrations.AddIndex(
            model_name='sentprofile',
            index=models.Index(fields=['evse', 'purpose', '-sent_at'], name='scheduling__evse_id_3ae9ad_idx'),
        ),
        migrations.RunSQL(
            """
            alter table scheduling_reservation add constraint reservation_evse_of_same_organization
              foreign key (evse_id, organization_id) references stations_evse (id, organization_id)
              deferrable initially deferred
            """,
            "alter table scheduling_reservation drop constraint reservation_evse_of_same_organization",
        ),
    ]
