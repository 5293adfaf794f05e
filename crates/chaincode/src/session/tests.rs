use ccs_dial::register::accept;
use ccs_proto::peer::ChaincodeId;
use proptest::prelude::*;

use super::*;

fn package_id() -> String {
    format!("basic:{}", "5f".repeat(32))
}

fn admit(announced: String) -> Result<(), End> {
    accept(announced, &package_id())
}

fn received(message_type: i32) -> Input {
    let mut message = wire::message(Type::Undefined, Vec::new());
    message.r#type = message_type;
    message.txid = "t1".to_owned();
    Input::Received(message)
}

fn register_as(name: &str) -> Input {
    let id = ChaincodeId { name: name.to_owned(), ..ChaincodeId::default() };
    Input::Received(wire::message(Type::Register, id.encode_to_vec()))
}

/// Returns a peer's reaction to a type of message, as a letter of the table below.
fn reaction(state: State, number: i32) -> char {
    match step(state, received(number), &admit) {
        (after, actions) if after == state => match actions.as_slice() {
            [] => '.',
            [Action::Answer(_)] => 'a',
            [Action::Finish(_)] => 'f',
            other => panic!("{other:?}"),
        },
        (State::Closed, actions) => match actions.as_slice() {
            [Action::End(End::WrongId { .. })] => 'w',
            [Action::End(End::Protocol(_))] => 'x',
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_message_has_its_place_in_each_state() {
    // Types 0 to 26; 12 and 26 do not exist. a: answered, f: finishes its transaction, .: ignored, x: ends the
    // stream, w: rejected because of its ID.
    let rows = [
        (State::Created, "xwxxxxxxxxxxxxxxxx.xxxxxxxx"),
        (State::Established, "xxxxxxxxxxxxxxxxxx.xxxxxxxx"),
        (State::Ready, "xxxxxxffaaaaxxaaaa.aaaaaaax"),
        (State::Closed, "..........................."),
    ];
    for (state, expected) in rows {
        let row: String = (0..27).map(|number| reaction(state, number)).collect();
        assert_eq!(row, expected, "{state:?}");
    }
}

#[test]
fn registration_goes_through_established_to_ready() {
    let id = package_id();
    let (state, actions) = step(State::Created, register_as(&id), &admit);
    assert_eq!(state, State::Established);
    assert_eq!(actions, [Action::Send(wire::message(Type::Registered, Vec::new()))]);

    let (state, actions) = step(state, Input::RegisteredSent, &admit);
    assert_eq!(state, State::Ready);
    let [Action::Send(ready), Action::Registered] = actions.as_slice() else { panic!("{actions:?}") };
    // use_write_batch, 1000, use_get_multiple_keys, 1000
    assert_eq!(ready.payload, [0x08, 1, 0x10, 0xe8, 0x07, 0x18, 1, 0x20, 0xe8, 0x07]);
    assert_eq!(ready.r#type(), Type::Ready);
}

#[test]
fn another_id_is_refused_with_both_named() {
    let id = package_id();
    let (state, actions) = step(State::Created, register_as("other:00"), &admit);
    let [Action::End(end)] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!(state, State::Closed);
    assert_eq!(end.to_string(), format!("the chaincode registered as \"other:00\", not as \"{id}\""));
    assert!(end.hint().unwrap().contains(&id));
}

#[test]
fn a_register_without_a_chaincode_id_is_refused() {
    let register = wire::message(Type::Register, vec![0xff]);
    let (_, actions) = step(State::Created, Input::Received(register), &admit);
    assert!(matches!(actions.as_slice(), [Action::End(End::MalformedRegister(_))]), "{actions:?}");
}

#[test]
fn the_text_for_a_misplaced_message_is_the_peers() {
    let texts = [
        (
            State::Created,
            8,
            "[t1] Fabric side handler cannot handle message (GET_STATE) while in created state",
        ),
        (State::Established, 8, "handle message: invalid state established for transaction t1"),
        (State::Ready, 1, "[t1] Fabric side handler cannot handle message (REGISTER) while in ready state"),
        (State::Ready, 99, "[t1] Fabric side handler cannot handle message (99) while in ready state"),
    ];
    for (state, number, text) in texts {
        let (_, actions) = step(state, received(number), &admit);
        assert_eq!(actions, [Action::End(End::Protocol(text.to_owned()))]);
    }
}

#[test]
fn a_lost_stream_closes_every_state() {
    for state in [State::Created, State::Established, State::Ready] {
        let (after, actions) = step(state, Input::StreamEnded("gone".to_owned()), &admit);
        assert_eq!(after, State::Closed);
        assert_eq!(actions, [Action::End(End::Stream("gone".to_owned()))]);
    }
}

proptest! {
    #[test]
    fn no_sequence_of_messages_leaves_the_states_or_answers_before_ready(
        messages in proptest::collection::vec((-1_i32..30, proptest::collection::vec(any::<u8>(), 0..8)), 0..20),
        registers in any::<bool>(),
    ) {
        let id = package_id();
        let mut inputs = if registers { vec![register_as(&id), Input::RegisteredSent] } else { Vec::new() };
        inputs.extend(messages.into_iter().map(|(number, payload)| {
            let mut message = wire::message(Type::Undefined, payload);
            message.r#type = number;
            Input::Received(message)
        }));
        let mut state = State::Created;
        for input in inputs {
            let before = state;
            let (after, actions) = step(state, input, &admit);
            let works = actions.iter().any(|action| matches!(action, Action::Answer(_) | Action::Finish(_)));
            prop_assert!(!works || before == State::Ready);
            prop_assert_eq!(
                after == State::Closed && before != State::Closed,
                actions.iter().any(|action| matches!(action, Action::End(_)))
            );
            state = after;
        }
    }
}
