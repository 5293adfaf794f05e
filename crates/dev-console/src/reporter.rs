//! Prints the events of `ccs dev`: how to connect, the result of each transaction, the state of chaincode. Either text for people, or
//! one JSON document on each line.

use std::fmt::{Display, Write as _};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ccs_devnet::{Event, Ready, Stream};
use ccs_identity::MspId;
use ccs_ledger::Touched;
use ccs_peer::observer::{CommittedTransaction, PeerEvent, Purpose, Simulated};
use ccs_proto::limits::ERROR_THRESHOLD;
use ccs_report::shell;
use ccs_report::style::{self, BAD, FAINT, GOOD, NAME, WARN};
use ccs_report::terminal::safe;
use serde_json::{Value, json};

use crate::next::Next;
use crate::text;

/// How many keys of a kind a line shows.
const SHOWN_KEYS: usize = 4;

/// How many characters of a name or key a line shows.
const KEY_LENGTH: usize = 60;

/// How many characters of a chaincode's message a line shows.
const MESSAGE_LENGTH: usize = 400;

/// Returns the document of a peer that is ready.
pub(crate) fn ready_document(ready: &Ready) -> Value {
    json!({
        "event": "ready", "msp_id": ready.msp_id.as_str(), "channels": ready.channels, "listen": ready.listen,
        "endpoint": ready.endpoint, "tls": ready.is_tls, "host_alias": ready.host_alias,
        "crypto_path": ready.crypto_path.to_string_lossy(), "chaincode_listen": ready.chaincode_listen,
        "chaincode_endpoint": ready.chaincode_endpoint, "chaincode_tls": ready.is_chaincode_tls,
        "orderer_endpoint": ready.orderer_endpoint,
        "ca_endpoint": ready.ca_endpoint,
    })
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines for people, with the next command after a chaincode is ready.
    Text,
    /// Lines for people, without next commands.
    Quiet,
    /// One JSON document on each line.
    Json,
}

/// Prints events on stdout, and what a chaincode writes to its stderr on stderr.
#[derive(Debug)]
pub struct Reporter {
    form: Form,
    /// One line at a time, from any task.
    line: Mutex<()>,
    next: Mutex<Next>,
}

impl Reporter {
    /// Returns a reporter that prints in this form.
    #[must_use]
    pub fn new(form: Form) -> Self {
        Self { form, line: Mutex::default(), next: Mutex::default() }
    }

    /// Prints an event, or nothing if a later event contains the same information. `organization` is that of the peer
    /// that reports it, if there are several.
    pub fn event(&self, organization: Option<&MspId>, event: &Event) {
        match event {
            Event::Ready(ready) => {
                self.ready(ready);
                let waiting = self.next().served(&ready.endpoint);
                self.say_next(&waiting);
            }
            Event::Chaincode { name, id, event } => {
                self.chaincode(organization, (name, id), &event.to_string());
                let next = self.next().after(name, event);
                self.say_next(next.as_slice());
            }
            Event::Builder { builder, id, line } => self.builder(organization, (builder, id), line),
            Event::Output { name, id, stream, line } => {
                self.output(organization, (name, id), *stream, line);
            }
            Event::Peer(event) => self.peer(organization, event),
            Event::Warning(text) => self.warn(organization, text),
        }
    }

    /// Reports that the peer is ready.
    fn ready(&self, ready: &Ready) {
        let Ready { msp_id, channels, endpoint, host_alias, chaincode_endpoint, .. } = ready;
        let crypto_path = ready.crypto_path.to_string_lossy();
        if self.is_json() {
            self.print(&ready_document(ready));
            return;
        }
        let security = |is_tls| if is_tls { "TLS" } else { "plaintext" };
        let plural = if channels.len() == 1 { "channel" } else { "channels" };
        self.say(&format!("{NAME}peer of {msp_id}{NAME:#} on {plural} {}", channels.join(", ")));
        self.say(&format!(
            "  clients    {} ({}; the name in its certificate is {host_alias})",
            address(ready.listen, endpoint),
            security(ready.is_tls)
        ));
        self.say(&format!(
            "  chaincode  {} ({}, for chaincode that connects)",
            address(ready.chaincode_listen, chaincode_endpoint),
            security(ready.is_chaincode_tls)
        ));
        if let Some(orderer) = &ready.orderer_endpoint {
            self.say(&format!("  orderer    {orderer} ({})", security(ready.is_tls)));
        }
        if let Some(endpoint) = &ready.ca_endpoint {
            self.say(&format!("  CA         https://{endpoint} (registrar admin with the secret adminpw)"));
        }
        self.say(&format!("  identities {}", safe(&crypto_path)));
        self.say("  an application of Fabric's samples finds it with");
        self.say(&format!("    export CRYPTO_PATH={} \\", shell::quote(&crypto_path)));
        self.say(&format!("      PEER_ENDPOINT={endpoint} PEER_HOST_ALIAS={host_alias} MSP_ID={msp_id}"));
    }

    /// Prints the next step for these chaincodes.
    fn say_next(&self, chaincodes: &[String]) {
        if self.form == Form::Text {
            for name in chaincodes {
                let step = self.next().step(name);
                self.say(&format!("{FAINT}{}{FAINT:#}", safe(&step)));
            }
        }
    }

    fn is_json(&self) -> bool {
        self.form == Form::Json
    }

    /// Locks the next steps. Do not report while holding the lock.
    fn next(&self) -> MutexGuard<'_, Next> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports an event of a chaincode.
    fn chaincode(&self, organization: Option<&MspId>, (name, id): (&str, &str), what: &str) {
        if self.is_json() {
            let document = json!({ "event": "chaincode", "name": name, "id": id, "what": what });
            self.print_of(organization, document);
        } else {
            self.say_of(organization, &format!("{NAME}{}{NAME:#} {}", safe(name), safe(what)));
        }
    }

    /// Passes on a line that a builder has written for the peer's log.
    fn builder(&self, organization: Option<&MspId>, (builder, id): (&str, &str), line: &str) {
        if self.is_json() {
            let document = json!({ "event": "builder", "name": builder, "id": id, "line": line });
            self.print_of(organization, document);
        } else {
            self.say_of(organization, &format!("{NAME}{}{NAME:#} {}", safe(builder), safe(line)));
        }
    }

    /// Warns of a setting that works but may be a mistake.
    fn warn(&self, organization: Option<&MspId>, text: &str) {
        if self.is_json() {
            self.print_of(organization, json!({ "event": "warning", "text": text }));
        } else {
            self.say_of(organization, &format!("{WARN}warning:{WARN:#} {}", safe(text)));
        }
    }

    /// Reports a transaction once: an evaluated or rejected one after its simulation, others when they are in a block.
    fn peer(&self, organization: Option<&MspId>, event: &PeerEvent) {
        match event {
            PeerEvent::Simulated(simulated) if is_told_at_once(simulated) => {
                self.simulated(organization, simulated);
            }
            PeerEvent::Simulated(_) => {}
            // All peers commit a block at once, so that one report is for all of them.
            PeerEvent::Committed(committed) => self.committed(committed),
            PeerEvent::Warning(text) => self.warn(organization, text),
        }
    }

    fn simulated(&self, organization: Option<&MspId>, simulated: &Simulated) {
        if self.is_json() {
            self.print_of(organization, document(simulated, json!({ "event": "simulated" })));
            return;
        }
        let verb = verb(simulated.purpose);
        let result = if simulated.status < ERROR_THRESHOLD {
            format!("{GOOD}{}{GOOD:#}", simulated.status)
        } else {
            format!("{BAD}{}{BAD:#} {}", simulated.status, text::cut(&simulated.message, MESSAGE_LENGTH))
        };
        let line = format!("{verb} {} {result}{}", call(simulated), details(simulated));
        self.say_of(organization, &line);
    }

    fn committed(&self, committed: &CommittedTransaction) {
        let CommittedTransaction { channel, block, transaction_id, code, simulated } = committed;
        let code_name = code.as_str_name();
        if self.is_json() {
            let place = json!({
                "event": "committed", "channel": channel, "block": block, "transaction_id": transaction_id,
                "code": code_name,
            });
            self.print(&match simulated {
                Some(simulated) => document(simulated, place),
                None => place,
            });
            return;
        }
        let is_valid = *code == ccs_proto::peer::TxValidationCode::Valid;
        let color = if is_valid { GOOD } else { BAD };
        let what = simulated.as_deref().map_or_else(|| safe(transaction_id), call);
        let details = simulated.as_deref().map(details).unwrap_or_default();
        self.say(&format!("submit   {what} {color}{code_name}{color:#} in block {block}{details}"));
    }

    /// Passes on a line of a chaincode that this command has started, after the chaincode's name.
    fn output(&self, organization: Option<&MspId>, (name, id): (&str, &str), stream: Stream, line: &str) {
        if self.is_json() {
            let stream = stream.as_str();
            let document =
                json!({ "event": "output", "name": name, "id": id, "stream": stream, "line": line });
            self.print_of(organization, document);
            return;
        }
        let line = format!("{FAINT}{}{} |{FAINT:#} {line}", prefix(organization), safe(name));
        let _one = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        match stream {
            Stream::Stdout => write(&mut anstream::stdout(), &line),
            Stream::Stderr => write(&mut anstream::stderr(), &line),
        }
    }

    /// Prints a line of a peer.
    fn say_of(&self, organization: Option<&MspId>, line: &str) {
        self.say(&format!("{FAINT}{}{FAINT:#}{line}", prefix(organization)));
    }

    /// Prints the document of a peer.
    fn print_of(&self, organization: Option<&MspId>, mut document: Value) {
        if let (Some(organization), Some(object)) = (organization, document.as_object_mut()) {
            object.insert("msp_id".to_owned(), organization.as_str().into());
        }
        self.print(&document);
    }

    fn say(&self, line: &str) {
        let _one = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        write(&mut anstream::stdout(), &line);
    }

    fn print(&self, document: &Value) {
        let _one = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        write(&mut anstream::stdout(), document);
    }
}

/// Returns the beginning of the lines of a peer, if there are several.
fn prefix(organization: Option<&MspId>) -> String {
    organization.map(|organization| format!("{organization} ")).unwrap_or_default()
}

/// Writes a line. The peer continues if this fails, for example because the disk of a log is full.
fn write(to: &mut dyn std::io::Write, line: &dyn Display) {
    let _ = writeln!(to, "{line}");
}

/// Returns the address as the peer listens on it, and how clients on this machine dial it if that is another one.
fn address(listen: SocketAddr, endpoint: &str) -> String {
    if listen.ip().is_unspecified() { format!("{listen}, here {endpoint}") } else { endpoint.to_owned() }
}

/// Returns whether a simulation is the last event of its transaction.
fn is_told_at_once(simulated: &Simulated) -> bool {
    simulated.purpose == Purpose::Evaluate || simulated.status >= ERROR_THRESHOLD
}

/// Names the kind of call, padded to the same width.
fn verb(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Evaluate => "evaluate",
        Purpose::Endorse => "endorse ",
        Purpose::ProcessProposal => "propose ",
    }
}

fn call(simulated: &Simulated) -> String {
    text::cut(&format!("{}.{}", simulated.chaincode, simulated.function), KEY_LENGTH)
}

fn details(simulated: &Simulated) -> String {
    let mut text = format!(" {FAINT}{}", style::duration(simulated.duration));
    if !simulated.creator.is_empty() {
        // Writing to a text cannot fail.
        let _ = write!(text, " by {}", text::cut(&simulated.creator, KEY_LENGTH));
    }
    for touched in own(simulated) {
        let place = touched.collection.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        for (verb, keys) in [
            ("read", &touched.read),
            ("wrote", &touched.written),
            ("deleted", &touched.deleted),
            ("purged", &touched.purged),
        ] {
            if !keys.is_empty() {
                let _ = write!(text, "  {verb} {place}{}", listed(keys));
            }
        }
    }
    if let Some(event) = &simulated.chaincode_event {
        let _ = write!(text, "  event {}", text::cut(event, KEY_LENGTH));
    }
    let _ = write!(text, "{FAINT:#}");
    text
}

/// Omits the keys that the peer itself reads, the definitions.
fn own(simulated: &Simulated) -> impl Iterator<Item = &Touched> {
    simulated.touched.iter().filter(|touched| !touched.namespace.starts_with('_'))
}

fn listed(keys: &[String]) -> String {
    let shown: Vec<_> = keys.iter().take(SHOWN_KEYS).map(|key| text::key(key, KEY_LENGTH)).collect();
    let rest = keys.len().saturating_sub(SHOWN_KEYS);
    if rest == 0 { shown.join(", ") } else { format!("{} and {rest} more", shown.join(", ")) }
}

/// Adds what was simulated to a document.
fn document(simulated: &Simulated, mut document: Value) -> Value {
    let touched: Vec<_> = own(simulated)
        .map(|touched| {
            json!({
                "namespace": touched.namespace, "collection": touched.collection, "read": touched.read,
                "written": touched.written, "deleted": touched.deleted, "purged": touched.purged,
            })
        })
        .collect();
    let more = json!({
        "channel": simulated.channel, "chaincode": simulated.chaincode, "function": simulated.function,
        "creator": simulated.creator, "chaincode_event": simulated.chaincode_event,
        "transaction_id": simulated.transaction_id, "purpose": verb(simulated.purpose).trim_end(),
        "status": simulated.status, "message": simulated.message, "keys": touched,
        "microseconds": u64::try_from(simulated.duration.as_micros()).unwrap_or(u64::MAX),
    });
    if let (Some(object), Value::Object(more)) = (document.as_object_mut(), more) {
        object.extend(more);
    }
    document
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ccs_devnet::ChaincodeEvent;

    use super::*;

    fn simulated() -> Simulated {
        let own = Touched {
            namespace: "basic".to_owned(),
            read: (1..=6).map(|n| format!("asset{n}")).collect(),
            written: vec!["asset\u{1b}7".to_owned()],
            ..Touched::default()
        };
        let definition = Touched {
            namespace: "_lifecycle".to_owned(),
            read: vec!["namespaces/fields/basic/Sequence".to_owned()],
            ..Touched::default()
        };
        Simulated {
            channel: "mychannel".to_owned(),
            chaincode: "basic".to_owned(),
            function: "CreateAsset".to_owned(),
            creator: "User1@org1.example.com".to_owned(),
            chaincode_event: Some("created".to_owned()),
            transaction_id: "ab".to_owned(),
            purpose: Purpose::Endorse,
            status: 200,
            message: String::new(),
            touched: vec![definition, own],
            duration: Duration::from_micros(2400),
        }
    }

    #[test]
    fn an_address_is_shown_as_it_is() {
        let any = "0.0.0.0:7051".parse().unwrap();
        assert_eq!(address(any, "localhost:7051"), "0.0.0.0:7051, here localhost:7051");
        let one = "192.0.2.7:7051".parse().unwrap();
        assert_eq!(address(one, "192.0.2.7:7051"), "192.0.2.7:7051");
    }

    #[test]
    fn a_line_shows_some_keys_and_none_of_the_peers_own() {
        let text = anstream::adapter::strip_str(&details(&simulated())).to_string();
        assert_eq!(
            text,
            " 2.40 ms by User1@org1.example.com  read asset1, asset2, asset3, asset4 and 2 more  wrote \
             asset\\u{1b}7  event created"
        );
    }

    #[test]
    fn a_line_of_long_values_can_be_read_at_a_glance() {
        let mut long = simulated();
        long.touched[1].read = vec!["k".repeat(1000)];
        long.touched[1].written = vec!["\u{0}allowance\u{0}alice\u{0}bob\u{0}".to_owned()];
        long.touched[1].deleted = vec!["a".to_owned()];
        long.touched[1].purged = vec!["b".to_owned()];
        let text = anstream::adapter::strip_str(&details(&long)).to_string();
        let key = "k".repeat(KEY_LENGTH);
        assert_eq!(
            text,
            format!(
                " 2.40 ms by User1@org1.example.com  read {key}… (940 more characters)  wrote allowance(alice, bob)  \
                 deleted a  purged b  event created"
            )
        );
    }

    #[test]
    fn a_document_has_all_of_them() {
        let document = document(&simulated(), json!({ "event": "simulated" }));
        assert_eq!(document["keys"].as_array().unwrap().len(), 1);
        assert_eq!(document["keys"][0]["read"].as_array().unwrap().len(), 6);
        assert_eq!(
            (document["event"].as_str(), document["purpose"].as_str()),
            (Some("simulated"), Some("endorse"))
        );
        assert_eq!(document["microseconds"], 2400);
        assert_eq!(document["creator"], "User1@org1.example.com");
        assert_eq!(document["chaincode_event"], "created");
        assert_eq!(document["keys"][0]["purged"].as_array().unwrap().len(), 0);
    }

    #[test]
    fn the_next_step_is_shown_once_for_each_chaincode_when_the_peer_serves() {
        let ready = ChaincodeEvent::Ready("basic:1.0".to_owned());
        let mut next = Next::default();
        assert_eq!(next.after("basic", &ready), None);
        assert_eq!(next.after("basic", &ready), None);
        assert_eq!(next.served("localhost:7051"), ["basic"]);
        assert_eq!(next.after("basic", &ready), None);
        assert_eq!(next.after("other", &ChaincodeEvent::Installed("other:1".to_owned())), None);
        assert_eq!(next.after("other", &ready).as_deref(), Some("other"));
        assert_eq!(
            next.step("basic"),
            "next: ccs query basic FUNCTION ARGUMENT..., or ccs invoke to write; \
             ccs query basic org.hyperledger.fabric:GetMetadata lists the functions of a contract"
        );
        let mut elsewhere = Next::default();
        elsewhere.served("127.0.0.1:8051");
        assert_eq!(
            elsewhere.step("basic"),
            "next: ccs query basic FUNCTION ARGUMENT... --endpoint 127.0.0.1:8051, or ccs invoke to write; \
             ccs query basic org.hyperledger.fabric:GetMetadata --endpoint 127.0.0.1:8051 lists the functions of a contract"
        );
    }

    #[test]
    fn what_is_submitted_is_told_when_it_is_in_a_block() {
        assert!(!is_told_at_once(&simulated()));
        assert!(is_told_at_once(&Simulated { status: 500, ..simulated() }));
        assert!(is_told_at_once(&Simulated { purpose: Purpose::Evaluate, ..simulated() }));
    }
}
