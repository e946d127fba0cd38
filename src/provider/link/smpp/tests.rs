//! The machine against an SMSC that is a few lines: every moment is a value, and nothing is waited for.

#![allow(clippy::wildcard_enum_match_arm, clippy::type_complexity)] // what is not looked for is not named

use super::wire::{Frame, Frames, bytes};
use super::*;
use crate::provider::link::NoAnswer;
use crate::provider::{Catalogue, Way};
use crate::sms::ReceiptState;
use rusmpp_core::pdus::owned::{
    BindReceiverResp, BindTransceiverResp, BindTransmitterResp, DeliverSm, SubmitSm, SubmitSmResp,
};
use rusmpp_core::tlvs::owned::MessageDeliveryRequestTlvValue as Field;
use rusmpp_core::types::owned::{AnyOctetString, COctetString, OctetString};
use rusmpp_core::values::owned::MessagePayload;
use rusmpp_core::values::{DataCoding, EsmClass, MessageState, Ton};

const WIRE: Wire = Wire(0);

/// A link, and what it wrote and wanted since that was looked at.
struct Scene {
    link: Box<dyn Link>,
    now: Timestamp,
    wrote: Vec<Command>,
    wanted: Vec<Wish>,
    frames: Frames,
}

fn settings(more: &[(&str, &str)]) -> Settings {
    let mut settings = Settings { account: "smsc".to_owned(), ..Settings::default() };
    for (name, value) in [("address", "127.0.0.1:2775"), ("system_id", "sayso")].iter().chain(more) {
        settings.plain.insert((*name).to_owned(), (*value).to_owned());
    }
    settings.secrets.insert("password".to_owned(), vec!["secret".into()]);
    settings
}

fn opener(more: &[(&str, &str)]) -> Opener {
    let catalogue = Catalogue::default();
    match catalogue.kind("smpp").expect("it is shipped").open(&settings(more)) {
        Ok(Way::Link(opener)) => opener,
        Ok(Way::Calls(_)) => panic!("SMPP keeps a link"),
        Err(error) => panic!("{error}"),
    }
}

impl Scene {
    fn new(more: &[(&str, &str)]) -> Self {
        let mut scene = Self {
            link: opener(more).open(Use::Serving),
            now: "2026-06-01T12:00:00Z".parse().expect("a moment"),
            wrote: Vec::new(),
            wanted: Vec::new(),
            frames: Frames::default(),
        };
        scene.tell(Happened::Started { told: false });
        scene
    }

    /// One whose SMSC has taken the bind, which was a while ago.
    fn bound(more: &[(&str, &str)]) -> Self {
        let mut scene = Self::new(more);
        scene.bind();
        scene.pass(SignedDuration::from_mins(6));
        scene.clear();
        scene
    }

    fn bind(&mut self) {
        self.tell(Happened::Opened(WIRE));
        let number = self.wrote.last().expect("a bind").sequence_number();
        self.say(CommandStatus::EsmeRok, number, Pdu::BindTransceiverResp(BindTransceiverResp::default()));
        self.clear();
    }

    fn tell(&mut self, happened: Happened<'_>) {
        for wish in self.link.step(happened, self.now) {
            if let Wish::Write(_, bytes) = &wish {
                let whole = self.frames.take(bytes).into_iter();
                self.wrote.extend(whole.map(|frame| match frame {
                    Frame::Pdu(command) => *command,
                    other => panic!("{other:?} was written"),
                }));
            } else {
                self.wanted.push(wish);
            }
        }
    }

    fn say(&mut self, status: CommandStatus, number: u32, pdu: impl Into<Pdu>) {
        let bytes = bytes(status, number, pdu);
        self.tell(Happened::Heard(WIRE, &bytes));
    }

    fn clear(&mut self) {
        self.wrote.clear();
        self.wanted.clear();
    }

    /// Lets time pass; the SMSC answers whenever it is asked whether it is there.
    fn pass(&mut self, time: SignedDuration) {
        let end = self.now.checked_add(time).expect("a moment");
        while let Some(due) = self.link.due(self.now).filter(|due| *due <= end) {
            self.now = due.max(self.now);
            let before = self.wrote.len();
            self.tell(Happened::Time);
            let asked = self.wrote[before..].iter().filter(|command| command.id() == CommandId::EnquireLink);
            for number in asked.map(Command::sequence_number).collect::<Vec<_>>() {
                self.say(CommandStatus::EsmeRok, number, Pdu::EnquireLinkResp);
            }
        }
        self.now = end;
    }

    fn send(&mut self, ticket: u64, body: &str) {
        self.tell(Happened::Send(Ticket(ticket), &outbound(body)));
    }

    /// The messages that were written, with the numbers of their requests.
    fn submits(&self) -> Vec<(u32, &SubmitSm)> {
        let submit = |command: &'_ Command| matches!(command.pdu(), Some(Pdu::SubmitSm(_)));
        let pair = |command: &'_ Command| command.sequence_number();
        let of = self.wrote.iter().filter(|command| submit(command));
        of.filter_map(|command| match command.pdu() {
            Some(Pdu::SubmitSm(submit)) => Some((pair(command), submit)),
            _ => None,
        })
        .collect()
    }

    fn numbers(&self) -> Vec<u32> {
        self.submits().iter().map(|(number, _)| *number).collect()
    }

    fn answer(&mut self, number: u32, status: CommandStatus, id: &str) {
        let id = COctetString::from_string(id.to_owned()).expect("a short one");
        self.say(status, number, SubmitSmResp::builder().message_id(id).build());
    }

    fn settled(&self) -> Vec<(u64, &Result<Outcome, NoAnswer>)> {
        let of = |wish: &'_ Wish| matches!(wish, Wish::Settle(..));
        let settled = self.wanted.iter().filter(|wish| of(wish));
        settled
            .filter_map(|wish| match wish {
                Wish::Settle(ticket, outcome) => Some((ticket.0, outcome)),
                _ => None,
            })
            .collect()
    }

    fn delivered(&self) -> Vec<(Ticket, &Delivery)> {
        let deliveries = self.wanted.iter();
        deliveries
            .filter_map(|wish| match wish {
                Wish::Deliver { ticket, delivery, .. } => Some((*ticket, delivery.as_ref())),
                _ => None,
            })
            .collect()
    }

    fn said(&self) -> String {
        let words = self.wanted.iter().filter_map(|wish| match wish {
            Wish::Say(weight, words) => Some(format!("{weight:?}: {words}\n")),
            _ => None,
        });
        words.collect()
    }

    fn statuses(&self) -> Vec<(CommandId, CommandStatus, u32)> {
        self.wrote.iter().map(|c| (c.id(), c.status(), c.sequence_number())).collect()
    }
}

fn outbound(body: &str) -> Outbound {
    Outbound {
        from: "+14045550100".parse().expect("a number"),
        to: "+14045550123".parse().expect("a number"),
        body: body.to_owned(),
        media: Vec::new(),
        reference: "7.0".to_owned(),
    }
}

fn deliver(esm_class: u8, coding: u8, octets: &[u8], fields: Vec<Field>) -> DeliverSm {
    DeliverSm::builder()
        .source_addr_ton(Ton::International)
        .source_addr(COctetString::from_static_slice(b"14045550123\0").expect("a number"))
        .destination_addr(COctetString::from_static_slice(b"14045550100\0").expect("a number"))
        .esm_class(EsmClass::from(esm_class))
        .data_coding(DataCoding::from(coding))
        .short_message(OctetString::from_slice(octets).expect("a short one"))
        .tlvs(fields)
        .build()
}

#[test]
fn a_message_leaves_and_is_taken_under_the_id_of_the_answer() {
    let mut scene = Scene::bound(&[]);
    scene.send(1, "50 €");
    let (number, submit) = scene.submits()[0];
    assert_eq!(
        (submit.source_addr.as_str(), submit.destination_addr.as_str()),
        ("14045550100", "14045550123")
    );
    assert_eq!(&submit.short_message()[..], b"50 \x1b\x65");
    assert_eq!((u8::from(submit.data_coding), u8::from(submit.registered_delivery)), (0, 1));
    assert_eq!(u8::from(submit.esm_class), 0);
    scene.answer(number, CommandStatus::EsmeRok, "0a1b");
    assert_eq!(scene.settled(), [(1, &Ok(Outcome::Accepted { id: Some("0a1b".into()) }))]);
}

#[test]
fn a_wrong_password_is_said_once_and_not_tried_again_soon() {
    let mut scene = Scene::new(&[]);
    scene.send(1, "early");
    scene.tell(Happened::Opened(WIRE));
    let number = scene.wrote[0].sequence_number();
    scene.say(CommandStatus::EsmeRinvpaswd, number, BindTransceiverResp::default());
    assert!(
        scene.said().contains("Error: the SMSC refuses the password of `sayso` (0x0e)"),
        "{}",
        scene.said()
    );
    let [(1, Ok(Outcome::Retry { why, .. }))] = scene.settled()[..] else { panic!("{:?}", scene.wanted) };
    assert!(why.contains("password"));
    scene.clear();
    scene.send(2, "later");
    let [(2, Ok(Outcome::Retry { after: Some(after), .. }))] = scene.settled()[..] else {
        panic!("{:?}", scene.wanted)
    };
    assert!(*after >= SignedDuration::from_secs(150), "{after}");
    scene.clear();
    scene.pass(SignedDuration::from_secs(149));
    assert_eq!(scene.wanted, [], "nobody is hammered");
    scene.pass(SignedDuration::from_secs(152));
    assert!(matches!(scene.wanted[..], [Wish::Open(..)]), "{:?}", scene.wanted);
}

#[test]
fn a_lost_link_comes_back_after_pauses_that_grow() {
    let mut scene = Scene::bound(&[]);
    let mut pauses = Vec::new();
    for _ in 0..9 {
        scene.clear();
        scene.tell(Happened::Closed(WIRE, "reset"));
        let due = scene.link.due(scene.now).expect("it tries again");
        pauses.push(due.duration_since(scene.now).as_millis());
        scene.pass(due.duration_since(scene.now));
        assert!(scene.wanted.iter().any(|wish| matches!(wish, Wish::Open(..))), "{:?}", scene.wanted);
        scene.now = scene.now.checked_add(SignedDuration::from_micros(377)).expect("a moment");
    }
    for (attempt, pause) in pauses.iter().enumerate() {
        let longest = (1_000_i128 << attempt).min(60_000);
        assert!((longest / 2..=longest).contains(pause), "{pauses:?}");
    }
    // A bind that lasts makes the next pause the first again.
    scene.bind();
    scene.pass(SignedDuration::from_secs(61));
    scene.tell(Happened::Closed(WIRE, "reset"));
    let pause = scene.link.due(scene.now).expect("it tries again").duration_since(scene.now);
    assert!(pause <= SignedDuration::from_secs(1), "{pause}");
}

#[test]
fn a_silent_smsc_is_asked_and_given_up() {
    let mut scene = Scene::bound(&[("enquire_link", "20")]);
    scene.now = scene.now.checked_add(SignedDuration::from_secs(20)).expect("a moment");
    scene.tell(Happened::Time);
    assert_eq!(scene.wrote.last().map(Command::id), Some(CommandId::EnquireLink));
    scene.now = scene.now.checked_add(SignedDuration::from_secs(10)).expect("a moment");
    scene.tell(Happened::Time);
    assert!(scene.wanted.contains(&Wish::Close(WIRE)), "{:?}", scene.wanted);
    assert!(scene.said().contains("the SMSC does not answer"));
}

#[test]
fn the_window_is_never_exceeded() {
    let mut scene = Scene::bound(&[("window", "3")]);
    for ticket in 0..10 {
        scene.send(ticket, "hi");
    }
    assert_eq!(scene.numbers().len(), 3);
    let first = scene.numbers()[0];
    scene.answer(first, CommandStatus::EsmeRok, "1");
    assert_eq!(scene.numbers().len(), 4);
}

#[test]
fn a_storm_of_throttling_slows_down_and_loses_nothing() {
    let mut scene = Scene::bound(&[("window", "8")]);
    let (mut waiting, mut taken, mut bursts) = ((0..200_u64).collect::<Vec<_>>(), 0, Vec::new());
    // The SMSC takes two messages a second, and says 0x58 to all others.
    for _ in 0..1_000 {
        for ticket in std::mem::take(&mut waiting) {
            scene.send(ticket, "hi");
        }
        let mut room = 2;
        let mut written = 0;
        let mut answered = 0;
        while answered < scene.numbers().len() {
            let number = scene.numbers()[answered];
            answered += 1;
            written += 1;
            if room > 0 {
                room -= 1;
                scene.answer(number, CommandStatus::EsmeRok, "1");
            } else {
                scene.answer(number, CommandStatus::EsmeRthrottled, "");
            }
        }
        bursts.push(written);
        for (ticket, outcome) in scene.settled() {
            match outcome {
                Ok(Outcome::Accepted { .. }) => taken += 1,
                Ok(Outcome::Retry { .. }) => waiting.push(ticket),
                other => panic!("{ticket}: {other:?}"),
            }
        }
        scene.clear();
        scene.pass(SignedDuration::from_secs(1));
        scene.clear();
        if taken == 200 {
            break;
        }
    }
    assert_eq!((taken, waiting), (200, vec![]));
    let written: usize = bursts.iter().sum();
    assert!(written <= 3 * 200, "{written} were written so that 200 were taken");
    assert!(bursts.contains(&0), "it pauses");
}

#[test]
fn a_message_that_has_begun_is_finished_and_its_first_part_not_repeated() {
    let mut scene = Scene::bound(&[]);
    scene.send(1, &"a".repeat(400));
    let first = scene.numbers()[0];
    scene.answer(first, CommandStatus::EsmeRok, "p1");
    let second = scene.numbers()[1];
    scene.answer(second, CommandStatus::EsmeRmsgqful, "");
    assert_eq!((scene.numbers().len(), scene.settled().len()), (2, 0), "it waits");
    scene.pass(SignedDuration::from_secs(1));
    for place in [2, 3] {
        let number = scene.numbers()[place];
        scene.answer(number, CommandStatus::EsmeRok, &format!("p{place}"));
    }
    let headers: Vec<u8> = scene.submits().iter().map(|(_, submit)| submit.short_message()[5]).collect();
    assert_eq!(headers, [1, 2, 2, 3]);
    let receipts: Vec<u8> = scene.submits().iter().map(|(_, s)| s.registered_delivery.into()).collect();
    assert_eq!(receipts, [0, 0, 0, 1]);
    assert_eq!(scene.settled(), [(1, &Ok(Outcome::Accepted { id: Some("p3".into()) }))]);
}

#[test]
fn what_becomes_of_a_torn_message_is_left_to_people() {
    let mut scene = Scene::bound(&[]);
    scene.send(1, &"a".repeat(400));
    let first = scene.numbers()[0];
    scene.answer(first, CommandStatus::EsmeRok, "p1");
    let second = scene.numbers()[1];
    scene.answer(second, CommandStatus::EsmeRinvdstadr, "");
    let [(1, Err(NoAnswer(why)))] = scene.settled()[..] else { panic!("{:?}", scene.wanted) };
    assert!(why.starts_with("1 of 3 parts were taken, then: 0x0b"), "{why}");
}

#[test]
fn when_the_link_is_lost_only_what_was_written_is_unknown() {
    let mut scene = Scene::bound(&[("window", "1")]);
    scene.send(1, "written");
    scene.send(2, "waits");
    scene.tell(Happened::Closed(WIRE, "reset"));
    let outcomes: Vec<_> = scene.settled();
    assert!(matches!(outcomes[0], (1, Err(NoAnswer(_)))), "{outcomes:?}");
    assert!(matches!(outcomes[1], (2, Ok(Outcome::Retry { .. }))), "{outcomes:?}");
}

#[test]
fn an_answer_that_comes_too_late_is_told_to_nobody() {
    let mut scene = Scene::bound(&[]);
    scene.send(1, "hi");
    let number = scene.numbers()[0];
    scene.pass(SignedDuration::from_secs(30));
    assert!(matches!(scene.settled()[..], [(1, Err(NoAnswer(_)))]));
    scene.clear();
    scene.answer(number, CommandStatus::EsmeRok, "late");
    assert_eq!(scene.settled(), []);
}

#[test]
fn refusals_mean_what_the_file_says() {
    let cases = [
        (CommandStatus::EsmeRinvdstadr, Some(Rejection::BadNumber)),
        (CommandStatus::EsmeRinvsrcadr, Some(Rejection::Config)),
        (CommandStatus::EsmeRinvmsglen, Some(Rejection::TooLong)),
        (CommandStatus::EsmeRsubmitfail, Some(Rejection::Filtered)),
        (CommandStatus::Other(0x0400), Some(Rejection::Permanent)),
        (CommandStatus::EsmeRsyserr, None),
    ];
    for (status, wanted) in cases {
        let mut scene = Scene::bound(&[]);
        scene.send(1, "hi");
        let number = scene.numbers()[0];
        scene.answer(number, status, "");
        match (scene.settled()[..].first(), wanted) {
            (Some((1, Ok(Outcome::Rejected { kind, .. }))), Some(wanted)) => {
                assert_eq!(*kind, wanted, "{status:?}");
            }
            (Some((1, Ok(Outcome::Retry { .. }))), None) => {}
            other => panic!("{status:?}: {other:?}"),
        }
    }
}

#[test]
fn a_text_is_answered_when_it_is_kept_and_not_before() {
    let mut scene = Scene::bound(&[]);
    scene.say(CommandStatus::EsmeRok, 70, deliver(0, 0, b"JOIN", vec![]));
    let [(ticket, Delivery::Text(inbound))] = scene.delivered()[..] else { panic!("{:?}", scene.wanted) };
    assert_eq!((inbound.body.as_str(), inbound.from.to_string().as_str()), ("JOIN", "+14045550123"));
    assert!(scene.wrote.is_empty());
    scene.pass(SignedDuration::from_secs(25));
    assert!(scene.wrote.is_empty());
    scene.tell(Happened::Taken(ticket, Taken::Kept));
    assert_eq!(scene.statuses(), [(CommandId::DeliverSmResp, CommandStatus::EsmeRok, 70)]);
}

#[test]
fn what_cannot_be_taken_now_is_to_come_again() {
    for (taken, status) in
        [(Taken::Later, CommandStatus::EsmeRxTAppn), (Taken::Never, CommandStatus::EsmeRxPAppn)]
    {
        let mut scene = Scene::bound(&[]);
        scene.say(CommandStatus::EsmeRok, 70, deliver(0, 0, b"JOIN", vec![]));
        let ticket = scene.delivered()[0].0;
        scene.tell(Happened::Taken(ticket, taken));
        assert_eq!(scene.statuses(), [(CommandId::DeliverSmResp, status, 70)]);
    }
}

#[test]
fn who_brings_more_than_can_wait_is_told_to_come_back() {
    let mut scene = Scene::bound(&[]);
    for number in 0..1_000 {
        let words = format!("text {number}");
        scene.say(CommandStatus::EsmeRok, number, deliver(0, 0, words.as_bytes(), vec![]));
    }
    assert_eq!((scene.delivered().len(), scene.wrote.len()), (1_000, 0));
    scene.say(CommandStatus::EsmeRok, 1_000, deliver(0, 0, b"one more", vec![]));
    assert_eq!(scene.statuses(), [(CommandId::DeliverSmResp, CommandStatus::EsmeRmsgqful, 1_000)]);
    let first = scene.delivered()[0].0;
    scene.tell(Happened::Taken(first, Taken::Kept));
    scene.say(CommandStatus::EsmeRok, 1_001, deliver(0, 0, b"one more", vec![]));
    assert_eq!(scene.delivered().len(), 1_001, "there is a place again");
}

#[test]
fn an_answer_goes_over_the_connection_of_its_request_or_nowhere() {
    let mut scene = Scene::bound(&[]);
    scene.say(CommandStatus::EsmeRok, 70, deliver(0, 0, b"JOIN", vec![]));
    let (ticket, Delivery::Text(first)) = scene.delivered()[0] else { panic!() };
    let first = first.id.clone();
    scene.tell(Happened::Closed(WIRE, "reset"));
    scene.pass(SignedDuration::from_secs(1));
    scene.bind();
    scene.tell(Happened::Taken(ticket, Taken::Kept));
    assert_eq!(scene.statuses(), []);
    scene.say(CommandStatus::EsmeRok, 1, deliver(0, 0, b"JOIN", vec![]));
    let (_, Delivery::Text(again)) = scene.delivered()[0] else { panic!() };
    assert_eq!(again.id, first, "it is the same text, for it was not answered");
}

#[test]
fn receipts_are_read_from_words_and_from_fields() {
    let words =
        b"id:0042 sub:001 dlvrd:001 submit date:2606011200 done date:2606011201 stat:UNDELIV err:069 text:";
    let id =
        |id: &'static [u8]| Field::ReceiptedMessageId(COctetString::from_static_slice(id).expect("an id"));
    let by_field = vec![id(b"0043\0"), Field::MessageState(MessageState::Delivered)];
    let cases = [
        (deliver(0x04, 0, words, vec![]), "0042", ReceiptState::Undelivered, Some("069")),
        (deliver(0x04, 0, words, by_field.clone()), "0043", ReceiptState::Delivered, Some("069")),
        (deliver(0x04, 0, b"", by_field.clone()), "0043", ReceiptState::Delivered, None),
        (deliver(0x00, 0, b"", by_field), "0043", ReceiptState::Delivered, None),
        (deliver(0x20, 0, b"id:7 stat:ENROUTE err:000", vec![]), "7", ReceiptState::Sent, None),
        (deliver(0x04, 0, b"id:7 stat:WHATEVER", vec![]), "7", ReceiptState::Unknown, None),
    ];
    for (pdu, id, state, code) in cases {
        let mut scene = Scene::bound(&[]);
        scene.say(CommandStatus::EsmeRok, 1, pdu);
        let [(_, Delivery::Receipt(receipt))] = scene.delivered()[..] else { panic!("{:?}", scene.wanted) };
        assert_eq!((receipt.id.as_str(), receipt.state, receipt.code.as_deref()), (id, state, code));
    }
}

#[test]
fn texts_are_read_in_every_coding() {
    let cases: [(u8, &[u8], &[(&str, &str)], &str); 7] = [
        (0, b"\x00 50 \x1b\x65", &[], "@ 50 €"),
        (0, b"caf\xe9 @", &[("alphabet", "latin1")], "café @"),
        (0, b"caf\xe9", &[], "café"),
        (1, b"plain", &[], "plain"),
        (3, b"caf\xe9", &[], "café"),
        (8, &[0xd8, 0x3d, 0xde, 0x42], &[], "🙂"),
        (0xf0, b"flash", &[], "flash"),
    ];
    for (coding, octets, settings, text) in cases {
        let mut scene = Scene::bound(settings);
        scene.say(CommandStatus::EsmeRok, 1, deliver(0, coding, octets, vec![]));
        let [(_, Delivery::Text(inbound))] = scene.delivered()[..] else { panic!("{:?}", scene.wanted) };
        assert_eq!(inbound.body, text);
    }
}

#[test]
fn parts_are_told_by_header_and_by_fields_and_payloads_are_whole() {
    let sar = vec![Field::SarMsgRefNum(300), Field::SarTotalSegments(3), Field::SarSegmentSeqnum(2)];
    let cases = [
        (deliver(0x40, 0, b"\x05\x00\x03\x07\x02\x01hello", vec![]), ("7", 1, 2, "hello")),
        (deliver(0x40, 0, b"\x06\x08\x04\x01\x2c\x02\x02there", vec![]), ("300", 2, 2, "there")),
        (deliver(0x00, 0, b"mid", sar), ("300", 2, 3, "mid")),
    ];
    for (pdu, (reference, number, total, words)) in cases {
        let mut scene = Scene::bound(&[]);
        scene.say(CommandStatus::EsmeRok, 1, pdu.clone());
        let [(_, Delivery::Part(part))] = scene.delivered()[..] else { panic!("{:?}", scene.wanted) };
        let said =
            (part.reference.as_str(), part.number, part.total, &*String::from_utf16_lossy(&part.units));
        assert_eq!(said, (reference, number, total, words));
        let id = part.inbound.id.clone();
        // Another process gives it the same name.
        let mut scene = Scene::bound(&[]);
        scene.say(CommandStatus::EsmeRok, 9, pdu);
        let [(_, Delivery::Part(again))] = scene.delivered()[..] else { panic!("{:?}", scene.wanted) };
        assert_eq!(again.inbound.id, id);
    }
    let payload = Field::MessagePayload(MessagePayload::new(AnyOctetString::from_vec(b"x".repeat(500))));
    let mut scene = Scene::bound(&[]);
    scene.say(CommandStatus::EsmeRok, 1, deliver(0, 0, b"", vec![payload]));
    let [(_, Delivery::Text(inbound))] = scene.delivered()[..] else { panic!("{:?}", scene.wanted) };
    assert_eq!(inbound.body, "x".repeat(500));
}

#[test]
fn texts_leave_in_the_coding_of_the_account_or_as_ucs_2() {
    let cases: [(&[(&str, &str)], &str, u8, &[u8]); 7] = [
        (&[], "[é]", 0, b"\x1b\x3c\x05\x1b\x3e"),
        (&[("alphabet", "latin1")], "[é]", 0, b"[\xe9]"),
        (&[("coding", "3")], "[é]", 3, b"[\xe9]"),
        (&[("coding", "1")], "[e]", 1, b"[e]"),
        (&[("coding", "1")], "é", 8, &[0x00, 0xe9]),
        (&[("alphabet", "latin1")], "€", 8, &[0x20, 0xac]),
        (&[], "á🙂", 8, &[0x00, 0xe1, 0xd8, 0x3d, 0xde, 0x42]),
    ];
    for (settings, body, coding, octets) in cases {
        let mut scene = Scene::bound(settings);
        scene.send(1, body);
        let (_, submit) = scene.submits()[0];
        assert_eq!((u8::from(submit.data_coding), &submit.short_message()[..]), (coding, octets), "{body}");
    }
}

#[test]
fn long_texts_leave_by_header_by_fields_or_whole() {
    let text = "a".repeat(152) + "€" + &"b".repeat(20);
    let sent = |settings: &[(&str, &str)]| {
        let mut scene = Scene::bound(settings);
        scene.send(1, &text);
        let mut place = 0;
        while place < scene.numbers().len() {
            let number = scene.numbers()[place];
            scene.answer(number, CommandStatus::EsmeRok, "1");
            place += 1;
        }
        scene.submits().into_iter().map(|(_, submit)| submit.clone()).collect::<Vec<_>>()
    };
    let udh = sent(&[]);
    assert_eq!(udh.len(), 2);
    let header = |submit: &SubmitSm| submit.short_message()[..6].to_vec();
    assert_eq!((header(&udh[0])[..3].to_vec(), header(&udh[0])[4..].to_vec()), (vec![5, 0, 3], vec![2, 1]));
    assert_eq!(header(&udh[0])[3], header(&udh[1])[3], "one reference");
    assert_eq!(&udh[1].short_message()[6..8], b"\x1b\x65", "the escape is whole");
    assert_eq!(u8::from(udh[0].esm_class), 0x40);
    let sar = sent(&[("long", "sar")]);
    assert_eq!(sar.iter().map(|submit| submit.tlvs().len()).collect::<Vec<_>>(), [3, 3]);
    assert_eq!(sar[1].short_message().len(), 22);
    let payload = sent(&[("long", "payload")]);
    assert_eq!((payload.len(), payload[0].short_message().len(), payload[0].tlvs().len()), (1, 0, 1));
}

#[test]
fn the_end_is_said_and_an_end_of_the_connection_is_answer_enough() {
    let mut scene = Scene::bound(&[]);
    scene.send(1, "begun");
    scene.tell(Happened::Stop);
    assert_eq!(scene.numbers().len(), 1);
    assert!(!scene.statuses().iter().any(|(id, ..)| *id == CommandId::Unbind), "what has begun is finished");
    let number = scene.numbers()[0];
    scene.answer(number, CommandStatus::EsmeRok, "1");
    assert_eq!(scene.wrote.last().map(Command::id), Some(CommandId::Unbind));
    scene.tell(Happened::Closed(WIRE, "the provider has closed the connection"));
    assert_eq!(scene.wanted.last(), Some(&Wish::End { heard: true }));
    assert!(!scene.said().contains("Warning"), "{}", scene.said());
}

#[test]
fn what_the_smsc_may_bring_again_is_told_at_the_end() {
    // (a text is kept, the SMSC answers the unbind)
    for (kept, parts, heard) in [(true, true, true), (true, false, false), (false, true, false)] {
        let mut scene = Scene::bound(&[]);
        scene.say(CommandStatus::EsmeRok, 70, deliver(0, 0, b"JOIN", vec![]));
        let ticket = scene.delivered()[0].0;
        scene.tell(Happened::Taken(ticket, if kept { Taken::Kept } else { Taken::Later }));
        scene.tell(Happened::Stop);
        if parts {
            scene.tell(Happened::Closed(WIRE, "the provider has closed the connection"));
        }
        scene.pass(SignedDuration::from_secs(5));
        assert_eq!(scene.wanted.last(), Some(&Wish::End { heard }), "{kept} {parts}");
    }
}

#[test]
fn behind_a_link_that_ended_well_no_text_is_taken_for_another() {
    for told in [true, false] {
        let mut scene = Scene::new(&[]);
        scene.link = opener(&[]).open(Use::Serving);
        scene.tell(Happened::Started { told });
        scene.bind();
        scene.say(CommandStatus::EsmeRok, 1, deliver(0, 0, b"JOIN", vec![]));
        let Some(Wish::Deliver { perhaps, .. }) = scene.wanted.first() else { panic!("{:?}", scene.wanted) };
        assert_eq!(perhaps.is_empty(), told);
    }
}

#[test]
fn an_smsc_that_never_lets_go_is_left() {
    let mut scene = Scene::bound(&[]);
    scene.tell(Happened::Stop);
    scene.pass(SignedDuration::from_secs(5));
    assert_eq!(scene.wanted[scene.wanted.len() - 2..], [Wish::Close(WIRE), Wish::End { heard: true }]);
}

#[test]
fn requests_that_we_do_not_know_are_refused_by_name() {
    let mut scene = Scene::bound(&[]);
    let query = [0, 0, 0, 16, 0, 0, 9, 9, 0, 0, 0, 0, 0, 0, 0, 33];
    scene.tell(Happened::Heard(WIRE, &query));
    assert_eq!(scene.statuses(), [(CommandId::GenericNack, CommandStatus::EsmeRinvcmdid, 33)]);
}

#[test]
fn a_pair_is_a_transmitter_and_a_receiver() {
    let mut scene = Scene::new(&[("bind", "pair")]);
    assert_eq!(scene.wanted.iter().filter(|wish| matches!(wish, Wish::Open(..))).count(), 2);
    scene.tell(Happened::Opened(Wire(0)));
    scene.tell(Happened::Opened(Wire(1)));
    let binds: Vec<CommandId> = scene.wrote.iter().map(Command::id).collect();
    assert_eq!(binds, [CommandId::BindTransmitter, CommandId::BindReceiver]);
    scene.say(CommandStatus::EsmeRok, 1, Pdu::BindTransmitterResp(BindTransmitterResp::default()));
    let bytes = bytes(CommandStatus::EsmeRok, 1, Pdu::BindReceiverResp(BindReceiverResp::default()));
    scene.tell(Happened::Heard(Wire(1), &bytes));
    scene.clear();
    scene.send(1, "hi");
    scene.tell(Happened::Closed(Wire(1), "reset"));
    assert_eq!((scene.numbers().len(), scene.settled().len()), (1, 0), "the transmitter is another");
}

#[test]
fn settings_that_make_no_sense_open_no_link() {
    let catalogue = Catalogue::default();
    let kind = catalogue.kind("smpp").expect("it is shipped");
    for (name, value) in [("address", "smsc"), ("window", "0"), ("system_id", "much-too-long-for-it")] {
        let Err(error) = kind.open(&settings(&[(name, value)])) else { panic!("{name} = {value} was taken") };
        assert!(error.to_string().contains(name), "{error}");
    }
    let mut long = settings(&[]);
    long.secrets.insert("password".to_owned(), vec!["nine-long".into()]);
    assert!(kind.open(&long).is_err());
}
