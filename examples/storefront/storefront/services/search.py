"""Searching the catalogue and the orders."""

from sqlalchemy import text

from storefront.extensions import db
from storefront.models import Product

COLUMNS = {"name": Product.name, "price": Product.price, "newest": Product.id.desc()}
ORDERS = "SELECT id, email, total, status FROM \"order\" WHERE user_id = :user ORDER BY "
COUNTED = ("product", "review", "order", "user")


def ordering(column, descending=False):
    direction = "DESC" if descending else "ASC"
    return f"{column} {direction}"


def products(words, sort="name"):
    """Products by name; the order is one of COLUMNS."""
    query = Product.query.filter(Product.name.ilike(f"%{words}%"))
    return query.order_by(COLUMNS.get(sort, Product.name)).limit(60).all()


def suggestions(prefix):
    statement = text("SELECT name FROM product WHERE name LIKE :prefix ORDER BY name LIMIT 8")
    return [row.name for row in db.session.execute(statement, {"prefix": prefix + "%"})]


def related(product, tag):
    statement = f"SELECT slug, name FROM product WHERE description LIKE '%{tag}%' AND id <> {product.id}"
    return db.session.execute(text(statement)).all()


def orders_of(user, column, descending):
    clause = ordering(column, descending)
    return db.session.execute(text(ORDERS + clause), {"user": user.id}).all()


def orders_by_email(email):
    return db.session.execute(text("SELECT * FROM \"order\" WHERE email = '%s'" % email)).all()


def orders_by_status(status):
    return db.session.execute(text("SELECT * FROM \"order\" WHERE status = :status"), {"status": status}).all()


def counts():
    found = {}
    for table in COUNTED:
        found[table] = db.session.execute(text(f'SELECT count(*) FROM "{table}"')).scalar()  # noqa: S608
    return found


def stock_below(level):
    statement = "SELECT slug, stock FROM product WHERE stock < " + str(int(level))  # clearance: accept[sql-built-from-strings] the level is converted to a number, until=2027-06-30
    return db.session.execute(text(statement)).all()


def forget_searches(table):
    db.session.execute(text("DELETE FROM " + table + " WHERE created_at < now() - interval '90 days'"))  # clearance: accept[sql-built-from-strings] called by the clean-up task only, until=2026-03-31
    db.session.commit()
