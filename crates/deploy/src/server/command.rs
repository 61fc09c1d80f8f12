//! Which server a command starts.

use crate::shell::{Word, program_name};

/// A server that a command starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Server {
    /// Made for production, by its name.
    Production(&'static str),
    /// Made for development: what it is called, and how it is started.
    Development(&'static str, &'static str),
    /// A Python file of the target; what it starts is in its code.
    File(String),
}

/// Wrappers looked through.
const MAX_WRAPPERS: usize = 12;

/// The server that words start, and the words from its name on.
pub fn served(words: &[Word]) -> Option<(Server, Vec<Word>)> {
    let mut rest = words;
    for _ in 0..MAX_WRAPPERS {
        if let Some(server) = named(rest) {
            return Some((server, rest.to_vec()));
        }
        rest = unwrapped(rest)?;
    }
    None
}

fn named(words: &[Word]) -> Option<Server> {
    let text = |index: usize| words.get(index).map_or("", |word| word.text.as_str());
    let has = |word: &str| words.iter().skip(1).any(|other| other.text == word);
    Some(match program_name(words) {
        "gunicorn" => Server::Production("gunicorn"),
        "uwsgi" | "uwsgi-core" => Server::Production("uWSGI"),
        "uvicorn" => Server::Production("uvicorn"),
        "hypercorn" => Server::Production("Hypercorn"),
        "waitress-serve" => Server::Production("waitress"),
        "waitress" if words.len() > 1 => Server::Production("waitress"),
        "daphne" => Server::Production("Daphne"),
        "granian" => Server::Production("Granian"),
        "mod_wsgi-express" => Server::Production("mod_wsgi"),
        "cheroot" => Server::Production("Cheroot"),
        "unitd" => Server::Production("nginx Unit"),
        "fastapi" if has("run") => Server::Production("uvicorn"),
        "fastapi" if has("dev") => Server::Development("FastAPI's development mode", "fastapi dev"),
        // `flask run`, with options of the group before the subcommand; not `flask db run`.
        "flask" if subcommand(words) == Some("run") => {
            Server::Development("Flask's development server", "flask run")
        }
        "quart" if subcommand(words) == Some("run") => {
            Server::Development("Quart's development server", "quart run")
        }
        "django-admin" | "manage.py"
            if matches!(text(1), "runserver" | "runserver_plus" | "runsslserver" | "testserver") =>
        {
            Server::Development("Django's development server", "manage.py runserver")
        }
        "http.server" => {
            Server::Development("the http.server of the standard library", "python -m http.server")
        }
        "pserve" if has("--reload") => Server::Production("pserve"),
        name if (name.ends_with(".py") && name != "manage.py" && !words[0].text.starts_with('-'))
            && is_started_by_python(words) =>
        {
            Server::File(words[0].text.clone())
        }
        _ => return None,
    })
}

/// A file counts where it is the program: an argument of another program is none.
fn is_started_by_python(words: &[Word]) -> bool {
    !words[0].text.contains('$')
}

/// The first word that is no option (nor the value of one of the options that take one).
fn subcommand(words: &[Word]) -> Option<&str> {
    let mut rest = words.iter().skip(1);
    while let Some(word) = rest.next() {
        match word.text.as_str() {
            "--app" | "-A" | "--env-file" | "-e" => {
                rest.next();
            }
            option if option.starts_with('-') => {}
            name => return Some(name),
        }
    }
    None
}

/// The words without their first wrapper. `None`: there is none.
fn unwrapped(words: &[Word]) -> Option<&[Word]> {
    let name = program_name(words);
    let after = |count: usize| words.get(count..).filter(|rest| !rest.is_empty());
    // Where the wrapped command begins, by `--` or after the options.
    let options = words.iter().skip(1).take_while(|word| word.text.starts_with('-')).count();
    let dashes = words.iter().position(|word| word.text == "--");
    match name {
        "exec"
        | "nohup"
        | "time"
        | "ddtrace-run"
        | "opentelemetry-instrument"
        | "logfire"
        | "xvfb-run"
        | "stdbuf"
        | "ionice"
        | "setsid"
        | "command"
        | "catatonit" => after(1 + options),
        "tini" | "dumb-init" | "setpriv" | "tini-static" => after(dashes.map_or(1 + options, |at| at + 1)),
        "env" => after(
            1 + words
                .iter()
                .skip(1)
                .take_while(|word| word.text.contains('=') || word.text.starts_with('-'))
                .count(),
        ),
        "sudo" | "runuser" | "chpst" | "nice" => {
            let taking = words
                .iter()
                .skip(1)
                .take_while(|word| word.text.starts_with('-'))
                .filter(|word| matches!(word.text.as_str(), "-u" | "-n" | "-g" | "--user"))
                .count();
            after(dashes.map_or(1 + options + taking, |at| at + 1))
        }
        "gosu" | "su-exec" | "chroot" => after(2),
        "poetry" | "uv" | "pipenv" | "pdm" | "rye" | "hatch" | "pixi" | "micromamba" | "conda" => {
            let run = words.iter().position(|word| word.text == "run")?;
            let skip = words.iter().skip(run + 1).take_while(|word| word.text.starts_with('-')).count();
            // Values of the options that take one.
            let valued = words
                .iter()
                .skip(run + 1)
                .take(skip)
                .filter(|word| {
                    matches!(
                        word.text.as_str(),
                        "-n" | "--name" | "--extra" | "--group" | "--with" | "-p" | "--env-file"
                    )
                })
                .count();
            after(run + 1 + skip + valued)
        }
        "newrelic-admin" => after(2),
        "coverage" | "watchmedo" => after(dashes.map_or(2 + options, |at| at + 1)),
        name if is_python(name) => python(words),
        "bash" | "sh" | "ash" | "dash" => None,
        // `wait-for-it.sh db:5432 -- command`, and entry points that run what they are given.
        name if dashes.is_some() && !name.starts_with('-') => after(dashes? + 1),
        name if name.ends_with(".sh") || name.contains("entrypoint") || name == "dockerize" => after(1),
        _ => None,
    }
}

fn is_python(name: &str) -> bool {
    name.strip_prefix("python")
        .or_else(|| name.strip_prefix("pypy"))
        .is_some_and(|version| version.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

/// What Python runs: a module, or a file.
fn python(words: &[Word]) -> Option<&[Word]> {
    let mut index = 1;
    while let Some(word) = words.get(index) {
        match word.text.as_str() {
            "-m" => return words.get(index + 1..).filter(|rest| !rest.is_empty()),
            "-c" => return None,
            "-W" | "-X" => index += 2,
            option if option.starts_with('-') => index += 1,
            _ => return words.get(index..),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::commands;

    fn of(text: &str) -> Option<Server> {
        served(&commands(text, 0, false).remove(0).words).map(|(server, _)| server)
    }

    #[test]
    fn commands_are_seen_through() {
        for text in [
            "gunicorn app:app",
            "exec /venv/bin/gunicorn app:app",
            "python3 -m gunicorn app:app",
            "tini -- gosu app poetry run gunicorn app:app",
            "uv run --no-dev gunicorn app:app",
            "./wait-for-it.sh db:5432 -- gunicorn app:app",
            "newrelic-admin run-program gunicorn app:app",
            "/docker-entrypoint.sh gunicorn app:app",
        ] {
            assert_eq!(of(text), Some(Server::Production("gunicorn")), "{text}");
        }
        assert!(matches!(
            of("flask --app x --debug run -h 0.0.0.0"),
            Some(Server::Development(_, "flask run"))
        ));
        assert!(matches!(of("python -u manage.py runserver 0.0.0.0:8000"), Some(Server::Development(..))));
        assert_eq!(of("python -u src/run.py --x"), Some(Server::File("src/run.py".to_owned())));
        for text in [
            "flask db upgrade",
            "python manage.py migrate",
            "celery -A app worker",
            "python -c 'x'",
            "pip install gunicorn",
            "echo gunicorn",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
