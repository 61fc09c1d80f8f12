//! Small Python web applications made from bytes: modules that import one another, sources, sinks, checks, loops, recursion, classes and closures. What comes
//! out is always syntactically right; whether it makes sense is not asked.

use arbitrary::{Result, Unstructured};

/// Statements of one program.
const MAX_STATEMENTS: u32 = 160;
/// Expressions inside expressions.
const MAX_DEPTH: u32 = 4;
/// Blocks inside blocks.
const MAX_BLOCKS: u32 = 4;

const HEADER: &str = "\
import html
import os
import pickle
import re
import shlex
import sqlite3
import subprocess
from flask import Flask, redirect, render_template, render_template_string, request, session
from markupsafe import Markup
";

/// The files of a program: path and text.
pub(crate) fn program(bytes: &[u8]) -> Vec<(String, String)> {
    let mut u = Unstructured::new(bytes);
    let count = u.int_in_range(1..=4).unwrap_or(1);
    let mut budget = MAX_STATEMENTS;
    let mut files: Vec<(String, String)> = (0..count)
        .map(|number| {
            let mut module = Module {
                u: &mut u,
                out: String::new(),
                indent: 0,
                count,
                budget: &mut budget,
                blocks: 0,
                place: Place::default(),
            };
            // When the bytes run out, what is there is closed.
            let _ = module.write(number);
            (format!("app/m{number}.py"), module.out)
        })
        .collect();
    for number in 0..PAGES {
        files.push((format!("app/templates/p{number}.html"), page(&mut u)));
    }
    files
}

/// Templates of one program; the code names them all.
const PAGES: u32 = 2;
/// Pieces of one template.
const MAX_PIECES: u32 = 60;
/// What templates are made of, sound or not.
const PIECES: &[&str] = &[
    "{{ a }}",
    "{{ a|safe }}",
    "{{ b.c|tojson }}",
    "{{ m(a) }}",
    "{{ super() }}",
    "{{ a[0] ~ 'x' }}",
    "{% if a %}",
    "{% else %}",
    "{% endif %}",
    "{% for a in b %}",
    "{% endfor %}",
    "{% block x %}",
    "{% endblock %}",
    "{% macro m(a) %}",
    "{% endmacro %}",
    "{% autoescape false %}",
    "{% endautoescape %}",
    "{% set a = b %}",
    "{% with a=b %}",
    "{% endwith %}",
    "{% extends 'p0.html' %}",
    "{% include 'p1.html' %}",
    "{% from 'p1.html' import m %}",
    "{% raw %}",
    "{% endraw %}",
    "{% csrf_token %}",
    "{# clearance: accept[template-unsafe-filter] x #}",
    "<a href=\"",
    "<a href=",
    "<p onclick='",
    "<p style=\"",
    "<form method=post>",
    "</form>",
    "<script>",
    "</script>",
    "<style>",
    "</style>",
    "<!--",
    "-->",
    "\"",
    "'",
    ">",
    " ",
    "\n",
    "{{",
    "{%",
    "{#",
    "}}",
    "é",
];

fn page(u: &mut Unstructured<'_>) -> String {
    let mut text = String::new();
    for _ in 0..u.int_in_range(0..=MAX_PIECES).unwrap_or(0) {
        let Ok(piece) = u.choose(PIECES) else { break };
        text.push_str(piece);
    }
    text
}

#[derive(Default, Clone, Copy)]
struct Place {
    function: bool,
    generator: bool,
    looped: bool,
    method: bool,
}

struct Module<'a, 'b> {
    u: &'a mut Unstructured<'b>,
    out: String,
    indent: usize,
    count: u32,
    budget: &'a mut u32,
    blocks: u32,
    place: Place,
}

impl Module<'_, '_> {
    fn write(&mut self, own: u32) -> Result<()> {
        self.out.push_str(HEADER);
        for other in (0..self.count).filter(|other| *other != own) {
            match self.pick(4)? {
                0 => self.line(&format!("from app import m{other}")),
                1 => self.line(&format!("from app.m{other} import f0, f1, C0")),
                2 => self.line(&format!("from .m{other} import *")),
                _ => self.line(&format!("import app.m{other} as m{other}")),
            }
        }
        self.line("app = Flask(__name__)");
        self.line("v0 = {'a': 'b', 'c': 1}");
        for number in 0..self.u.int_in_range(1..=4)? {
            match self.pick(4)? {
                0 => self.class(number)?,
                1 => self.statement()?,
                2 => self.view(number)?,
                _ => self.function(&format!("f{number}"), false)?,
            }
        }
        Ok(())
    }

    fn pick(&mut self, of: u32) -> Result<u32> {
        self.u.int_in_range(0..=of - 1)
    }

    fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.out.push_str("    ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn name(&mut self) -> Result<String> {
        Ok(format!("v{}", self.pick(6)?))
    }

    fn view(&mut self, number: u32) -> Result<()> {
        let path = ["/", "/<name>", "/<int:v1>/<path:v2>"][self.pick(3)? as usize];
        self.line(&format!("@app.route('{path}', methods=['GET', 'POST'])"));
        self.function(&format!("view{number}"), false)
    }

    fn function(&mut self, name: &str, method: bool) -> Result<()> {
        let before = self.place;
        let generator = self.pick(8)? == 0;
        let head = if self.pick(10)? == 0 && !generator { "async def" } else { "def" };
        let own = if method { "self, " } else { "" };
        let params = match self.pick(5)? {
            0 => "v1, v2".to_owned(),
            1 => "v1, v2=None, *v3, **v4".to_owned(),
            2 => "v1: str, v2: int = 3".to_owned(),
            3 => "v1, /, v2, *, v3=1".to_owned(),
            _ => "name=None, v1=None, v2=None".to_owned(),
        };
        self.line(&format!("{head} {name}({own}{params}):"));
        self.place = Place { function: true, generator, looped: false, method };
        let done = self.block();
        self.place = before;
        done
    }

    fn class(&mut self, number: u32) -> Result<()> {
        let base = match self.pick(4)? {
            0 => String::new(),
            1 => format!("(C{})", self.pick(3)?),
            2 => format!("(m{}.C0)", self.pick(self.count)?),
            _ => "(dict)".to_owned(),
        };
        self.line(&format!("class C{number}{base}:"));
        self.indent += 1;
        let before = std::mem::take(&mut self.place);
        self.line("v1 = 'a'");
        let done = self.methods();
        self.indent -= 1;
        self.place = before;
        done
    }

    fn methods(&mut self) -> Result<()> {
        for _ in 0..self.pick(4)? {
            let name = ["__init__", "__call__", "__getitem__", "__enter__", "f0", "f1", "get", "__add__"]
                [self.pick(8)? as usize];
            match self.pick(6)? {
                0 => self.line("@property"),
                1 => self.line("@classmethod"),
                2 => self.line("@staticmethod"),
                _ => {}
            }
            self.function(name, true)?;
        }
        Ok(())
    }

    /// An indented block; there is something in it whatever happens.
    fn block(&mut self) -> Result<()> {
        self.indent += 1;
        self.blocks += 1;
        let done = self.statements();
        self.line("pass");
        self.blocks -= 1;
        self.indent -= 1;
        done
    }

    fn statements(&mut self) -> Result<()> {
        for _ in 0..self.u.int_in_range(1..=5)? {
            self.statement()?;
        }
        Ok(())
    }

    fn looped(&mut self) -> Result<()> {
        let before = self.place.looped;
        self.place.looped = true;
        let done = self.block();
        self.place.looped = before;
        done
    }

    fn statement(&mut self) -> Result<()> {
        if *self.budget == 0 {
            return Ok(());
        }
        *self.budget -= 1;
        let deep = self.blocks >= MAX_BLOCKS;
        match self.pick(if deep { 12 } else { 22 })? {
            0 | 1 => {
                let (name, value) = (self.name()?, self.expression(0)?);
                self.line(&format!("{name} = {value}"));
            }
            2 => self.sink()?,
            3 => {
                let (name, value) = (self.name()?, self.expression(0)?);
                self.line(&format!("{name} += {value}"));
            }
            4 => {
                let (base, value) = (self.name()?, self.expression(0)?);
                let base = if self.place.method && self.pick(2)? == 0 { "self".to_owned() } else { base };
                let number = self.pick(3)?;
                self.line(&format!("{base}.a{number} = {value}"));
            }
            5 => {
                let (base, key, value) = (self.name()?, self.expression(2)?, self.expression(0)?);
                self.line(&format!("{base}[{key}] = {value}"));
            }
            6 => {
                let (first, second, value) = (self.name()?, self.name()?, self.expression(0)?);
                self.line(&format!("{first}, *{second} = {value}"));
            }
            7 if self.place.function && !self.place.generator => {
                let value = self.expression(0)?;
                self.line(&format!("return {value}"));
            }
            7 | 8 => {
                let value = self.expression(0)?;
                let call =
                    ["append", "update", "extend", "pop", "setdefault", "clear"][self.pick(6)? as usize];
                let name = self.name()?;
                self.line(&format!("{name}.{call}({value})"));
            }
            9 if self.place.looped => {
                let word = ["break", "continue"][self.pick(2)? as usize];
                self.line(word);
            }
            9 | 10 => {
                let value = self.expression(0)?;
                self.line(&value);
            }
            11 => {
                let value = self.expression(1)?;
                let word = ["assert", "del v5; assert", "raise ValueError from"][self.pick(3)? as usize];
                self.line(&format!("{word} {value}"));
            }
            12 | 13 => {
                let condition = self.condition()?;
                self.line(&format!("if {condition}:"));
                self.block()?;
                if self.pick(2)? == 0 {
                    self.line("else:");
                    self.block()?;
                }
            }
            14 => {
                let (name, value) = (self.name()?, self.expression(0)?);
                self.line(&format!("for {name} in {value}:"));
                self.looped()?;
            }
            15 => {
                let condition = self.condition()?;
                self.line(&format!("while {condition}:"));
                self.looped()?;
            }
            16 => {
                self.line("try:");
                self.block()?;
                self.line("except (ValueError, KeyError) as v4:");
                self.block()?;
                if self.pick(2)? == 0 {
                    self.line("finally:");
                    let looped = std::mem::take(&mut self.place.looped);
                    self.block()?;
                    self.place.looped = looped;
                }
            }
            17 => {
                let (name, value) = (self.name()?, self.expression(0)?);
                self.line(&format!("with {value} as {name}:"));
                self.block()?;
            }
            18 => {
                let value = self.expression(0)?;
                self.line(&format!("match {value}:"));
                self.indent += 1;
                let arms = self.arms();
                self.indent -= 1;
                arms?;
            }
            19 => {
                let name = format!("f{}", self.pick(4)?);
                self.function(&name, false)?;
            }
            20 if self.place.function => {
                self.line("global v5");
            }
            _ => {
                let number = self.pick(3)?;
                self.class(number)?;
            }
        }
        Ok(())
    }

    fn arms(&mut self) -> Result<()> {
        for pattern in
            ["case 'a' | 1:", "case {'k': v1, **v2}:", "case [v3, *v4]:", "case C0(a0=v1) if v1:", "case _:"]
        {
            if pattern == "case _:" || self.pick(2).unwrap_or(0) == 0 {
                self.line(pattern);
                self.block()?;
            }
        }
        Ok(())
    }

    fn condition(&mut self) -> Result<String> {
        let value = self.expression(2)?;
        Ok(match self.pick(9)? {
            0 => format!("re.fullmatch('[a-z]+', {value})"),
            1 => format!("{value} in ('a', 'b')"),
            2 => format!("{value} not in v0"),
            3 => format!("isinstance({value}, str)"),
            4 => format!("{value}.startswith('/srv/')"),
            5 => format!("not {value}.isalnum()"),
            6 => format!("{value} is None"),
            7 => format!("({value} == 'a' and v1 or f0({value}))"),
            _ => value,
        })
    }

    fn sink(&mut self) -> Result<()> {
        let value = self.expression(0)?;
        let text = match self.pick(11)? {
            0 => format!("os.system({value})"),
            1 => format!("subprocess.run({value}, shell=True)"),
            2 => format!("sqlite3.connect('x').execute({value}, (v1,))"),
            3 => format!("eval({value})"),
            4 => format!("open('/srv/' + {value})"),
            5 => format!("v2 = redirect({value})"),
            6 => format!("v3 = pickle.loads({value})"),
            7 => format!("v2 = render_template_string({value}, v1=v1)"),
            8 => format!("v2 = render_template('p0.html', a={value}, b=v1)"),
            9 => format!("v2 = render_template('p1.html', a=v1, b={value})"),
            _ => format!("v1 = Markup({value})"),
        };
        self.line(&text);
        Ok(())
    }

    fn expression(&mut self, depth: u32) -> Result<String> {
        if depth >= MAX_DEPTH {
            return self.leaf();
        }
        let depth = depth + 1;
        Ok(match self.pick(30)? {
            0..=4 => self.leaf()?,
            5 => format!("({} + {})", self.expression(depth)?, self.expression(depth)?),
            6 => format!("f'a {{{}}} {{v1!r:>3}}'", self.name()?),
            7 => format!("('%s b' % {})", self.expression(depth)?),
            8 => format!("'{{}} {{a}}'.format({}, a=v1)", self.expression(depth)?),
            9 => format!("', '.join({})", self.expression(depth)?),
            10 => format!("[{}, {}]", self.expression(depth)?, self.expression(depth)?),
            11 => format!("{{'a': {}, **v0}}", self.expression(depth)?),
            12 => format!("({}, {})", self.expression(depth)?, self.leaf()?),
            13 => format!("f{}({}, v2={})", self.pick(4)?, self.expression(depth)?, self.leaf()?),
            14 => format!("m{}.f{}(*{}, **v4)", self.pick(self.count)?, self.pick(4)?, self.name()?),
            15 => format!("C{}({})", self.pick(3)?, self.expression(depth)?),
            16 => format!("{}.f{}({})", self.name()?, self.pick(2)?, self.expression(depth)?),
            17 => format!("{}.a{}", self.name()?, self.pick(3)?),
            18 => format!("{}[{}]", self.name()?, self.expression(depth)?),
            19 => format!("{}[1:{}]", self.name()?, self.leaf()?),
            20 => format!("(lambda v1, v2=None: {})", self.expression(depth)?),
            21 => format!("[{} for v1 in {} if v1]", self.expression(depth)?, self.expression(depth)?),
            22 => format!("{{v1: {} for v1, v2 in {}}}", self.leaf()?, self.expression(depth)?),
            23 => {
                format!("({} if {} else {})", self.expression(depth)?, self.leaf()?, self.expression(depth)?)
            }
            24 => format!("({} or {} and {})", self.leaf()?, self.expression(depth)?, self.leaf()?),
            25 => format!("str({}).replace('a', {})", self.expression(depth)?, self.leaf()?),
            26 => {
                let clean = ["int", "html.escape", "shlex.quote", "os.path.basename", "len", "sorted"]
                    [self.pick(6)? as usize];
                format!("{clean}({})", self.expression(depth)?)
            }
            27 => format!("list(map({}, {}))", self.leaf()?, self.expression(depth)?),
            28 if self.place.generator => format!("(yield {})", self.expression(depth)?),
            29 if self.place.method => format!("super().f0({})", self.expression(depth)?),
            _ => format!("getattr({}, 'a0', {})", self.name()?, self.leaf()?),
        })
    }

    fn leaf(&mut self) -> Result<String> {
        Ok(match self.pick(14)? {
            0..=4 => self.name()?,
            5 => "request.args['a']".to_owned(),
            6 => "request.form.get('b', 'c')".to_owned(),
            7 => "os.environ.get('HOME', '')".to_owned(),
            8 => "'select a from b where c = '".to_owned(),
            9 => format!("({})", self.pick(300)?),
            10 => "None".to_owned(),
            11 => format!("f{}", self.pick(4)?),
            12 if self.place.method => "self".to_owned(),
            _ => "session['u']".to_owned(),
        })
    }
}
