"""TLS handshakes that failed, counted by address, reason and day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ocpp_bridge", "0004_foreign_addresses")]

    operations = [
        migrations.CreateModel(
            name="FailedLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("remote_address", models.CharField(max_length=64)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("not_tls", "it spoke no TLS"),
                            ("old_tls", "its TLS is too old"),
                            ("no_common_suite", "no common cipher suite"),
                            ("untrusted_certificate", "the certificate is signed by somebody unknown"),
                            ("distrusts_us", "it does not trust our certificate"),
                            ("other", "TLS failed for another reason"),
                        ],
                        max_length=24,
                    ),
                ),
                ("day", models.DateField()),
                ("count", models.PositiveIntegerField(default=1)),
                ("last_at", models.DateTimeField()),
                ("detail", models.CharField(blank=True, help_text="the words of OpenSSL", max_length=120)),
            ],
            options={
                "ordering": ["-last_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "remote_address", "reason"), name="failed_lines_counted_per_day"
                    )
                ],
            },
        ),
    ]
