//! A number that has another holder.

use super::{Machine, Told};
use crate::consent::{Change, How, Status};
use crate::dialogue::event::Left;
use crate::dialogue::state::Person;
use jiff::Timestamp;
use jiff::civil::Date;

impl Machine<'_> {
    /// The number was switched off or given to somebody else: consent ends, and whoever texts from it next is somebody else to
    /// us. What its holder told stays in the log and in no dialogue. The same news twice changes nothing, and news that are
    /// older than what the person of today has said are none.
    pub(in crate::dialogue) fn holder_left(&mut self, how: Left, on: Date) {
        let zone = self.bot.zone.clone();
        let day = |moment: Timestamp| moment.to_zoned(zone.clone()).date();
        let person = &self.state.person;
        let standing = &person.standing;
        if standing.left.is_some_and(|left| left >= on) {
            self.note("the number had left its holder before");
            return;
        }
        let said = if standing.status == Status::In { standing.since } else { person.last_text };
        if said.is_some_and(|said| day(said) > on) {
            self.note("the person of today came after that day");
            return;
        }
        let (change, rule) = match how {
            Left::Deactivated => (Change::Deactivated(on), "deactivated"),
            Left::Reassigned => (Change::Reassigned(on), "reassigned"),
        };
        self.ledger(Told::of(change, How::Import, rule), None);
        self.close();
        let before = std::mem::take(&mut self.state.person);
        // A text that was delivered is still delivered twice, and results of takes wait to be taken off the list.
        self.state.person = Person {
            turn: before.turn,
            standing: before.standing,
            sender: before.sender,
            recent: before.recent,
            taken: before.taken,
            ..Person::default()
        };
    }
}
