//! Where Flask's blueprints, APIs and namespaces hang, and below which prefixes their routes are served.

use super::{
    Link,
    collect::Collector,
    pattern::{Pattern, glue},
};
use crate::{Entity, Site};

/// Where an application, blueprint, API or namespace hangs: below which other one, with which prefix.
struct Mount {
    child: Site,
    parent: Site,
    prefix: String,
    site: Site,
}

/// One way from a declaration to the application.
#[derive(Clone)]
struct Way {
    /// What stands before the path; nothing where the application is not reached.
    prefix: Option<String>,
    chain: Vec<Link>,
}

impl Way {
    fn nowhere() -> Self {
        Self { prefix: None, chain: Vec::new() }
    }

    fn below(self, link: Link, prefix: &str) -> Self {
        let mut chain = vec![link];
        chain.extend(self.chain);
        Self { prefix: self.prefix.map(|above| glue(&above, prefix)), chain }
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct Mounts(Vec<Mount>);

impl Mounts {
    /// `parent.register_blueprint(child, url_prefix=…)` and its like; `keyword` is the constructor's own argument for the prefix.
    pub(super) fn register(
        &mut self,
        c: &mut Collector<'_>,
        site: Site,
        child: Site,
        prefix: Option<String>,
        keyword: &str,
    ) {
        let parents = c.receivers(site);
        for child in c.origins(child) {
            let own = prefix.clone().or_else(|| constructor_text(c, child, keyword));
            let own = own.or_else(|| {
                // A RESTX namespace without a path lives under its name.
                (keyword == "path")
                    .then(|| c.positional(child, 0).map(|name| format!("/{}", c.text(name))))
                    .flatten()
            });
            for parent in &parents {
                let prefix = own.clone().unwrap_or_default();
                self.0.push(Mount { child, parent: *parent, prefix, site });
            }
        }
    }

    /// `ns = api.namespace("users", path="/users")` makes and mounts in one go.
    pub(super) fn namespace(&mut self, c: &mut Collector<'_>, site: Site) {
        let path = c.keyword(site, "path").map(|value| c.text(value));
        let path = path.or_else(|| c.positional(site, 0).map(|name| format!("/{}", c.text(name))));
        for parent in c.receivers(site) {
            self.0.push(Mount { child: site, parent, prefix: path.clone().unwrap_or_default(), site });
        }
    }

    /// `api.init_app(app)`
    pub(super) fn init_app(&mut self, c: &mut Collector<'_>, site: Site) {
        let Some(parent) = c.positional(site, 0) else { return };
        let parents = c.origins(parent);
        for child in c.receivers(site) {
            for parent in &parents {
                let prefix = constructor_text(c, child, "prefix").unwrap_or_default();
                self.0.push(Mount { child, parent: *parent, prefix, site });
            }
        }
    }

    /// The full addresses of `path` declared on these; nothing in place of an address where it is not served.
    pub(super) fn addresses(
        &self,
        c: &mut Collector<'_>,
        on: &[Site],
        path: &str,
        fields: fn(&str) -> Pattern,
    ) -> Vec<(Pattern, bool, Vec<Link>)> {
        let mut ways: Vec<Way> = Vec::new();
        for origin in on {
            for way in self.ways(c, *origin, 0) {
                if !ways.iter().any(|known| known.prefix == way.prefix) {
                    ways.push(way);
                }
            }
        }
        if ways.iter().any(|way| way.prefix.is_some()) {
            ways.retain(|way| way.prefix.is_some());
        }
        ways.sort_by(|a, b| a.prefix.cmp(&b.prefix));
        if ways.is_empty() {
            ways.push(Way::nowhere());
        }
        ways.into_iter()
            .map(|Way { prefix, chain }| {
                (fields(&glue(prefix.as_deref().unwrap_or(""), path)), prefix.is_some(), chain)
            })
            .collect()
    }

    /// The ways from an application, blueprint, API or namespace to the application.
    fn ways(&self, c: &mut Collector<'_>, origin: Site, depth: u32) -> Vec<Way> {
        if depth > 6 {
            return vec![Way::nowhere()];
        }
        let program = c.program;
        let class = c.resolver.entities(origin).into_iter().find_map(|entity| match entity {
            // An annotated parameter is made where its annotation stands.
            Entity::Instance(class, _) | Entity::Path(class) => Some(class),
            Entity::Object(class, _) => c.ancestors(class).1.into_iter().find_map(|base| match base {
                Entity::Path(path) => Some(path),
                _ => None,
            }),
            _ => None,
        });
        let is = |path: &str| match (class, program.models.find(path)) {
            (Some(class), Some(base)) => program.models.derives(class, base),
            _ => false,
        };
        if is("flask.Flask") {
            let chain = vec![Link { object: origin, mount: None }];
            return vec![Way { prefix: Some(String::new()), chain }];
        }
        let mut found = Vec::new();
        let mut mounted = false;
        for mount in self.0.iter().filter(|mount| mount.child == origin) {
            mounted = true;
            let link = Link { object: origin, mount: Some(mount.site) };
            let above = self.ways(c, mount.parent, depth + 1);
            found.extend(above.into_iter().map(|above| above.below(link, &mount.prefix)));
        }
        if !mounted && (is("flask_restful.Api") || is("flask_restx.Api") || is("flask_smorest.Api")) {
            // `Api(app)`, `Api(blueprint, prefix="/v1")`
            let prefix = constructor_text(c, origin, "prefix").unwrap_or_default();
            let parent = c.argument(origin, 0, "app");
            for parent in parent.map(|value| c.origins(value)).unwrap_or_default() {
                let link = Link { object: origin, mount: None };
                let above = self.ways(c, parent, depth + 1);
                found.extend(above.into_iter().map(|above| above.below(link, &prefix)));
            }
        }
        if found.is_empty() {
            found.push(Way { prefix: None, chain: vec![Link { object: origin, mount: None }] });
        }
        found
    }
}

fn constructor_text(c: &mut Collector<'_>, origin: Site, name: &str) -> Option<String> {
    let value = c.keyword(origin, name)?;
    Some(c.text(value))
}
