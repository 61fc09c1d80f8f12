"""Pages of the staff."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_login import login_required

from storefront.extensions import db, limiter
from storefront.forms import ProductForm
from storefront.models import Order, Product, User, Voucher
from storefront.security import staff_required
from storefront.services import directory, exports, images, reports, search, tokens

admin = Blueprint("admin", __name__)


@admin.get("/")
@staff_required
def overview():
    figures = {"title": "This month", "turnover": reports.turnover("month")}
    return render_template("admin/overview.html", figures=figures, counts=search.counts())


@admin.get("/orders")
@staff_required
def orders():
    rows = search.orders_by_status(request.args.get("status", "open"))
    return render_template("admin/orders.html", rows=rows)


@admin.get("/orders/of")
@staff_required
def orders_of_customer():
    return render_template("admin/orders.html", rows=search.orders_by_email(request.args["email"]))


@admin.post("/orders/<int:order_id>/status")
@login_required
def change_status(order_id):
    order = db.get_or_404(Order, order_id)
    order.status = request.form["status"]
    db.session.commit()
    return redirect(url_for("admin.orders"))


@admin.get("/customers.csv")
def customers():
    return Response(exports.customers_csv(), mimetype="text/csv")


@admin.get("/staff")
@staff_required
def staff():
    connection = directory.bind_secure("shop", request.args.get("key", ""))
    return {"found": [str(entry) for entry in directory.find(connection, request.args["name"])]}


@admin.get("/staff/mail")
@staff_required
def staff_by_mail():
    connection = directory.bind_secure("shop", request.args.get("key", ""))
    return {"found": [str(entry) for entry in directory.find_by_mail(connection, request.args["mail"])]}


@admin.route("/products/<int:product_id>", methods=["GET", "POST"])
@staff_required
def product(product_id):
    found = db.get_or_404(Product, product_id)
    form = ProductForm(obj=found)
    if form.validate_on_submit():
        found.name = form.name.data
        found.description = form.description.data
        if form.image.data:
            found.image = images.store_upload(form.image.data)
        db.session.commit()
        flash("Saved.")
    return render_template("admin/product.html", form=form, product=found)


@admin.post("/vouchers")
@staff_required
def create_voucher():
    voucher = Voucher(code=tokens.voucher_code(), rule=request.form["rule"])
    db.session.add(voucher)
    db.session.commit()
    return redirect(url_for("admin.overview"))


@admin.post("/users/<int:user_id>")
@staff_required
def change_user(user_id):
    user = db.get_or_404(User, user_id)
    for name, value in request.form.items():
        setattr(user, name, value)
    db.session.commit()
    return redirect(url_for("admin.overview"))


@admin.post("/report")
@staff_required
@limiter.limit("10/minute")
def report():
    figures = {"rows": reports.by_column(request.form["column"], request.form["start"])}
    return reports.letter(request.form["template"], figures)


@admin.get("/archive/<month>")
@staff_required
def archive(month):
    exports.compress(month)
    return {"archived": month}
