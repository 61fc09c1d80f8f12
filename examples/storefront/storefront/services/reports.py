"""Figures for the monthly meeting."""

from datetime import date, timedelta

from flask import render_template_string
from sqlalchemy import func, text

from storefront.extensions import db
from storefront.models import Order, OrderLine, Product

PERIODS = {"week": 7, "month": 30, "quarter": 91}


def turnover(period):
    since = date.today() - timedelta(days=PERIODS.get(period, 30))
    return db.session.query(func.sum(Order.total)).filter(Order.placed_at >= since).scalar() or 0


def best_sellers(limit):
    return (
        db.session.query(Product.name, func.sum(OrderLine.quantity).label("sold"))
        .join(OrderLine.product)
        .group_by(Product.name)
        .order_by(func.sum(OrderLine.quantity).desc())
        .limit(limit)
        .all()
    )


def by_day(start, end):
    statement = text("SELECT date(placed_at) AS day, sum(total) FROM \"order\" WHERE placed_at BETWEEN :a AND :b GROUP BY 1")
    return db.session.execute(statement, {"a": start, "b": end}).all()


def by_column(column, start):
    statement = "SELECT {}, sum(total) FROM \"order\" WHERE placed_at >= '{}' GROUP BY 1".format(column, start)
    return db.session.execute(text(statement)).all()


def letter(template, figures):
    """A report in the words of whoever asks for it."""
    return render_template_string(template, figures=figures)


def overview(figures):
    return render_template_string("<h1>{{ figures.title }}</h1><p>{{ figures.turnover }}</p>", figures=figures)
