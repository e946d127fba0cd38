//! `sayso check`: all files, all mistakes at once.

use super::{Cli, Exit, Streams, Unusable, live, many, watch};
use crate::diagnostic::{Severity, draw, draw_github, draw_json};
use crate::workspace::Workspace;

/// What `check` is asked for besides.
#[derive(Debug, clap::Args)]
pub(super) struct Wanted {
    /// Print workflow commands of GitHub Actions, one a diagnostic, which shows them beside the lines.
    #[arg(long)]
    github: bool,
    /// Compare the files with the store too: what becomes of the people who stand in dialogues.
    #[arg(long, conflicts_with = "github")]
    live: bool,
    /// Check again whenever a file changes, until Ctrl-C.
    #[arg(long, conflicts_with_all = ["github", "live"])]
    watch: bool,
}

/// Checks as it was asked for.
pub(super) fn asked(cli: &Cli, wanted: &Wanted, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    if wanted.github {
        if cli.json {
            return Err(Unusable::new("`--github` and `--json` are two forms of one result").hint("take one"));
        }
        return github(&cli.open()?, streams);
    }
    if wanted.watch {
        return watch::watch(&cli.root()?, cli.json, streams);
    }
    let workspace = cli.open()?;
    let checked = check(&workspace, cli.json, streams)?;
    if wanted.live {
        let compared = live::compare(&workspace, cli.json, streams)?;
        return Ok(if compared == Exit::Done { checked } else { compared });
    }
    Ok(checked)
}

fn github(workspace: &Workspace, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    let (report, left_out) = workspace.found.clone().into_report();
    for diagnostic in &report {
        writeln!(streams.out, "{}", draw_github(&workspace.sources, diagnostic))?;
    }
    if left_out > 0 {
        writeln!(streams.err, "… and {left_out} more in files with very many")?;
    }
    Ok(came_to(workspace))
}

fn came_to(workspace: &Workspace) -> Exit {
    if workspace.found.has_errors() { Exit::Found } else { Exit::Done }
}

/// Prints what was found. 1 where there is an error; warnings alone are no reason to stop.
pub(super) fn check(workspace: &Workspace, json: bool, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    print(workspace, json, streams)?;
    if !json {
        writeln!(streams.out, "{}: {}", size(workspace), said(workspace))?;
    }
    Ok(came_to(workspace))
}

/// Prints what was found, without a line that sums it up.
pub(super) fn print(workspace: &Workspace, json: bool, streams: &mut Streams<'_>) -> Result<(), Unusable> {
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
    }
    Ok(())
}

/// How large it is.
pub(super) fn size(workspace: &Workspace) -> String {
    let (flows, nodes) = workspace.bots.iter().fold((0, 0), |(flows, nodes), bot| {
        let size = bot.size();
        (flows + size.0, nodes + size.1)
    });
    [many(workspace.brands.len(), "brand"), many(flows, "flow"), many(nodes, "node")].join(", ")
}

/// How much was found.
pub(super) fn said(workspace: &Workspace) -> String {
    let count = |severity| workspace.found.count(severity);
    [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")]
        .map(|(severity, name)| many(count(severity), name))
        .join(", ")
}
