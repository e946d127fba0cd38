//! A message as the PDUs that carry it: its alphabet, its parts, its numbers.

use super::setup::{Long, Setup, Zero};
use crate::provider::scheme::hex;
use crate::sms::encoding::{Alphabet, cost, gsm7_octets, latin1_octets, split};
use crate::sms::{Outbound, Sender};
use rusmpp_core::pdus::owned::SubmitSm;
use rusmpp_core::tlvs::owned::MessageSubmissionRequestTlvValue as Field;
use rusmpp_core::types::owned::{AnyOctetString, COctetString, OctetString};
use rusmpp_core::values::owned::MessagePayload;
use rusmpp_core::values::{DataCoding, EsmClass, Npi, RegisteredDelivery, Ton};

/// `esm_class` of a message that is nothing special, in the mode of the SMSC.
const PLAIN: u8 = 0;
/// `esm_class` with the bit that says that a header stands before the words.
const WITH_HEADER: u8 = 0x40;
/// `registered_delivery`: a receipt is wanted, whatever becomes of it.
const RECEIPT: u8 = 0x01;
/// ISDN numbering, international.
const INTERNATIONAL: (u8, u8) = (1, 1);

/// Words in the octets of an alphabet.
struct Coded {
    coding: u8,
    alphabet: Alphabet,
    octets: fn(&str) -> Option<Vec<u8>>,
}

/// The PDUs that carry a message, in order. `reference` names its parts to the phone. A receipt is asked for the last alone:
/// a message has one, and a phone shows it when all parts are there. O(characters × parts).
pub(super) fn submits(setup: &Setup, outbound: &Outbound, reference: u16) -> Vec<SubmitSm> {
    let body = words(outbound);
    let coded = coded(setup, &body);
    let octets = |words: &str| (coded.octets)(words).expect("the alphabet was chosen by the whole text");
    let parts = split(&body, coded.alphabet);
    let total = parts.len();
    if total > 1 && setup.long == Long::Payload {
        let mut whole = frame(setup, outbound, coded.coding);
        whole.push_tlv(Field::MessagePayload(MessagePayload::new(AnyOctetString::from_vec(octets(&body)))));
        whole.registered_delivery = receipt(setup);
        return vec![whole];
    }
    let count = u8::try_from(total).unwrap_or(u8::MAX);
    let numbered = parts.iter().zip(1_u8..=count);
    let mut submits: Vec<SubmitSm> = numbered
        .map(|(words, number)| {
            let mut submit = frame(setup, outbound, coded.coding);
            let mut message = octets(words);
            if total > 1 && setup.long == Long::Sar {
                submit.push_tlv(Field::SarMsgRefNum(reference));
                submit.push_tlv(Field::SarTotalSegments(count));
                submit.push_tlv(Field::SarSegmentSeqnum(number));
            } else if total > 1 {
                // Concatenation with a reference of 8 bits (3GPP TS 23.040, 9.2.3.24.1).
                let header = [5, 0, 3, reference.to_be_bytes()[1], count, number];
                message.splice(0..0, header);
                submit.esm_class = EsmClass::from(WITH_HEADER);
            }
            submit.set_short_message(
                OctetString::from_vec(message).expect("a part is shorter than 255 octets"),
            );
            submit
        })
        .collect();
    if let Some(last) = submits.last_mut() {
        last.registered_delivery = receipt(setup);
    }
    submits
}

/// The words, with the addresses of pictures below them: SMPP carries no pictures.
fn words(outbound: &Outbound) -> String {
    let lines = std::iter::once(&outbound.body).filter(|body| !body.is_empty()).chain(&outbound.media);
    lines.map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// What a text travels in. Networks carry GSM-7 and UCS-2, so a text that is not GSM-7 by its characters leaves as UCS-2
/// whatever else would hold it; and so does one that the coding of the account lacks a character for.
fn coded(setup: &Setup, text: &str) -> Coded {
    let plain: fn(&str) -> Option<Vec<u8>> = match (setup.coding, setup.zero) {
        (0, Zero::Gsm7) => gsm7_octets,
        (1, _) => |text| text.is_ascii().then(|| text.as_bytes().to_vec()),
        _ => latin1_octets,
    };
    if cost(text).alphabet == Alphabet::Gsm7 && plain(text).is_some() {
        return Coded { coding: setup.coding, alphabet: Alphabet::Gsm7, octets: plain };
    }
    let octets = |text: &str| Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    Coded { coding: 8, alphabet: Alphabet::Ucs2, octets }
}

fn receipt(setup: &Setup) -> RegisteredDelivery {
    RegisteredDelivery::from(if setup.receipts { RECEIPT } else { 0 })
}

/// A PDU with all but its words.
fn frame(setup: &Setup, outbound: &Outbound, coding: u8) -> SubmitSm {
    let (from, (ton, npi)) = match outbound.from {
        Sender::Number(phone) => (phone.digits().to_string(), INTERNATIONAL),
        Sender::ShortCode(_) => (outbound.from.to_string(), setup.short_code),
    };
    let number = |digits: String| COctetString::from_string(digits).expect("a number has at most 15 digits");
    SubmitSm::builder()
        .source_addr_ton(Ton::from(ton))
        .source_addr_npi(Npi::from(npi))
        .source_addr(number(from))
        .dest_addr_ton(Ton::from(INTERNATIONAL.0))
        .dest_addr_npi(Npi::from(INTERNATIONAL.1))
        .destination_addr(number(outbound.to.digits().to_string()))
        .esm_class(EsmClass::from(PLAIN)) // the codec's own default is a delivery acknowledgement
        .data_coding(DataCoding::from(coding))
        .build()
}

/// What a PDU carries, in a line for people.
pub(super) fn shown(submit: &SubmitSm) -> String {
    let fields: Vec<String> = submit.tlvs().iter().map(|field| format!(" {:?}", field.value())).collect();
    format!(
        "submit_sm source_addr={}/{}/{} destination_addr={}/{}/{} esm_class=0x{:02x} registered_delivery={} data_coding={} short_message={}{}",
        u8::from(submit.source_addr_ton),
        u8::from(submit.source_addr_npi),
        submit.source_addr,
        u8::from(submit.dest_addr_ton),
        u8::from(submit.dest_addr_npi),
        submit.destination_addr,
        u8::from(submit.esm_class),
        u8::from(submit.registered_delivery),
        u8::from(submit.data_coding),
        hex(submit.short_message()),
        fields.concat(),
    )
}
