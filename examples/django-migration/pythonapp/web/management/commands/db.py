"""`manage.py db upgrade`: how other frameworks spell `manage.py migrate`."""

from django.core.management import BaseCommand, call_command


class Command(BaseCommand):
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("action", choices=["upgrade"])

    def handle(self, *args, **options):
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
