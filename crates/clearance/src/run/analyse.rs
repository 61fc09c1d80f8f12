//! From the list of files to findings: read, lower, put together, run the rules.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock},
};

use clearance_attest::AdvisoryDatabase;
use clearance_checks::{Outcome, Settings as RuleSettings};
use clearance_deploy::DeployFile;
use clearance_finding::{
    Dependency, DeploymentKind, EnvironmentLine, Fact, Location, Notice, NoticeKind, Route, Setting,
};
use clearance_models::Models;
use clearance_program::{Document, ModuleInput, Program, TemplateFile};
use clearance_python::{PARSER_FAILED, TextRange, ir::ModuleIr};
use clearance_source::{File, Text, role_from_content, text_of};
use clearance_verdict::{CommentLine, FileLine, FileStatus, acceptance::ConfigAcceptance};
use rayon::prelude::*;

use super::{
    kept::{self, Cache, Leavings, Origin},
    plan::Plan,
    progress::Progress,
    secrets::{self, Redactor},
    sources::{self, Source},
    supply::{Supplies, supplies},
    templates::Templates,
};

/// What the analysis of a target gives.
#[derive(Debug, Default)]
pub(crate) struct Analysis {
    /// Findings, facts and counts of all rules, those that are off included.
    pub(crate) outcome: Outcome,
    /// Every file that was to be analysed.
    pub(crate) files: Vec<FileLine>,
    /// What could not be seen.
    pub(crate) notices: Vec<Notice>,
    /// Comments that may be directives.
    pub(crate) comments: Vec<CommentLine>,
    /// The addresses that the application answers.
    pub(crate) routes: Vec<Route>,
    /// The effective settings.
    pub(crate) settings: Vec<Setting>,
    /// The dependencies.
    pub(crate) dependencies: Vec<Dependency>,
    /// The advisories that they were compared with.
    pub(crate) database: Option<AdvisoryDatabase>,
    /// What is to be said of the advisories; nothing where no file names packages.
    pub(crate) supply: Option<String>,
    /// Whether dependencies were compared with advisories.
    pub(crate) advised: bool,
    /// How many files were searched for credentials, if they were.
    pub(crate) searched: Option<u32>,
    /// Constants in the code that are secret, where a rule marks them.
    pub(crate) constants: Vec<(Location, String)>,
    /// Nothing but credentials was looked for.
    pub(crate) secrets_only: bool,
    /// Credentials that the files of other tools accept.
    pub(crate) accepted: Vec<ConfigAcceptance>,
    /// The environments of the target.
    pub(crate) environments: Vec<EnvironmentLine>,
    /// Calls that take data from outside and are not modelled, if that was asked.
    pub(crate) unmodelled: Vec<UnmodelledCall>,
    /// The files of deployment that were looked at.
    pub(crate) deployment: Vec<(Arc<str>, DeploymentKind)>,
    /// What rules could not decide, and why.
    pub(crate) undecided: Vec<Fact>,
    /// Why the rules could not be run to their end, if they could not.
    pub(crate) failed: Option<String>,
}

/// Calls of one name that are not modelled.
#[derive(Debug, Clone)]
pub(crate) struct UnmodelledCall {
    /// A dotted path, or `.name` of a method.
    pub(crate) name: String,
    pub(crate) places: Vec<Location>,
}

/// Analyses the Python files of `plan` on the current thread pool. With a cache, what is in there is taken over, and what should get in there comes
/// back, too.
pub(crate) fn analyse(
    plan: &Plan,
    cache: Option<Cache>,
    past: &secrets::history::Found,
    progress: &Progress,
) -> (Analysis, Option<Leavings>) {
    let settings = RuleSettings {
        auditor: plan.settings.scopes.iter().any(|scope| scope.audit.value),
        flow: plan.settings.run.flow.value,
        ..RuleSettings::all_rules()
    };
    let (mut analysis, leavings) = of_files(plan, cache, &settings, past, progress);
    analysis.notices.splice(0..0, plan.inventory.notices.iter().cloned());
    (analysis, leavings)
}

fn of_files(
    plan: &Plan,
    cache: Option<Cache>,
    settings: &RuleSettings,
    past: &secrets::history::Found,
    progress: &Progress,
) -> (Analysis, Option<Leavings>) {
    if plan.secrets.only {
        let mut analysis = Analysis { secrets_only: true, ..Analysis::default() };
        secrets::search(plan, Vec::new(), past).join(&plan.secrets, &mut analysis);
        return (analysis, None);
    }
    let mut sources = sources::read(plan, cache.is_some(), progress);
    let seen = sources.iter_mut().map(|source| std::mem::take(&mut source.secrets)).collect();
    let found = secrets::search(plan, seen, past);
    let Templates { files: templates, notices: unseen, lines: pages, comments: remarks } =
        super::templates::templates(&plan.inventory.files, &plan.options);
    // What is told of the templates whatever the rules say is not kept: they are read anyway.
    let with_pages = |mut analysis: Analysis| {
        analysis.files.extend(pages.iter().cloned());
        analysis.comments.extend(remarks.iter().cloned());
        found.clone().join(&plan.secrets, &mut analysis);
        analysis
    };
    let (deployment, unread) = super::deployment::files(&plan.inventory.files, &plan.options);
    let supplies = supplies(plan, plan.now);
    let told = (!supplies.is_empty()).then(|| supplies.told());
    let advised = supplies.has_advisories() && !supplies.is_empty();
    let database = supplies.account();
    let cache = cache.filter(|_| supplies.is_cacheable());
    let beside = kept::Beside {
        templates: &templates,
        deployment: &deployment,
        supplies: &supplies,
        unseen: &[&unseen, &unread],
    };
    let run = cache.as_ref().map(|_| kept::run_key(plan, settings, &sources, beside));
    if let Some(cache) = &cache
        && let Some(run) = &run
        && let Some(mut analysis) = cache.analysis(run, &sources)
    {
        analysis.deployment = kinds_of(&deployment);
        analysis.supply = told;
        analysis.advised = advised;
        analysis.database = database;
        return (with_pages(analysis), None);
    }
    progress.phase("lowering", sources.len());
    // What is known of libraries is read meanwhile.
    let (lowered, _): (Vec<Lowered>, _) = rayon::join(
        || {
            let lower = |buffer: &mut Vec<u8>, source| {
                let lowered = lower(source, cache.as_ref(), buffer);
                progress.step();
                lowered
            };
            sources.into_par_iter().map_init(Vec::new, lower).collect()
        },
        || models(plan, settings.flow),
    );
    let leaking = found.paths();
    let mut analysis = Analysis {
        notices: unseen,
        deployment: kinds_of(&deployment),
        supply: told,
        advised,
        database,
        ..Analysis::default()
    };
    analysis.notices.extend(unread);
    analysis.notices.extend(supplies.notices.iter().cloned());
    let mut modules = Vec::with_capacity(lowered.len());
    let mut origins: Vec<Origin> = Vec::with_capacity(lowered.len());
    for lowered in lowered {
        analysis.files.push(lowered.line);
        analysis.notices.extend(lowered.notices);
        analysis.comments.extend(lowered.comments);
        if let Some(module) = lowered.module {
            let mut origin = lowered.origin;
            // No credential is kept, and the lowered form holds the constants.
            if leaking.contains(&origin.path) {
                origin.key = None;
            }
            origins.push(origin);
            modules.push(module);
        }
    }
    analysis.comments.extend(super::deployment::comments(&deployment));
    if let Some(cache) = &cache {
        cache.tell_modules(&origins);
    }
    let (documents, notices) = super::documents::documents(&modules, &plan.inventory, &plan.options);
    analysis.notices.extend(notices);
    progress.phase("checking", modules.len());
    match guarded(|| examine((modules, documents, templates), &deployment, &supplies, settings, plan)) {
        Ok((program, planes, unmodelled)) => {
            analysis.unmodelled = unmodelled;
            analysis.take(planes);
            super::repairs::look(&mut analysis.outcome.findings, &program, &deployment, plan);
            let told = analysis.constants.clone();
            for origin in &mut origins {
                if told.iter().any(|(place, _)| place.path == origin.path) {
                    origin.key = None;
                }
            }
            let values = found.values().map(|value| value.bytes());
            Redactor::new(values.chain(told.iter().map(|(_, value)| value.as_bytes())))
                .analysis(&mut analysis);
            // What documents say counts as well, and they are not part of the key.
            let Some((cache, run)) = cache.zip(run).filter(|_| !program.imports("connexion")) else {
                // The process ends soon; taking the program apart before would only take time.
                std::mem::forget(program);
                return (with_pages(analysis), None);
            };
            let leavings = Some(Leavings::new(cache, run, program, origins, &analysis));
            (with_pages(analysis), leavings)
        }
        // Whatever the cache may have to do with it, it has nothing to do with it the second time.
        Err(_) if origins.iter().any(|origin| origin.kept) => of_files(plan, None, settings, past, progress),
        Err(message) => {
            analysis.notices.push(Notice {
                path: Arc::from(""),
                line: None,
                kind: NoticeKind::Failed,
                text: format!(
                    "the rules could not be run to their end ({message}); this is a defect, please report it"
                ),
            });
            analysis.failed = Some(message);
            (with_pages(analysis), None)
        }
    }
}

fn kinds_of(files: &[DeployFile]) -> Vec<(Arc<str>, DeploymentKind)> {
    files.iter().map(|file| (Arc::clone(&file.path), file.part())).collect()
}

/// What is known of libraries, by the program and by the project.
pub(crate) fn models(plan: &Plan, flow: bool) -> Arc<Models> {
    static BUILT_IN: [OnceLock<Arc<Models>>; 2] = [OnceLock::new(), OnceLock::new()];
    let paths = || clearance_deploy::paths().chain(clearance_web::paths());
    if plan.models.is_empty() {
        let known = BUILT_IN[usize::from(flow)]
            .get_or_init(|| clearance_checks::models_with(std::iter::empty(), paths(), flow));
        return Arc::clone(known);
    }
    clearance_checks::models_with(plan.models.iter().map(|model| model.library.clone()), paths(), flow)
}

/// What all planes that look at the program give.
struct Planes {
    code: Outcome,
    web: clearance_web::Outcome,
    deploy: clearance_deploy::Outcome,
    supply: clearance_supply::Outcome,
}

impl Analysis {
    /// Puts the planes together.
    fn take(&mut self, planes: Planes) {
        let Planes { mut code, web, mut deploy, supply } = planes;
        self.constants = std::mem::take(&mut code.secrets);
        clearance_deploy::settle(&mut code.findings, &mut deploy.plane.findings);
        self.notices.extend(code.truncated.iter().cloned());
        self.outcome = code;
        for plane in [web.plane, deploy.plane, supply.plane] {
            self.outcome.findings.extend(plane.findings);
            self.outcome.facts.extend(plane.facts);
            self.undecided.extend(plane.undecided);
            self.outcome.examined.extend(plane.examined);
            self.notices.extend(plane.notices);
        }
        self.routes = web.routes;
        self.settings = deploy.settings;
        self.dependencies = supply.dependencies;
        self.environments = deploy.environments;
    }
}

fn examine(
    (modules, documents, templates): (Vec<ModuleInput>, Vec<Document>, Vec<TemplateFile>),
    deployment: &[DeployFile],
    supplies: &Supplies,
    settings: &RuleSettings,
    plan: &Plan,
) -> (Program, Planes, Vec<UnmodelledCall>) {
    let program =
        Program::build_with(modules, documents, models(plan, settings.flow)).with_templates(templates);
    let public: Vec<String> = plan.settings.public.iter().map(|public| public.path.clone()).collect();
    let (code, ((web, deploy), supply)) = rayon::join(
        || clearance_checks::run(&program, settings),
        || {
            rayon::join(
                || {
                    let deploy = clearance_deploy::run(&program, deployment);
                    // Routes are protected by what is in force.
                    (clearance_web::run(&program, &public, &deploy.settings, &deploy.headers), deploy)
                },
                || supplies.run(&program),
            )
        },
    );
    let unmodelled = if plan.explain_unknown { unmodelled(&program) } else { Vec::new() };
    (program, Planes { code, web, deploy, supply }, unmodelled)
}

fn unmodelled(program: &Program) -> Vec<UnmodelledCall> {
    clearance_flow::unmodelled(program)
        .into_iter()
        .map(|call| UnmodelledCall {
            name: call.name,
            places: call
                .sites
                .into_iter()
                .map(|site| program.location(site.module, program.range(site)))
                .collect(),
        })
        .collect()
}

/// One file on its way into the program.
struct Lowered {
    line: FileLine,
    notices: Vec<Notice>,
    comments: Vec<CommentLine>,
    module: Option<ModuleInput>,
    origin: Origin,
}

fn lower(source: Source<'_>, cache: Option<&Cache>, buffer: &mut Vec<u8>) -> Lowered {
    let Source { file, bytes, key, .. } = source;
    let mut lowered = Lowered {
        line: FileLine {
            path: Arc::clone(&file.path),
            role: file.role.as_str(),
            kind: file.kind.as_str(),
            status: FileStatus::Unreadable,
            lines: 0,
        },
        notices: Vec::new(),
        comments: Vec::new(),
        module: None,
        origin: Origin { path: Arc::clone(&file.path), key, kept: false, failed: false },
    };
    let text = match bytes.and_then(|bytes| text_of(Arc::clone(&file.path), bytes, file.kind)) {
        Ok(text) => text,
        Err(notice) => {
            if notice.kind == NoticeKind::Skipped {
                lowered.line.status = FileStatus::Skipped;
            }
            lowered.notices.push(notice);
            return lowered;
        }
    };
    lowered.line.lines = lines(&text);
    lowered.notices.extend(text.notice.clone());
    let role = if file.role_is_given { file.role } else { role_from_content(file.role, &text.text) };
    lowered.line.role = role.as_str();
    let kept = cache.zip(key).and_then(|(cache, key)| cache.module(&key, buffer));
    lowered.origin.kept = kept.is_some();
    let ir = match kept.map_or_else(|| guarded(|| super::front::lower(&text)), Ok) {
        Ok(ir) => ir,
        Err(message) => {
            lowered.notices.push(Notice {
                path: Arc::clone(&file.path),
                line: None,
                kind: NoticeKind::Failed,
                text: format!("could not be analysed ({message}); this is a defect, please report it"),
            });
            return lowered;
        }
    };
    lowered.origin.failed = ir.truncated == Some(PARSER_FAILED);
    lowered.notices.extend(notices(file, &text, &ir));
    let is_blind = lowered.notices.iter().any(|notice| notice.kind.is_blind_spot());
    lowered.line.status = if is_blind { FileStatus::Partial } else { FileStatus::Analysed };
    lowered.comments = comments(file, &text, &ir);
    lowered.module = Some(ModuleInput {
        path: Arc::clone(&file.path),
        role,
        text: text.text,
        line_starts: text.line_starts,
        ir,
    });
    lowered
}

/// Runs `work`; the message of a panic, if there is one. A panic is a defect of this program and must not take the run with it.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned());
        text.map_or("no message".to_owned(), |text| text.lines().next().unwrap_or_default().to_owned())
    })
}

/// Lines of text, as a person counts them: a final line end opens no further line.
pub(super) fn lines(text: &Text) -> u32 {
    let starts = text.line_starts.len();
    let last_is_empty = text.line_starts.last().is_some_and(|&start| start as usize >= text.text.len());
    u32::try_from(if last_is_empty { starts - 1 } else { starts }).unwrap_or(u32::MAX)
}

fn line_of(text: &Text, offset: u32) -> u32 {
    text.line_starts.partition_point(|&start| start <= offset) as u32
}

/// What of the file is not in its module.
fn notices(file: &File, text: &Text, ir: &ModuleIr) -> Vec<Notice> {
    let mut notices = Vec::new();
    if let Some(first) = ir.errors.first() {
        let more = match ir.errors.len() {
            1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        notices.push(Notice {
            path: Arc::clone(&file.path),
            line: Some(line_of(text, first.range.start().into())),
            kind: NoticeKind::Partial,
            text: format!(
                "syntax error: {}{more}; the rest was analysed: correct or exclude the file",
                first.message
            ),
        });
    }
    if let Some(bound) = ir.truncated {
        notices.push(Notice {
            path: Arc::clone(&file.path),
            line: None,
            kind: NoticeKind::Truncated,
            text: format!("analysed in part: {bound}"),
        });
    }
    notices
}

fn comments(file: &File, text: &Text, ir: &ModuleIr) -> Vec<CommentLine> {
    let offsets = |range: TextRange| (u32::from(range.start()), u32::from(range.end()));
    ir.comments
        .iter()
        .map(|comment| {
            let (start, end) = offsets(comment.range);
            let (first, last) = offsets(comment.statement);
            CommentLine {
                path: Arc::clone(&file.path),
                line: line_of(text, start),
                own_line: comment.own_line,
                text: text.text.get(start as usize..end as usize).unwrap_or_default().to_owned(),
                statement_lines: (line_of(text, first), line_of(text, last.max(first + 1) - 1)),
                location: Location::in_text(
                    Arc::clone(&file.path),
                    &text.text,
                    &text.line_starts,
                    (start, end),
                ),
            }
        })
        .collect()
}
