"""Settings of the shop. The class is chosen by STORE_ENV, see storefront/factory.py."""

import os
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class BaseConfig:
    DEBUG = False
    TESTING = False

    SECRET_KEY = os.getenv("SECRET_KEY", "sf-4b1d77e0c2a94f5e")
    JWT_SIGNING_KEY = os.getenv("JWT_SIGNING_KEY")

    SQLALCHEMY_DATABASE_URI = os.getenv("DATABASE_URL", f"sqlite:///{ROOT / 'storefront.db'}")
    SQLALCHEMY_TRACK_MODIFICATIONS = False

    SESSION_COOKIE_NAME = "storefront"
    SESSION_COOKIE_HTTPONLY = True
    SESSION_COOKIE_SAMESITE = "Lax"
    PERMANENT_SESSION_LIFETIME = timedelta(days=365)
    MAX_CONTENT_LENGTH = 16 * 1024 * 1024

    TOKEN_COOKIE_NAME = "storefront_token"
    PASSWORD_RESET_URL = "/account/reset"

    MEDIA_ROOT = os.getenv("STORE_MEDIA", str(ROOT / "media"))
    UPLOAD_STAGING = "/tmp/storefront-uploads"

    MAIL_SERVER = os.getenv("MAIL_SERVER", "smtp.example.com")
    MAIL_USERNAME = os.getenv("MAIL_USERNAME", "shop@shop.example.com")
    MAIL_PASSWORD = os.getenv("MAIL_PASSWORD")

    PAYLANE_URL = "https://api.paylane.example.net/v2"
    PAYLANE_KEY = os.getenv("PAYLANE_KEY")
    PAYLANE_WEBHOOK_SECRET = os.getenv("PAYLANE_WEBHOOK_SECRET")
    CARRIER_TOKEN = os.getenv("CARRIER_TOKEN")
    WAREHOUSE_PASSWORD = "Bv7-quartz-lantern"

    REDIS_URL = os.getenv("REDIS_URL", "redis://localhost:6379/0")
    RATELIMIT_STORAGE_URI = REDIS_URL

    SERVERS = {
        "api": {"host": "0.0.0.0", "port": 8080, "threads": 8},
        "metrics": {"host": "127.0.0.1", "port": 9102, "threads": 1},
    }

    @classmethod
    def server(cls, name):
        return cls.SERVERS[name]

    @classmethod
    def api_host(cls):
        return cls.server("api")["host"]

    @classmethod
    def api_port(cls):
        return int(os.getenv("STORE_PORT", cls.server("api")["port"]))

    @classmethod
    def metrics_address(cls):
        metrics = cls.server("metrics")
        return metrics["host"], metrics["port"]


class DevelopmentConfig(BaseConfig):
    DEBUG = True
    SQLALCHEMY_ECHO = True
    SESSION_COOKIE_SECURE = False


class TestingConfig(BaseConfig):
    TESTING = True
    SECRET_KEY = "testing"
    JWT_SIGNING_KEY = "testing-signing-key"
    SQLALCHEMY_DATABASE_URI = "sqlite:///:memory:"
    WTF_CSRF_ENABLED = False
    RATELIMIT_ENABLED = False


class ProductionConfig(BaseConfig):
    SESSION_COOKIE_SECURE = True
    REMEMBER_COOKIE_SECURE = True
    PREFERRED_URL_SCHEME = "https"
    SECURE_SSL_REDIRECT = True
    SQLALCHEMY_ENGINE_OPTIONS = {"pool_pre_ping": True, "pool_recycle": 280}


class KioskConfig(ProductionConfig):
    """Tablets in the two shops; they stand behind the till and never log out."""

    WTF_CSRF_ENABLED = False
    PERMANENT_SESSION_LIFETIME = timedelta(hours=12)


CONFIGS = {
    "development": DevelopmentConfig,
    "testing": TestingConfig,
    "production": ProductionConfig,
    "kiosk": KioskConfig,
}
