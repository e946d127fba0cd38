// An SMSC on loopback, by the npm package `smpp`. It is told what to do by lines of JSON, and says what happens in the same
// way: `tests/serve/smsc.rs` speaks with it.

"use strict";

const readline = require("readline");
const smpp = require("smpp");

const PASSWORD = process.argv[2];
const statuses = [];
const sessions = new Set();
let ids = 0;

function say(event) {
  process.stdout.write(JSON.stringify(event) + "\n");
}

// The words, as the package reads them by their coding.
function words(message) {
  if (message === undefined || message === null) return "";
  const inner = message.message === undefined ? message : message.message;
  return Buffer.isBuffer(inner) ? inner.toString("latin1") : String(inner);
}

const server = smpp.createServer((session) => {
  session.on("error", () => {});
  session.on("close", () => {
    sessions.delete(session);
    say({ closed: true });
  });
  for (const kind of ["bind_transceiver", "bind_transmitter", "bind_receiver"]) {
    session.on(kind, (pdu) => {
      const right = pdu.password === PASSWORD;
      say({ bind: kind });
      session.send(pdu.response({ command_status: right ? 0 : 0x0e, system_id: "smsc" }));
      if (right) {
        session.kind = kind;
        sessions.add(session);
        say({ bound: kind });
      } else {
        session.close();
      }
    });
  }
  session.on("submit_sm", (pdu) => {
    const status = statuses.length ? statuses.shift() : 0;
    const id = (0xa0 + ids++).toString(16);
    say({
      submit: {
        from: pdu.source_addr,
        to: pdu.destination_addr,
        text: words(pdu.short_message),
        has_header: (pdu.esm_class & 0x40) !== 0,
        wants_receipt: pdu.registered_delivery === 1,
        status,
        id,
      },
    });
    session.send(pdu.response({ command_status: status, message_id: status ? "" : id }));
  });
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => {
    say({ unbind: true });
    session.send(pdu.response());
    session.close();
  });
});

function deliver(wanted) {
  const session = [...sessions].find((one) => one.kind !== "bind_transmitter");
  if (!session) return say({ answered: wanted.number, status: -1 });
  const fields = {
    source_addr_ton: 1,
    source_addr_npi: 1,
    source_addr: wanted.from,
    destination_addr: wanted.to,
    esm_class: wanted.esm_class,
    data_coding: wanted.coding,
    short_message: Buffer.from(wanted.octets, "hex"),
  };
  if (wanted.id) {
    fields.receipted_message_id = wanted.id;
    fields.message_state = wanted.state;
  }
  session.deliver_sm(fields, (answer) => say({ answered: wanted.number, status: answer.command_status }));
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const wanted = JSON.parse(line);
  if (wanted.statuses) statuses.push(...wanted.statuses);
  if (wanted.deliver) deliver(wanted.deliver);
  if (wanted.drop) sessions.forEach((session) => session.destroy());
}).on("close", () => process.exit(0));

server.listen(0, "127.0.0.1", () => say({ listening: server.address().port }));
