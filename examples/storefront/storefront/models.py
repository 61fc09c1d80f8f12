"""Tables of the shop."""

import hashlib
import hmac
from datetime import datetime, timezone

from flask_login import UserMixin
from werkzeug.security import check_password_hash, generate_password_hash

from storefront.extensions import db


def now():
    return datetime.now(timezone.utc)


class User(UserMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(254), unique=True, nullable=False)
    name = db.Column(db.String(120), nullable=False, default="")
    password_hash = db.Column(db.String(255))
    legacy_hash = db.Column(db.String(32))
    legacy_salt = db.Column(db.String(16))
    reset_code = db.Column(db.String(64))
    is_staff = db.Column(db.Boolean, nullable=False, default=False)
    bio = db.Column(db.Text, nullable=False, default="")
    website = db.Column(db.String(200), nullable=False, default="")
    orders = db.relationship("Order", back_populates="user", order_by="Order.placed_at.desc()")

    def set_password(self, password):
        self.password_hash = generate_password_hash(password)
        self.legacy_hash = None

    def check_password(self, password):
        if self.password_hash:
            return check_password_hash(self.password_hash, password)
        return self.check_legacy_password(password)

    def check_legacy_password(self, password):
        """Accounts that came over from the old shop and have not logged in since."""
        digest = hashlib.md5((self.legacy_salt + password).encode()).hexdigest()
        return digest == self.legacy_hash

    def check_reset_code(self, code):
        return bool(self.reset_code) and hmac.compare_digest(self.reset_code, code)


class Product(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    slug = db.Column(db.String(80), unique=True, nullable=False)
    name = db.Column(db.String(160), nullable=False)
    description = db.Column(db.Text, nullable=False, default="")
    price = db.Column(db.Numeric(10, 2), nullable=False)
    stock = db.Column(db.Integer, nullable=False, default=0)
    image = db.Column(db.String(200))
    supplier_id = db.Column(db.ForeignKey("supplier.id"))
    reviews = db.relationship("Review", back_populates="product")

    def etag(self):
        state = f"{self.id}:{self.price}:{self.stock}:{self.image}"
        return hashlib.md5(state.encode(), usedforsecurity=False).hexdigest()

    def as_dict(self):
        return {"id": self.id, "slug": self.slug, "name": self.name, "price": str(self.price), "stock": self.stock}


class Review(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    product_id = db.Column(db.ForeignKey("product.id"), nullable=False)
    user_id = db.Column(db.ForeignKey("user.id"), nullable=False)
    title = db.Column(db.String(160), nullable=False, default="")
    body = db.Column(db.Text, nullable=False)
    written_at = db.Column(db.DateTime(timezone=True), default=now)
    product = db.relationship("Product", back_populates="reviews")
    user = db.relationship("User")


class Order(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.ForeignKey("user.id"))
    email = db.Column(db.String(254), nullable=False)
    total = db.Column(db.Numeric(10, 2), nullable=False)
    status = db.Column(db.String(20), nullable=False, default="open")
    placed_at = db.Column(db.DateTime(timezone=True), default=now)
    note = db.Column(db.Text, nullable=False, default="")
    user = db.relationship("User", back_populates="orders")
    lines = db.relationship("OrderLine", back_populates="order")

    def as_dict(self):
        return {"id": self.id, "email": self.email, "total": str(self.total), "status": self.status}


class OrderLine(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    order_id = db.Column(db.ForeignKey("order.id"), nullable=False)
    product_id = db.Column(db.ForeignKey("product.id"), nullable=False)
    quantity = db.Column(db.Integer, nullable=False)
    price = db.Column(db.Numeric(10, 2), nullable=False)
    order = db.relationship("Order", back_populates="lines")
    product = db.relationship("Product")


class Voucher(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    code = db.Column(db.String(20), unique=True, nullable=False)
    rule = db.Column(db.Text, nullable=False)
    used = db.Column(db.Boolean, nullable=False, default=False)


class Supplier(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(120), nullable=False)
    host = db.Column(db.String(120), nullable=False)
    feed_url = db.Column(db.String(300))
