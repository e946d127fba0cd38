//! Results in the form of `JUnit`, which CI systems read: a suite a brand, a case a conversation.

use super::{Done, Job};
use crate::cli::Unusable;
use crate::diagnostic::draw;
use crate::graph::xml_escaped;
use crate::transcript::Outcome;
use crate::workspace::Workspace;
use std::path::Path;

/// Writes the file.
pub(super) fn write(path: &Path, workspace: &Workspace, jobs: &[Job], done: &[Done]) -> Result<(), Unusable> {
    let tested: Vec<(&Job, &Done)> = jobs.iter().zip(done).collect();
    let suites = tested.chunk_by(|(one, _), (other, _)| one.bot.id == other.bot.id);
    let suites: String = suites.map(|brand| suite(workspace, brand)).collect();
    let xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n{suites}</testsuites>\n");
    std::fs::write(path, xml)
        .map_err(|error| Unusable::new(format!("`{}` cannot be written: {error}", path.display())))
}

/// The conversations of one brand.
fn suite(workspace: &Workspace, brand: &[(&Job, &Done)]) -> String {
    let failed = brand.iter().filter(|(_, done)| done.ran.outcome == Outcome::Failed).count();
    let name = brand.first().map(|(job, _)| xml_escaped(job.bot.id.as_str())).unwrap_or_default();
    let count = brand.len();
    let cases: String = brand.iter().map(|(job, done)| case(workspace, &name, job, done)).collect();
    format!(
        "  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{failed}\" errors=\"0\">\n{cases}  </testsuite>\n"
    )
}

fn case(workspace: &Workspace, brand: &str, job: &Job, done: &Done) -> String {
    let name = xml_escaped(&job.shown.to_string_lossy());
    let case = format!("    <testcase classname=\"{brand}\" name=\"{name}\" file=\"{name}\"");
    if done.ran.outcome == Outcome::Passed {
        return format!("{case}/>\n");
    }
    let (report, _) = done.found.clone().into_report();
    let message = report.first().map(|first| xml_escaped(&first.message)).unwrap_or_default();
    let shown = xml_escaped(&draw(&workspace.sources, &report, false));
    format!("{case}>\n      <failure message=\"{message}\">{shown}</failure>\n    </testcase>\n")
}
