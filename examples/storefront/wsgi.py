"""Entry point of gunicorn, see Procfile."""

import os

from storefront.factory import create_app

application = create_app(os.getenv("STORE_ENV", "production"))

if os.getenv("STORE_TRACE_ERRORS"):
    from werkzeug.debug import DebuggedApplication

    application = DebuggedApplication(application, evalex=True)
