//! What the server should be like: a report of `clearance check` in JSON, and a list of ports and headers in TOML.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// Everything that is expected.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// What the code claims.
    pub(crate) code: Option<Code>,
    /// Ports that may listen.
    pub(crate) ports: Option<Vec<Port>>,
    /// Headers, in lower case, that pages carry, with their values; any value where it is empty.
    pub(crate) headers: Vec<(String, String)>,
}

/// What a report says of the code.
#[derive(Debug, Clone, Default)]
pub(crate) struct Code {
    /// The name of the file.
    pub(crate) file: String,
    /// Routes that answer `GET`.
    pub(crate) routes: Vec<CodeRoute>,
    /// Name and value of settings that are decided.
    pub(crate) settings: Vec<(String, String)>,
    /// Ids of controls that pass.
    pub(crate) passed: Vec<String>,
}

/// A route of the code.
#[derive(Debug, Clone)]
pub(crate) struct CodeRoute {
    pub(crate) path: String,
    /// What authenticates, where that is in force on every request.
    pub(crate) authenticated_by: Option<String>,
}

impl Code {
    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        self.settings.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.setting(name) == Some("True")
    }
}

/// A port that may listen, on one address or on all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Port {
    pub(crate) address: Option<std::net::IpAddr>,
    pub(crate) port: u16,
}

/// Most routes that are asked.
pub(crate) const MAX_ROUTES: usize = 40;
/// Most entries that are taken of a list.
const MAX_ENTRIES: usize = 100_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    ports: Option<Vec<PortWord>>,
    #[serde(default)]
    headers: toml::Table,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PortWord {
    Number(u16),
    Text(String),
}

impl Expected {
    /// Takes the content of a file in; `name` is what messages call it. What it is, JSON or TOML, is seen from its first character.
    ///
    /// # Errors
    ///
    /// What is wrong with it, one clause.
    pub fn read(&mut self, name: &str, text: &str) -> Result<(), String> {
        if text.trim_start().starts_with('{') {
            self.code = Some(code(name, text)?);
            return Ok(());
        }
        let file: File = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        if let Some(ports) = file.ports {
            let ports: Result<Vec<Port>, String> = ports.iter().map(port).collect();
            self.ports.get_or_insert_default().extend(ports?);
        }
        for (name, value) in &file.headers {
            let value = value.as_str().ok_or_else(|| format!("the header {name} needs a text"))?;
            self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        Ok(())
    }
}

/// `443`, `"443"`, `"127.0.0.1:5432"`, `"[::1]:5432"`.
fn port(word: &PortWord) -> Result<Port, String> {
    let text = match word {
        PortWord::Number(port) => return Ok(Port { address: None, port: *port }),
        PortWord::Text(text) => text.trim(),
    };
    if let Ok(port) = text.parse() {
        return Ok(Port { address: None, port });
    }
    let address: std::net::SocketAddr =
        text.parse().map_err(|_| format!("`{text}` is no port and no address with a port"))?;
    Ok(Port { address: Some(address.ip()), port: address.port() })
}

fn code(name: &str, text: &str) -> Result<Code, String> {
    let report: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if report["schema"] != "clearance/1" {
        return Err("it is not a report of `clearance check --format json`".to_owned());
    }
    let list = |key: &str| report[key].as_array().into_iter().flatten().take(MAX_ENTRIES);
    let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let is_get = |route: &&Value| {
        let methods = route["methods"].as_array();
        methods.is_none_or(|methods| methods.is_empty() || methods.iter().any(|method| method == "GET"))
    };
    let routes = list("routes").filter(is_get).map(|route| {
        let protection = &route["authentication"];
        let by = text_of(&protection["by"]);
        CodeRoute {
            path: text_of(&route["path"]),
            authenticated_by: (protection["status"] == "in-force").then_some(by),
        }
    });
    let settings = list("settings").filter(|setting| setting["status"] == "decided");
    let passed = list("controls").filter(|control| control["status"] == "pass");
    Ok(Code {
        file: name.to_owned(),
        routes: routes.collect(),
        settings: settings.map(|setting| (text_of(&setting["name"]), text_of(&setting["value"]))).collect(),
        passed: passed.map(|control| text_of(&control["id"])).collect(),
    })
}

/// The address of a route without parameters below `base`; nothing where the path has any, or none is known.
pub(crate) fn address(path: &str, base: &Url) -> Option<Url> {
    let path = path.trim();
    let has_parameters = path.contains(['<', '>', '{', '}', '*', '(', '[', '^', '$', '\\', '?', ':']);
    if has_parameters || path.is_empty() {
        return None;
    }
    base.join(&format!("/{}", path.trim_start_matches('/'))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let mut expected = Expected::default();
        let report = r#"{"schema": "clearance/1", "routes": [
            {"path": "/a", "methods": ["GET"], "authentication": {"status": "in-force", "by": "`@login_required`"}},
            {"path": "/b", "methods": ["POST"], "authentication": {"status": "absent", "by": ""}}],
            "settings": [{"name": "SESSION_COOKIE_SECURE", "status": "decided", "value": "True"}, {"name": "X", "status": "dead", "value": "1"}],
            "controls": [{"id": "hsts", "status": "pass"}, {"id": "csrf", "status": "fail"}]}"#;
        expected.read("r.json", report).unwrap();
        expected
            .read(
                "e.toml",
                "ports = [443, \"127.0.0.1:5432\", \"[::1]:25\"]\n[headers]\nX-Frame-Options = \"DENY\"\n",
            )
            .unwrap();
        let code = expected.code.unwrap();
        assert_eq!(code.routes.len(), 1);
        assert!(code.is_true("SESSION_COOKIE_SECURE") && code.setting("X").is_none());
        assert_eq!(code.passed, ["hsts"]);
        assert_eq!(expected.ports.unwrap()[1].port, 5432);
        assert_eq!(expected.headers, [("x-frame-options".to_owned(), "DENY".to_owned())]);
    }

    #[test]
    fn what_is_neither_is_refused() {
        for text in ["{", "{}", "ports = [\"x\"]", "port = [1]", "ports = 3", "[headers]\na = 1"] {
            assert!(Expected::default().read("e", text).is_err(), "{text}");
        }
    }
}
