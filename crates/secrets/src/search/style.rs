//! How a file writes values, by its name.

/// How a file writes values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Values stand without quotes, too: environment files, YAML, scripts of a shell, prose.
    Data,
    /// What stands without quotes is an expression.
    Code,
    /// Python, whose names and values are judged by rules that see the program: only formats are looked for.
    Python,
}

/// Endings of files with program text, or with values in quotes only.
const CODE: &[&str] = &[
    "js", "mjs", "cjs", "jsx", "ts", "tsx", "vue", "svelte", "go", "java", "kt", "kts", "scala", "groovy",
    "gradle", "rb", "php", "c", "h", "cc", "cpp", "hpp", "cs", "fs", "vb", "rs", "swift", "m", "dart", "lua",
    "pl", "pm", "r", "jl", "ex", "exs", "erl", "clj", "hs", "elm", "coffee", "sol", "tf", "tfvars", "hcl",
    "json", "json5", "jsonc", "ipynb", "map", "css", "scss", "less", "html", "htm", "jinja", "jinja2", "j2",
    "djhtml", "mako", "sql", "graphql", "proto", "po", "pot", "lock", "svg", "toml", "bicep", "nix", "cmake",
    "pyx",
];

impl Style {
    /// The style of the file at `path`.
    pub fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let is = |other: &&str| extension.eq_ignore_ascii_case(other);
        if ["py", "pyw", "pyi", "wsgi"].iter().any(is) {
            Self::Python
        } else if CODE.iter().any(is) {
            Self::Code
        } else {
            Self::Data
        }
    }
}
