//! `sayso set`: a person of the brand corrects what is known about somebody (GDPR article 16).

use super::desk::{Desk, kept_as, strange};
use super::{Exit, Streams, Unusable, runtime};
use crate::server::socket::{Request, Response};
use crate::sms::{Key, Phone};
use crate::workspace::Workspace;

/// What is corrected.
#[derive(Debug, clap::Args)]
pub(super) struct Wanted {
    /// The person's number.
    phone: Phone,
    /// The field.
    field: String,
    /// What it is to hold, as the person would answer the question for it.
    #[arg(required_unless_present = "clear", conflicts_with = "clear", allow_hyphen_values = true)]
    value: Option<String>,
    /// Empty the field.
    #[arg(long)]
    clear: bool,
    /// The brand; not needed where there is only one.
    #[arg(long)]
    brand: Option<String>,
    /// Who does it: the log keeps the name.
    #[arg(long, value_name = "NAME", default_value = "operator")]
    by: String,
}

/// Corrects one field; the log keeps who did it and when.
pub(super) fn set(
    workspace: &Workspace,
    wanted: &Wanted,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let key = Key { brand: kept_as(workspace, wanted.brand.as_deref())?, phone: wanted.phone };
    let request = Request::Correct {
        key,
        field: wanted.field.clone(),
        words: wanted.value.clone(),
        by: wanted.by.clone(),
    };
    let response = runtime(false)?.block_on(async { Desk::open(workspace).await?.ask(request).await })?;
    let Response::Corrected(value) = response else { return Err(strange()) };
    match value {
        Some(value) => writeln!(streams.out, "{}: {value}", wanted.field)?,
        None => writeln!(streams.out, "{}: empty", wanted.field)?,
    }
    Ok(Exit::Done)
}
