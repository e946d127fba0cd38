//! The texts that the rules require, composed from the brand's facts in English, French and Spanish.
//!
//! What must be in them: CTIA Messaging Principles 5.1.2.1 (opt-in), 47 CFR 64.1200(a)(12) (the one confirmation:
//! no marketing), carrier tables for HELP. Other languages get English: carriers review English texts. All of them
//! stay within the GSM-7 alphabet.

use crate::language::Lang;

/// The facts that these texts name.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The programme.
    pub program: &'a str,
    /// Where people find help.
    pub contact: &'a str,
    /// How often it writes; a general phrase where the brand does not say.
    pub frequency: Option<&'a str>,
}

/// The one confirmation of an opt-out.
#[must_use]
pub fn opted_out(facts: Facts<'_>, language: Lang) -> String {
    let Facts { program, contact, .. } = facts;
    match language {
        Lang::ES => format!(
            "Ha cancelado {program}. Ya no le enviaremos mensajes. Responda START para volver. Contacto: {contact}"
        ),
        Lang::FR => format!(
            "Inscription à {program} annulée. Vous ne recevrez plus de messages. Répondez START pour revenir. Contact : {contact}"
        ),
        _ => format!(
            "You have been unsubscribed from {program}. You will get no more messages. Reply START to return. Contact: {contact}"
        ),
    }
}

/// The confirmation of an opt-out that ended one programme of several.
#[must_use]
pub fn opted_out_of_program(facts: Facts<'_>, brand: &str, language: Lang) -> String {
    let Facts { program, contact, .. } = facts;
    match language {
        Lang::ES => format!(
            "Ha cancelado {program}. Otros mensajes de {brand} siguen; responda STOP ALL para cancelarlos. Responda START para volver. Contacto: {contact}"
        ),
        Lang::FR => format!(
            "Inscription à {program} annulée. Les autres messages de {brand} continuent; répondez STOP ALL pour tout annuler. START : revenir. Contact : {contact}"
        ),
        _ => format!(
            "You have been unsubscribed from {program}. Your other messages from {brand} go on; reply STOP ALL to end them too. Reply START to return. Contact: {contact}"
        ),
    }
}

/// The confirmation of an opt-out that ended marketing alone.
#[must_use]
pub fn opted_out_of_marketing(facts: Facts<'_>, brand: &str, language: Lang) -> String {
    let contact = facts.contact;
    match language {
        Lang::ES => format!(
            "Ya no le enviaremos publicidad de {brand}. Los avisos de servicio siguen; responda STOP ALL para cancelarlos. Responda START para volver. Contacto: {contact}"
        ),
        Lang::FR => format!(
            "Vous ne recevrez plus de publicité de {brand}. Les messages de service continuent; répondez STOP ALL pour tout annuler. START : revenir. Contact : {contact}"
        ),
        _ => format!(
            "You have been unsubscribed from the marketing of {brand}. Service messages go on; reply STOP ALL to end them too. Reply START to return. Contact: {contact}"
        ),
    }
}

/// The answer to HELP.
#[must_use]
pub fn help(facts: Facts<'_>, language: Lang) -> String {
    let Facts { program, contact, .. } = facts;
    let often = frequency(facts, language);
    match language {
        Lang::ES => format!(
            "{program}: ayuda en {contact}. {often}. Pueden aplicarse tarifas de mensajes y datos. Responda STOP para cancelar."
        ),
        Lang::FR => format!(
            "{program} : aide sur {contact}. {often}. Des frais de messages et de données peuvent s'appliquer. Répondez STOP pour annuler."
        ),
        _ => format!(
            "{program}: help at {contact}. {often}. Msg & data rates may apply. Reply STOP to cancel."
        ),
    }
}

/// The sentence that a first message must hold: `{terms}`.
#[must_use]
pub fn terms(facts: Facts<'_>, language: Lang) -> String {
    let often = frequency(facts, language);
    match language {
        Lang::ES => {
            format!(
                "{often}. Pueden aplicarse tarifas de mensajes y datos. HELP: ayuda ({}), STOP: cancelar.",
                facts.contact
            )
        }
        Lang::FR => format!(
            "{often}. Des frais de messages et de données peuvent s'appliquer. HELP : aide ({}), STOP : annuler.",
            facts.contact
        ),
        _ => {
            format!("{often}. Msg & data rates may apply. HELP for help ({}), STOP to cancel.", facts.contact)
        }
    }
}

/// The answer to an opt-in where the brand has no flow for it.
#[must_use]
pub fn opted_in(facts: Facts<'_>, language: Lang) -> String {
    let terms = terms(facts, language);
    match language {
        Lang::ES => format!("Se ha inscrito en {}. {terms}", facts.program),
        Lang::FR => format!("Inscription à {} confirmée. {terms}", facts.program),
        _ => format!("You are subscribed to {}. {terms}", facts.program),
    }
}

/// What is said to a text that nothing takes, where the brand words nothing itself.
#[must_use]
pub fn fallback(facts: Facts<'_>, language: Lang) -> String {
    let program = facts.program;
    match language {
        Lang::ES => {
            format!("{program}: no entendimos su mensaje. Responda HELP para ayuda o STOP para cancelar.")
        }
        Lang::FR => {
            format!(
                "{program} : nous n'avons pas compris votre message. Répondez HELP pour de l'aide, STOP pour annuler."
            )
        }
        _ => format!("{program}: sorry, we did not understand. Reply HELP for help or STOP to cancel."),
    }
}

/// The question whether a dialogue is to be left for what the person has just written, where the brand words it not itself.
#[must_use]
pub fn leaving(_: Facts<'_>, language: Lang) -> String {
    match language {
        Lang::ES => "Dejamos lo que empezamos? Responda SI o NO.".to_owned(),
        Lang::FR => "On laisse ce que nous avons commencé ? Répondez OUI ou NON.".to_owned(),
        _ => "Shall we leave what we have begun? Reply YES or NO.".to_owned(),
    }
}

fn frequency(facts: Facts<'_>, language: Lang) -> String {
    let words = facts.frequency.unwrap_or(match language {
        Lang::ES => "frecuencia variable",
        Lang::FR => "fréquence variable",
        _ => "message frequency varies",
    });
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sms::encoding::{Alphabet, cost};

    #[test]
    fn every_text_names_what_the_rules_want_and_fits_two_parts() {
        let facts = Facts { program: "Scoops Alerts", contact: "help@scoops.example", frequency: None };
        for language in [Lang::EN, Lang::ES, Lang::FR] {
            let all = [opted_out, help, opted_in, fallback].map(|text| text(facts, language));
            for text in &all {
                let cost = cost(text);
                assert!(text.contains("Scoops Alerts"), "{text}");
                assert!(cost.parts <= 2 && cost.alphabet == Alphabet::Gsm7, "{text}: {cost:?}");
            }
            let brand = "Scoops";
            let less =
                [opted_out_of_program, opted_out_of_marketing].map(|text| text(facts, brand, language));
            for text in &less {
                let cost = cost(text);
                assert!(text.contains("help@scoops.example") && text.contains("STOP ALL"), "{text}");
                assert!(cost.parts <= 2 && cost.alphabet == Alphabet::Gsm7, "{text}: {cost:?}");
            }
            assert!(all[..3].iter().all(|text| text.contains("help@scoops.example")));
            assert!(all[1..].iter().all(|text| text.contains("STOP")));
        }
    }
}
