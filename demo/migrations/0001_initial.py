
import core.clock
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Mail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sent_at', models.DateTimeField(default=core.clock.now)),
                ('sender', models.CharField(max_length=200)),
                ('recipients', models.CharField(max_length=400)),
                ('subject', models.CharField(max_length=300)),
                ('body', models.TextField()),
            ],
            options={
                'ordering': ['-sent_at', '-id'],
            },
        ),
    ]
