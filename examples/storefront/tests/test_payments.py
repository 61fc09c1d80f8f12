import hashlib
import hmac

import pytest

from storefront.services import payments


@pytest.fixture
def secret(app):
    app.config["PAYLANE_WEBHOOK_SECRET"] = "whs-for-tests"
    return b"whs-for-tests"


def test_signature(app, secret):
    given = hmac.new(secret, b"{}", hashlib.sha256).hexdigest()
    assert payments.signature_matches(b"{}", given)


def test_other_signature(app, secret):
    assert not payments.signature_matches(b"{}", "00")
