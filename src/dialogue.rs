//! One subscriber's conversation with one brand: what can happen ([`Event`]), what can be wanted ([`Effect`]), and
//! [`step`], the function between them.
//!
//! Nothing here knows a clock, a disk, a network or chance: the same bot, state, event, moment and seed give the same
//! step, to the byte. Names were resolved when the bot was linked, so a step has no error to return.

mod effect;
mod event;
mod machine;
mod reading;
mod record;
mod rung;
pub mod standing;
mod state;
mod step;

pub use effect::{Alert, Effect, Errand, Lookup, Notify, Send, Take, TakeFrom};
pub use event::{Cause, Decision, Event, Human, Left, LookupAnswer, Taken};
pub use machine::{FIELD_BYTES_MAX, FOLLOW_UPS_MAX, NODES_MAX, SENDS_MAX, SENT_BYTES_MAX, STACK_MAX};
pub use reading::{Reading, read};
pub use record::{Record, Standpoint, resume, to_record};
pub use rung::{
    HURRIED_MAX, KEYWORD, Move, REPEAT_WINDOW, REPEATS_MAX, REPLIES_PER_HOUR_MAX, RUNGS, Rung, Scene, decide,
};
pub use state::{Frame, Person, RECENT_MAX, Said, Seen, State, Timer, fingerprint};
pub use step::{PutOff, Step, Trace, step};
