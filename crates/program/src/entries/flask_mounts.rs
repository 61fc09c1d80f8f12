//! Where Flask's blueprints, APIs and namespaces hang, and below which prefixes their routes are served.

use super::{
    collect::Collector,
    pattern::{Pattern, glue},
};
use crate::{Entity, Site};

/// Where an application, blueprint, API or namespace hangs: below which other one, with which prefix.
struct Mount {
    child: Site,
    parent: Site,
    prefix: String,
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
                self.0.push(Mount { child, parent: *parent, prefix: own.clone().unwrap_or_default() });
            }
        }
    }

    /// `ns = api.namespace("users", path="/users")` makes and mounts in one go.
    pub(super) fn namespace(&mut self, c: &mut Collector<'_>, site: Site) {
        let path = c.keyword(site, "path").map(|value| c.text(value));
        let path = path.or_else(|| c.positional(site, 0).map(|name| format!("/{}", c.text(name))));
        for parent in c.receivers(site) {
            self.0.push(Mount { child: site, parent, prefix: path.clone().unwrap_or_default() });
        }
    }

    /// `api.init_app(app)`
    pub(super) fn init_app(&mut self, c: &mut Collector<'_>, site: Site) {
        let Some(parent) = c.positional(site, 0) else { return };
        let parents = c.origins(parent);
        for child in c.receivers(site) {
            for parent in &parents {
                let prefix = constructor_text(c, child, "prefix").unwrap_or_default();
                self.0.push(Mount { child, parent: *parent, prefix });
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
    ) -> Vec<(Pattern, bool)> {
        let mut prefixes: Vec<Option<String>> = Vec::new();
        for origin in on {
            prefixes.extend(self.prefixes(c, *origin, 0));
        }
        prefixes.sort();
        prefixes.dedup();
        if prefixes.iter().any(Option::is_some) {
            prefixes.retain(Option::is_some);
        }
        if prefixes.is_empty() {
            prefixes.push(None);
        }
        prefixes
            .into_iter()
            .map(|prefix| (fields(&glue(prefix.as_deref().unwrap_or(""), path)), prefix.is_some()))
            .collect()
    }

    /// The prefixes under which an application, blueprint, API or namespace is served; `None` in place of a prefix where it is not.
    fn prefixes(&self, c: &mut Collector<'_>, origin: Site, depth: u32) -> Vec<Option<String>> {
        if depth > 6 {
            return vec![None];
        }
        let program = c.program;
        let class = c.resolver.entities(origin).into_iter().find_map(|entity| match entity {
            Entity::Instance(class, _) => Some(class),
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
            return vec![Some(String::new())];
        }
        let mut found = Vec::new();
        let mut mounted = false;
        for mount in self.0.iter().filter(|mount| mount.child == origin) {
            mounted = true;
            let above = self.prefixes(c, mount.parent, depth + 1);
            found.extend(above.into_iter().map(|above| above.map(|above| glue(&above, &mount.prefix))));
        }
        if !mounted && (is("flask_restful.Api") || is("flask_restx.Api") || is("flask_smorest.Api")) {
            // `Api(app)`, `Api(blueprint, prefix="/v1")`
            let prefix = constructor_text(c, origin, "prefix").unwrap_or_default();
            let parent = c.argument(origin, 0, "app");
            for parent in parent.map(|value| c.origins(value)).unwrap_or_default() {
                let above = self.prefixes(c, parent, depth + 1);
                found.extend(above.into_iter().map(|above| above.map(|above| glue(&above, &prefix))));
            }
        }
        if found.is_empty() {
            found.push(None);
        }
        found
    }
}

fn constructor_text(c: &mut Collector<'_>, origin: Site, name: &str) -> Option<String> {
    let value = c.keyword(origin, name)?;
    Some(c.text(value))
}
