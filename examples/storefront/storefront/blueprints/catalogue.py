"""Products, search, reviews."""

import random

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.views import MethodView
from flask_login import current_user, login_required

from storefront.extensions import db
from storefront.forms import ReviewForm
from storefront.models import Product, Review
from storefront.services import cache, content, search

catalogue = Blueprint("catalogue", __name__)


@catalogue.get("/")
def home():
    products = Product.query.filter(Product.stock > 0).all()
    featured = random.sample(products, k=min(4, len(products)))
    return render_template("home.html", featured=featured, seen=request.cookies.get("seen", ""))


@catalogue.get("/search")
def find():
    words = request.args.get("q", "")
    found = search.products(words, request.args.get("sort", "name"))
    return render_template("search.html", words=words, found=found)


@catalogue.get("/search/none")
def nothing_found():
    words = request.args.get("q", "")
    return f"<h1>Nothing found</h1><p>No product is called {words}.</p>"


@catalogue.get("/search/suggest")
def suggest():
    prefix = request.args.get("q", "")
    return {"words": prefix, "names": search.suggestions(prefix)}


class ProductView(MethodView):
    def get(self, slug):
        product = Product.query.filter_by(slug=slug).first_or_404()
        facts = cache.recall_facts(slug) or product.as_dict()
        tag = request.args.get("tag", "")
        response = make_response(
            render_template(
                "product.html",
                product=product,
                facts=facts,
                form=ReviewForm(),
                related=search.related(product, tag) if tag else [],
                stars=content.stars(5),
            )
        )
        response.set_etag(product.etag())
        response.set_cookie("seen", product.slug, max_age=86400, httponly=True)
        response.set_cookie("layout", "wide", secure=True, httponly=True, samesite="Lax")
        return response

    @login_required
    def post(self, slug):
        product = Product.query.filter_by(slug=slug).first_or_404()
        form = ReviewForm()
        if form.validate_on_submit():
            body = content.without_scripts(form.body.data)
            review = Review(product=product, user_id=current_user.id, title=form.title.data, body=body)
            db.session.add(review)
            db.session.commit()
            cache.forget(slug)
            flash("Thank you for the review.")
        return redirect(url_for("catalogue.product", slug=slug))


catalogue.add_url_rule("/product/<slug>", view_func=ProductView.as_view("product"))


@catalogue.get("/feeds/products.json")
def feed():
    return {"products": [product.as_dict() for product in Product.query.order_by(Product.id)]}
