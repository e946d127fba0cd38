//! PDUs of SMPP as they stand on the wire. Their inside is the codec's affair; where one ends is told here, so that one that
//! cannot be read takes nothing from those behind it.

use bytes::BytesMut;
use rusmpp_core::command::owned::Command;
use rusmpp_core::decode::owned::DecodeWithLength;
use rusmpp_core::encode::{Encode, Length};
use rusmpp_core::pdus::owned::Pdu;
use rusmpp_core::{CommandId, CommandStatus};

/// Octets of a header (SMPP 3.4, 3.2).
const HEADER: usize = 16;
/// Octets of the longest PDU: a payload of 64 KiB and what stands around it.
const PDU_MAX: usize = 70 * 1024;

/// Something that came whole.
#[derive(Debug)]
pub(super) enum Frame {
    /// A PDU.
    Pdu(Box<Command>),
    /// One whose inside makes no sense.
    Unreadable {
        /// What it says it is.
        id: CommandId,
        /// Its number.
        sequence: u32,
        /// Its status.
        status: u32,
    },
    /// What comes is no SMPP, and nothing behind it can be found.
    Lost,
}

/// What has come and is not whole yet.
#[derive(Debug, Default)]
pub(super) struct Frames(BytesMut);

impl Frames {
    /// Takes in what came; what is whole now. O(bytes).
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<Frame> {
        self.0.extend_from_slice(bytes);
        let mut frames = Vec::new();
        while let Some(length) = word(&self.0, 0).and_then(|length| usize::try_from(length).ok()) {
            if !(HEADER..=PDU_MAX).contains(&length) {
                frames.push(Frame::Lost);
                self.0.clear();
                break;
            }
            if self.0.len() < length {
                break;
            }
            frames.push(read(&self.0.split_to(length)));
        }
        frames
    }

    /// Forgets what came: the connection is another.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(word))
}

fn read(pdu: &[u8]) -> Frame {
    if let Some(command) = decode(pdu) {
        return Frame::Pdu(command);
    }
    let (id, status, sequence) = (word(pdu, 4), word(pdu, 8), word(pdu, 12));
    let id = CommandId::from(id.unwrap_or_default());
    // Fields behind the mandatory ones are often written otherwise than they should be: what stands before them is worth
    // having, if it says something.
    if id == CommandId::DeliverSm
        && let Some(plain) = mandatory(&pdu[HEADER..]).map(|body| HEADER + body)
        && plain < pdu.len()
        && let Some(command) = decode(&pdu[..plain])
        && matches!(command.pdu(), Some(Pdu::DeliverSm(deliver)) if !deliver.short_message().is_empty())
    {
        return Frame::Pdu(command);
    }
    Frame::Unreadable { id, sequence: sequence.unwrap_or_default(), status: status.unwrap_or_default() }
}

/// Reads a PDU without its length.
fn decode(pdu: &[u8]) -> Option<Box<Command>> {
    let mut body = BytesMut::from(pdu.get(4..)?);
    let length = body.len();
    <Command as DecodeWithLength>::decode(&mut body, length).ok().map(|(command, _)| Box::new(command))
}

/// Octets of the mandatory fields of a `deliver_sm` (SMPP 3.4, 4.6.1).
fn mandatory(body: &[u8]) -> Option<usize> {
    let string = |from: usize| Some(from + body.get(from..)?.iter().position(|octet| *octet == 0)? + 1);
    let service_type = string(0)?;
    let source = string(service_type + 2)?;
    let destination = string(source + 2)?;
    let schedule = string(destination + 3)?;
    let validity = string(schedule)?;
    let length = *body.get(validity + 4)?;
    let end = validity + 5 + usize::from(length);
    (end <= body.len()).then_some(end)
}

/// A PDU as it is written.
pub(super) fn bytes(status: CommandStatus, sequence: u32, pdu: impl Into<Pdu>) -> Vec<u8> {
    let command = Command::new(status, sequence, pdu);
    let length = 4 + command.length();
    let mut bytes = vec![0; length];
    let written = u32::try_from(length).expect("no PDU of ours has four gigabytes");
    bytes[..4].copy_from_slice(&written.to_be_bytes());
    command.encode(&mut bytes[4..]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enquire(sequence: u32) -> Vec<u8> {
        bytes(CommandStatus::EsmeRok, sequence, Pdu::EnquireLink)
    }

    fn names(frames: &[Frame]) -> Vec<String> {
        let name = |frame: &Frame| match frame {
            Frame::Pdu(command) => format!("{:?} {}", command.id(), command.sequence_number()),
            Frame::Unreadable { id, sequence, .. } => format!("unreadable {id:?} {sequence}"),
            Frame::Lost => "lost".to_owned(),
        };
        frames.iter().map(name).collect()
    }

    #[test]
    fn pdus_are_found_wherever_the_network_cuts() {
        let both = [enquire(1), enquire(2)].concat();
        for cut in 0..=both.len() {
            let mut frames = Frames::default();
            let mut found = frames.take(&both[..cut]);
            found.extend(frames.take(&both[cut..]));
            assert_eq!(names(&found), ["EnquireLink 1", "EnquireLink 2"], "{cut}");
        }
    }

    #[test]
    fn one_that_makes_no_sense_takes_nothing_from_the_next() {
        let broken = [[0, 0, 0, 18, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 7].as_slice(), &[1, 2]].concat();
        let mut frames = Frames::default();
        let found = frames.take(&[broken, enquire(8)].concat());
        assert_eq!(names(&found), ["unreadable DeliverSm 7", "EnquireLink 8"]);
    }

    #[test]
    fn what_is_no_smpp_is_not_waited_for() {
        for bytes in [b"GET / HTTP/1.1\r\n".as_slice(), &[0, 0, 0, 15], &[0, 1, 0x18, 1], &[0xff; 8]] {
            assert_eq!(names(&Frames::default().take(bytes)), ["lost"]);
        }
    }

    #[test]
    fn a_field_without_its_end_costs_no_message() {
        let mandatory = [
            b"\0\x01\x0115551234567\0\x01\x0112345\0".as_slice(),
            &[4, 0, 0, 0, 0, 0, 0, 0, 0],
            &[5],
            b"id:42",
        ]
        .concat();
        // `receipted_message_id` without the zero that ends it, as some SMSCs write it.
        let body = [mandatory, vec![0, 0x1e, 0, 2, b'4', b'2']].concat();
        let length = u8::try_from(HEADER + body.len()).expect("a short one");
        let pdu = [[0, 0, 0, length, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9].as_slice(), &body].concat();
        assert_eq!(names(&Frames::default().take(&pdu)), ["DeliverSm 9"]);
    }
}
