//! Fills the shapes of the contract from an assessment.

use clearance_finding::{
    EnvironmentLine, Exploitation, Finding, Judgement, Location, Notice, Severity, Step,
};
use clearance_verdict::{
    Assessment, Control, Dependency, FileLine, Plan, PlanStep, Protection, Route, Setting, StandardRow,
};

use super::{
    baseline::BaselineShape,
    change::ChangeShape,
    shapes::{
        AcceptanceShape, AdvisoryShape, AsvsShape, CodeShape, ControlShape, CoverageShape, CweShape,
        DependencyShape, Document, Each, EditShape, EnvironmentShape, EnvironmentValueShape,
        ExploitationShape, FileShape, FindingShape, FixShape, ForecastShape, HeaderShape, HiddenShape,
        LabelShape, MilestoneShape, NoticeShape, PackageShape, PlanShape, PlanStepShape, PlaneShape,
        PolicyShape, ProtectionShape, RouteShape, SettingShape, SeverityShape, StandardShape, StepShape,
        TotalsShape, UploadPartsShape, UploadShape,
    },
};
use crate::words;

impl<'a> Document<'a> {
    pub(super) fn of(assessment: &'a Assessment) -> Self {
        let policy = &assessment.policy;
        let print = |index: &usize| assessment.findings[*index].fingerprint.to_string();
        Self {
            schema: "clearance/1",
            decision: assessment.decision.as_str(),
            reasons: assessment.reasons.iter().map(|reason| reason.text.as_str()).collect(),
            profile: policy.profile.as_str(),
            policy: PolicyShape {
                blocking: policy.blocking.as_str(),
                warning: policy.warning.as_str(),
                blocking_confidence: policy.blocking_confidence.as_str(),
                warning_confidence: policy.warning_confidence.as_str(),
                fail_on: policy.fail_on.as_str(),
            },
            header: header(assessment),
            coverage: coverage(assessment),
            planes: assessment
                .planes
                .iter()
                .map(|run| PlaneShape {
                    name: run.plane.as_str(),
                    status: run.status.as_str(),
                    why: &run.why,
                })
                .collect(),
            capabilities: assessment.capabilities.iter().map(|capability| capability.as_str()).collect(),
            totals: totals(assessment),
            findings: Each { items: &assessment.findings, shape: finding },
            controls: assessment.controls.iter().map(|item| control(item, assessment)).collect(),
            owasp_2021: assessment.owasp_2021.iter().map(|row| standard(row, assessment)).collect(),
            owasp_2025: assessment.owasp_2025.iter().map(|row| standard(row, assessment)).collect(),
            asvs: assessment
                .asvs
                .iter()
                .map(|requirement| AsvsShape {
                    id: &requirement.row.id,
                    level: requirement.level,
                    status: requirement.row.status.as_str(),
                    controls: requirement
                        .row
                        .controls
                        .iter()
                        .map(|&at| assessment.controls[at].definition.id.as_str())
                        .collect(),
                })
                .collect(),
            cwe: assessment
                .cwe
                .iter()
                .map(|row| CweShape {
                    id: format!("CWE-{}", row.cwe),
                    open: row.open,
                    accepted: row.accepted,
                    rules: &row.rules,
                })
                .collect(),
            plan: plan(&assessment.plan, &print),
            routes: assessment.routes.iter().map(route).collect(),
            environments: assessment.environments.iter().map(environment).collect(),
            settings: assessment.settings.iter().map(setting).collect(),
            dependencies: assessment.dependencies.iter().map(dependency).collect(),
            files: assessment.files.iter().map(file).collect(),
            hidden: assessment
                .hidden
                .iter()
                .map(|entry| HiddenShape {
                    rule: entry.rule.id,
                    severity: entry.severity.as_str(),
                    by: entry.by.as_str(),
                    count: entry.count,
                })
                .collect(),
            change: assessment.change.as_ref().map(|change| ChangeShape::of(change, assessment)),
            baseline: assessment.baseline.as_ref().map(|standing| BaselineShape::of(standing, assessment)),
        }
    }
}

fn header(assessment: &Assessment) -> HeaderShape<'_> {
    let header = &assessment.header;
    HeaderShape {
        tool: "clearance",
        version: &header.tool_version,
        rule_set: &header.rule_set,
        target: &header.target,
        commit: header.commit.as_deref(),
        dirty: header.dirty,
        time: header.time.to_string(),
        duration_ms: header.duration.as_millis(),
        command: &header.command,
    }
}

fn coverage(assessment: &Assessment) -> CoverageShape<'_> {
    fn paths(notices: &[Notice]) -> Vec<&str> {
        let mut paths: Vec<&str> = notices.iter().map(|notice| &*notice.path).collect();
        paths.dedup();
        paths
    }
    let coverage = &assessment.coverage;
    let mut partial = paths(&coverage.partial);
    partial.extend(coverage.unexplained.iter().map(String::as_str));
    let notices = coverage.blind_spots().chain(&coverage.skipped);
    CoverageShape {
        files: coverage.files,
        analysed: coverage.analysed,
        whole: coverage.whole,
        lines: coverage.lines,
        complete: assessment.is_complete(),
        partial,
        unreadable: paths(&coverage.unreadable),
        truncated: paths(&coverage.truncated),
        failed: paths(&coverage.failed),
        skipped: paths(&coverage.skipped).into_iter().filter(|path| !path.is_empty()).collect(),
        notices: notices
            .map(|notice| NoticeShape {
                path: &notice.path,
                line: notice.line,
                kind: notice.kind.as_str(),
                text: &notice.text,
            })
            .collect(),
    }
}

fn totals(assessment: &Assessment) -> TotalsShape {
    let totals = &assessment.totals;
    TotalsShape {
        open: totals.open(),
        accepted: totals.accepted(),
        blocking: assessment.blocking().count(),
        warning: assessment.warning().count(),
        by_severity: Severity::ALL
            .iter()
            .rev()
            .map(|&severity| SeverityShape {
                severity: severity.as_str(),
                open: totals.severity(severity),
                accepted: totals.accepted_at(severity),
            })
            .collect(),
    }
}

fn finding(index: usize, finding: &Finding) -> FindingShape<'_> {
    let location = &finding.location;
    FindingShape {
        number: index + 1,
        rule: finding.rule.id,
        title: finding.rule.title,
        severity: finding.severity.as_str(),
        severity_reason: &finding.severity_reason,
        confidence: finding.confidence.as_str(),
        plane: finding.rule.plane.as_str(),
        path: &location.path,
        line: location.start.line,
        column: location.start.column,
        end_line: location.end.line,
        end_column: location.end.column,
        message: &finding.message,
        cwe: words::cwe(finding),
        owasp: words::owasp(finding),
        aliases: finding.rule.aliases,
        symbol: &finding.symbol,
        fingerprint: finding.fingerprint.to_string(),
        code: code(location),
        labels: finding
            .labels
            .iter()
            .map(|label| LabelShape {
                path: &label.location.path,
                line: label.location.start.line,
                column: label.location.start.column,
                end_line: label.location.end.line,
                end_column: label.location.end.column,
                text: &label.text,
            })
            .collect(),
        trace: finding.trace.iter().map(|taken| trace_step(&taken.location, &taken.note)).collect(),
        also: finding.also.iter().map(|other| trace_step(&other.location, &other.note)).collect(),
        effort_minutes: finding.rule.effort_minutes,
        advice: words::advice(finding),
        fix: finding.fix.as_ref().map(|fix| FixShape {
            title: &fix.title,
            safe: fix.safe,
            path: fix.path.as_deref(),
            edits: fix
                .edits
                .iter()
                .map(|edit| EditShape { start: edit.start, end: edit.end, text: &edit.text })
                .collect(),
        }),
        package: finding.package.as_deref().map(|package| PackageShape {
            ecosystem: &package.ecosystem,
            name: &package.name,
            version: package.version.as_deref(),
            ids: &package.ids,
            fixed: &package.fixed,
            exploitation: exploitation(package.exploitation),
        }),
        acceptance: finding.acceptance.as_ref().map(|acceptance| AcceptanceShape {
            by: &acceptance.by,
            path: acceptance.location.as_ref().map(|location| &*location.path),
            line: acceptance.location.as_ref().map(|location| location.start.line),
            reason: acceptance.reason.as_deref(),
            until: acceptance.until.as_deref(),
            judged: finding.judged.map(Judgement::as_str),
        }),
    }
}

fn exploitation(exploitation: Exploitation) -> ExploitationShape {
    ExploitationShape {
        known_exploited: exploitation.known_exploited,
        epss: exploitation.epss.map(|forecast| ForecastShape {
            probability: forecast.probability(),
            percentile: forecast.percentile(),
        }),
    }
}

fn step<'a>(location: &'a Location, note: &'a str) -> StepShape<'a> {
    StepShape {
        path: &location.path,
        line: location.start.line,
        column: location.start.column,
        end_line: None,
        end_column: None,
        code: None,
        note,
    }
}

/// A step of a finding's trace. The code of a setting's provenance is not told: it may hold a secret.
fn trace_step<'a>(location: &'a Location, note: &'a str) -> StepShape<'a> {
    StepShape {
        end_line: Some(location.end.line),
        end_column: Some(location.end.column),
        code: Some(code(location)),
        ..step(location, note)
    }
}

fn code(location: &Location) -> Vec<CodeShape<'_>> {
    location.code.iter().map(|line| CodeShape { line: line.number, text: &line.text }).collect()
}

fn control<'a>(control: &'a Control, assessment: &'a Assessment) -> ControlShape<'a> {
    let definition = control.definition;
    ControlShape {
        id: &definition.id,
        title: &definition.title,
        category: definition.category.as_str(),
        level: control.level.as_str(),
        status: control.status.as_str(),
        evidence: control
            .evidence
            .iter()
            .map(|line| match &line.location {
                Some(location) => format!("{} at {}", line.text, words::place(location)),
                None => line.text.clone(),
            })
            .collect(),
        findings: control
            .findings
            .iter()
            .map(|&index| assessment.findings[index].fingerprint.to_string())
            .collect(),
        owasp_2021: &definition.owasp_2021,
        owasp_2025: &definition.owasp_2025,
        asvs: &definition.asvs,
        cwe: definition.cwe.iter().map(|cwe| format!("CWE-{cwe}")).collect(),
        effort_minutes: definition.effort_minutes,
        to_verify: control.to_verify.as_deref(),
    }
}

fn standard<'a>(row: &'a StandardRow, assessment: &'a Assessment) -> StandardShape<'a> {
    StandardShape {
        id: &row.id,
        title: row.title,
        status: row.status.as_str(),
        evidence: &row.evidence,
        controls: row.controls.iter().map(|&at| assessment.controls[at].definition.id.as_str()).collect(),
        findings: row.findings.iter().map(|&at| assessment.findings[at].fingerprint.to_string()).collect(),
    }
}

fn plan<'a>(plan: &'a Plan, print: &dyn Fn(&usize) -> String) -> PlanShape<'a> {
    let step = |step: &'a PlanStep| PlanStepShape {
        title: &step.title,
        findings: step.findings.iter().map(print).collect(),
        controls: &step.controls,
        minutes: step.minutes,
    };
    PlanShape {
        minutes: plan.minutes(),
        steps: plan.steps.iter().map(step).collect(),
        milestones: plan
            .milestones
            .iter()
            .map(|milestone| MilestoneShape {
                decision: milestone.decision.as_str(),
                after: milestone.after,
                minutes: milestone.minutes,
            })
            .collect(),
    }
}

fn route(route: &Route) -> RouteShape<'_> {
    fn protection(protection: &Protection) -> ProtectionShape<'_> {
        ProtectionShape {
            status: protection.status.as_str(),
            by: &protection.by,
            file: protection.file.as_deref(),
            line: protection.line,
        }
    }
    RouteShape {
        path: &route.path,
        methods: &route.methods,
        handler: &route.handler,
        file: &route.file,
        line: route.line,
        authentication: protection(&route.authentication),
        authorisation: protection(&route.authorisation),
        csrf: protection(&route.csrf),
        rate_limit: protection(&route.rate_limit),
        validation: protection(&route.validation),
        upload: UploadShape {
            whole: protection(&route.upload.whole),
            parts: route.upload.parts.as_ref().map(|parts| UploadPartsShape {
                size: protection(&parts.size),
                name: protection(&parts.name),
                kind: protection(&parts.kind),
            }),
        },
    }
}

fn setting(setting: &Setting) -> SettingShape<'_> {
    SettingShape {
        name: &setting.name,
        value: setting.value.as_deref().filter(|_| !setting.redacted),
        redacted: setting.redacted,
        status: setting.status.as_str(),
        provenance: steps(&setting.provenance),
        environments: setting
            .environments
            .iter()
            .map(|value| EnvironmentValueShape {
                environment: value.environment.as_str(),
                value: value.value.as_deref().filter(|_| !value.redacted),
                redacted: value.redacted,
                status: value.status.as_str(),
                provenance: steps(&value.provenance),
            })
            .collect(),
    }
}

fn environment(line: &EnvironmentLine) -> EnvironmentShape<'_> {
    EnvironmentShape {
        name: line.environment.as_str(),
        defined: line.is_defined(),
        evidence: steps(&line.evidence),
    }
}

fn steps(steps: &[Step]) -> Vec<StepShape<'_>> {
    steps.iter().map(|taken| step(&taken.location, &taken.note)).collect()
}

fn dependency(dependency: &Dependency) -> DependencyShape<'_> {
    DependencyShape {
        ecosystem: &dependency.ecosystem,
        name: &dependency.name,
        version: dependency.version.as_deref(),
        range: dependency.range.as_deref(),
        source: &dependency.source,
        line: dependency.location.start.line,
        scope: dependency.scope.as_str(),
        direct: dependency.direct,
        chain: &dependency.chain,
        origin: dependency.origin.as_deref(),
        advisories: dependency
            .advisories
            .iter()
            .map(|advisory| AdvisoryShape {
                id: &advisory.id,
                aliases: &advisory.aliases,
                summary: &advisory.summary,
                severity: advisory.severity.as_str(),
                vector: advisory.vector.as_deref(),
                fixed: &advisory.fixed,
                exploitation: exploitation(advisory.exploitation),
                reachable: advisory.reachable.as_str(),
                evidence: steps(&advisory.evidence),
            })
            .collect(),
        reachable: dependency.reachable.as_str(),
        evidence: steps(&dependency.evidence),
    }
}

fn file(file: &FileLine) -> FileShape<'_> {
    FileShape {
        path: &file.path,
        role: file.role,
        kind: file.kind,
        status: file.status.as_str(),
        lines: file.lines,
    }
}
