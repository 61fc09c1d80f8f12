"""Calls from Paylane, from the carrier and from suppliers."""

from flask import Blueprint, abort, request

from storefront.extensions import csrf, db
from storefront.models import Order, Product
from storefront.services import exports, payments, suppliers

hooks = Blueprint("hooks", __name__)


@hooks.post("/payment")
@csrf.exempt
def payment():
    if not payments.signature_matches(request.get_data(), request.headers.get("X-Paylane-Signature", "")):
        abort(403)
    event = request.get_json()
    order = db.get_or_404(Order, event["reference"])
    order.status = "paid" if event["state"] == "captured" else "failed"
    db.session.commit()
    return "", 204


@hooks.post("/carrier")
@csrf.exempt
def carrier():
    if not payments.carrier_signature_matches(request.get_data(), request.headers.get("X-Carrier-Signature", "")):
        abort(403)
    event = request.get_json()
    order = db.get_or_404(Order, event["reference"])
    order.status = "sent"
    db.session.commit()
    return "", 204


@hooks.post("/stock")
@csrf.exempt
def stock():
    data = exports.unpack_feed(request.get_data())
    for line in data.decode().splitlines():
        slug, _, count = line.partition(";")
        Product.query.filter_by(slug=slug).update({"stock": int(count)})
    db.session.commit()
    return "", 204


@hooks.post("/prices")
@csrf.exempt
def prices():
    if not payments.signature_matches(request.get_data(), request.headers.get("X-Supplier-Signature", "")):
        abort(403)
    suppliers.terms(exports.unpack_bounded(request.get_data()).decode())
    return "", 204
