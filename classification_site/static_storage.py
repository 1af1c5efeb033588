"""Static files under names that hold their hash, the modules that our scripts import included."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_IMPORTS = HashedFilesMixin._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]


class ModuleAwareStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped
    """Imports between our own ES modules are rewritten too, so that a browser may keep every file for ever.

    Django's own switch for this rewrites every script, and fails on packages that import bare names.
    """

    patterns = (*HashedFilesMixin.patterns, ("js/*.js", _IMPORTS))
