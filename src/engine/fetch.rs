//! What a provider's scheme needs from outside: certificates, which are kept, and addresses that confirm a subscription. The
//! scheme names them, and only those in a place that it trusts.

use super::{CallError, Engine};
use crate::provider::Call;
use http::Method;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Things that are kept. Amazon has one certificate for each region, and a new one now and then.
const KEPT_MAX: usize = 64;

/// What was fetched, by its address.
#[derive(Debug, Default)]
pub(super) struct Fetched(Mutex<HashMap<String, Arc<[u8]>>>);

impl Engine {
    /// What stands at an address, fetched once. One request at a time goes out, so that many webhooks at once make one.
    pub async fn fetch(&self, url: &str) -> Result<Vec<u8>, CallError> {
        let mut kept = self.fetched.0.lock().await;
        if let Some(bytes) = kept.get(url) {
            return Ok(bytes.to_vec());
        }
        let bytes = self.get(url).await?;
        if kept.len() >= KEPT_MAX {
            kept.clear();
        }
        kept.insert(url.to_owned(), bytes.as_slice().into());
        Ok(bytes)
    }

    /// Visits an address once; what it says is not read.
    pub async fn visit(&self, url: &str) -> Result<(), CallError> {
        self.get(url).await.map(drop)
    }

    async fn get(&self, url: &str) -> Result<Vec<u8>, CallError> {
        let call = Call { method: Method::GET, url: url.to_owned(), headers: Vec::new(), body: Vec::new() };
        let response = self.transport.call(call).await?;
        match response.status {
            200..300 => Ok(response.body),
            status => {
                Err(CallError::NoAnswer(format!("the provider answers {status} to a request of its own")))
            }
        }
    }
}
