
import core.clock
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL('create sequence stations_session_number as bigint', 'drop sequence stations_session_number'),
        migrations.CreateModel(
            name='ChargingStation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('identity', models.CharField(max_length=48, unique=True)),
                ('name', models.CharField(blank=True, max_length=60, verbose_name='name')),
                ('registration', models.CharField(choices=[('accepted', 'Accepted'), ('pending', 'Pending'), ('rejected', 'Rejected')], default='accepted', max_length=10)),
                ('secret_hash', models.CharField(blank=True, help_text='HMAC-SHA-256 of the password, hex', max_length=64)),
                ('security_profile', models.PositiveSmallIntegerField(default=1)),
                ('vendor', models.CharField(blank=True, max_length=50)),
                ('model', models.CharField(blank=True, max_length=50)),
                ('serial', models.CharField(blank=True, max_length=50)),
                ('firmware', models.CharField(blank=True, max_length=50)),
                ('ocpp_version', models.CharField(blank=True, max_length=10)),
                ('booted_at', models.DateTimeField(blank=True, null=True)),
                ('boot_reason', models.CharField(blank=True, max_length=40)),
                ('status', models.CharField(default='unknown', max_length=12)),
                ('status_detail', models.CharField(blank=True, max_length=40)),
                ('error_code', models.CharField(blank=True, max_length=50)),
                ('connection_no', models.PositiveBigIntegerField(default=0)),
                ('is_connected', models.BooleanField(default=False)),
                ('connected_at', models.DateTimeField(blank=True, null=True)),
                ('disconnected_at', models.DateTimeField(blank=True, null=True)),
                ('last_seen_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=core.clock.now)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stations', to='accounts.organization')),
            ],
            options={
                'ordering': ['identity'],
            },
        ),
        migrations.CreateModel(
            name='Circuit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('limit_a', models.PositiveIntegerField()),
                ('phases', models.PositiveSmallIntegerField(default=3)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='stations.circuit')),
            ],
        ),
        migrations.CreateModel(
            name='Evse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('evse_id', models.CharField(help_text='public, permanent, never reused (OCPI form)', max_length=48, unique=True)),
                ('code', models.CharField(max_length=12, unique=True)),
                ('name', models.CharField(blank=True, max_length=40, verbose_name='stall')),
                ('current_type', models.CharField(choices=[('ac', 'AC'), ('dc', 'DC')], default='ac', max_length=2)),
                ('phases', models.PositiveSmallIntegerField(default=3)),
                ('max_power_w', models.PositiveIntegerField(default=22000)),
                ('max_current_a', models.PositiveIntegerField(default=32)),
                ('circuit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='evses', to='stations.circuit')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='evses', to='stations.chargingstation')),
            ],
            options={
                'ordering': ['station', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Connector',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(default=1)),
                ('standard', models.CharField(choices=[('IEC_62196_T2', 'Type 2'), ('IEC_62196_T2_COMBO', 'CCS'), ('CHADEMO', 'CHAdeMO'), ('IEC_62196_T1', 'Type 1'), ('SAE_J3400', 'NACS'), ('UNKNOWN', 'unknown')], default='IEC_62196_T2', max_length=24)),
                ('has_cable', models.BooleanField(default=False)),
                ('status', models.CharField(default='unknown', max_length=12)),
                ('detail', models.CharField(blank=True, max_length=40)),
                ('error_code', models.CharField(blank=True, max_length=50)),
                ('info', models.CharField(blank=True, max_length=255)),
                ('status_at', models.DateTimeField(blank=True, null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('evse', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='connectors', to='stations.evse')),
            ],
            options={
                'ordering': ['evse', 'number'],
            },
        ),
        migrations.CreateModel(
            name='ChargingSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('connector_number', models.PositiveIntegerField(blank=True, null=True)),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.BigIntegerField(db_default=models.Func(models.Value('stations_session_number'), function='nextval', output_field=models.BigIntegerField()), editable=False, unique=True)),
                ('transaction_id', models.CharField(blank=True, max_length=255)),
                ('token_uid', models.CharField(blank=True, help_text='as the station sent it', max_length=255)),
                ('start_token', models.CharField(blank=True, help_text='one-time token of an app or guest start', max_length=36)),
                ('decision', models.CharField(blank=True, help_text='what we answered to its token', max_length=12)),
                ('decision_reason', models.CharField(blank=True, max_length=120)),
                ('status', models.CharField(choices=[('pending', 'Starting'), ('active', 'Active'), ('interrupted', 'Interrupted'), ('completed', 'Completed'), ('abandoned', 'Never started')], default='pending', max_length=12)),
                ('phase', models.CharField(blank=True, max_length=24)),
                ('phase_at', models.DateTimeField(blank=True, null=True)),
                ('requested_at', models.DateTimeField(blank=True, null=True)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('reported_start_at', models.DateTimeField(blank=True, help_text="the station's own clock; repeats are known by it", null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('end_reason', models.CharField(blank=True, max_length=40)),
                ('meter_start_wh', models.BigIntegerField(blank=True, null=True)),
                ('meter_end_wh', models.BigIntegerField(blank=True, null=True)),
                ('energy_wh', models.BigIntegerField(default=0)),
                ('power_w', models.IntegerField(blank=True, null=True)),
                ('soc_percent', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('last_reading_at', models.DateTimeField(blank=True, null=True)),
                ('first_seq_no', models.IntegerField(blank=True, null=True)),
                ('last_seq_no', models.IntegerField(blank=True, null=True)),
                ('seen_seq_count', models.IntegerField(default=0)),
                ('reserved_during', django.contrib.postgres.fields.ranges.DateTimeRangeField(blank=True, null=True)),
                ('reservation_number', models.BigIntegerField(blank=True, null=True)),
                ('review_reasons', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None)),
                ('reviewed_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=core.clock.now)),
                ('driver', models.ForeignKey(db_index=False, blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='charging_sessions', to=settings.AUTH_USER_MODEL)),
                ('id_token', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='accounts.idtoken')),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='accounts.organization')),
                ('station', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='stations.chargingstation')),
                ('evse', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='stations.evse')),
            ],
        ),
        migrations.CreateModel(
            name='Location',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('address', models.CharField(blank=True, max_length=200, verbose_name='address')),
                ('city', models.CharField(blank=True, max_length=80, verbose_name='city')),
                ('postal_code', models.CharField(blank=True, max_length=16, verbose_name='postal code')),
                ('country_code', models.CharField(blank=True, max_length=2, verbose_name='country')),
                ('latitude', models.DecimalField(decimal_places=6, max_digits=9)),
                ('longitude', models.DecimalField(decimal_places=6, max_digits=9)),
                ('time_zone', models.CharField(default='UTC', max_length=64)),
                ('opening_hours', models.JSONField(blank=True, default=dict, help_text='OCPI Hours; empty means 24/7')),
                ('amenities', models.JSONField(blank=True, default=list, help_text='OCPI facilities')),
                ('is_public', models.BooleanField(default=True, verbose_name='public')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='locations', to='accounts.organization')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='circuit',
            name='location',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='circuits', to='stations.location'),
        ),
        migrations.AddField(
            model_name='chargingstation',
            name='location',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stations', to='stations.location'),
        ),
        migrations.CreateModel(
            name='StationCommand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=24)),
                ('params', models.JSONField(default=dict)),
                ('status', models.CharField(choices=[('queued', 'Waiting for the station'), ('sent', 'Sent'), ('accepted', 'Accepted'), ('rejected', 'Refused by the station'), ('failed', 'Failed'), ('timed_out', 'No answer'), ('expired', 'Expired')], default='queued', max_length=10)),
                ('created_at', models.DateTimeField(default=core.clock.now)),
                ('expires_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('connection_no', models.PositiveBigIntegerField(blank=True, null=True)),
                ('message_id', models.CharField(blank=True, max_length=36)),
                ('sent', models.JSONField(blank=True, help_text='action and payload as sent, secrets redacted', null=True)),
                ('answer', models.JSONField(blank=True, null=True)),
                ('answer_word', models.CharField(blank=True, help_text="the station's own word", max_length=60)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('requested_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('session', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='commands', to='stations.chargingsession')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='commands', to='stations.chargingstation')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='StrayReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=core.clock.now)),
                ('reason', models.CharField(max_length=120)),
                ('body', models.JSONField()),
                ('resolved_at', models.DateTimeField(blank=True, null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stray_reports', to='stations.chargingstation')),
            ],
        ),
        migrations.CreateModel(
            name='DailyUsage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('sessions', models.PositiveIntegerField(default=0)),
                ('energy_wh', models.BigIntegerField(default=0)),
                ('occupied_s', models.BigIntegerField(default=0)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='daily_usage', to='stations.chargingstation')),
            ],
            options={
                'verbose_name_plural': 'daily usage',
                'constraints': [models.UniqueConstraint(fields=('station', 'day'), name='one_usage_row_per_day')],
            },
        ),
        migrations.CreateModel(
            name='DeviceVariable',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('component', models.CharField(blank=True, max_length=50)),
                ('component_instance', models.CharField(blank=True, max_length=50)),
                ('variable', models.CharField(max_length=50)),
                ('instance', models.CharField(blank=True, max_length=50)),
                ('evse_number', models.PositiveIntegerField(default=0)),
                ('attribute', models.CharField(default='Actual', max_length=10)),
                ('value', models.TextField(blank=True)),
                ('mutability', models.CharField(blank=True, max_length=12)),
                ('reported_at', models.DateTimeField()),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.organization')),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='variables', to='stations.chargingstation')),
            ],
            options={
                'ordering': ['component', 'variable'],
                'constraints': [models.UniqueConstraint(fields=('station', 'component', 'component_instance', 'variable', 'instance', 'evse_number', 'attribute'), name='variable_unique_in_station')],
            },
        ),
        migrations.AddConstraint(
            model_name='evse',
            constraint=models.UniqueConstraint(fields=('station', 'number'), name='evse_number_unique_in_station'),
        ),
        migrations.AddConstraint(
            model_name='evse',
            constraint=models.UniqueConstraint(fields=('id', 'organization'), name='evse_with_its_organization'),
        ),
        migrations.AddConstraint(
            model_name='evse',
            constraint=models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='evse_number_from_one'),
        ),
        migrations.AddConstraint(
            model_name='evse',
            constraint=models.CheckConstraint(condition=models.Q(('phases__in', [1, 2, 3])), name='evse_phases_known'),
        ),
        migrations.AddConstraint(
            model_name='connector',
            constraint=models.UniqueConstraint(fields=('evse', 'number'), name='connector_number_unique_in_evse'),
        ),
        migrations.AddConstraint(
            model_name='connector',
            constraint=models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='connector_number_from_one'),
        ),
        migrations.AddConstraint(
            model_name='connector',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('available', 'occupied', 'reserved', 'unavailable', 'faulted', 'unknown'))), name='connector_status_known'),
        ),
        migrations.AddIndex(
            model_name='chargingsession',
            index=models.Index(fields=['organization', '-started_at'], name='stations_ch_organiz_cb53f2_idx'),
        ),
        migrations.AddIndex(
            model_name='chargingsession',
            index=models.Index(fields=['driver', '-started_at'], name='stations_ch_driver__06724d_idx'),
        ),
        migrations.AddIndex(
            model_name='chargingsession',
            index=models.Index(fields=['station', 'status'], name='stations_ch_station_9e2d0c_idx'),
        ),
        migrations.AddIndex(
            model_name='chargingsession',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['requested_at'], name='pending_sessions'),
        ),
        migrations.AddIndex(
            model_name='chargingsession',
            index=models.Index(condition=models.Q(('status', 'active')), fields=['id_token'], name='active_sessions_of_token'),
        ),
        migrations.AddConstraint(
            model_name='chargingsession',
            constraint=models.UniqueConstraint(condition=models.Q(('transaction_id', ''), _negated=True), fields=('station', 'transaction_id'), name='transaction_unique_in_station'),
        ),
        migrations.AddConstraint(
            model_name='chargingsession',
            constraint=models.UniqueConstraint(condition=models.Q(('reported_start_at__isnull', False), ('transaction_id', '')), fields=('station', 'reported_start_at', 'token_uid', 'evse', 'connector_number', 'meter_start_wh'), name='numbered_start_unique_by_its_data', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='chargingsession',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'active')), fields=('evse',), name='one_active_session_per_evse'),
        ),
        migrations.AddConstraint(
            model_name='chargingsession',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'pending')), fields=('evse',), name='one_pending_session_per_evse'),
        ),
        migrations.AddConstraint(
            model_name='chargingsession',
            constraint=models.UniqueConstraint(condition=models.Q(('start_token', ''), _negated=True), fields=('start_token',), name='start_token_used_once'),
        ),
        migrations.AddConstraint(
            model_name='chargingsession',
            constraint=models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), ('started_at__isnull', True), ('ended_at__gte', models.F('started_at')), _connector='OR'), name='session_ends_after_start'),
        ),
        migrations.AddConstraint(
            model_name='chargingsession',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('started_at__isnull', True), ('status__in', ['pending', 'abandoned'])), models.Q(('ended_at__isnull', True), ('started_at__isnull', False), ('status', 'active')), models.Q(('started_at__isnull', False), ('status', 'interrupted')), models.Q(('ended_at__isnull', False), ('started_at__isnull', False), ('status', 'completed')), _connector='OR'), name='session_status_agrees_with_facts'),
        ),
        migrations.AddConstraint(
            model_name='chargingsession',
            constraint=models.CheckConstraint(condition=models.Q(('soc_percent__isnull', True), ('soc_percent__lte', 100), _connector='OR'), name='session_soc_at_most_100'),
        ),
        migrations.AddConstraint(
            model_name='circuit',
            constraint=models.CheckConstraint(condition=models.Q(('limit_a__gt', 0)), name='circuit_limit_positive'),
        ),
        migrations.AddConstraint(
            model_name='circuit',
            constraint=models.CheckConstraint(condition=models.Q(('phases__in', [1, 3])), name='circuit_phases_known'),
        ),
        migrations.AddConstraint(
            model_name='circuit',
            constraint=models.CheckConstraint(condition=models.Q(('parent__isnull', True), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='circuit_not_its_own_parent'),
        ),
        migrations.AddConstraint(
            model_name='circuit',
            constraint=models.UniqueConstraint(condition=models.Q(('parent__isnull', True)), fields=('location',), name='one_grid_connection_per_location'),
        ),
        migrations.AddConstraint(
            model_name='chargingstation',
            constraint=models.UniqueConstraint(fields=('id', 'organization'), name='station_with_its_organization'),
        ),
        migrations.AddConstraint(
            model_name='chargingstation',
            constraint=models.CheckConstraint(condition=models.Q(('registration__in', ['accepted', 'pending', 'rejected'])), name='registration_known'),
        ),
        migrations.AddConstraint(
            model_name='chargingstation',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ('available', 'occupied', 'reserved', 'unavailable', 'faulted', 'unknown'))), name='station_status_known'),
        ),
        migrations.AddConstraint(
            model_name='chargingstation',
            constraint=models.CheckConstraint(condition=models.Q(('identity__contains', ':'), _negated=True), name='identity_without_colon'),
        ),
        migrations.AddIndex(
            model_name='stationcommand',
            index=models.Index(condition=models.Q(('status', 'queued')), fields=['station', 'id'], name='queued_commands'),
        ),
        migrations.AddIndex(
            model_name='stationcommand',
            index=models.Index(condition=models.Q(('status', 'sent')), fields=['sent_at'], name='unanswered_commands'),
        ),
        migrations.AddConstraint(
            model_name='stationcommand',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='command_expires_after_creation'),
        ),
        migrations.AddConstraint(
            model_name='stationcommand',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', True), ('sent_at__isnull', True), ('status__in', ['queued', 'expired'])), models.Q(('answered_at__isnull', True), ('sent_at__isnull', False), ('status__in', ['sent', 'timed_out'])), models.Q(('answered_at__isnull', False), ('sent_at__isnull', False), ('status__in', ['accepted', 'rejected', 'failed'])), _connector='OR'), name='command_status_agrees_with_times'),
        ),
        migrations.AddIndex(
            model_name='strayreport',
            index=models.Index(condition=models.Q(('resolved_at__isnull', True)), fields=['organization', '-at'], name='open_stray_reports'),
        ),
        migrations.RunSQL(
            """
            alter table stations_chargingsession add constraint session_station_of_same_organization
              foreign key (station_id, organization_id) references stations_chargingstation (id, organization_id)
              deferrable initially deferred;
            alter table stations_evse add constraint evse_station_of_same_organization
              foreign key (station_id, organization_id) references stations_chargingstation (id, organization_id)
              deferrable initially deferred;
            alter table stations_stationcommand add constraint command_station_of_same_organization
              foreign key (station_id, organization_id) references stations_chargingstation (id, organization_id)
              deferrable initially deferred;
            """,
            """
            alter table stations_stationcommand drop constraint command_station_of_same_organization;
            alter table stations_evse drop constraint evse_station_of_same_organization;
            alter table stations_chargingsession drop constraint session_station_of_same_organization;
            """,
        ),
    ]
