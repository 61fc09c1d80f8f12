//! Values through variables, settings, getters and files.

mod common;

use clearance_program::Known;
use common::known;

fn one(text: &str) -> Known {
    known(&[("a.py", text)]).0
}

#[test]
fn constants_and_operators() {
    assert_eq!(one("probe('a' + 'b')"), Known::str("ab"));
    assert_eq!(one("x = 3\nprobe(f'v{x}')"), Known::str("v3"));
    assert_eq!(one("probe(1 << 4 | 1)"), Known::Int(17));
    assert_eq!(one("probe(not '')"), Known::Bool(true));
    assert_eq!(one("X = [1, 2]\ndef f():\n    probe(X[1])"), Known::Int(2));
    assert_eq!(one("D = {'a': {'b': 7}}\ndef f():\n    probe(D['a'].get('b', 0))"), Known::Int(7));
    assert_eq!(one("D = {'a': 1}\ndef f():\n    probe(D.get('c', 5))"), Known::Int(5));
    assert_eq!(one("probe('True'.lower() in ('true', '1'))"), Known::Bool(true));
}

#[test]
fn the_last_unconditional_binding_counts() {
    assert_eq!(one("X = 1\nX = 2\ndef f():\n    probe(X)"), Known::Int(2));
    let text = "import os\nX = 1\nif os.name:\n    X = 2\ndef f():\n    probe(X)";
    assert_eq!(one(text), Known::Choice(vec![Known::Int(1), Known::Int(2)]));
}

#[test]
fn environment_reads_keep_their_default() {
    let Known::Environment { variable, default } =
        one("import os\nprobe(os.getenv('FLASK_DEBUG', 'False').lower() in ('true', '1'))")
    else {
        panic!("not an environment read");
    };
    assert_eq!(&*variable, "FLASK_DEBUG");
    assert_eq!(default.as_deref(), Some(&Known::Bool(false)));
    let Known::Environment { default, .. } = one("from os import environ\nprobe(environ['KEY'])") else {
        panic!("not an environment read");
    };
    assert_eq!(default, None);
}

#[test]
fn getters_across_files() {
    let files = [
        ("main.py", "from config.settings import Config\nprobe(Config.API_HOST())"),
        ("config/__init__.py", ""),
        (
            "config/settings.py",
            "DEFAULTS = {\n    'api': {\n        'host': '0.0.0.0',\n    },\n}\n\n\nclass Config:\n    _values = DEFAULTS\n\n    @classmethod\n    def get(cls, section, key, default=None):\n        return cls._values.get(section, {}).get(key, default)\n\n    @classmethod\n    def API_HOST(cls):\n        return cls.get('api', 'host')\n",
        ),
    ];
    let (value, trail) = known(&files);
    assert_eq!(value, Known::str("0.0.0.0"));
    assert!(trail.contains(&"config/settings.py:3".to_owned()), "{trail:?}");
}

#[test]
fn class_attributes_and_instances() {
    let text = "
class Base:
    HOST = 'a'
class Production(Base):
    DEBUG = False
class S:
    def __init__(self):
        self.port = 80
s = S()
def f():
    probe((Production.HOST, Production.DEBUG, s.port))
";
    let (Known::Sequence(_, items), _) = known(&[("a.py", text)]) else { panic!("not a sequence") };
    let program = common::program(&[("a.py", text)], &[]);
    let mut resolver = clearance_program::Resolver::new(&program);
    let values: Vec<Known> =
        items.iter().map(|item| clearance_program::Evaluator::new(&mut resolver).evaluate(*item)).collect();
    assert_eq!(values, [Known::str("a"), Known::Bool(false), Known::Int(80)]);
}

#[test]
fn arguments_from_callers() {
    let text = "def serve(host='127.0.0.1'):\n    probe(host)\nserve('0.0.0.0')\n";
    assert_eq!(one(text), Known::str("0.0.0.0"));
    assert_eq!(
        one("def serve(debug=True):\n    probe(debug)\n"),
        Known::Choice(vec![Known::Bool(true), Known::Unknown])
    );
}

#[test]
fn strings_keep_their_ends() {
    let Known::Text { prefix, suffix } = one("def f(x):\n    probe('https://a/' + x + '.png')") else {
        panic!("not a partly known text");
    };
    assert_eq!((&*prefix, &*suffix), ("https://a/", ".png"));
}

#[test]
fn recursion_ends() {
    assert_eq!(one("def f(n):\n    return f(n - 1)\nprobe(f(3))"), Known::Unknown);
    assert_eq!(one("x = x\nprobe(x)"), Known::Unknown);
}

#[test]
fn writes_into_dicts_count() {
    assert_eq!(one("def f():\n    d = {'a': 1}\n    d['a'] = 2\n    probe(d['a'])\n"), Known::Int(2));
    assert_eq!(
        one("def f(x):\n    d = {'a': 1}\n    if x:\n        d['a'] = 2\n    probe(d['a'])\n"),
        Known::Unknown
    );
    assert_eq!(one("def f(x):\n    d = {}\n    d.update(x)\n    probe(d.get('a', 5))\n"), Known::Unknown);
}

#[test]
fn settings_chosen_from_a_table_in_another_file() {
    let files = [
        (
            "run.py",
            "import os\nfrom config import CONFIGS\nsettings = CONFIGS[os.getenv('ENV', 'dev')]\nprobe(settings.host())\n",
        ),
        (
            "config.py",
            "class Base:\n    SERVERS = {'api': {'host': '0.0.0.0'}}\n\n    @classmethod\n    def server(cls, name):\n        return cls.SERVERS[name]\n\n    @classmethod\n    def host(cls):\n        return cls.server('api')['host']\n\n\nclass Dev(Base):\n    pass\n\n\nclass Prod(Base):\n    pass\n\n\nCONFIGS = {'dev': Dev, 'prod': Prod}\n",
        ),
    ];
    let (value, trail) = known(&files);
    assert_eq!(value, Known::str("0.0.0.0"));
    assert!(trail.contains(&"config.py:2".to_owned()), "{trail:?}");
}
