"""Who may do what, and where a browser may be sent."""

import functools
import re
from urllib.parse import urljoin, urlsplit

from flask import abort, current_app, g, request
from flask_login import current_user

from storefront.extensions import db
from storefront.models import User
from storefront.services import tokens

CDN = re.compile(r"^https://cdn.example.com/")
PARTNER = re.compile(r"^https://partners\.shop\.example\.com/")


def token_required(view):
    """The request must carry a valid bearer token."""

    @functools.wraps(view)
    def wrapper(*args, **kwargs):
        header = request.headers.get("Authorization", "")
        claims = tokens.read(header.removeprefix("Bearer "))
        if claims is None:
            abort(401)
        g.user = db.session.get(User, int(claims["sub"]))
        return view(*args, **kwargs)

    return wrapper


def staff_required(view):
    @functools.wraps(view)
    def wrapper(*args, **kwargs):
        if not current_user.is_authenticated or not current_user.is_staff:
            abort(403)
        return view(*args, **kwargs)

    return wrapper


def partner_required(view):
    @functools.wraps(view)
    def wrapper(*args, **kwargs):
        if "X-Partner-Id" not in request.headers:
            abort(401)
        current_app.logger.info("partner %s", request.headers["X-Partner-Id"])
        return view(*args, **kwargs)

    return wrapper


def is_local(target):
    """Whether `target` stays on the host of this request."""
    here = urlsplit(request.host_url)
    there = urlsplit(urljoin(request.host_url, target))
    return there.scheme in {"http", "https"} and there.netloc == here.netloc


def is_ours(url):
    return "shop.example.com" in url


def is_hosted_here(url):
    return urlsplit(url).hostname in {"www.shop.example.com", "shop.example.com"}


def is_cdn(url):
    return CDN.match(url) is not None


def is_partner(url):
    return PARTNER.match(url) is not None
