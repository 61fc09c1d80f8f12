//! The rules, family by family. A family's list is sorted and names every folder beside it; a test compares the two.

use crate::CodeRule;

pub mod crypto;
pub mod deserialisation;
pub mod errors;
pub mod exposure;
pub mod files;
pub mod imports;
pub mod injection;
pub mod network;
pub mod process;
pub mod regex;
pub mod secrets;
pub mod server;
pub mod sql;
pub mod template;
pub mod text;
pub mod tls;
pub mod web;
pub mod xml;
pub mod xss;

/// A folder of rules.
pub struct Family {
    /// The folder's name; also understood where rules are selected.
    pub name: &'static str,
    /// The rules, by folder name.
    pub rules: &'static [&'static CodeRule],
}

/// The families, by name.
pub static FAMILIES: &[Family] = &[
    Family { name: "crypto", rules: crypto::RULES },
    Family { name: "deserialisation", rules: deserialisation::RULES },
    Family { name: "errors", rules: errors::RULES },
    Family { name: "exposure", rules: exposure::RULES },
    Family { name: "files", rules: files::RULES },
    Family { name: "imports", rules: imports::RULES },
    Family { name: "injection", rules: injection::RULES },
    Family { name: "network", rules: network::RULES },
    Family { name: "process", rules: process::RULES },
    Family { name: "regex", rules: regex::RULES },
    Family { name: "secrets", rules: secrets::RULES },
    Family { name: "server", rules: server::RULES },
    Family { name: "sql", rules: sql::RULES },
    Family { name: "template", rules: template::RULES },
    Family { name: "text", rules: text::RULES },
    Family { name: "tls", rules: tls::RULES },
    Family { name: "web", rules: web::RULES },
    Family { name: "xml", rules: xml::RULES },
    Family { name: "xss", rules: xss::RULES },
];
