//! Checks beside the conversation with the editor: one at a time, in a thread of its own. What changes while a check
//! runs is checked when it is done, all at once and with the newest texts.

use super::analysis::Analysis;
use super::documents::Documents;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::thread;

/// A workspace to be checked.
#[derive(Debug)]
pub(super) struct Job {
    /// Its folder.
    pub(super) root: PathBuf,
    /// The documents that are open in it.
    pub(super) documents: Documents,
    /// Counts what was asked for, so that an answer is known to be the newest.
    pub(super) number: u64,
}

/// What a check came to.
pub(super) struct Outcome {
    /// The workspace.
    pub(super) root: PathBuf,
    /// The number of the job.
    pub(super) number: u64,
    /// What was found, or the words of a panic.
    pub(super) checked: Result<Analysis, String>,
}

/// The thread that checks, and what waits for it.
pub(super) struct Checker {
    jobs: Sender<Job>,
    /// What was checked.
    pub(super) outcomes: Receiver<Outcome>,
    is_busy: bool,
    waiting: BTreeMap<PathBuf, Job>,
}

impl Checker {
    /// Starts the thread; it ends with this value.
    pub(super) fn start(check: impl Fn(Job) -> Analysis + Send + 'static) -> std::io::Result<Self> {
        let (jobs, to_do) = unbounded::<Job>();
        let (done, outcomes) = unbounded();
        let work = move || {
            for job in to_do {
                let (root, number) = (job.root.clone(), job.number);
                // A check shares nothing with the next one that a panic could have left half done.
                let checked = catch_unwind(AssertUnwindSafe(|| check(job))).map_err(|panic| words(&*panic));
                if done.send(Outcome { root, number, checked }).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new().name("check".to_owned()).spawn(work)?;
        Ok(Self { jobs, outcomes, is_busy: false, waiting: BTreeMap::new() })
    }

    /// Asks for a check; one of the same workspace that has not begun is given up for it.
    pub(super) fn ask(&mut self, job: Job) {
        self.waiting.insert(job.root.clone(), job);
        self.next();
    }

    /// To be called for each outcome that was received.
    pub(super) fn is_done(&mut self) {
        self.is_busy = false;
        self.next();
    }

    fn next(&mut self) {
        if !self.is_busy
            && let Some((_, job)) = self.waiting.pop_first()
        {
            self.is_busy = self.jobs.send(job).is_ok();
        }
    }
}

/// What a panic said.
pub(super) fn words(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().map(|said| (*said).to_owned());
    said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no words".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsp::position::Encoding;

    fn job(root: &str, number: u64) -> Job {
        Job { root: root.into(), documents: Documents::default(), number }
    }

    #[test]
    fn what_changes_during_a_check_is_checked_once_and_newest() {
        let (go, may_go) = unbounded::<()>();
        let check = move |job: Job| {
            may_go.recv().unwrap();
            Analysis::check(&job.root, job.documents, Encoding::Utf16)
        };
        let mut checker = Checker::start(check).unwrap();
        for number in 1..=4 {
            checker.ask(job("/nowhere", number));
        }
        checker.ask(job("/elsewhere", 5));
        let mut numbers = Vec::new();
        for _ in 0..3 {
            go.send(()).unwrap();
            numbers.push(checker.outcomes.recv().unwrap().number);
            checker.is_done();
        }
        assert_eq!(numbers, [1, 5, 4], "2 and 3 are given up for 4");
        assert!(!checker.is_busy && checker.waiting.is_empty());
    }

    #[test]
    fn a_panic_is_an_outcome_and_the_next_check_runs() {
        let check = |job: Job| {
            assert!(job.number > 1, "the first one fails");
            Analysis::check(&job.root, job.documents, Encoding::Utf16)
        };
        let mut checker = Checker::start(check).unwrap();
        checker.ask(job("/nowhere", 1));
        let failed = checker.outcomes.recv().unwrap();
        assert_eq!(failed.checked.err().as_deref(), Some("the first one fails"));
        checker.is_done();
        checker.ask(job("/nowhere", 2));
        assert!(checker.outcomes.recv().unwrap().checked.is_ok());
    }
}
