//! The binary: arguments in, exit code out.

#[cfg(feature = "otel")]
#[path = "main/otel.rs"]
mod otel;

use anyhow::Context;
use clap::Parser;
use clap::error::ErrorKind;
use sayso::cli::{Cli, Exit, Streams, run};
use std::io::ErrorKind::BrokenPipe;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> ExitCode {
    match work() {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(error) => {
            let _unheard = writeln!(stderr(), "error: {error:#}");
            ExitCode::from(Exit::Unusable.code())
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "arguments and environment are the binary's affair")]
fn work() -> anyhow::Result<Exit> {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            match error.print() {
                Err(unheard) if unheard.kind() == BrokenPipe => {}
                printed => printed.context("cannot print the help")?,
            }
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return Ok(if asked { Exit::Done } else { Exit::Unusable });
        }
    };
    let _exporting = logging(cli.serves());
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colour = stderr().is_terminal() && !no_colour;
    let mut streams =
        Streams { out: &mut stdout(), err: &mut stderr(), colour, terminal: stderr().is_terminal() };
    match run(&cli, &mut streams) {
        Ok(exit) => Ok(exit),
        Err(unusable) if unusable.is_unheard() => Ok(Exit::Done),
        Err(unusable) => {
            let mut message = unusable.to_string();
            if let Some(hint) = unusable.way_out() {
                message = format!("{message}\n  hint: {hint}");
            }
            Err(anyhow::anyhow!(message))
        }
    }
}

#[cfg(feature = "otel")]
use otel::Exporter;

/// Without the feature `otel` nothing is exported.
#[cfg(not(feature = "otel"))]
struct Exporter;

#[cfg(not(feature = "otel"))]
impl Exporter {
    fn from_environment(_: bool) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "the other one needs it")]
    fn layer(&self) -> tracing_subscriber::layer::Identity {
        tracing_subscriber::layer::Identity::new()
    }
}

/// Logs to stderr: `SAYSO_LOG` says how much (a server tells its turns, other verbs only what is wrong),
/// `SAYSO_LOG_FORMAT=json` in which form.
#[expect(clippy::disallowed_methods, reason = "arguments and environment are the binary's affair")]
fn logging(serves: bool) -> Exporter {
    let exporter = Exporter::from_environment(serves);
    let filter = EnvFilter::try_from_env("SAYSO_LOG")
        .unwrap_or_else(|_| EnvFilter::new(if serves { "info" } else { "warn" }));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_target(false);
    if std::env::var("SAYSO_LOG_FORMAT").is_ok_and(|format| format == "json") {
        logs.json().finish().with(exporter.layer()).init();
    } else {
        logs.with_ansi(stderr().is_terminal()).finish().with(exporter.layer()).init();
    }
    exporter
}
