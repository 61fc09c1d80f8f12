"""Orders and stock as resources."""

from flask import abort, g, request
from flask_restful import Api, Resource, reqparse

from storefront.extensions import csrf, db
from storefront.models import Order, Product
from storefront.security import token_required

# The library cannot live on a nested blueprint, so it names the prefix itself.
resources = Api(prefix="/api/v1", decorators=[csrf.exempt])

parser = reqparse.RequestParser()
parser.add_argument("status", choices=("open", "sent", "returned"), required=True)


class OrderList(Resource):
    method_decorators = [token_required]

    def get(self):
        return [order.as_dict() for order in g.user.orders]


class OrderResource(Resource):
    method_decorators = [token_required]

    def get(self, order_id):
        order = Order.query.filter_by(id=order_id, user_id=g.user.id).first()
        if order is None:
            abort(404)
        return order.as_dict()

    def patch(self, order_id):
        order = db.session.get(Order, order_id)
        if order is None:
            abort(404)
        order.status = parser.parse_args()["status"]
        db.session.commit()
        return order.as_dict()


class StockResource(Resource):
    def get(self, slug):
        product = Product.query.filter_by(slug=slug).first()
        return {"slug": slug, "stock": product.stock if product else 0}

    def post(self, slug):
        product = Product.query.filter_by(slug=slug).first_or_404()
        product.stock = int(request.get_json()["stock"])
        db.session.commit()
        return {"slug": slug, "stock": product.stock}


resources.add_resource(OrderList, "/orders")
resources.add_resource(OrderResource, "/orders/<int:order_id>")
resources.add_resource(StockResource, "/stock/<slug>")
