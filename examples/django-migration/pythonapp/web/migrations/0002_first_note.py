from django.db import migrations


def write_first_note(apps, schema_editor):
    apps.get_model("web", "Note").objects.create(
        text="Written by migration 0002, before the application started."
    )


class Migration(migrations.Migration):
    dependencies = [("web", "0001_initial")]
    operations = [
        migrations.RunPython(write_first_note, migrations.RunPython.noop)
    ]
