//! `sayso check`: all files, all mistakes at once.

use super::{Exit, Streams, Unusable, many};
use crate::diagnostic::{Severity, draw, draw_json};
use crate::workspace::Workspace;

/// Prints what was found. 1 where there is an error; warnings alone are no reason to stop.
pub(super) fn check(workspace: &Workspace, json: bool, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    let (report, left_out) = workspace.found.clone().into_report();
    if json {
        for diagnostic in &report {
            writeln!(streams.out, "{}", draw_json(&workspace.sources, diagnostic))?;
        }
    } else {
        write!(streams.err, "{}", draw(&workspace.sources, &report, streams.colour))?;
        if left_out > 0 {
            writeln!(streams.err, "… and {left_out} more in files with very many")?;
        }
        writeln!(streams.out, "{}", summary(workspace))?;
    }
    let errors = workspace.found.has_errors();
    Ok(if errors { Exit::Found } else { Exit::Done })
}

fn summary(workspace: &Workspace) -> String {
    let count = |severity| workspace.found.count(severity);
    let (flows, nodes) = workspace.bots.iter().fold((0, 0), |(flows, nodes), bot| {
        let size = bot.size();
        (flows + size.0, nodes + size.1)
    });
    let size = [many(workspace.brands.len(), "brand"), many(flows, "flow"), many(nodes, "node")].join(", ");
    let said = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")]
        .map(|(severity, name)| many(count(severity), name));
    format!("{size}: {}", said.join(", "))
}
