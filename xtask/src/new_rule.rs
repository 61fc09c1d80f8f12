//! Writes the folder of a new rule and registers it in its family.

use std::{fs, path::Path};

/// Writes `crates/checks/src/rules/FAMILY/RULE_ID/` and adds it to the family's list.
pub(crate) fn run(workspace: &Path, family: &str, id: &str) -> Result<String, String> {
    let kebab =
        !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !kebab || id.starts_with('-') || id.ends_with('-') || id.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("`{id}` is not a kebab-case name that begins with a letter"));
    }
    let folder = id.replace('-', "_");
    let family_path = workspace.join("crates/checks/src/rules").join(family);
    let list_path = family_path.join("mod.rs");
    let list = fs::read_to_string(&list_path)
        .map_err(|error| format!("there is no family `{family}`: {}: {error}", list_path.display()))?;
    let rule_path = family_path.join(&folder);
    if rule_path.exists() {
        return Err(format!("{} is there already", rule_path.display()));
    }
    let write = |path: &Path, text: &str| {
        fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    };
    fs::create_dir_all(&rule_path).map_err(|error| format!("{}: {error}", rule_path.display()))?;
    write(&rule_path.join("mod.rs"), &code(id))?;
    write(&rule_path.join("doc.md"), &page(id))?;
    write(&list_path, &registered(&list, &folder)?)?;
    Ok(format!(
        "wrote {}; now say in doc.md what the rule finds, and make its cases true",
        rule_path.display()
    ))
}

/// The family's file with the rule in it, modules and list sorted.
fn registered(list: &str, folder: &str) -> Result<String, String> {
    let lines: Vec<&str> = list.lines().collect();
    let mut modules: Vec<String> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned))
        .collect();
    let helpers: Vec<&str> =
        lines.iter().copied().filter(|line| line.starts_with("mod ") && line.ends_with(';')).collect();
    modules.push(folder.to_owned());
    modules.sort();
    let head: Vec<&str> = lines
        .iter()
        .copied()
        .take_while(|line| {
            !line.starts_with("pub mod ")
                && !line.starts_with("mod ")
                && !line.starts_with("/// The family's")
        })
        .collect();
    if !list.contains("pub static RULES: &[&CodeRule]") {
        return Err("the family's file has no list of rules".to_owned());
    }
    let mut out = head.join("\n").trim_end().to_owned();
    out.push_str("\n\n");
    for helper in helpers {
        out.push_str(&format!("{helper}\n"));
    }
    for module in &modules {
        out.push_str(&format!("pub mod {module};\n"));
    }
    out.push_str("\n/// The family's rules, by folder name.\npub static RULES: &[&CodeRule] = &[\n");
    for module in &modules {
        out.push_str(&format!("    &{module}::CHECK,\n"));
    }
    out.push_str("];\n");
    Ok(out)
}

fn title(id: &str) -> String {
    let text = id.replace('-', " ");
    let mut characters = text.chars();
    let first = characters.next().map(|c| c.to_ascii_uppercase().to_string()).unwrap_or_default();
    first + characters.as_str()
}

fn code(id: &str) -> String {
    let title = title(id);
    format!(
        r#"//! {title}.

use clearance_finding::{{Confidence, Plane, Rule, Severity}};

use crate::{{CallEvent, CodeRule, Cx, Draft, Listen}};

/// The rule.
pub static RULE: Rule = Rule {{
    id: "{id}",
    title: "{title}",
    plane: Plane::Code,
    severity: Severity::Medium,
    confidence: Confidence::Medium,
    cwe: &[710],
    owasp_2021: "",
    owasp_2025: "",
    aliases: &[],
    effort_minutes: 15,
    audit: false,
    advice: "Say how to repair it",
    doc: include_str!("doc.md"),
}};

/// The rule and what it listens for.
pub static CHECK: CodeRule =
    CodeRule {{ rule: &RULE, listens: &[Listen::Call(&["{path}"], check)], paths: &[] }};

fn check(cx: &mut Cx<'_, '_>, call: CallEvent) {{
    cx.report(Draft::new(&RULE, cx.range(call.value), "Say what is wrong here"));
}}
"#,
        path = example_path(id),
    )
}

/// A path that no library has, so that the new rule's example is its own.
fn example_path(id: &str) -> String {
    format!("{}.example", id.replace('-', "_"))
}

fn page(id: &str) -> String {
    let title = title(id);
    let module = id.replace('-', "_");
    format!(
        "# {title}\n\nSay in two sentences what is wrong and what an attacker gains.\n\n## What it looks at\n\nSay which calls or values it judges, and how.\n\n\
         ## Bad\n\n```python\nimport {module}\n\n{module}.example()  # finding: {id}\n```\n\n## Good\n\n```python\nimport {module}\n\n{module}.other()\n```\n\n\
         ## How to fix\n\nSay how.\n\n## References\n\n- [CWE-710](https://cwe.mitre.org/data/definitions/710.html)\n"
    )
}

#[cfg(test)]
mod tests {
    use super::registered;

    #[test]
    fn lists_stay_sorted() {
        let list = "//! Family.\n\nuse crate::CodeRule;\n\nmod common;\npub mod zeta;\n\n/// The family's rules, by folder name.\npub static RULES: &[&CodeRule] = &[&zeta::CHECK];\n";
        let out = registered(list, "alpha").unwrap();
        assert!(out.contains("mod common;\npub mod alpha;\npub mod zeta;\n"), "{out}");
        assert!(out.contains("    &alpha::CHECK,\n    &zeta::CHECK,\n"), "{out}");
    }
}
