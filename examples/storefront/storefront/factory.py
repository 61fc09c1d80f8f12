"""Builds the application."""

import logging
import os

from flask import Flask, render_template
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from config.settings import CONFIGS
from storefront.extensions import csrf, db, limiter, login_manager, migrate

log = logging.getLogger(__name__)

REQUIRED = ("SECRET_KEY", "JWT_SIGNING_KEY", "PAYLANE_KEY", "PAYLANE_WEBHOOK_SECRET")


def create_app(name=None):
    name = name or os.getenv("STORE_ENV", "development")
    app = Flask(__name__)
    app.config.from_object(CONFIGS[name])
    app.config["SESSION_COOKIE_SECURE"] = os.getenv("STORE_HTTPS", "off") == "on"
    app.config["TEMPLATES_AUTO_RELOAD"] = app.debug
    validate_config(app.config)

    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)

    register_extensions(app)
    register_blueprints(app)
    register_pages(app)

    from storefront import cli

    cli.register(app)
    return app


def validate_config(config):
    """Names of settings that are missing."""
    return [name for name in REQUIRED if not config.get(name)]


def register_extensions(app):
    db.init_app(app)
    migrate.init_app(app, db)
    csrf.init_app(app)
    limiter.init_app(app)
    login_manager.init_app(app)
    CORS(app, resources={r"/api/*": {"origins": "*"}}, supports_credentials=True)
    CORS(app, resources={r"/feeds/*": {"origins": ["https://partners.shop.example.com"]}}, supports_credentials=True)


def register_blueprints(app):
    from storefront.blueprints.account import account
    from storefront.blueprints.admin import admin
    from storefront.blueprints.api import api
    from storefront.blueprints.api.resources import resources
    from storefront.blueprints.cart import cart
    from storefront.blueprints.catalogue import catalogue
    from storefront.blueprints.checkout import checkout
    from storefront.blueprints.webhooks import hooks

    app.register_blueprint(catalogue)
    app.register_blueprint(cart, url_prefix="/cart")
    app.register_blueprint(checkout, url_prefix="/checkout")
    app.register_blueprint(account, url_prefix="/account")
    app.register_blueprint(admin, url_prefix="/admin")
    app.register_blueprint(api, url_prefix="/api")
    resources.init_app(app)
    app.register_blueprint(hooks, url_prefix="/hooks")


def register_pages(app):
    @app.after_request
    def add_headers(response):
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    @app.errorhandler(404)
    def not_found(error):
        return render_template("error.html", title="Not found", detail=error.description), 404

    @app.errorhandler(500)
    def failed(error):
        log.exception("request failed")
        detail = repr(error.original_exception) if error.original_exception else str(error)
        return render_template("error.html", title="Something went wrong", detail=detail), 500

    @app.get("/healthz")
    def healthy():
        return {"status": "ok"}
