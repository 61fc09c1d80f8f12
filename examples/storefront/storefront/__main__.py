"""`python -m storefront` starts the shop on this machine."""

import logging
import os

from config.settings import CONFIGS
from storefront.factory import create_app

logging.basicConfig(level=logging.INFO)

environment = os.getenv("STORE_ENV", "development")
settings = CONFIGS[environment]

app = create_app(environment)
app.run(host=settings.api_host(), port=settings.api_port(), debug=True)
