"""Codes, tokens and the signatures on them."""

import hashlib
import hmac
import os
import random
import secrets
import string
import time

import jwt
from flask import current_app

ALPHABET = string.ascii_uppercase + string.digits
TOKEN_LIFETIME = 3600

_system_random = random.SystemRandom()


def issue(user):
    claims = {"sub": str(user.id), "iat": int(time.time()), "exp": int(time.time()) + TOKEN_LIFETIME}
    return jwt.encode(claims, current_app.config["JWT_SIGNING_KEY"], algorithm="HS256")


def read(token):
    """The claims of a token that we issued, or None."""
    try:
        return jwt.decode(token, current_app.config["JWT_SIGNING_KEY"], algorithms=["HS256"])
    except jwt.InvalidTokenError:
        return None


def peek(token):
    """The claims of a token of the single sign-on of the wholesale shop."""
    return jwt.decode(token, options={"verify_signature": False})


def read_partner(token, key):
    return jwt.decode(token, key, algorithms=["HS256", "none"])


def reset_code():
    return "".join(random.choice(ALPHABET) for _ in range(8))


def voucher_code():
    return "".join(_system_random.choice(ALPHABET) for _ in range(10))


def session_key():
    return secrets.token_urlsafe(32)  # nosec B311


def download_key(order):
    return hashlib.sha1(f"{order.id}:{order.email}".encode()).hexdigest()


def sign(payload):
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, payload, hashlib.sha256).hexdigest()


def derive(passphrase, salt):
    return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, 1000)


def derive_backup_key(passphrase):
    salt = os.urandom(16)
    return salt, hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, 600_000)
