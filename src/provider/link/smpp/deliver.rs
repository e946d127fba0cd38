//! What a `deliver_sm` brings: a text, a part of one, or a receipt.

use super::setup::{Ids, Setup, Zero};
use crate::provider::file::Class;
use crate::provider::scheme::hex;
use crate::provider::{Delivery, message_id};
use crate::sms::encoding::{text_of_octets, units_of_octets};
use crate::sms::{Inbound, MessageId, Part, Phone, Receipt, ReceiptState, Sender};
use rusmpp_core::pdus::owned::{DataSm, DeliverSm};
use rusmpp_core::tlvs::owned::{Tlv, TlvValue};
use rusmpp_core::values::MessageState;
use sha2::{Digest, Sha256};

/// Bits of `esm_class` that say what kind of message it is (SMPP 3.4, 5.2.12).
const KIND: u8 = 0b0011_1100;
/// A receipt of the SMSC.
const RECEIPT: u8 = 0b0000_0100;
/// A word on the way, in the form of a receipt.
const NOTIFICATION: u8 = 0b0010_0000;
/// A header stands before the words.
const HEADER: u8 = 0b0100_0000;

/// What came, before it is known what it is.
pub(super) struct Brought<'d> {
    from: Address<'d>,
    to: Address<'d>,
    esm_class: u8,
    coding: u8,
    octets: &'d [u8],
    fields: &'d [Tlv],
}

struct Address<'d> {
    ton: u8,
    digits: &'d str,
}

impl<'d> Brought<'d> {
    pub(super) fn by_deliver(deliver: &'d DeliverSm) -> Self {
        let fields = deliver.tlvs();
        let short: &[u8] = deliver.short_message();
        Self {
            from: Address { ton: deliver.source_addr_ton.into(), digits: deliver.source_addr.as_str() },
            to: Address { ton: deliver.dest_addr_ton.into(), digits: deliver.destination_addr.as_str() },
            esm_class: deliver.esm_class.into(),
            coding: deliver.data_coding.into(),
            octets: if short.is_empty() { payload(fields).unwrap_or_default() } else { short },
            fields,
        }
    }

    pub(super) fn by_data(data: &'d DataSm) -> Self {
        let fields = data.tlvs();
        Self {
            from: Address { ton: data.source_addr_ton.into(), digits: data.source_addr.as_str() },
            to: Address { ton: data.dest_addr_ton.into(), digits: data.destination_addr.as_str() },
            esm_class: data.esm_class.into(),
            coding: data.data_coding.into(),
            octets: payload(fields).unwrap_or_default(),
            fields,
        }
    }

    /// A name by which the same message is known when it comes again: SMPP has none of its own.
    pub(super) fn fingerprint(&self) -> String {
        let Self { from, to, esm_class, coding, octets, .. } = self;
        let mut hash = Sha256::new();
        for text in [from.digits, to.digits] {
            hash.update(text.as_bytes());
            hash.update([0]);
        }
        hash.update([*esm_class, *coding]);
        hash.update(octets);
        for field in self.fields {
            // Parts of two texts may be alike in all but their numbers.
            if let Some(TlvValue::SarMsgRefNum(number)) = field.value() {
                hash.update(number.to_be_bytes());
            } else if let Some(TlvValue::SarSegmentSeqnum(number)) = field.value() {
                hash.update([*number]);
            }
        }
        hex(&hash.finalize()[..16])
    }

    /// The id that the SMSC gives the message, where it is one that does.
    pub(super) fn own_id(&self) -> Option<MessageId> {
        let id = self.fields.iter().find_map(|field| match field.value() {
            Some(TlvValue::ReceiptedMessageId(id)) => Some(id.as_str()),
            _ => None,
        });
        id.and_then(|id| message_id(id.trim()).ok())
    }

    pub(super) fn is_receipt(&self) -> bool {
        let state = self.fields.iter().any(|field| matches!(field.value(), Some(TlvValue::MessageState(_))));
        matches!(self.esm_class & KIND, RECEIPT | NOTIFICATION) || state && self.own_id().is_some()
    }

    /// Whether it is what a phone says about a message of ours, and nothing that a person wrote.
    pub(super) fn is_of_no_person(&self) -> bool {
        self.esm_class & KIND != 0 && !self.is_receipt()
    }

    /// The text or the part of one; otherwise what is wrong with it.
    pub(super) fn text(&self, setup: &Setup, id: MessageId) -> Result<Delivery, String> {
        let from = self.from.phone(setup)?;
        let to = self.to.digits.trim().parse::<Sender>();
        let to = to.or_else(|_| self.to.phone(setup).map(Sender::Number))?;
        let (header, words) = self.header();
        let unread = || format!("the data coding {} is none that texts come in", self.coding);
        let units = self.units(words, setup).ok_or_else(unread)?;
        let inbound = Inbound {
            account: setup.account.clone(),
            id,
            from,
            to,
            body: String::new(),
            sent_at: None,
            media: Vec::new(),
            hint: None,
            missing: 0,
        };
        let part = self.numbers(header).and_then(|(reference, total, number)| {
            Part::of_units(inbound.clone(), reference.to_string(), number, total, units.clone())
        });
        if let Some(part) = part {
            return Ok(Delivery::Part(part));
        }
        Ok(Delivery::Text(Inbound { body: String::from_utf16_lossy(&units), ..inbound }))
    }

    /// Whether it is one of several parts of a text.
    pub(super) fn is_part(&self) -> bool {
        self.numbers(self.header().0).is_some_and(|(_, total, _)| total > 1)
    }

    /// The numbers of a part: reference, total, number.
    fn numbers(&self, header: &[u8]) -> Option<(u16, u8, u8)> {
        concatenation(header).or_else(|| self.sar())
    }

    /// The header before the words, without its length, and the words.
    fn header(&self) -> (&[u8], &[u8]) {
        let split = self.octets.split_first().filter(|_| self.esm_class & HEADER != 0);
        match split {
            Some((length, rest)) if usize::from(*length) <= rest.len() => rest.split_at(usize::from(*length)),
            Some(_) | None => (&[], self.octets),
        }
    }

    /// The words in 16-bit units, by their coding. An octet that the alphabet lacks costs no text: it is read as Latin-1,
    /// which many an SMSC sends under 0.
    fn units(&self, octets: &[u8], setup: &Setup) -> Option<Vec<u16>> {
        let text = match (basic(self.coding)?, setup.zero) {
            (8, _) => return units_of_octets(octets),
            (0, Zero::Gsm7) => text_of_octets(octets, 0).or_else(|| text_of_octets(octets, 3)),
            _ => text_of_octets(octets, 3),
        };
        text.map(|text| text.encode_utf16().collect())
    }

    /// The numbers of a part in fields beside it: reference, total, number.
    fn sar(&self) -> Option<(u16, u8, u8)> {
        let (mut reference, mut total, mut number) = (None, None, None);
        for field in self.fields {
            match field.value() {
                Some(TlvValue::SarMsgRefNum(value)) => reference = Some(*value),
                Some(TlvValue::SarTotalSegments(value)) => total = Some(*value),
                Some(TlvValue::SarSegmentSeqnum(value)) => number = Some(*value),
                _ => {}
            }
        }
        Some((reference?, total?, number?))
    }

    /// The receipt: by its fields where they are there, else by its words (SMPP 3.4, appendix B).
    pub(super) fn receipt(&self, setup: &Setup) -> Result<Receipt, String> {
        // Its words are ASCII, whatever the coding says.
        let words =
            if self.coding == 8 { text_of_octets(self.octets, 8) } else { text_of_octets(self.octets, 3) };
        let words = words.unwrap_or_default();
        let said = |name: &str| word_after(&words, name);
        let id = self.own_id().map(|id| id.to_string()).or_else(|| said("id:").map(str::to_owned));
        let id = id.ok_or_else(|| "a receipt without an id".to_owned())?;
        let by_field = self.fields.iter().find_map(|field| match field.value() {
            Some(TlvValue::MessageState(state)) => Some(state_of_field(*state)),
            _ => None,
        });
        let state = by_field.or_else(|| said("stat:").map(state_of_word)).unwrap_or(ReceiptState::Unknown);
        let code = said("err:").filter(|code| code.chars().any(|c| c != '0')).map(str::to_owned);
        let class = code.as_ref().and_then(|code| setup.class(&format!("err:{code}")));
        Ok(Receipt {
            account: setup.account.clone(),
            id: receipt_id(setup.ids, &id)?,
            state,
            code,
            opted_out: class == Some(Class::OptedOut),
            bad_number: class == Some(Class::BadNumber),
        })
    }
}

impl Address<'_> {
    /// A number, as the type of number says: national ones need a country.
    fn phone(&self, setup: &Setup) -> Result<Phone, String> {
        const INTERNATIONAL: u8 = 1;
        let digits = self.digits.trim();
        if let (Some(country), false) = (&setup.country, self.ton == INTERNATIONAL || digits.starts_with('+'))
        {
            return Phone::dialled_in(digits, country).map_err(|error| error.to_string());
        }
        let digits = digits.trim_start_matches('+');
        let digits = digits.strip_prefix("00").unwrap_or(digits);
        format!("+{digits}").parse().map_err(|error: crate::sms::BadNumber| error.to_string())
    }
}

fn payload(fields: &[Tlv]) -> Option<&[u8]> {
    fields.iter().find_map(|field| match field.value() {
        Some(TlvValue::MessagePayload(payload)) => Some(&payload.value[..]),
        _ => None,
    })
}

/// A coding without the message class that may be in it (3GPP TS 23.038, 4): 0, 1, 3 or 8.
fn basic(coding: u8) -> Option<u8> {
    match coding {
        0 | 1 | 3 | 8 => Some(coding),
        0x10..=0x13 | 0xf0..=0xf3 => Some(0),
        0x18..=0x1b => Some(8),
        _ => None,
    }
}

/// What a header says about parts: reference, total, number (3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8).
fn concatenation(mut header: &[u8]) -> Option<(u16, u8, u8)> {
    while let [element, length, rest @ ..] = header {
        let (value, more) = rest.split_at_checked(usize::from(*length))?;
        match (element, value) {
            (0x00, [reference, total, number]) => return Some((u16::from(*reference), *total, *number)),
            (0x08, [high, low, total, number]) => {
                return Some((u16::from_be_bytes([*high, *low]), *total, *number));
            }
            _ => header = more,
        }
    }
    None
}

/// The word behind a name, in any case.
fn word_after<'w>(words: &'w str, name: &str) -> Option<&'w str> {
    let at = words.to_ascii_lowercase().find(name)?;
    words[at + name.len()..].split_whitespace().next()
}

fn state_of_word(word: &str) -> ReceiptState {
    match word.to_ascii_uppercase().as_str() {
        "ENROUTE" | "SCHEDUL" => ReceiptState::Sent,
        "DELIVRD" => ReceiptState::Delivered,
        "EXPIRED" => ReceiptState::Expired,
        "DELETED" | "SKIPPED" => ReceiptState::Failed,
        "UNDELIV" => ReceiptState::Undelivered,
        "ACCEPTD" => ReceiptState::Accepted,
        "REJECTD" => ReceiptState::Rejected,
        _ => ReceiptState::Unknown,
    }
}

fn state_of_field(state: MessageState) -> ReceiptState {
    match u8::from(state) {
        0 | 1 => ReceiptState::Sent,
        2 => ReceiptState::Delivered,
        3 => ReceiptState::Expired,
        4 | 9 => ReceiptState::Failed,
        5 => ReceiptState::Undelivered,
        6 => ReceiptState::Accepted,
        8 => ReceiptState::Rejected,
        _ => ReceiptState::Unknown,
    }
}

/// The id of an answer to a message, in the form in which receipts are told by it.
pub(super) fn answer_id(ids: Ids, id: &str) -> Option<MessageId> {
    canonical(ids, id, Ids::HexDecimal).ok()
}

/// The id of a receipt, in the same form.
fn receipt_id(ids: Ids, id: &str) -> Result<MessageId, String> {
    canonical(ids, id, Ids::DecimalHex)
}

/// The decimal number that an id means which stands in hexadecimal digits where the account writes ids like `in_hex`.
fn canonical(ids: Ids, id: &str, in_hex: Ids) -> Result<MessageId, String> {
    let id = id.trim();
    let folded = || id.to_ascii_lowercase();
    let form = match ids {
        Ids::Same => id.to_owned(),
        Ids::AnyCase => {
            let folded = folded();
            let short = folded.trim_start_matches('0');
            if short.is_empty() { folded } else { short.to_owned() }
        }
        Ids::HexDecimal | Ids::DecimalHex => {
            let radix = if ids == in_hex { 16 } else { 10 };
            u128::from_str_radix(id, radix).map_or_else(|_| folded(), |number| number.to_string())
        }
    };
    message_id(&form).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_whatever_else_stands_in_them() {
        assert_eq!(concatenation(&[0, 3, 7, 2, 1]), Some((7, 2, 1)));
        assert_eq!(concatenation(&[8, 4, 1, 0, 3, 2]), Some((256, 3, 2)));
        assert_eq!(concatenation(&[5, 4, 0, 1, 0, 2, 0, 3, 9, 2, 2]), Some((9, 2, 2)));
        for bad in [&[][..], &[0], &[0, 3, 7, 2], &[0, 9, 1], &[1, 1, 1]] {
            assert_eq!(concatenation(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn ids_of_answers_and_receipts_meet() {
        let meet = |ids, answer, receipt| answer_id(ids, answer) == receipt_id(ids, receipt).ok();
        assert!(meet(Ids::Same, "a1B2", "a1B2"));
        assert!(!meet(Ids::Same, "a1b2", "A1B2"));
        assert!(meet(Ids::AnyCase, "00a1b2", "A1B2"));
        assert!(meet(Ids::HexDecimal, "1F", "31"));
        assert!(meet(Ids::HexDecimal, "0000001f", "0000000031"));
        assert!(meet(Ids::DecimalHex, "31", "1f"));
        assert!(!meet(Ids::HexDecimal, "31", "1f"));
        // What is no number is compared as it stands.
        assert!(meet(Ids::HexDecimal, "smsc-Z9", "SMSC-z9"));
    }

    #[test]
    fn words_of_receipts_are_found_in_any_case_and_spacing() {
        let words = "id:42 sub:001 dlvrd:001 submit date:2611230325 done date:2611230326 stat: DELIVRD err:000 text:id:9";
        assert_eq!(word_after(words, "id:"), Some("42"));
        assert_eq!(word_after(words, "stat:"), Some("DELIVRD"));
        assert_eq!(word_after("ID:7 Stat:UNDELIV Err:069", "stat:"), Some("UNDELIV"));
        assert_eq!(word_after("sub:001", "err:"), None);
    }
}
