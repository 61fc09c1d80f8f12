"""Registration, log-in, profile, orders of a customer."""

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_required, login_user, logout_user

from storefront.extensions import db, limiter
from storefront.forms import LoginForm, ProfileForm, RegisterForm
from storefront.models import Order, User
from storefront.services import content, exports, images, mail, search, tokens

account = Blueprint("account", __name__)


@account.route("/login", methods=["GET", "POST"])
def login():
    form = LoginForm()
    if form.validate_on_submit():
        user = User.query.filter_by(email=form.email.data.lower()).first()
        if user and user.check_password(form.password.data):
            login_user(user, remember=form.remember.data)
            return redirect(request.args.get("next") or url_for("account.profile"))
        current_app.logger.warning(f"log-in failed for {form.email.data}")
        flash("E-mail or password is wrong.")
    return render_template("account/login.html", form=form)


@account.post("/logout")
@login_required
def logout():
    logout_user()
    session.clear()
    return redirect(url_for("catalogue.home"))


@account.route("/register", methods=["GET", "POST"])
@limiter.limit("5/minute", methods=["POST"])
def register():
    form = RegisterForm()
    if form.validate_on_submit():
        user = User(email=form.email.data.lower(), name=form.name.data)
        user.set_password(form.password.data)
        db.session.add(user)
        db.session.commit()
        mail.welcome(user)
        login_user(user)
        return redirect(url_for("account.profile"))
    return render_template("account/register.html", form=form)


@account.post("/forgotten")
@limiter.limit("3/minute")
def forgotten():
    user = User.query.filter_by(email=request.form.get("email", "").lower()).first()
    if user:
        user.reset_code = tokens.reset_code()
        db.session.commit()
        mail.reset(user, url_for("account.reset", email=user.email, _external=True) + "&code=" + user.reset_code)
    flash("If the address is known, a message is on its way.")
    return redirect(url_for("account.login"))


@account.route("/reset", methods=["GET", "POST"])
def reset():
    user = User.query.filter_by(email=request.args.get("email", "")).first_or_404()
    if not user.check_reset_code(request.args.get("code", "")):
        abort(403)
    if request.method == "POST":
        user.set_password(request.form["password"])
        db.session.commit()
        return redirect(url_for("account.login"))
    return render_template("account/reset.html", user=user)


@account.route("/profile", methods=["GET", "POST"])
@login_required
def profile():
    form = ProfileForm(obj=current_user)
    if form.validate_on_submit():
        form.populate_obj(current_user)
        db.session.commit()
        flash("Saved.")
    return render_template("account/profile.html", form=form, user=current_user, badge=content.badge(current_user))


@account.post("/picture")
@login_required
def picture():
    name = images.store_upload(request.files["picture"])
    images.thumbnails(name)
    return redirect(url_for("account.profile"))


@account.post("/attachment")
@login_required
def attachment():
    images.store_attachment(request.files["file"])
    return redirect(url_for("account.profile"))


@account.post("/picture/clean")
@login_required
def clean_picture():
    images.strip_metadata(request.form["name"])
    return redirect(url_for("account.profile"))


@account.get("/orders")
@login_required
def orders():
    column = request.args.get("sort", "placed_at")
    rows = search.orders_of(current_user, column, request.args.get("desc") == "1")
    return render_template("account/orders.html", rows=rows)


@account.get("/orders/<int:order_id>")
@login_required
def order(order_id):
    found = Order.query.filter_by(id=order_id, user_id=current_user.id).first_or_404()
    return render_template("account/order.html", order=found)


@account.get("/orders/<int:order_id>/print")
@login_required
def print_order(order_id):
    found = db.session.get(Order, order_id) or abort(404)
    return render_template("account/order.html", order=found, printing=True)


@account.get("/invoice")
@login_required
def invoice():
    data = exports.read_invoice(request.args["name"])
    return Response(data, mimetype="application/pdf")


@account.get("/note")
@login_required
def delivery_note():
    try:
        data = exports.read_delivery_note(request.args["name"])
    except FileNotFoundError:
        abort(404)
    return Response(data, mimetype="application/pdf")


@account.post("/token")
@login_required
def token():
    response = Response("ok")
    name = current_app.config["TOKEN_COOKIE_NAME"]
    response.set_cookie(name, tokens.issue(current_user), secure=True, httponly=False, samesite="None")
    return response
