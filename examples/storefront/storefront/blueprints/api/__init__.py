"""The JSON API; each version is a blueprint inside this one."""

from flask import Blueprint

from storefront.blueprints.api.v1 import v1
from storefront.extensions import csrf

api = Blueprint("api", __name__)
api.register_blueprint(v1, url_prefix="/v1")

# Clients of the API send a bearer token and no cookie.
csrf.exempt(v1)
