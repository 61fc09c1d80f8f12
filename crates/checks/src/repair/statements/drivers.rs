//! How drivers write parameters.

use crate::{CallEvent, Cx};
use clearance_python::ir::Op;

/// How parameters are written in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `?`
    Question,
    /// `%s`
    Percent,
    /// `:1`
    Numbered,
    /// `:name` in SQLAlchemy's `text`; a plain string is first made one.
    Named {
        /// It is a plain string.
        wrap: bool,
    },
}

impl Style {
    /// The mark of the parameter at a position.
    pub(super) fn mark(self, at: usize, name: &str) -> String {
        match self {
            Self::Question => "?".to_owned(),
            Self::Percent => "%s".to_owned(),
            Self::Numbered => format!(":{}", at + 1),
            Self::Named { .. } => format!(":{name}"),
        }
    }

    /// Whether a percent sign of the statement is written twice once there are parameters.
    pub(super) fn doubles_percent(self) -> bool {
        self == Self::Percent
    }

    /// The parameters as an argument.
    pub(super) fn sequence(self, values: &[&str]) -> String {
        match (self, values) {
            (Self::Numbered, _) => format!("[{}]", values.join(", ")),
            (_, [only]) => format!("({only},)"),
            _ => format!("({})", values.join(", ")),
        }
    }
}

const DRIVERS: &[(&str, Style)] = &[
    ("MySQLdb", Style::Percent),
    ("aiomysql", Style::Percent),
    ("aioodbc", Style::Question),
    ("aiopg", Style::Percent),
    ("aiosqlite", Style::Question),
    ("cx_Oracle", Style::Numbered),
    ("flask_mysqldb", Style::Percent),
    ("flaskext", Style::Percent),
    ("mariadb", Style::Question),
    ("mysql", Style::Percent),
    ("oracledb", Style::Numbered),
    ("pg8000", Style::Percent),
    ("psycopg", Style::Percent),
    ("psycopg2", Style::Percent),
    ("pymssql", Style::Percent),
    ("pymysql", Style::Percent),
    ("pyodbc", Style::Question),
    ("pypyodbc", Style::Question),
    ("sqlite3", Style::Question),
];

/// How the statement that a call executes writes its parameters, where that is certain.
pub(super) fn style_of(cx: &mut Cx<'_, '_>, call: CallEvent) -> Option<Style> {
    let path = cx.called(call);
    let method = match cx.op(call.callee) {
        Op::Attr { name, .. } => cx.ir().name(name).to_owned(),
        _ => String::new(),
    };
    match path.as_str() {
        "sqlalchemy.text" | "sqlalchemy.TextClause" => return Some(Style::Named { wrap: false }),
        "django.db.models.QuerySet.raw" | "django.db.models.RawSQL" => return Some(Style::Percent),
        "sqlite3.Connection.execute" | "sqlite3.Cursor.execute" => return Some(Style::Question),
        _ => {}
    }
    if path.starts_with("sqlalchemy.") {
        let is_query = matches!(method.as_str(), "execute" | "scalar" | "scalars");
        return (is_query && !path.starts_with("sqlalchemy.Engine")).then_some(Style::Named { wrap: true });
    }
    if method != "execute" || !(path.is_empty() || path.starts_with("dbapi.")) {
        return None;
    }
    let ir = cx.ir();
    let here = ir.imports.iter().filter(|import| import.level == 0).map(|import| ir.text(import.module));
    let tops: Vec<&str> = here.map(|module| module.split('.').next().unwrap_or(module)).collect();
    let django = ir.imports.iter().any(|import| ir.text(import.module) == "django.db");
    // An object that is not known may be one of SQLAlchemy's.
    if path.is_empty() && cx.program_imports("sqlalchemy") {
        return None;
    }
    let own = DRIVERS.iter().filter(|(name, _)| tops.contains(name)).map(|(_, style)| *style);
    let own: Vec<Style> = own.chain(django.then_some(Style::Percent)).collect();
    if let Some(first) = own.first() {
        return own.iter().all(|style| style == first).then_some(*first);
    }
    let all: Vec<Style> =
        DRIVERS.iter().filter(|(name, _)| cx.program_imports(name)).map(|(_, style)| *style).collect();
    let first = all.first().filter(|_| !cx.program_imports("django"))?;
    all.iter().all(|style| style == first).then_some(*first)
}
