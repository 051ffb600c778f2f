import os
from urllib.parse import unquote, urlsplit

# Quotes around the value, as they come from a Compose list `- DB_URL="..."`, are not part of it.
database = urlsplit(os.environ.get("DB_URL", "").strip("\"'"))

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": database.hostname or "",
        "PORT": database.port or 5432,
        "NAME": database.path.lstrip("/"),
        "USER": unquote(database.username or ""),
        "PASSWORD": unquote(database.password or ""),
        "OPTIONS": {"connect_timeout": 5},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "web"]
ROOT_URLCONF = "urls"
WSGI_APPLICATION = "wsgi.application"
# No session, no cookie, no form: nothing of this application is signed with it.
SECRET_KEY = os.environ.get("SECRET_KEY", "nothing is signed")
ALLOWED_HOSTS = ["*"]
USE_TZ = True
