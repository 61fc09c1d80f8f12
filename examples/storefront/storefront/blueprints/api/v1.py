"""Version 1 of the API."""

from flask import Blueprint, abort, g, jsonify, request

from storefront.extensions import db, limiter
from storefront.models import Product, User
from storefront.security import partner_required, token_required
from storefront.services import images, suppliers, tokens

v1 = Blueprint("v1", __name__)


@v1.post("/token")
def token():
    data = request.get_json()
    user = User.query.filter_by(email=data["email"]).first()
    if user is None or not user.check_password(data["password"]):
        abort(401)
    return {"token": tokens.issue(user)}


@v1.get("/me")
@token_required
def me():
    return {"id": g.user.id, "email": g.user.email, "name": g.user.name}


@v1.get("/wholesale")
def wholesale():
    claims = tokens.peek(request.headers.get("X-Wholesale-Token", ""))
    user = User.query.filter_by(email=claims["email"]).first_or_404()
    return jsonify([order.as_dict() for order in user.orders])


@v1.get("/products")
@limiter.limit("60/minute")
def products():
    return jsonify([product.as_dict() for product in Product.query.order_by(Product.name)])


@v1.put("/products/<int:product_id>/image")
@token_required
def product_image(product_id):
    product = db.get_or_404(Product, product_id)
    data = images.fetch(request.get_json()["url"])
    path = images.media_root() / f"product-{product.id}.img"
    path.write_bytes(data)
    product.image = path.name
    db.session.commit()
    return product.as_dict()


@v1.put("/products/<int:product_id>/picture")
@token_required
def product_picture(product_id):
    product = db.get_or_404(Product, product_id)
    data = images.fetch_from_source(request.get_json()["url"])
    path = images.media_root() / f"product-{product.id}.img"
    path.write_bytes(data)
    return product.as_dict()


@v1.post("/terms")
@partner_required
def terms():
    return jsonify(suppliers.terms_with_dates(request.get_data(as_text=True)))


@v1.post("/mapping")
@token_required
def mapping():
    return jsonify(suppliers.mapping(request.get_data(as_text=True)))


@v1.delete("/products/<int:product_id>")
def delete_product(product_id):
    product = db.get_or_404(Product, product_id)
    db.session.delete(product)
    db.session.commit()
    return "", 204
