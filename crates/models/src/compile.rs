//! The flow part of libraries, compiled onto the tree: from dotted paths to [`PathId`]s.

use crate::{
    Models, PathId,
    flow::{self, FlowModels},
    library::{self, Library},
};

/// Compiles the flow part. Aliases, types and classes must be in the tree already: a path goes through them, so that `flask.request.args` lands on the
/// member of the request's class, where the resolver looks.
pub(crate) fn compile(libraries: &[Library], models: &mut Models) -> FlowModels {
    let mut flow = FlowModels::default();
    for library in libraries {
        for entry in &library.sources {
            let source = flow::Source {
                origin: entry.origin,
                kinds: entry.kinds,
                to: entry.to.clone(),
                note: entry.note.as_deref().map(Into::into),
            };
            for path in &entry.paths {
                let sources = flow.sources.entry(models.add_member(path)).or_default();
                push_new(sources, source.clone());
            }
            for method in &entry.methods {
                push_new(flow.method_sources.entry(method.as_str().into()).or_default(), source.clone());
            }
        }
        for entry in &library.sinks {
            add_sink(&mut flow, models, entry);
        }
        for entry in &library.sanitizers {
            let sanitizer = flow::Sanitizer {
                slots: entry.slots.clone(),
                removes: entry.removes,
                when: conditions(models, &entry.when),
            };
            for path in &entry.paths {
                push_new(flow.sanitizers.entry(models.add_member(path)).or_default(), sanitizer.clone());
            }
        }
        for entry in &library.propagators {
            let propagator = flow::Propagator {
                from: entry.from.clone(),
                to: entry.to.clone(),
                adds: entry.adds,
                same: entry.same,
                calls: entry.calls.clone(),
            };
            for path in &entry.paths {
                push_new(flow.propagators.entry(models.add_member(path)).or_default(), propagator.clone());
            }
        }
        for entry in &library.guards {
            let guard =
                flow::GuardModel { slots: entry.slots.clone(), truth: entry.truth, removes: entry.removes };
            for path in &entry.paths {
                push_new(flow.guards.entry(models.add_member(path)).or_default(), guard.clone());
            }
        }
        for entry in &library.containers {
            for path in &entry.paths {
                let container = flow.containers.entry(models.add_member(path)).or_default();
                container.set.extend(entry.set.iter().map(|(name, at)| (name.as_str().into(), at.clone())));
                container.get.extend(entry.get.iter().map(|(name, at)| (name.as_str().into(), at.clone())));
            }
        }
        for entry in &library.renders {
            let render = flow::Render {
                name: entry.name.clone(),
                source: entry.source.clone(),
                context: entry.context.clone(),
                escapes: entry.escapes,
            };
            for path in &entry.paths {
                push_new(flow.renders.entry(models.add_member(path)).or_default(), render.clone());
            }
        }
        for entry in &library.normalises {
            for path in &entry.paths {
                let kinds = flow.normalises.entry(models.add_member(path)).or_default();
                *kinds = kinds.with(entry.kinds);
            }
        }
        flow.clean.extend(library.clean.iter().map(|path| (models.add_member(path), ())));
        flow.ends.extend(library.ends.iter().map(|path| (models.add_member(path), ())));
    }
    flow
}

fn add_sink(flow: &mut FlowModels, models: &mut Models, entry: &library::Sink) {
    let sink = flow::Sink {
        kind: entry.kind,
        rule: entry.rule.as_str().into(),
        slots: entry.slots.clone(),
        part: entry.part.as_ref().map(|given| part(models, given)),
        when: conditions(models, &entry.when),
        origins: entry.origins.clone(),
        by_name: false,
    };
    for path in &entry.paths {
        push_new(flow.sinks.entry(models.add_member(path)).or_default(), sink.clone());
    }
    for method in &entry.methods {
        let sinks = flow.method_sinks.entry(method.as_str().into()).or_default();
        push_new(sinks, flow::Sink { by_name: true, ..sink.clone() });
    }
}

/// Two files, or two spellings of one path, may say the same.
fn push_new<T: PartialEq>(all: &mut Vec<T>, new: T) {
    if !all.contains(&new) {
        all.push(new);
    }
}

fn part(models: &mut Models, part: &library::Part) -> flow::Part {
    match part {
        library::Part::Key(text) => flow::Part::Key(text.as_str().into()),
        library::Part::Index(index) => flow::Part::Index(*index),
        library::Part::Object(path) => flow::Part::Object(models.add_member(path)),
        library::Part::Made(slots) => flow::Part::Made(slots.clone()),
    }
}

fn conditions(models: &mut Models, entries: &[library::Condition]) -> Vec<flow::Condition> {
    entries
        .iter()
        .map(|entry| flow::Condition {
            slots: entry.slots.clone(),
            part: entry.part.as_ref().map(|given| part(models, given)),
            test: test(models, &entry.test),
            if_absent: entry.if_absent,
            if_unknown: entry.if_unknown,
        })
        .collect()
}

fn test(models: &mut Models, test: &library::Test) -> flow::Test {
    let mut objects =
        |paths: &[String]| -> Vec<PathId> { paths.iter().map(|path| models.add_member(path)).collect() };
    match test {
        library::Test::Is(all) => flow::Test::Is(all.clone()),
        library::Test::IsNot(all) => flow::Test::IsNot(all.clone()),
        library::Test::Object(paths) => flow::Test::Object(objects(paths)),
        library::Test::NotObject(paths) => flow::Test::NotObject(objects(paths)),
        library::Test::Present => flow::Test::Present,
        library::Test::Absent => flow::Test::Absent,
        library::Test::Contains(text) => flow::Test::Contains(text.as_str().into()),
        library::Test::Lacks(text) => flow::Test::Lacks(text.as_str().into()),
        library::Test::Chosen => flow::Test::Chosen,
    }
}
