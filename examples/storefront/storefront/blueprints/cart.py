"""The cart lives in the session; a guest can carry it to another device in a link."""

import base64
import hmac
import json
import pickle

from flask import Blueprint, abort, redirect, render_template, request, session, url_for

from storefront.forms import CartForm
from storefront.models import Product
from storefront.services import tokens

cart = Blueprint("cart", __name__)


def lines():
    return session.setdefault("cart", {})


@cart.get("/")
def show():
    wanted = lines()
    products = Product.query.filter(Product.id.in_([int(key) for key in wanted])).all()
    return render_template("cart.html", products=products, wanted=wanted)


@cart.post("/add/<int:product_id>")
def add(product_id):
    form = CartForm()
    if not form.validate_on_submit():
        abort(400)
    wanted = lines()
    wanted[str(product_id)] = wanted.get(str(product_id), 0) + form.quantity.data
    session.modified = True
    return redirect(url_for("cart.show"))


@cart.get("/remove/<int:product_id>")
def remove(product_id):
    lines().pop(str(product_id), None)
    session.modified = True
    return redirect(url_for("cart.show"))


@cart.get("/link")
def link():
    packed = base64.urlsafe_b64encode(pickle.dumps(dict(lines()))).decode()
    return {"link": url_for("cart.restore", saved=packed, _external=True)}


@cart.get("/restore")
def restore():
    session["cart"] = pickle.loads(base64.urlsafe_b64decode(request.args["saved"]))
    return redirect(url_for("cart.show"))


@cart.get("/signed")
def restore_signed():
    packed = request.args["saved"].encode()
    if not hmac.compare_digest(tokens.sign(packed), request.args["signature"]):
        abort(400)
    session["cart"] = json.loads(base64.urlsafe_b64decode(packed))
    return redirect(url_for("cart.show"))
