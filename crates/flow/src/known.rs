//! External paths that the interpreter itself knows.

use clearance_models::PathId;
use clearance_program::Program;
use rustc_hash::FxHashMap;

use crate::interp::{BUILTINS, Builtin, Match};

/// The paths, looked up once.
pub(crate) struct Known {
    builtins: FxHashMap<PathId, Builtin>,
    matches: FxHashMap<PathId, Match>,
    path_classes: Vec<PathId>,
    numbers: Vec<PathId>,
    isinstance: Option<PathId>,
    boolean: Option<PathId>,
    any: Option<PathId>,
    all: Option<PathId>,
    pattern: Option<PathId>,
    request_paths: Vec<PathId>,
    version: Option<PathId>,
    page_request: Option<PathId>,
    view_context: Option<PathId>,
    address_parts: Vec<PathId>,
}

const MATCHES: &[(&str, Match)] = &[
    ("re.fullmatch", Match::Full),
    ("re.match", Match::Start),
    ("re.search", Match::Anywhere),
    ("re.Pattern.fullmatch", Match::Full),
    ("re.Pattern.match", Match::Start),
    ("re.Pattern.search", Match::Anywhere),
];

const PATH_CLASSES: &[&str] =
    &["pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath"];
/// What is the path of a request, without its query.
const REQUEST_PATHS: &[&str] = &["flask.Request.path", "quart.Request.path"];
/// What templates know as `request`, by the package of the framework.
const PAGE_REQUESTS: &[(&str, &str)] = &[
    ("flask", "flask.Request"),
    ("quart", "flask.Request"),
    ("django", "django.http.HttpRequest"),
    ("starlette", "starlette.requests.Request"),
    ("fastapi", "starlette.requests.Request"),
];
/// What class-based views give to their template.
const VIEW_CONTEXT: &str = "django.views.generic.base.View.get_context_data";
/// Reading a part of the address by its name in the pattern.
const ADDRESS_PARTS: &[&str] = &[
    "django.views.generic.base.UrlArguments.__getitem__",
    "django.views.generic.base.UrlArguments.get",
    "django.views.generic.base.UrlArguments.pop",
];
const NUMBERS: &[&str] =
    &["builtins.int", "builtins.float", "builtins.bool", "uuid.UUID", "datetime.date", "datetime.datetime"];

impl Known {
    /// Every path, for the tree of external paths.
    pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
        let more = [
            "builtins.isinstance",
            "builtins.bool",
            "builtins.any",
            "builtins.all",
            "re.Pattern",
            "sys.version_info",
        ];
        BUILTINS
            .iter()
            .map(|(path, _)| *path)
            .chain(MATCHES.iter().map(|(path, _)| *path))
            .chain(PATH_CLASSES.iter().copied())
            .chain(NUMBERS.iter().copied())
            .chain(more)
            .chain(REQUEST_PATHS.iter().copied())
            .chain([VIEW_CONTEXT])
            .chain(ADDRESS_PARTS.iter().copied())
            .chain(PAGE_REQUESTS.iter().map(|(_, path)| *path))
    }

    pub(crate) fn new(program: &Program) -> Self {
        let models = &program.models;
        let find = |paths: &[&str]| paths.iter().filter_map(|path| models.find(path)).collect();
        Self {
            builtins: BUILTINS
                .iter()
                .filter_map(|(path, builtin)| Some((models.find(path)?, *builtin)))
                .collect(),
            matches: MATCHES.iter().filter_map(|(path, how)| Some((models.find(path)?, *how))).collect(),
            path_classes: find(PATH_CLASSES),
            numbers: find(NUMBERS),
            isinstance: models.find("builtins.isinstance"),
            boolean: models.find("builtins.bool"),
            any: models.find("builtins.any"),
            all: models.find("builtins.all"),
            pattern: models.find("re.Pattern"),
            request_paths: find(REQUEST_PATHS),
            version: models.find("sys.version_info"),
            view_context: models.find(VIEW_CONTEXT),
            address_parts: find(ADDRESS_PARTS),
            page_request: PAGE_REQUESTS
                .iter()
                .find(|(package, _)| program.imports(package))
                .and_then(|(_, path)| models.find(path)),
        }
    }

    pub(crate) fn builtin(&self, path: PathId) -> Option<Builtin> {
        self.builtins.get(&path).copied()
    }

    /// Whether the path reads a part of the address by its name.
    pub(crate) fn is_address_part(&self, path: PathId) -> bool {
        self.address_parts.contains(&path)
    }

    pub(crate) fn regex_match(&self, path: PathId) -> Option<Match> {
        self.matches.get(&path).copied()
    }

    pub(crate) fn regex_compile(&self, path: PathId) -> bool {
        self.builtin(path) == Some(Builtin::RegexCompile)
    }

    pub(crate) fn regex_pattern(&self) -> Option<PathId> {
        self.pattern
    }

    pub(crate) fn is_request_path(&self, path: PathId) -> bool {
        self.request_paths.contains(&path)
    }

    /// Whether a path makes the mapping that a view gives to its template.
    pub(crate) fn is_view_context(&self, path: PathId) -> bool {
        self.view_context == Some(path)
    }

    /// The framework's request, as templates know it.
    pub(crate) fn page_request(&self) -> Option<PathId> {
        self.page_request
    }

    pub(crate) fn is_version(&self, path: PathId) -> bool {
        self.version == Some(path)
    }

    pub(crate) fn is_path_class(&self, path: PathId) -> bool {
        self.path_classes.contains(&path)
    }

    pub(crate) fn is_number(&self, path: PathId) -> bool {
        self.numbers.contains(&path)
    }

    pub(crate) fn is_isinstance(&self, path: PathId) -> bool {
        self.isinstance == Some(path)
    }

    pub(crate) fn is_bool(&self, path: PathId) -> bool {
        self.boolean == Some(path)
    }

    pub(crate) fn is_any(&self, path: PathId) -> bool {
        self.any == Some(path)
    }

    pub(crate) fn is_all(&self, path: PathId) -> bool {
        self.all == Some(path)
    }
}
