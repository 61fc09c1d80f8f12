//! Lowers every Python file below a folder and prints how long that takes and how large the result is.
//!
//! `throughput FOLDER [--verify] [--repeat=N] [--sizes] [--parse] [--keep] [--dump]`; with `--verify`, also checks every result; with `--dump`, prints it;
//! with `--parse`, measures the parser alone first; with `--keep`, also what taking the modules to bytes and back costs.

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use clearance_python::{Input, decode, dump, dump_with_source, encode, lower_module, verify};
use rayon::prelude::*;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(root) = arguments.iter().find(|argument| !argument.starts_with("--")) else {
        println!(
            "usage: throughput FOLDER|FILE [--verify] [--dump] [--sizes] [--parse] [--keep] [--repeat=N]"
        );
        return;
    };
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let repeat = arguments.iter().find_map(|argument| argument.strip_prefix("--repeat=")?.parse().ok());
    let mut paths = Vec::new();
    collect(Path::new(root), &mut paths);
    paths.sort();
    let read =
        |path: &PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    let mut texts: Vec<(PathBuf, String)> =
        paths.into_par_iter().map(|path| (path.clone(), read(&path))).collect();
    // The longest files first, so that no thread ends late.
    texts.sort_by_key(|(_, text)| std::cmp::Reverse(text.len()));
    if has("--dump") {
        for (_, text) in &texts {
            let mut out = String::new();
            let module = lower_module(Input { text, ..Input::default() });
            if dump_with_source(&module, text, &mut out).is_ok() {
                println!("{out}");
            }
            println!("{:?}", verify(&module));
        }
        return;
    }
    if has("--parse") {
        let start = Instant::now();
        texts.par_iter().with_max_len(1).for_each(|(_, text)| {
            let options = ruff_python_parser::ParseOptions::from(ruff_python_parser::Mode::Module);
            std::hint::black_box(ruff_python_parser::parse_unchecked(text, options));
        });
        println!("parsing alone: {:.3} s", start.elapsed().as_secs_f64());
    }
    let lines: usize = texts.iter().map(|(_, text)| text.lines().count()).sum();
    for _ in 0..repeat.unwrap_or(1) {
        let (errors, truncated, insts, blocks) =
            (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let start = Instant::now();
        let modules: Vec<_> = texts
            .par_iter()
            .with_max_len(1)
            .map(|(path, text)| {
                let module = lower_module(Input { text, ..Input::default() });
                errors.fetch_add(module.errors.len(), Ordering::Relaxed);
                insts.fetch_add(module.insts.len(), Ordering::Relaxed);
                blocks.fetch_add(module.blocks.len(), Ordering::Relaxed);
                if let Some(why) = module.truncated {
                    truncated.fetch_add(1, Ordering::Relaxed);
                    println!("{}: {why}", path.display());
                }
                module
            })
            .collect();
        let elapsed = start.elapsed();
        if has("--verify") {
            modules.par_iter().zip(&texts).for_each(|(module, (path, _))| {
                if let Err(error) = verify(module) {
                    println!("{}: {error}", path.display());
                }
            });
        }
        if has("--sizes") {
            let sum = |size: fn(&clearance_python::ir::ModuleIr) -> usize| {
                modules.iter().map(size).sum::<usize>() as f64 / 1e6
            };
            println!(
                "MB: insts {:.1}, blocks {:.1}, functions {:.1}, lists {:.1}, args {:.1}, bindings {:.1}, names {:.1}, texts {:.1}",
                sum(|module| module.insts.capacity() * size_of::<clearance_python::ir::Inst>()),
                sum(|module| module.blocks.capacity() * size_of::<clearance_python::ir::BlockData>()),
                sum(|module| module.functions.capacity() * size_of::<clearance_python::ir::Function>()),
                sum(|module| module.lists.capacity() * size_of::<clearance_python::ir::Value>()),
                sum(|module| module.args.capacity() * size_of::<clearance_python::ir::Arg>()),
                sum(|module| module.bindings.capacity() * size_of::<clearance_python::ir::Binding>()),
                sum(|module| module.names.memory()),
                sum(|module| module.texts.memory()),
            );
        }
        if has("--keep") {
            let start = Instant::now();
            let kept: Vec<_> = modules.par_iter().with_max_len(1).map(encode).collect();
            let written = start.elapsed();
            let start = Instant::now();
            let back: Vec<_> =
                kept.par_iter().with_max_len(1).map(|bytes| decode(bytes.as_deref()?)).collect();
            println!(
                "kept: {:.1} MB, made in {:.3} s, taken over in {:.3} s, {} not",
                kept.iter().flatten().map(Vec::len).sum::<usize>() as f64 / 1e6,
                written.as_secs_f64(),
                start.elapsed().as_secs_f64(),
                back.iter().filter(|module| module.is_none()).count(),
            );
            if has("--verify") {
                let shown = |module| {
                    let mut text = String::new();
                    dump(module, &mut text).map(|()| text)
                };
                let same = |a, b| shown(a) == shown(b);
                let other = modules.par_iter().zip(&back).filter(|(module, back)| {
                    back.as_ref().is_some_and(|back| !same(module, back) || verify(back).is_err())
                });
                println!("kept: {} differ", other.count());
            }
        }
        let bytes: usize = modules.iter().map(clearance_python::ir::ModuleIr::memory).sum();
        println!(
            "{} files, {lines} lines, {:.3} s, {:.1} MB of IR, {} instructions, {} blocks, {} syntax errors, {} truncated",
            texts.len(),
            elapsed.as_secs_f64(),
            bytes as f64 / 1e6,
            insts.into_inner(),
            blocks.into_inner(),
            errors.into_inner(),
            truncated.into_inner(),
        );
    }
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let Ok(entries) = std::fs::read_dir(path) else {
            return;
        };
        for entry in entries.flatten() {
            if entry.file_type().is_ok_and(|kind| !kind.is_symlink()) {
                collect(&entry.path(), found);
            }
        }
    } else if path.extension().is_some_and(|extension| extension == "py") {
        found.push(path.to_owned());
    }
}
