//! From the text of a model file to what is known of a path.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use clearance_models::{
    Models, PathId,
    flow::{Constant, Kinds, Origin, Part, Slot, Test},
    parse_library,
};

fn models(text: &str) -> Models {
    let library = parse_library("x.toml", &format!("library = \"x\"\n{text}")).unwrap();
    Models::new(&[library], std::iter::empty())
}

fn path(models: &Models, dotted: &str) -> PathId {
    models.find(dotted).unwrap_or_else(|| panic!("{dotted} is not in the tree"))
}

#[test]
fn paths_go_through_aliases_and_types() {
    let models = models(
        r#"
        alias = [{ path = "web.globals", is = "web" }]
        [[source]]
        path = "web.globals.request.args"
        origin = "remote"
        not = "ldap"
        note = "a query parameter"
        [[type]]
        path = "web.request"
        is = "web.Request"
        "#,
    );
    let [source] = models.flow().sources(path(&models, "web.Request.args")) else { panic!() };
    assert_eq!(source.origin, Origin::Remote);
    assert!(source.kinds.meets(Kinds::HTML));
    assert!(!source.kinds.meets(Kinds::LDAP.with(Kinds::PASSIVE)));
    assert_eq!(source.to, Slot::Result);
    assert_eq!(source.note.as_deref(), Some("a query parameter"));
}

#[test]
fn kinds_of_a_source_follow_from_its_origin() {
    let models = models(
        r#"
        source = [
          { path = "a.random", origin = "weak-random" },
          { path = "a.trace", origin = "exception" },
          { path = "a.key", origin = "secret" },
          { path = "a.name", origin = "database", kinds = ["html"] },
        ]
        "#,
    );
    let kinds = |dotted: &str| models.flow().sources(path(&models, dotted))[0].kinds;
    assert_eq!(kinds("a.random"), Kinds::SECRET_VALUE);
    assert_eq!(kinds("a.trace"), Kinds::EXPOSURE.with(Kinds::HTML));
    assert!(kinds("a.key").meets(Kinds::LOG_SECRET));
    assert_eq!(kinds("a.name"), Kinds::HTML);
}

#[test]
fn sinks_have_arguments_and_conditions() {
    let models = models(
        r#"
        [[sink]]
        path = "subprocess.run"
        method = "run_it"
        argument = [0, "args"]
        kind = "shell"
        rule = "command-injection"
        when = [
          { argument = "shell", is = true },
          { argument = ["1", "loader"], not-object = ["yaml.SafeLoader"], if-unknown = false },
        ]
        origins = ["remote", "cli"]
        "#,
    );
    let [sink] = models.flow().sinks(path(&models, "subprocess.run")) else { panic!() };
    assert_eq!(sink.slots, [Slot::Position(0), Slot::Keyword("args".into())]);
    assert_eq!(sink.kind, Kinds::SHELL);
    assert_eq!(&*sink.rule, "command-injection");
    assert_eq!(sink.origins.as_deref(), Some(&[Origin::Remote, Origin::Cli][..]));
    let [shell, loader] = &sink.when[..] else { panic!() };
    assert_eq!(shell.test, Test::Is(vec![Constant::Bool(true)]));
    assert_eq!((shell.if_absent, shell.if_unknown), (false, false));
    assert_eq!(loader.test, Test::NotObject(vec![path(&models, "yaml.SafeLoader")]));
    assert_eq!((loader.if_absent, loader.if_unknown), (true, false));
    let [by_name] = models.flow().method_sinks("run_it") else { panic!() };
    assert!(by_name.by_name && !sink.by_name);
}

#[test]
fn what_is_kept_is_the_rest_of_what_is_removed() {
    let models = models(
        r#"
        sanitizer = [{ path = "a.hex", keeps = ["secret-value"] }, { path = "a.escape", removes = "html" }]
        [[guard]]
        path = "a.is_word"
        argument = "receiver"
        removes = "all"
        [[guard]]
        path = "a.is_bad"
        when = false
        removes = ["sql", "path"]
        "#,
    );
    let flow = models.flow();
    assert_eq!(flow.sanitizers(path(&models, "a.hex"))[0].removes, Kinds::ALL.without(Kinds::SECRET_VALUE));
    assert_eq!(flow.sanitizers(path(&models, "a.escape"))[0].removes, Kinds::HTML);
    let [word] = flow.guards(path(&models, "a.is_word")) else { panic!() };
    assert_eq!((word.slots.as_slice(), word.truth, word.removes), (&[Slot::Receiver][..], true, Kinds::ALL));
    let [bad] = flow.guards(path(&models, "a.is_bad")) else { panic!() };
    assert_eq!((bad.truth, bad.removes), (false, Kinds::SQL.with(Kinds::PATH)));
}

#[test]
fn the_rest_of_the_words() {
    let models = models(
        r#"
        [[propagator]]
        path = "a.unquote"
        adds = ["html"]
        [[propagator]]
        path = "a.map"
        from = ["1.."]
        calls = 0
        [[container]]
        path = "a.Config"
        set = [{ method = "set", key = [0, 1], value = 2 }]
        get = [{ method = "get", key = [0, 1] }]
        [[normalises]]
        path = "a.realpath"
        kind = "path"
        [[clean]]
        path = ["a.count", "a.size"]
        [[ends]]
        path = "a.abort"
        [[type]]
        path = "a.Request.files"
        items = "a.File"
        "#,
    );
    let flow = models.flow();
    let [unquote] = flow.propagators(path(&models, "a.unquote")) else { panic!() };
    assert_eq!(unquote.from, [Slot::Any, Slot::Receiver]);
    assert_eq!(
        (unquote.to.as_slice(), unquote.adds, unquote.same),
        (&[Slot::Result][..], Kinds::HTML, false)
    );
    let [map] = flow.propagators(path(&models, "a.map")) else { panic!() };
    assert_eq!((map.from.as_slice(), map.calls.as_ref()), (&[Slot::From(1)][..], Some(&Slot::Position(0))));
    let config = flow.container(path(&models, "a.Config")).unwrap();
    assert_eq!(config.set["set"], (vec![0, 1], 2));
    assert_eq!(config.get["get"], [0, 1]);
    assert_eq!(flow.normalises(path(&models, "a.realpath")), Kinds::PATH);
    assert!(flow.is_clean(path(&models, "a.size")) && flow.ends(path(&models, "a.abort")));
    assert!(flow.is_known(path(&models, "a.size")) && !flow.is_known(path(&models, "a.File")));
    assert_eq!(models.items(path(&models, "a.Request.files")), models.find("a.File"));
}

#[test]
fn parts_of_arguments_can_be_tested() {
    let models = models(
        r#"
        [[sink]]
        path = "a.run"
        argument = "0"
        key = "$where"
        kind = "code"
        rule = "nosql-injection"
        when = [
          { argument = "0", key = 0, is = "sh" },
          { argument = "parser", key-object = "a.feature", is = true },
          { argument = "parser", made-with = ["1", "resolve"], is-not = false },
          { argument = "headers", key = "Content-Type", contains = "html", if-absent = true },
        ]
        [[source]]
        method = "fetchall"
        origin = "database"
        "#,
    );
    let [sink] = models.flow().sinks(path(&models, "a.run")) else { panic!() };
    assert_eq!(sink.part, Some(Part::Key("$where".into())));
    let parts: Vec<_> = sink.when.iter().map(|condition| condition.part.clone().unwrap()).collect();
    assert_eq!(
        parts,
        [
            Part::Index(0),
            Part::Object(path(&models, "a.feature")),
            Part::Made(vec![Slot::Position(1), Slot::Keyword("resolve".into())]),
            Part::Key("Content-Type".into()),
        ]
    );
    assert_eq!(models.flow().method_sources("fetchall")[0].origin, Origin::Database);
}
