//! Connexion: an OpenAPI document names the functions and types their parameters, and the framework checks them before it calls.

use std::rc::Rc;

use clearance_models::flow::{Kinds, Origin};
use clearance_python::ir::ParamKind;

use super::{
    EntryKind, EntryParam, ParamSource,
    collect::{Collector, Family, Hit, Hits, NewRoute, Point, Target},
    django_urls::module_named,
    pattern,
};
use crate::{Entity, FuncRef, ModuleId, Site, documents::Node};

pub(super) const FAMILY: Family = Family {
    tops: &["connexion"],
    paths: &["connexion.FlaskApp.add_api", "connexion.AsyncApp.add_api", "connexion.AioHttpApp.add_api"],
    bases: &[],
    collect,
};

const VERBS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options", "trace"];
const PARAMETER: &str = "parameter of the request";
/// Parameters of one operation, and schemas inside schemas, that are looked at.
const MAX_PARAMETERS: usize = 256;
const MAX_NESTING: u32 = 8;

fn collect(c: &mut Collector<'_>, hits: &Hits) {
    let mut read: Vec<(usize, Option<Rc<Node>>)> = Vec::new();
    for hit in &hits.calls {
        let name = c.argument(hit.site, 0, "specification").and_then(|name| c.constant(name));
        for number in documents(c, *hit, name.as_deref()) {
            let known = read.iter().find(|(known, _)| *known == number).map(|(_, root)| root.clone());
            let root = known.unwrap_or_else(|| {
                let root = Node::parse(&c.program.documents[number].text);
                read.push((number, root.clone()));
                root
            });
            if let Some(root) = root {
                api(c, *hit, &root);
            }
        }
    }
}

/// The documents that a call means: those of this name, the nearest first; where the name is not known, all.
fn documents(c: &Collector<'_>, hit: Hit, name: Option<&str>) -> Vec<usize> {
    let all = 0..c.program.documents.len();
    let Some(name) = name else { return all.collect() };
    let name = name.rsplit("./").next().unwrap_or(name).trim_start_matches('/');
    let path = |number: usize| &*c.program.documents[number].path;
    let mut found: Vec<usize> = all
        .filter(|number| {
            path(*number).strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('/'))
        })
        .collect();
    let module = &c.program.module(hit.site.module).path;
    let folder = module.rsplit_once('/').map_or("", |(folder, _)| folder);
    found.sort_by_key(|number| (!path(*number).starts_with(folder), path(*number).len(), *number));
    found.truncate(1);
    found
}

fn api(c: &mut Collector<'_>, hit: Hit, root: &Node) {
    let given = c.keyword(hit.site, "base_path").and_then(|path| c.constant(path));
    let prefix = given.unwrap_or_else(|| base_path(root));
    let resty = resty(c, hit);
    let Some(paths) = root.get("paths") else { return };
    for (path, item) in paths.entries() {
        let item = item.target(root);
        for (verb, operation) in item.entries().iter().filter(|(verb, _)| VERBS.contains(&verb.as_str())) {
            let Some(name) = function_name(item, operation, resty.as_deref(), path, verb) else { continue };
            let Some(function) = function(c, hit.site.module, &name) else { continue };
            let mut inputs = inputs(root, item);
            inputs.splice(0..0, self::inputs(root, operation));
            inputs.truncate(MAX_PARAMETERS);
            let params = params(c, function, &inputs);
            let route = c.add_route(
                NewRoute {
                    framework: "connexion",
                    path: pattern::glue(&prefix, path),
                    methods: vec![verb.to_ascii_uppercase()],
                    target: Target::Function(function),
                    site: hit.site,
                    served: true,
                },
                &[function],
            );
            let kind = EntryKind::Route;
            c.add(Point { function, kind, framework: "connexion", params, route: Some(route) });
        }
    }
}

/// `basePath`, or the path of the first server's address.
fn base_path(root: &Node) -> String {
    if let Some(path) = root.text_at("basePath") {
        return path.to_owned();
    }
    let address = root.get("servers").and_then(|servers| servers.items().first()?.text_at("url"));
    let address = address.unwrap_or_default();
    match address.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or(String::new(), |at| rest[at..].to_owned()),
        None => address.to_owned(),
    }
}

/// The package of `resolver=RestyResolver("api")`, which finds functions by their address.
fn resty(c: &mut Collector<'_>, hit: Hit) -> Option<String> {
    let resolver = c.keyword(hit.site, "resolver")?;
    let made = c.origins(resolver).into_iter().next().unwrap_or(resolver);
    let package = c.argument(made, 0, "default_module_name")?;
    c.constant(package)
}

/// The dotted name of the function that answers an operation.
fn function_name(
    item: &Node,
    operation: &Node,
    resty: Option<&str>,
    path: &str,
    verb: &str,
) -> Option<String> {
    let controller = ["x-openapi-router-controller", "x-swagger-router-controller"]
        .iter()
        .find_map(|key| operation.text_at(key).or_else(|| item.text_at(key)));
    match (operation.text_at("operationId"), controller, resty) {
        (Some(name), Some(controller), _) => Some(format!("{controller}.{name}")),
        (Some(name), None, _) => Some(name.to_owned()),
        (None, controller, Some(package)) => {
            let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
            let fixed = parts.iter().filter(|part| !part.starts_with('{')).map(|part| part.replace('-', "_"));
            let module = match controller {
                Some(controller) => controller.to_owned(),
                None => std::iter::once(package.to_owned()).chain(fixed).collect::<Vec<_>>().join("."),
            };
            let collection = verb == "get" && parts.last().is_none_or(|part| !part.starts_with('{'));
            Some(format!("{module}.{}", if collection { "search" } else { verb }))
        }
        (None, _, None) => None,
    }
}

/// The function of a dotted name: of a module, or of a class in one.
fn function(c: &mut Collector<'_>, from: ModuleId, dotted: &str) -> Option<FuncRef> {
    let (before, last) = dotted.rsplit_once('.')?;
    if let Some(module) = module_named(c, from, before) {
        return match global(c, module, last)? {
            Target::Function(function) => Some(function),
            Target::Class(_) => None,
        };
    }
    let (module, class) = before.rsplit_once('.')?;
    let module = module_named(c, from, module)?;
    match global(c, module, class)? {
        Target::Class(class) => c.method(class, last),
        Target::Function(_) => None,
    }
}

fn global(c: &mut Collector<'_>, module: ModuleId, name: &str) -> Option<Target> {
    let program = c.program;
    let name = program.module(module).ir.names.find(name)?;
    let value = program.module(module).global(name).last()?;
    let site = Site { module, value };
    c.view(site).or_else(|| {
        c.resolver.entities(site).iter().find_map(|entity| match entity {
            Entity::Function(function) => Some(Target::Function(*function)),
            _ => None,
        })
    })
}

/// What a request brings: under which name, and what it can be.
struct Input {
    name: String,
    what: ParamSource,
}

/// The inputs that an operation, or a path for all of its operations, declares.
fn inputs(root: &Node, declared: &Node) -> Vec<Input> {
    let mut found = Vec::new();
    let list = declared.get("parameters").map(|list| list.items()).unwrap_or_default();
    for parameter in list.iter().take(MAX_PARAMETERS) {
        let parameter = parameter.target(root);
        let Some(name) = parameter.text_at("name") else { continue };
        let schema = parameter.get("schema").map_or(parameter, |schema| &**schema);
        let what = typed(root, schema, 0);
        match parameter.text_at("in") {
            Some("path") => found.push(Input { name: name.to_owned(), what: of_path(root, schema, what) }),
            Some("query" | "formData") => found.push(Input { name: name.to_owned(), what }),
            Some("body") => found.push(Input { name: "body".to_owned(), what }),
            // Headers and cookies are not passed.
            _ => {}
        }
    }
    let Some(body) = declared.get("requestBody") else { return found };
    let body = body.target(root);
    let kinds = body.get("content").map(|content| content.entries()).unwrap_or_default();
    for (kind, content) in kinds {
        let Some(schema) = content.get("schema") else { continue };
        let schema = schema.target(root);
        let name = body.text_at("x-body-name").or_else(|| schema.text_at("x-body-name")).unwrap_or("body");
        found.push(Input { name: name.to_owned(), what: typed(root, schema, 0) });
        let form = kind.starts_with("multipart/") || kind.ends_with("x-www-form-urlencoded");
        let fields = schema.get("properties").filter(|_| form).map(|all| all.entries()).unwrap_or_default();
        for (name, schema) in fields.iter().take(MAX_PARAMETERS) {
            found.push(Input { name: name.clone(), what: typed(root, schema, 0) });
        }
    }
    found
}

/// Text in an address has no slash, unless the document says that it has.
fn of_path(root: &Node, schema: &Node, what: ParamSource) -> ParamSource {
    let schema = schema.target(root);
    match what {
        ParamSource::Tainted { origin, not, note } if schema.text_at("format") != Some("path") => {
            ParamSource::Tainted { origin, not: not.with(Kinds::PATH), note }
        }
        what => what,
    }
}

/// What a value of a schema can still be.
fn typed(root: &Node, schema: &Node, depth: u32) -> ParamSource {
    let schema = schema.target(root);
    let anything = ParamSource::tainted(Origin::Remote, PARAMETER);
    if depth > MAX_NESTING {
        return anything;
    }
    if schema.get("enum").is_some_and(|values| !values.items().is_empty()) || schema.get("const").is_some() {
        return ParamSource::Clean;
    }
    let any = |key: &str| {
        let all = schema.get(key)?.items();
        all.iter().map(|one| typed(root, one, depth + 1)).reduce(ParamSource::join)
    };
    if let Some(what) = any("oneOf").or_else(|| any("anyOf")) {
        return what;
    }
    if let Some(all) = schema.get("allOf") {
        let mut parts = all.items().iter().map(|one| typed(root, one, depth + 1));
        return if parts.any(|part| part == ParamSource::Clean) { ParamSource::Clean } else { anything };
    }
    match (schema.text_at("type"), schema.text_at("format")) {
        (Some("integer" | "number" | "boolean" | "null"), _) | (Some("string"), Some("uuid")) => {
            ParamSource::Clean
        }
        (Some("file"), _) | (Some("string"), Some("binary")) => {
            ParamSource::tainted(Origin::Upload, "uploaded file")
        }
        (Some("string"), _) => match schema.text_at("pattern").filter(|regex| pattern::is_anchored(regex)) {
            Some(regex) => match pattern::matching(regex) {
                ParamSource::Tainted { origin, not, .. } => {
                    ParamSource::Tainted { origin, not: not.with(Kinds::NOSQL), note: PARAMETER }
                }
                what => what,
            },
            None => ParamSource::Tainted { origin: Origin::Remote, not: Kinds::NOSQL, note: PARAMETER },
        },
        (Some("array"), _) => match schema.get("items") {
            Some(items) => typed(root, items, depth + 1),
            None => anything,
        },
        _ => anything,
    }
}

/// A name as the framework compares it with parameters: `user-id`, `userId` and `user_id_` are the same.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn params(c: &Collector<'_>, function: FuncRef, inputs: &[Input]) -> Vec<EntryParam> {
    let bound = c.bound(function);
    let mut found = Vec::new();
    for (index, (name, kind)) in c.params(function).into_iter().enumerate().skip(bound) {
        let named = |input: &&Input| plain(&input.name) == plain(name);
        let what = match kind {
            ParamKind::Star => None,
            ParamKind::DoubleStar => inputs.iter().map(|input| input.what).reduce(ParamSource::join),
            _ => inputs.iter().filter(named).map(|input| input.what).reduce(ParamSource::join),
        };
        if let Some(what) = what {
            found.push(EntryParam { index: index as u32, what });
        }
    }
    found
}
