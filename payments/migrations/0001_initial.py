
import core.clock
import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import pgtrigger.compiler
import pgtrigger.migrations
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
        migrations.CreateModel(
            name='BillingAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(default='EUR', max_length=3)),
                ('provider_customer_id', models.CharField(blank=True, max_length=80)),
                ('created_at', models.DateTimeField(default=core.clock.now)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='billing_account', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ChargeDetailRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('tariff_snapshot', models.JSONField(help_text='the tariff as it was, OCPI JSON')),
                ('currency', models.CharField(max_length=3)),
                ('periods', models.JSONField(help_text='OCPI ChargingPeriods')),
                ('lines', models.JSONField(help_text='what, how much, at which price, why')),
                ('energy_wh', models.BigIntegerField()),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField()),
                ('total_net', models.DecimalField(decimal_places=4, max_digits=12)),
                ('total_tax', models.DecimalField(decimal_places=4, max_digits=12)),
                ('total_gross', models.DecimalField(decimal_places=4, max_digits=12)),
                ('issued_at', models.DateTimeField(default=core.clock.now)),
                ('credit_of', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='credited_by', to='payments.chargedetailrecord')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cdrs', to='accounts.organization')),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cdrs', to='stations.chargingsession')),
            ],
        ),
        migrations.CreateModel(
            name='PaymentMethod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider_ref', models.CharField(max_length=80, unique=True)),
                ('brand', models.CharField(blank=True, max_length=20)),
                ('last4', models.CharField(blank=True, max_length=4)),
                ('expires_month', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('expires_year', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('is_default', models.BooleanField(default=False)),
                ('is_usable', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=core.clock.now)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='methods', to='payments.billingaccount')),
            ],
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('currency', models.CharField(max_length=3)),
                ('requested_minor', models.BigIntegerField(help_text='the hold asked for')),
                ('authorized_minor', models.BigIntegerField(default=0)),
                ('captured_minor', models.BigIntegerField(default=0)),
                ('refunded_minor', models.BigIntegerField(default=0)),
                ('status', models.CharField(choices=[('created', 'Created'), ('requires_action', 'Waiting for the payer'), ('authorized', 'Held'), ('captured', 'Paid'), ('voided', 'Released'), ('failed', 'Failed')], default='created', max_length=16)),
                ('failure_code', models.CharField(blank=True, max_length=60)),
                ('failure_message', models.CharField(blank=True, max_length=300)),
                ('provider_ref', models.CharField(blank=True, help_text='PaymentIntent', max_length=80)),
                ('checkout_ref', models.CharField(blank=True, max_length=120)),
                ('capture_before', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=core.clock.now)),
                ('authorized_at', models.DateTimeField(blank=True, null=True)),
                ('captured_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='payments.billingaccount')),
                ('cdr', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='payments.chargedetailrecord')),
                ('evse', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stations.evse')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='accounts.organization')),
                ('session', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='stations.chargingsession')),
                ('method', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='payments.paymentmethod')),
            ],
        ),
        migrations.CreateModel(
            name='Posting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=120, unique=True)),
                ('reason', models.CharField(max_length=120)),
                ('at', models.DateTimeField(default=core.clock.now)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('payment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='postings', to='payments.payment')),
            ],
        ),
        migrations.CreateModel(
            name='PostingLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.CharField(max_length=60)),
                ('amount_minor', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('posting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='payments.posting')),
            ],
        ),
        migrations.CreateModel(
            name='ProviderOperation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=24)),
                ('idempotency_key', models.CharField(max_length=80, unique=True)),
                ('request', models.JSONField(default=dict)),
                ('response', models.JSONField(blank=True, null=True)),
                ('state', models.CharField(choices=[('written', 'Written'), ('unknown', 'Unknown'), ('done', 'Done'), ('failed', 'Failed')], default='written', max_length=8)),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(default=core.clock.now)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='operations', to='payments.billingaccount')),
                ('payment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='operations', to='payments.payment')),
            ],
        ),
        migrations.CreateModel(
            name='Tariff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('version', models.PositiveIntegerField(default=1)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('currency', models.CharField(max_length=3)),
                ('tax_included', models.CharField(choices=[('YES', 'included'), ('NO', 'added'), ('N/A', 'not applicable')], default='YES', max_length=3)),
                ('elements', models.JSONField(help_text='OCPI TariffElements; prices as strings')),
                ('min_price', models.JSONField(blank=True, help_text='OCPI PriceLimit', null=True)),
                ('max_price', models.JSONField(blank=True, help_text='OCPI PriceLimit', null=True)),
                ('idle_grace_minutes', models.PositiveIntegerField(default=0, help_text='an extension of ours to OCPI')),
                ('hold_minor', models.PositiveIntegerField(default=5000, help_text='the hold before energy flows, in minor units')),
                ('created_at', models.DateTimeField(default=core.clock.now)),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tariffs', to='accounts.organization')),
            ],
        ),
        migrations.AddField(
            model_name='chargedetailrecord',
            name='tariff',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='payments.tariff'),
        ),
        migrations.CreateModel(
            name='TariffAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('evse', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stations.evse')),
                ('location', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='stations.location')),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('tariff', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='payments.tariff')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(default='stripe', max_length=20)),
                ('event_id', models.CharField(max_length=80)),
                ('type', models.CharField(max_length=80)),
                ('payload', models.JSONField()),
                ('received_at', models.DateTimeField(default=core.clock.now)),
                ('processed_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('error', models.TextField(blank=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('processed_at__isnull', True)), fields=['received_at'], name='open_webhooks')],
                'constraints': [models.UniqueConstraint(fields=('provider', 'event_id'), name='webhook_stored_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='billingaccount',
            constraint=models.UniqueConstraint(condition=models.Q(('provider_customer_id', ''), _negated=True), fields=('provider_customer_id',), name='provider_customer_unique'),
        ),
        migrations.AddConstraint(
            model_name='paymentmethod',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('account',), name='one_default_method'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(fields=['organization', '-created_at'], name='payments_pa_organiz_da4be4_idx'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(condition=models.Q(('status', 'authorized')), fields=['capture_before'], name='open_holds'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('captured_minor__lte', models.F('authorized_minor'))), name='captured_at_most_authorized'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('refunded_minor__lte', models.F('captured_minor'))), name='refunded_at_most_captured'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('captured_minor__gte', 0), ('refunded_minor__gte', 0), ('requested_minor__gte', 0)), name='amounts_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('provider_ref', ''), _negated=True), fields=('provider_ref',), name='payment_provider_ref_unique'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('checkout_ref', ''), _negated=True), fields=('checkout_ref',), name='payment_checkout_ref_unique'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['created', 'requires_action', 'authorized'])), fields=('session',), name='one_open_payment_per_session'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='posting',
            trigger=pgtrigger.compiler.Trigger(name='postings_are_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='2ada99c2369f2aec835cffdf6f2a06a5a1afc80e', operation='UPDATE OR DELETE', pgid='pgtrigger_postings_are_append_only_893b0', table='payments_posting', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='postingline',
            index=models.Index(fields=['account', 'currency'], name='payments_po_account_85468c_idx'),
        ),
        migrations.AddConstraint(
            model_name='postingline',
            constraint=models.CheckConstraint(condition=models.Q(('amount_minor', 0), _negated=True), name='line_moves_something'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='postingline',
            trigger=pgtrigger.compiler.Trigger(name='lines_are_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='065294d4ba6acecf8cc07f4c6ff5a96d9c4274d0', operation='UPDATE OR DELETE', pgid='pgtrigger_lines_are_append_only_6a239', table='payments_postingline', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='postingline',
            trigger=pgtrigger.compiler.Trigger(name='posting_balances', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\nif (select coalesce(sum(amount_minor), 0) <> 0 from payments_postingline\n     where posting_id = NEW.posting_id and currency = NEW.currency) then\n  raise exception 'posting % does not balance in %', NEW.posting_id, NEW.currency\n    using errcode = 'check_violation';\nend if;\nreturn null;\n", hash='cbe4df07066fbdc6639d3fc491613eadf59da533', operation='INSERT', pgid='pgtrigger_posting_balances_22905', table='payments_postingline', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='provideroperation',
            index=models.Index(condition=models.Q(('state__in', ['written', 'unknown'])), fields=['created_at'], name='open_operations'),
        ),
        migrations.AddConstraint(
            model_name='provideroperation',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['written', 'unknown'])), fields=('payment', 'kind'), name='one_open_operation_per_kind'),
        ),
        migrations.AddConstraint(
            model_name='tariff',
            constraint=models.UniqueConstraint(fields=('public_id', 'version'), name='tariff_version_unique'),
        ),
        migrations.AddConstraint(
            model_name='tariff',
            constraint=models.UniqueConstraint(fields=('id', 'organization'), name='tariff_with_its_organization'),
        ),
        migrations.AddConstraint(
            model_name='chargedetailrecord',
            constraint=models.UniqueConstraint(condition=models.Q(('credit_of__isnull', True)), fields=('session',), name='one_original_record_per_session'),
        ),
        migrations.AddConstraint(
            model_name='chargedetailrecord',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('credit_of__isnull', True), ('total_gross__gte', 0)), models.Q(('credit_of__isnull', False), ('total_gross__lte', 0)), _connector='OR'), name='credits_are_negative'),
        ),
        migrations.AddConstraint(
            model_name='chargedetailrecord',
            constraint=models.CheckConstraint(condition=models.Q(('total_gross', django.db.models.expressions.CombinedExpression(models.F('total_net'), '+', models.F('total_tax')))), name='record_totals_agree'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='chargedetailrecord',
            trigger=pgtrigger.compiler.Trigger(name='records_are_final', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='95ba53b4756d01d078e62b882b6d29fb32df3dfc', operation='UPDATE OR DELETE', pgid='pgtrigger_records_are_final_4fbaa', table='payments_chargedetailrecord', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='tariffassignment',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(models.F('organization'), '='), (django.db.models.functions.comparison.Coalesce(models.F('location'), models.Value(0)), '='), (django.db.models.functions.comparison.Coalesce(models.F('evse'), models.Value(0)), '='), ('during', '&&')], name='one_tariff_per_scope_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='tariffassignment',
            constraint=models.CheckConstraint(condition=models.Q(('location__isnull', True), ('evse__isnull', True), _connector='OR'), name='assignment_has_one_scope'),
        ),
        migrations.AddConstraint(
            model_name='tariffassignment',
            constraint=models.CheckConstraint(condition=models.Q(('during__startswith__isnull', False), models.Q(('during__isempty', True), _negated=True)), name='assignment_has_a_start'),
        ),
    ]
