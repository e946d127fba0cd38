//! `sayso consent optout`: an opt-out that reached the brand by another way than a text (47 CFR 64.1200(a)(10): by any reasonable
//! means). No way may be the only one, so staff enter what came by e-mail, by voice or over the counter.

use crate::cli::desk::{Desk, kept_as, strange};
use crate::cli::why::each_line;
use crate::cli::{Exit, Streams, Unusable, many, runtime};
use crate::server::socket::{Request, Response};
use crate::sms::{Key, Phone};
use crate::workspace::Workspace;

/// Numbers that are opted out, in which brand, and how it is known.
pub(in crate::cli) struct Entered<'e> {
    /// The numbers; `-` stands for the lines of the standard input.
    pub(in crate::cli) numbers: &'e [String],
    pub(in crate::cli) brand: Option<&'e str>,
    /// How the person said so.
    pub(in crate::cli) way: &'e str,
    /// Who enters it.
    pub(in crate::cli) by: &'e str,
}

/// Opts the numbers out; 1 where one of them is none. Every number is read before the first is entered.
pub(in crate::cli) fn optout(
    workspace: &Workspace,
    entered: &Entered<'_>,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let brand = kept_as(workspace, entered.brand)?;
    if workspace.bot(workspace.called(&brand).as_str()).is_none() {
        return Err(Unusable::new(format!("the brand `{brand}` has errors, or there is none"))
            .hint("`sayso check` says which"));
    }
    let (mut phones, mut bad) = (Vec::new(), 0);
    for number in entered.numbers {
        each_line(number, |line| {
            match line.trim().parse::<Phone>() {
                Ok(phone) => phones.push(phone),
                Err(_) if line.trim().is_empty() => {}
                Err(error) => {
                    bad += 1;
                    writeln!(streams.err, "error: `{}`: {error}", line.trim())?;
                }
            }
            Ok(())
        })?;
    }
    let rule = format!("{}, entered by {}", entered.way, entered.by);
    let new = runtime(false)?.block_on(async {
        let (mut desk, mut new) = (Desk::open(workspace).await?, 0);
        for phone in &phones {
            let key = Key { brand: brand.clone(), phone: *phone };
            let asked = desk.ask(Request::OptOut { key, rule: rule.clone() }).await?;
            let Response::Count(count) = asked else { return Err(strange()) };
            new += count;
        }
        Ok::<_, Unusable>(new)
    })?;
    let numbers = many(phones.len(), "number");
    writeln!(streams.out, "{numbers}: {new} opted out, {} had before", phones.len() as u64 - new)?;
    Ok(if bad > 0 { Exit::Found } else { Exit::Done })
}
