"""The WSGI application. The models are warmed by gunicorn's hook, after the fork (gunicorn.conf.py)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "classification_site.settings")
application = get_wsgi_application()
