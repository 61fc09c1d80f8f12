"""Forms of the pages."""

import re

from flask_wtf import FlaskForm
from flask_wtf.file import FileAllowed, FileField
from wtforms import BooleanField, IntegerField, PasswordField, StringField, TextAreaField, URLField
from wtforms.validators import DataRequired, Email, EqualTo, Length, NumberRange, Optional, ValidationError

VOUCHER = re.compile(r"^[A-Z]{2,4}-\d{6}$")
DISPLAY_NAME = re.compile(r"^([A-Za-z]+\s?)+$")
POSTCODE = re.compile(r"^[0-9A-z -]{3,10}$")
PHONE = re.compile(r"^\+?[0-9 ()/-]{6,20}$")


class LoginForm(FlaskForm):
    email = StringField("E-mail", validators=[DataRequired(), Email()])
    password = PasswordField("Password", validators=[DataRequired()])
    remember = BooleanField("Stay logged in")


class RegisterForm(FlaskForm):
    email = StringField("E-mail", validators=[DataRequired(), Email(), Length(max=254)])
    name = StringField("Name", validators=[Optional(), Length(max=120)])
    password = PasswordField("Password", validators=[DataRequired(), Length(min=6)])
    repeat = PasswordField("Repeat the password", validators=[EqualTo("password")])

    def validate_name(self, field):
        if field.data and not DISPLAY_NAME.match(field.data):
            raise ValidationError("Letters and spaces only.")


class ProfileForm(FlaskForm):
    name = StringField("Name", validators=[Length(max=120)])
    bio = TextAreaField("About you", validators=[Length(max=2000)])
    website = URLField("Website", validators=[Optional(), Length(max=200)])


class ReviewForm(FlaskForm):
    title = StringField("Title", validators=[Length(max=160)])
    body = TextAreaField("Review", validators=[DataRequired(), Length(max=4000)])


class CheckoutForm(FlaskForm):
    email = StringField("E-mail", validators=[DataRequired(), Email()])
    postcode = StringField("Postcode", validators=[DataRequired()])
    phone = StringField("Telephone", validators=[Optional()])
    voucher = StringField("Voucher", validators=[Optional()])
    note = TextAreaField("Note", validators=[Length(max=500)])

    def validate_postcode(self, field):
        if not POSTCODE.match(field.data):
            raise ValidationError("Not a postcode.")

    def validate_phone(self, field):
        if not PHONE.match(field.data):
            raise ValidationError("Not a telephone number.")

    def validate_voucher(self, field):
        if not VOUCHER.match(field.data.upper()):
            raise ValidationError("Not a voucher.")


class CartForm(FlaskForm):
    quantity = IntegerField("Quantity", validators=[NumberRange(min=1, max=20)])


class ProductForm(FlaskForm):
    name = StringField("Name", validators=[DataRequired()])
    description = TextAreaField("Description")
    image = FileField("Image", validators=[FileAllowed(["jpg", "png", "webp"])])
