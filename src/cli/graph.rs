//! `sayso graph`: a picture of a brand's flows.

use super::{Exit, Streams, Unusable, coverage};
use crate::bot::{Bot, FlowIx};
use crate::diagnostic::nearest;
use crate::graph::{ALL, Format, Picture};
use crate::language::Lang;
use crate::workspace::Workspace;
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How it is drawn, and where to.
#[derive(Debug, Args)]
pub(super) struct Drawing {
    /// The format; where nothing is said, the one that the output's name ends in, or svg.
    #[arg(long, value_parser = PossibleValuesParser::new(ALL.map(|format| format.name)))]
    format: Option<String>,
    /// The language of the texts; the brand's first, if nothing is said.
    #[arg(long)]
    language: Option<Lang>,
    /// Run the brand's conversations, and show what they walk and what they never walk.
    #[arg(long)]
    coverage: bool,
    /// The file to write, instead of the standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The brand and the flow of `BRAND.FLOW`.
pub(super) fn parts<'a>(workspace: &Workspace, of: Option<&'a str>) -> (Option<&'a str>, Option<&'a str>) {
    let is_brand = |name: &str| workspace.brands.iter().any(|brand| brand.as_str() == name);
    match of.map(|of| (of, of.split_once('.'))) {
        Some((of, Some((brand, flow)))) if !is_brand(of) => (Some(brand), Some(flow)),
        other => (other.map(|(brand, _)| brand), None),
    }
}

/// Draws all flows of a brand, or one.
pub(super) fn graph(
    workspace: &Workspace,
    bot: &Arc<Bot>,
    flow: Option<&str>,
    drawing: &Drawing,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let flow = flow.map(|name| flow_named(bot, name)).transpose()?;
    let language = drawing.language.unwrap_or_else(|| bot.first_language());
    if !bot.languages.contains(&language) {
        let spoken: Vec<String> = bot.languages.iter().map(Lang::to_string).collect();
        let error = Unusable::new(format!("the brand `{}` does not speak `{language}`", bot.id));
        return Err(error.hint(format!("it speaks {}", spoken.join(", "))));
    }
    let mut picture = Picture::of(bot, flow, language);
    if drawing.coverage {
        let walked = coverage::of_brand(workspace, bot, streams)?;
        picture.shade(|name| walked.has(name));
    }
    let text = (format(drawing, json)?.write)(&picture);
    match &drawing.output {
        None => streams.out.write_all(text.as_bytes())?,
        Some(path) => std::fs::write(path, text)
            .map_err(|error| Unusable::new(format!("`{}`: {error}", path.display())))?,
    }
    Ok(Exit::Done)
}

fn flow_named(bot: &Bot, name: &str) -> Result<FlowIx, Unusable> {
    bot.flow_named(name).ok_or_else(|| {
        let known = || bot.flows().map(|flow| flow.name.as_str());
        let list = known().collect::<Vec<_>>().join(", ");
        let near = nearest(name, known()).map(|near| format!("did you mean `{}.{near}`?", bot.id));
        let error = Unusable::new(format!("the brand `{}` has no flow `{name}`", bot.id));
        error.hint(near.unwrap_or_else(|| format!("its flows are {list}")))
    })
}

/// The format that is asked for, or the one that the output's name ends in.
fn format(drawing: &Drawing, json: bool) -> Result<Format, Unusable> {
    let [default, ..] = ALL;
    let named = |name: &str| ALL.into_iter().find(|format| format.name == name).unwrap_or(default);
    let path = match (&drawing.format, &drawing.output) {
        (Some(name), _) => return Ok(named(name)),
        (None, _) if json => return Ok(named("json")),
        (None, None) => return Ok(default),
        (None, Some(path)) => path,
    };
    let ending = Path::extension(path).and_then(|ending| ending.to_str()).unwrap_or_default();
    ALL.into_iter().find(|format| format.endings.contains(&ending)).ok_or_else(|| {
        let error = Unusable::new(format!("`{}` does not end as a picture does", path.display()));
        let known = ALL.map(|format| format.name).join(", ");
        error.hint(format!("name the format by `--format`, one of {known}"))
    })
}
