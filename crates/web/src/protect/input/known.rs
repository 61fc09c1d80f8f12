//! What libraries offer to check what a request brings.

/// Calls that check what they are given, and refuse it or give back what is in order.
pub(super) const VALIDATORS: &[&str] = &[
    "marshmallow.Schema.load",
    "marshmallow.Schema.loads",
    "marshmallow.Schema.validate",
    "pydantic.BaseModel.model_validate",
    "pydantic.BaseModel.model_validate_json",
    "pydantic.BaseModel.model_validate_strings",
    "pydantic.BaseModel.parse_obj",
    "pydantic.BaseModel.parse_raw",
    "pydantic.BaseModel.validate",
    "pydantic.TypeAdapter.validate_python",
    "pydantic.TypeAdapter.validate_json",
    "pydantic.parse_obj_as",
    "jsonschema.validate",
    "jsonschema.Draft4Validator.validate",
    "jsonschema.Draft7Validator.validate",
    "jsonschema.Draft7Validator.is_valid",
    "jsonschema.Draft7Validator.iter_errors",
    "jsonschema.Draft202012Validator.validate",
    "jsonschema.Draft202012Validator.is_valid",
    "jsonschema.Draft202012Validator.iter_errors",
    "fastjsonschema.validate",
    "cerberus.Validator.validate",
    "cerberus.Validator.validated",
    "voluptuous.Schema",
    "voluptuous.Schema.__call__",
    "schema.Schema.validate",
    "trafaret.Trafaret.check",
    "msgspec.convert",
    "msgspec.json.decode",
    "cattrs.structure",
    "webargs.flaskparser.parser.parse",
    "webargs.djangoparser.parser.parse",
    "webargs.core.Parser.parse",
    "email_validator.validate_email",
    "django.core.validators.validate_email",
    "django.core.validators.validate_slug",
    "django.shortcuts.get_object_or_404",
    "django.shortcuts.get_list_or_404",
    "rest_framework.generics.get_object_or_404",
    "flask_sqlalchemy.SQLAlchemy.get_or_404",
    "django.contrib.auth.authenticate",
    "werkzeug.security.check_password_hash",
    "hmac.compare_digest",
    "secrets.compare_digest",
    "jwt.decode",
    "itsdangerous.URLSafeTimedSerializer.loads",
    "itsdangerous.URLSafeSerializer.loads",
    "stripe.Webhook.construct_event",
];

/// Calls whose result has a form of its own, whatever text they are given.
pub(super) const CONVERTERS: &[&str] = &[
    "builtins.int",
    "builtins.float",
    "builtins.bool",
    "uuid.UUID",
    "decimal.Decimal",
    "datetime.datetime.strptime",
    "datetime.datetime.fromisoformat",
    "datetime.datetime.fromtimestamp",
    "datetime.date.fromisoformat",
    "dateutil.parser.parse",
    "ipaddress.ip_address",
    "ipaddress.ip_network",
    "bson.ObjectId",
    "bson.objectid.ObjectId",
    "django.utils.dateparse.parse_date",
    "django.utils.dateparse.parse_datetime",
    "distutils.util.strtobool",
];

/// Classes that check what they are made of.
pub(super) const MODELS: &[&str] =
    &["pydantic.BaseModel", "sqlmodel.SQLModel", "msgspec.Struct", "enum.Enum"];

/// Classes that check what they are made of when they are asked.
pub(super) const FORMS: &[&str] = &[
    "wtforms.Form",
    "flask_wtf.FlaskForm",
    "flask_wtf.Form",
    "django.forms.BaseForm",
    "django.forms.Form",
    "django.forms.ModelForm",
    "rest_framework.serializers.BaseSerializer",
    "rest_framework.serializers.Serializer",
    "rest_framework.serializers.ModelSerializer",
];

/// Calls that make one.
pub(super) const FORM_MAKERS: &[&str] = &[
    "rest_framework.generics.GenericAPIView.get_serializer",
    "rest_framework.viewsets.ModelViewSet.get_serializer",
    "django.views.generic.edit.FormMixin.get_form",
];

/// Methods that ask a form.
pub(super) const ASKS: &[&str] = &["validate_on_submit", "validate", "is_valid", "full_clean"];

/// Decorators, with arguments, that check the request before the handler is called.
pub(super) const DECORATORS: &[&str] = &[
    "webargs.flaskparser.use_args",
    "webargs.flaskparser.use_kwargs",
    "webargs.flaskparser.parser.use_args",
    "webargs.flaskparser.parser.use_kwargs",
    "webargs.djangoparser.use_args",
    "webargs.djangoparser.use_kwargs",
    "webargs.aiohttpparser.use_args",
    "webargs.aiohttpparser.use_kwargs",
    "webargs.core.Parser.use_args",
    "webargs.core.Parser.use_kwargs",
    "flask_smorest.Blueprint.arguments",
    "flask_apispec.use_kwargs",
    "flask_apispec.annotations.use_kwargs",
    "apiflask.APIFlask.input",
    "apiflask.APIBlueprint.input",
    "apiflask.input",
    "flask_pydantic.validate",
    "flask_pydantic_spec.FlaskPydanticSpec.validate",
    "spectree.SpecTree.validate",
    "flask_expects_json.expects_json",
    "flask_parameter_validation.ValidateParameters",
    "quart_schema.validate_request",
    "quart_schema.validate_querystring",
    "sanic_ext.validate",
    "flask_restx.Namespace.expect",
    "flask_restx.Api.expect",
    "flasgger.swag_from",
];

/// Those of them that check only where they are told to.
pub(super) const ON_REQUEST: &[(&str, &str)] = &[
    ("flask_restx.Namespace.expect", "validate"),
    ("flask_restx.Api.expect", "validate"),
    ("flasgger.swag_from", "validation"),
];

/// Frameworks that check parameters by their declared types.
pub(super) const TYPED: &[&str] =
    &["fastapi", "connexion", "django_ninja", "ninja", "litestar", "starlite", "flask_openapi3"];

/// Fields of forms and serializers that take a file.
pub(super) const FILE_FIELDS: &[&str] = &[
    "wtforms.FileField",
    "wtforms.MultipleFileField",
    "flask_wtf.file.MultipleFileField",
    "django.forms.FileField",
    "django.forms.ImageField",
    "rest_framework.serializers.FileField",
    "rest_framework.serializers.ImageField",
];

/// Fields and validators that take only some types of files.
pub(super) const TYPE_BOUNDS: &[&str] = &[
    "flask_wtf.file.FileAllowed",
    "flask_wtf.file.file_allowed",
    "django.core.validators.FileExtensionValidator",
    "django.forms.ImageField",
    "rest_framework.serializers.ImageField",
];

/// Validators of size.
pub(super) const SIZE_BOUNDS: &[&str] = &["flask_wtf.file.FileSize", "flask_wtf.file.file_size"];

/// Calls that take out of a file name what leads elsewhere.
pub(super) const NAME_CLEANERS: &[&str] = &[
    "werkzeug.utils.secure_filename",
    "django.utils.text.get_valid_filename",
    "pathvalidate.sanitize_filename",
    "slugify.slugify",
    "hashlib.sha256",
    "hashlib.sha1",
    "hashlib.md5",
];

/// Calls that look at what a file is.
pub(super) const TYPE_READERS: &[&str] =
    &["magic.from_buffer", "magic.from_file", "PIL.Image.open", "filetype.guess", "imghdr.what"];

/// Calls that make a place in the file system of what they are given.
pub(super) const PLACES: &[&str] = &[
    "builtins.open",
    "os.path.join",
    "pathlib.Path",
    "pathlib.Path.joinpath",
    "shutil.copyfile",
    "aiofiles.open",
];

/// Every path that is asked about.
pub(in crate::protect) fn paths() -> impl Iterator<Item = &'static str> {
    [
        VALIDATORS,
        CONVERTERS,
        MODELS,
        FORMS,
        FORM_MAKERS,
        DECORATORS,
        FILE_FIELDS,
        TYPE_BOUNDS,
        SIZE_BOUNDS,
        NAME_CLEANERS,
        TYPE_READERS,
        PLACES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// Sources that are no input of the handler: what the framework itself reads of the address.
pub(super) fn is_address(name: &str) -> bool {
    matches!(
        name,
        "path"
            | "full_path"
            | "url"
            | "base_url"
            | "query_string"
            | "view_args"
            | "script_root"
            | "root_path"
            | "path_info"
            | "get_full_path"
            | "get_full_path_info"
            | "build_absolute_uri"
            | "get_raw_uri"
            | "resolver_match"
            | "scope"
            | "path_qs"
            | "raw_path"
            | "rel_url"
            | "uri"
            | "full_url"
            | "endpoint"
            | "url_rule"
            | "url_root"
            | "host_url"
    )
}
