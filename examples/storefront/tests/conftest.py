import pytest

from storefront.extensions import db
from storefront.factory import create_app
from storefront.models import Product, User

PASSWORD = "correct horse battery"


@pytest.fixture
def app():
    app = create_app("testing")
    with app.app_context():
        db.create_all()
        yield app
        db.drop_all()


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def user(app):
    user = User(email="ada@example.org", name="Ada")
    user.set_password(PASSWORD)
    db.session.add(user)
    db.session.commit()
    return user


@pytest.fixture
def product(app):
    product = Product(slug="lamp", name="Lamp", price=20, stock=3)
    db.session.add(product)
    db.session.commit()
    return product
