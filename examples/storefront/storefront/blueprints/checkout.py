"""From cart to order."""

from decimal import Decimal

from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from flask_login import current_user

from storefront.extensions import db, limiter
from storefront.forms import CheckoutForm
from storefront.models import Order, OrderLine, Product
from storefront.security import is_local, is_ours
from storefront.services import mail, payments, pricing, tokens

checkout = Blueprint("checkout", __name__)


def total_of(wanted):
    products = Product.query.filter(Product.id.in_([int(key) for key in wanted])).all()
    total = sum((product.price * wanted[str(product.id)] for product in products), Decimal("0"))
    assert total >= 0, "a price is negative"
    return products, total


@checkout.route("/", methods=["GET", "POST"])
@limiter.limit("20/minute", methods=["POST"])
def pay():
    wanted = session.get("cart") or {}
    if not wanted:
        return redirect(url_for("cart.show"))
    form = CheckoutForm()
    products, total = total_of(wanted)
    if form.validate_on_submit():
        total -= pricing.redeem(form.voucher.data or "", total, sum(wanted.values()))
        total += pricing.shipping(form.postcode.data, total)
        order = Order(email=form.email.data, total=total, note=form.note.data)
        if current_user.is_authenticated:
            order.user_id = current_user.id
        for product in products:
            order.lines.append(OrderLine(product=product, quantity=wanted[str(product.id)], price=product.price))
        db.session.add(order)
        db.session.commit()
        payments.charge(order, request.form["card_token"])
        mail.receipt(order)
        session.pop("cart")
        return redirect(url_for("checkout.done", order_id=order.id, key=tokens.download_key(order)))
    return render_template("checkout.html", form=form, products=products, total=total)


@checkout.get("/done/<int:order_id>")
def done(order_id):
    order = db.session.get(Order, order_id)
    if order is None or tokens.download_key(order) != request.args.get("key"):
        abort(404)
    return render_template("done.html", order=order)


@checkout.get("/back")
def back():
    """The payment page of Paylane sends the browser here."""
    target = request.args.get("to", "/")
    if not is_ours(target):
        target = url_for("catalogue.home")
    return redirect(target)


@checkout.get("/continue")
def resume():
    target = request.args.get("to", "/")
    if not is_local(target):
        current_app.logger.warning("refused to leave the shop")
        abort(400)
    return redirect(target)
