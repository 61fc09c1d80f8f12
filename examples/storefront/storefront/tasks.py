"""Background work. `python -m storefront.tasks` starts the worker."""

import os

from celery import Celery

from storefront.factory import create_app
from storefront.models import Supplier, User
from storefront.services import cache, exports, mail, search, suppliers

flask_app = create_app(os.getenv("STORE_ENV", "production"))
celery = Celery("storefront", broker=flask_app.config["REDIS_URL"])
celery.conf.update(task_serializer="json", accept_content=["json"], timezone="Europe/Vienna")


@celery.task
def send_welcome(user_id):
    with flask_app.app_context():
        user = User.query.get(user_id)
        if user:
            mail.welcome(user)


@celery.task
def refresh_prices(supplier_id):
    with flask_app.app_context():
        supplier = Supplier.query.get(supplier_id)
        root = suppliers.prices_over_https(supplier)
        cache.remember_facts(f"prices-{supplier_id}", {item.get("slug"): item.text for item in root})


@celery.task
def export_customers():
    with flask_app.app_context():
        path = exports.private_copy()
        exports.publish()
        return path


@celery.task
def forget_searches():
    with flask_app.app_context():
        search.forget_searches("search_log")


@celery.on_after_configure.connect
def schedule(sender, **_):
    sender.add_periodic_task(86400, forget_searches.s(), name="forget searches")
    sender.add_periodic_task(86400, export_customers.s(), name="export customers")


if __name__ == "__main__":
    celery.worker_main(["worker", "--loglevel=info", "--concurrency=2"])
