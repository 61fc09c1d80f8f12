//! Zope and Plone: views, viewlets and table columns, which are classes whose methods return the text of a page.

use super::{
    EntryKind,
    collect::{Collector, Family, Hits},
};

pub(super) const FAMILY: Family = Family {
    tops: &["zope", "five", "grok", "grokcore", "plone", "Products", "z3c"],
    paths: &[],
    bases: &[
        "zope.publisher.browser.BrowserView",
        "zope.viewlet.viewlet.ViewletBase",
        "z3c.table.column.Column",
    ],
    collect,
};

fn collect(c: &mut Collector<'_>, hits: &Hits) {
    for hit in &hits.classes {
        let column = hit.base == "z3c.table.column.Column";
        for (name, function) in c.own_methods(hit.class) {
            // What other methods return is put into a template, which escapes it.
            let shown = if column {
                matches!(name, "renderCell" | "renderHeadCell" | "getLinkContent")
            } else {
                matches!(name, "render" | "__call__" | "index")
            };
            if shown && !c.is_known(function) {
                c.add_plain(function, EntryKind::Route, "zope", Vec::new());
            }
        }
    }
}
