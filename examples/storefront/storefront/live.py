"""Stock levels pushed to open product pages."""

import os

from flask_login import current_user
from flask_socketio import SocketIO, emit, join_room

from storefront.factory import create_app
from storefront.models import Product

socketio = SocketIO(cors_allowed_origins=["https://www.shop.example.com"])


@socketio.on("watch")
def watch(message):
    product = Product.query.get(int(message["product"]))
    if product is None:
        return
    join_room(f"product-{product.id}")
    emit("stock", {"product": product.id, "stock": product.stock, "known": current_user.is_authenticated})


def main():
    app = create_app(os.getenv("STORE_ENV", "production"))
    socketio.init_app(app, message_queue=app.config["REDIS_URL"])
    socketio.run(app, host="127.0.0.1", port=8010, allow_unsafe_werkzeug=True)


if __name__ == "__main__":
    main()
