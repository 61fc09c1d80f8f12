//! The model files that the program carries.

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../data/", $name)))),+]
    };
}

/// The files that the program carries, in a fixed order: name and text.
pub fn builtin_libraries() -> &'static [(&'static str, &'static str)] {
    files![
        "asyncpg.toml",
        "database.toml",
        "dbapi.toml",
        "deserialisation.toml",
        "django.toml",
        "files.toml",
        "flask.toml",
        "flask_extensions.toml",
        "jinja2.toml",
        "mako.toml",
        "markupsafe.toml",
        "mongo.toml",
        "orm.toml",
        "process.toml",
        "responses.toml",
        "rest_framework.toml",
        "secrets.toml",
        "server.toml",
        "sqlalchemy.toml",
        "stdlib.toml",
        "stdlib/base64.toml",
        "stdlib/builtins.toml",
        "stdlib/configparser.toml",
        "stdlib/csv.toml",
        "stdlib/email.toml",
        "stdlib/functools.toml",
        "stdlib/hashlib.toml",
        "stdlib/html.toml",
        "stdlib/http.toml",
        "stdlib/importlib.toml",
        "stdlib/io.toml",
        "stdlib/json.toml",
        "stdlib/logging.toml",
        "stdlib/os.toml",
        "stdlib/pathlib.toml",
        "stdlib/pickle.toml",
        "stdlib/random.toml",
        "stdlib/re.toml",
        "stdlib/shlex.toml",
        "stdlib/shutil.toml",
        "stdlib/socket.toml",
        "stdlib/sqlite3.toml",
        "stdlib/subprocess.toml",
        "stdlib/sys.toml",
        "stdlib/tarfile.toml",
        "stdlib/threading.toml",
        "stdlib/urllib.toml",
        "stdlib/values.toml",
        "stdlib/xml.toml",
        "templates.toml",
        "transport.toml",
        "web.toml",
        "werkzeug.toml",
        "wtforms.toml",
    ]
}
