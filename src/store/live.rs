//! The outbox rows of an embedded store that may still be sent, indexed for claiming. Held in memory, made anew from
//! the disk when the store is opened: about 200 bytes a row.
//!
//! Only rows that nothing stands before are queued, each in the line of its brand and number. The lines of a group take
//! turns, and so do the groups: whoever was served longest ago comes first. So a row is claimed in O(log rows), whatever
//! else waits. A line or group that may not send now is put aside until it may, when its turn comes, and not before.

use super::queue::{Claim, Group, Line, Priority};
use super::{Row, RowCounts, RowId, RowState, in_order};
use crate::sms::{Key, Meter, Rate};
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::sync::Arc;

/// Pending, held and sending rows.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// What is known of each person's rows.
    lanes: FxHashMap<Key, Lane>,
    /// What may be sent, by priority.
    shelves: BTreeMap<Priority, Shelf>,
    /// What each line and group has sent of late.
    meters: FxHashMap<Meters, Meter>,
    /// Rows of each group that are being sent.
    sending: FxHashMap<Group, usize>,
    lines: FxHashMap<Arc<Line>, Arc<Line>>,
    /// The rows that wait.
    waiting: usize,
    /// All rows, those that are never sent included.
    counts: RowCounts,
    /// How many were claimed: the time by which turns are taken.
    served: u64,
    /// The last moment of a claim.
    seen: Option<Timestamp>,
}

/// What keeps a pace.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Meters {
    Group(Group),
    Number(Group, crate::sms::Sender),
}

/// The rows of one dialogue, in order.
type Lane = SmallVec<[Slot; 1]>;

/// A row of a lane.
#[derive(Debug, Clone)]
struct Slot {
    id: RowId,
    due: Timestamp,
    line: Arc<Line>,
    state: Progress,
    in_order: bool,
    priority: Priority,
    /// Where it is queued, if it is.
    queued: Option<Priority>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Pending,
    Held,
    Sending,
}

/// The queues of one priority.
#[derive(Debug, Default)]
struct Shelf {
    groups: Turns<Group>,
    lines: FxHashMap<Group, Turns<Arc<Line>>>,
    queues: FxHashMap<Arc<Line>, BTreeSet<(Timestamp, RowId)>>,
}

/// Those that take turns: whoever was served longest ago first.
#[derive(Debug)]
struct Turns<K> {
    served: FxHashMap<K, u64>,
    ready: BTreeSet<(u64, K)>,
    /// Until when somebody need not be looked at.
    later: BTreeSet<(Timestamp, K)>,
    places: FxHashMap<K, Place>,
}

impl<K> Default for Turns<K> {
    fn default() -> Self {
        Self {
            served: FxHashMap::default(),
            ready: BTreeSet::new(),
            later: BTreeSet::new(),
            places: FxHashMap::default(),
        }
    }
}

/// Where somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Ready,
    Later(Timestamp),
}

impl<K: Clone + Eq + Hash + Ord> Turns<K> {
    /// Puts somebody where they belong; `None` takes them out. When they were served is remembered.
    fn put(&mut self, who: &K, place: Option<Place>) {
        let served = self.served.get(who).copied().unwrap_or_default();
        match self.places.remove(who) {
            Some(Place::Ready) => drop(self.ready.remove(&(served, who.clone()))),
            Some(Place::Later(at)) => drop(self.later.remove(&(at, who.clone()))),
            None => {}
        }
        match place {
            Some(Place::Ready) => drop(self.ready.insert((served, who.clone()))),
            Some(Place::Later(at)) => drop(self.later.insert((at, who.clone()))),
            None => return,
        }
        self.places.extend(place.map(|place| (who.clone(), place)));
    }

    /// Somebody who is not ready is to be looked at by then, or earlier.
    fn by(&mut self, who: &K, at: Timestamp) {
        match self.places.get(who) {
            Some(Place::Ready) => {}
            Some(Place::Later(before)) if *before <= at => {}
            Some(Place::Later(_)) | None => self.put(who, Some(Place::Later(at))),
        }
    }

    /// Makes those ready whose time has come.
    fn wake(&mut self, now: Timestamp) {
        while let Some((at, who)) = self.later.first() {
            if *at > now {
                return;
            }
            let who = who.clone();
            self.put(&who, Some(Place::Ready));
        }
    }

    fn first(&self) -> Option<&K> {
        self.ready.first().map(|(_, who)| who)
    }

    fn has_served(&mut self, who: &K, at: u64) {
        self.put(who, None);
        self.served.insert(who.clone(), at);
        self.put(who, Some(Place::Ready));
    }

    fn all(&self) -> Vec<K> {
        self.places.keys().cloned().collect()
    }
}

impl Live {
    /// Takes in a row as it now is.
    pub(super) fn put(&mut self, row: &Row) {
        self.counts.add(&row.state);
        let state = match row.state {
            RowState::Pending => Progress::Pending,
            RowState::Held => Progress::Held,
            RowState::Sending => Progress::Sending,
            RowState::Unknown { .. } | RowState::Dead { .. } => return,
        };
        let queue = self.line(row);
        if state == Progress::Sending {
            *self.sending.entry(queue.group.clone()).or_default() += 1;
        } else {
            self.waiting += 1;
        }
        let (priority, in_order) = (Priority::of(&row.errand), in_order(&row.errand));
        let slot = Slot { id: row.id, due: row.due, line: queue, state, in_order, priority, queued: None };
        let lane = self.lanes.entry(row.key.clone()).or_default();
        let place = lane.partition_point(|other| other.id < row.id);
        lane.insert(place, slot);
        self.queue(&row.key);
    }

    /// Forgets a row.
    pub(super) fn forget(&mut self, row: &Row) {
        self.counts.remove(&row.state);
        let Some(lane) = self.lanes.get_mut(&row.key) else { return };
        let Ok(place) = lane.binary_search_by_key(&row.id, |slot| slot.id) else { return };
        let slot = lane.remove(place);
        if lane.is_empty() {
            self.lanes.remove(&row.key);
        }
        if slot.state == Progress::Sending {
            self.one_less(&slot.line.group);
        } else {
            self.waiting -= 1;
        }
        if let Some(priority) = slot.queued {
            self.shelves.entry(priority).or_default().take_out(&slot.line, slot.due, slot.id);
        }
        self.queue(&row.key);
    }

    /// The line of a row: one value for all rows of it.
    fn line(&mut self, row: &Row) -> Arc<Line> {
        let line = Arc::new(Line::of(row));
        Arc::clone(self.lines.entry(Arc::clone(&line)).or_insert(line))
    }

    /// A row of a group is not being sent any more: there may be room for another.
    fn one_less(&mut self, group: &Group) {
        if let Some(sending) = self.sending.get_mut(group) {
            *sending = sending.saturating_sub(1);
        }
        for shelf in self.shelves.values_mut() {
            shelf.look_again(group);
        }
    }

    /// Queues what may be sent of a lane, and nothing else. O(rows of the dialogue).
    fn queue(&mut self, key: &Key) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        let wanted: SmallVec<[Option<Priority>; 4]> = (0..lane.len()).map(|at| open(lane, at)).collect();
        for (slot, wanted) in lane.iter_mut().zip(wanted).filter(|(slot, wanted)| slot.queued != *wanted) {
            if let Some(priority) = slot.queued {
                self.shelves.entry(priority).or_default().take_out(&slot.line, slot.due, slot.id);
            }
            if let Some(priority) = wanted {
                self.shelves.entry(priority).or_default().put_in(&slot.line, slot.due, slot.id);
            }
            slot.queued = wanted;
        }
    }

    /// The row whose turn it is, if any may leave, and the priority by which it does. [`Self::leaves`] is to follow, or
    /// [`Self::set_aside`].
    pub(super) fn next(&mut self, claim: &Claim) -> Option<(Priority, RowId)> {
        if self.seen.is_some_and(|seen| claim.now < seen) {
            self.rewind(claim.now);
        }
        self.seen = Some(claim.now);
        Priority::ALL.into_iter().find_map(|priority| Some((priority, self.next_of(priority, claim)?)))
    }

    fn next_of(&mut self, priority: Priority, claim: &Claim) -> Option<RowId> {
        let now = claim.now;
        let here = self.shelves.get_mut(&priority)?;
        here.groups.wake(now);
        while let Some(group) = here.groups.first().cloned() {
            let full = self.sending.get(&group).is_some_and(|sending| *sending >= claim.at_once(&group));
            let rate = claim.pace_of(&group).and_then(|pace| pace.account);
            let open = opens(&self.meters, &Meters::Group(group.clone()), rate, now);
            let open = open.max(claim.paused_until(&group).unwrap_or(now));
            if full {
                here.groups.put(&group, None); // until one of them is settled
                continue;
            }
            if open > now {
                here.groups.put(&group, Some(Place::Later(open)));
                continue;
            }
            let Some(lines) = here.lines.get_mut(&group) else {
                here.groups.put(&group, None);
                continue;
            };
            lines.wake(now);
            let Some(line) = lines.first().cloned() else {
                let next = lines.later.first().map(|(at, _)| Place::Later(*at));
                here.groups.put(&group, next);
                continue;
            };
            let rate = line.number.and_then(|number| claim.pace_of(&group)?.of(number));
            let meter = line.number.map(|number| Meters::Number(group, number));
            let open = meter.map_or(now, |meter| opens(&self.meters, &meter, rate, now));
            let first = here.queues.get(&line).and_then(|queue| queue.first().copied());
            match first {
                Some((due, id)) if due.max(open) <= now => return Some(id),
                Some((due, _)) => lines.put(&line, Some(Place::Later(due.max(open)))),
                None => lines.put(&line, None),
            }
        }
        None
    }

    /// A row leaves: it counts for the turn and the pace of its line and group.
    pub(super) fn leaves(&mut self, row: &Row, priority: Priority, parts: usize, claim: &Claim) {
        let line = self.line(row);
        self.served += 1;
        let here = self.shelves.entry(priority).or_default();
        here.groups.has_served(&line.group, self.served);
        here.lines.entry(line.group.clone()).or_default().has_served(&line, self.served);
        let Some(pace) = claim.pace_of(&line.group) else { return };
        let number = line.number.and_then(|number| Some((number, pace.of(number)?)));
        let number = number.map(|(number, rate)| (Meters::Number(line.group.clone(), number), rate));
        let group = pace.account.map(|rate| (Meters::Group(line.group.clone()), rate));
        for (meter, rate) in number.into_iter().chain(group) {
            self.meters.entry(meter).or_default().take(claim.now, rate, parts);
        }
    }

    /// A row that cannot be read: it stays where it is, and is offered no more.
    pub(super) fn set_aside(&mut self, id: RowId) {
        for shelf in self.shelves.values_mut() {
            for queue in shelf.queues.values_mut() {
                queue.retain(|(_, other)| *other != id);
            }
        }
    }

    /// The clock was put back: what was put aside until a moment may be due long before it.
    fn rewind(&mut self, now: Timestamp) {
        self.meters.values_mut().for_each(|meter| meter.rewind(now));
        for shelf in self.shelves.values_mut() {
            for group in shelf.groups.all() {
                shelf.groups.put(&group, Some(Place::Ready));
            }
            for lines in shelf.lines.values_mut() {
                for line in lines.all() {
                    lines.put(&line, Some(Place::Ready));
                }
            }
        }
    }

    /// When something may leave that may not now; early rather than late.
    pub(super) fn again(&self, now: Timestamp) -> Option<Timestamp> {
        let later = self.shelves.values().filter_map(|shelf| shelf.groups.later.first());
        later.map(|(at, _)| *at).filter(|at| *at > now).min()
    }

    pub(super) fn counts(&self) -> RowCounts {
        self.counts
    }

    /// What waits for one person, in order.
    pub(super) fn waiting_for(&self, key: &Key) -> Vec<RowId> {
        let lane = self.lanes.get(key).into_iter().flatten();
        lane.filter(|slot| slot.state != Progress::Sending).map(|slot| slot.id).collect()
    }

    /// The rows that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// When the first row is due. O(lines).
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let queues = self.shelves.values().flat_map(|shelf| shelf.queues.values());
        queues.filter_map(|queue| queue.first()).map(|(due, _)| *due).min()
    }
}

impl Shelf {
    fn put_in(&mut self, line: &Arc<Line>, due: Timestamp, id: RowId) {
        self.queues.entry(Arc::clone(line)).or_default().insert((due, id));
        let lines = self.lines.entry(line.group.clone()).or_default();
        lines.by(line, due);
        self.groups.by(&line.group, due);
    }

    fn take_out(&mut self, line: &Arc<Line>, due: Timestamp, id: RowId) {
        let Some(queue) = self.queues.get_mut(line) else { return };
        queue.remove(&(due, id));
        if queue.is_empty() {
            self.queues.remove(line);
            if let Some(lines) = self.lines.get_mut(&line.group) {
                lines.put(line, None);
            }
        }
    }

    /// A group that was full may have room, whatever has been put in for later meanwhile.
    fn look_again(&mut self, group: &Group) {
        if self.lines.contains_key(group) {
            self.groups.put(group, Some(Place::Ready));
        }
    }
}

/// When a meter lets the next message pass.
fn opens(meters: &FxHashMap<Meters, Meter>, meter: &Meters, rate: Option<Rate>, now: Timestamp) -> Timestamp {
    rate.and_then(|rate| Some(meters.get(meter)?.opens(now, rate))).unwrap_or(now)
}

/// With which priority a row of a lane may be sent, if none stands before it: an earlier reply that waits or one that is being
/// sent. It comes as early as what it stands before.
fn open(lane: &Lane, at: usize) -> Option<Priority> {
    let slot = &lane[at];
    if slot.state == Progress::Sending {
        return None;
    }
    if !slot.in_order {
        return Some(slot.priority);
    }
    let others = || lane.iter().filter(|other| other.in_order && other.id != slot.id);
    let blocked = others().any(|other| match other.state {
        Progress::Sending => true,
        Progress::Pending => other.id < slot.id,
        Progress::Held => false,
    });
    if blocked {
        return None;
    }
    let behind = others().filter(|other| slot.state == Progress::Pending && other.state == Progress::Pending);
    Some(behind.map(|other| other.priority).chain([slot.priority]).min().unwrap_or(slot.priority))
}
