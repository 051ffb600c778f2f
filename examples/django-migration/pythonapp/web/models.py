from django.db import models


class Note(models.Model):
    text = models.CharField(max_length=200)
    written = models.DateTimeField(auto_now_add=True)


class MigrationAudit(models.Model):
    """A row for each time that the migrate command ran where MIGRATION_LOG is set."""

    host = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "migration_audit"
