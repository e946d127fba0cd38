//! Pages: a bounded piece of a long list, and the place where it goes on.

use crate::store::Cursor;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Things on a page, where nobody says how many.
const ITEMS: usize = 100;
/// Things on a page, however many are wanted.
const ITEMS_MAX: usize = 500;

/// Which piece of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// Where to go on: the `next` of the page before.
    pub(super) after: Option<String>,
    /// How many things at most: 100 where nothing is said, 500 at most.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
}

/// Where a list that is searched goes on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct From {
    /// Where to go on: the `next` of the page before.
    pub(super) after: Option<String>,
}

/// A piece of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The things, in order. A page may be empty and not be the last.
    pub(super) items: Vec<T>,
    /// Where the next page begins; not there on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// The place of a list is none.
#[derive(Debug, thiserror::Error)]
#[error("`after` is not the `next` of a page")]
pub(super) struct PlaceError;

impl Wanted {
    /// How many things.
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(ITEMS).clamp(1, ITEMS_MAX)
    }
}

/// A place as it is given out. It opens nothing: what is read from there is looked at as everything is.
pub(super) fn written(place: &Cursor) -> Option<String> {
    Some(URL_SAFE_NO_PAD.encode(rmp_serde::to_vec(place).ok()?))
}

/// A place that was given out.
pub(super) fn read(written: Option<&str>) -> Result<Option<Cursor>, PlaceError> {
    let Some(written) = written else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(written).map_err(|_| PlaceError)?;
    rmp_serde::from_slice(&bytes).map(Some).map_err(|_| PlaceError)
}
