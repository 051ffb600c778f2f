"""`manage.py migrate`, which leaves a trace of itself where it is asked to.

With MIGRATION_LOG naming a file, each run appends a line to it and, when it has come through,
inserts a row into migration_audit. Nothing guards either of them against a second run: whoever
wants to know how often the migration ran counts lines and rows.

MIGRATION_SECONDS makes it take longer, MIGRATION_EXIT makes it end with that status after its work.
"""

import os
import socket
import sys
import time

from django.core.management.commands import migrate


class Command(migrate.Command):
    def handle(self, *args, **options):
        log = os.environ.get("MIGRATION_LOG")
        if log:
            with open(log, "a", encoding="utf-8") as f:
                f.write(f"{time.time():.3f} {socket.gethostname()}\n")
                f.flush()
                os.fsync(f.fileno())
        time.sleep(float(os.environ.get("MIGRATION_SECONDS", "0")))
        super().handle(*args, **options)
        if log:
            from web.models import MigrationAudit

            MigrationAudit.objects.create(host=socket.gethostname())
        status = int(os.environ.get("MIGRATION_EXIT", "0"))
        if status:
            self.stderr.write(f"migration: told to end with {status}")
            sys.exit(status)
