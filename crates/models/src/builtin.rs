//! The model files that the program carries.

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../data/", $name)))),+]
    };
}

/// The files that the program carries, in a fixed order: name and text.
pub fn builtin_libraries() -> &'static [(&'static str, &'static str)] {
    files![
        "database.toml",
        "deserialisation.toml",
        "files.toml",
        "process.toml",
        "responses.toml",
        "secrets.toml",
        "server.toml",
        "stdlib.toml",
        "templates.toml",
        "transport.toml",
        "web.toml",
    ]
}
