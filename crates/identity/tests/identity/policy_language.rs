//! The policy language: parsing, printing and encoding.

use ccs_identity::{Principal, Role, Rule, SignaturePolicy};
use ccs_proto::common::signature_policy::{NOutOf, Type};
use ccs_proto::common::{self, MspPrincipal, MspRole};
use proptest::prelude::*;
use prost::Message as _;

use crate::network::id;

#[test]
fn every_spelling_is_read_and_one_is_written() {
    for (text, written) in [
        ("AND('A.member','B.member')", "AND('A.member', 'B.member')"),
        ("and ( \"A.member\" ,\n\t'B.client' )", "AND('A.member', 'B.client')"),
        ("Or('A.peer', And('B.orderer', 'C.admin'))", "OR('A.peer', AND('B.orderer', 'C.admin'))"),
        ("OutOf(2, 'A.member', 'B.member', 'C.member')", "OutOf(2, 'A.member', 'B.member', 'C.member')"),
        ("outof('1', 'A.member', 'B.member')", "OR('A.member', 'B.member')"),
        ("OUTOF(2, 'A.member', 'B.member')", "AND('A.member', 'B.member')"),
        ("AND('A.member')", "OR('A.member')"),
        ("OutOf(0, 'A.member')", "OutOf(0, 'A.member')"),
        ("OutOf(2, 'A.member')", "OutOf(2, 'A.member')"),
        ("OR('org1.example-1.com.member')", "OR('org1.example-1.com.member')"),
    ] {
        let policy: SignaturePolicy = text.parse().unwrap();
        assert_eq!(policy.to_string(), written, "{text}");
        assert_eq!(written.parse(), Ok(policy), "{text}");
    }
}

#[test]
fn what_is_no_policy_is_refused_at_its_place() {
    let deep = format!("{}'A.member'{}", "OR(".repeat(33), ")".repeat(33));
    for (text, error) in [
        ("", "1: expected AND, OR, OutOf or a quoted principal, found the end of the text"),
        ("XOR('A.member')", "1: expected AND, OR, OutOf or a quoted principal, found 'XOR'"),
        ("'A.member'", "1: a policy cannot be a single principal"),
        ("OR(A.member)", "4: expected AND, OR, OutOf or a quoted principal, found 'A'"),
        ("OR('A.member'", "14: expected ',' or ')', found the end of the text"),
        ("OR('A.member' 'B.member')", "15: expected ',' or ')', found '''"),
        ("OR('A.member)", "14: expected the quote that ends the principal, found the end of the text"),
        ("OR()", "4: expected AND, OR, OutOf or a quoted principal, found ')'"),
        ("OR 'A.member'", "4: expected '(', found '''"),
        ("OR('A.member') x", "16: expected the end of the policy, found 'x'"),
        ("OR('A.boss')", "4: invalid principal 'A.boss'"),
        ("OR('A')", "4: invalid principal 'A'"),
        ("OR('.member')", "4: invalid principal '.member'"),
        ("OR('Org_1.member')", "4: invalid principal 'Org_1.member'"),
        ("OutOf('A.member')", "7: expected a number, found '''"),
        ("OutOf(-1, 'A.member')", "7: expected a number, found '-'"),
        ("OutOf(1)", "8: expected ',', found ')'"),
        ("OutOf(3, 'A.member')", "7: 3 of 1 rules can never be satisfied"),
        ("OutOf(99999999999999999999, 'A.member')", "7: 9999999999999999 of 1 rules can never be satisfied"),
        ("OR('é.member')", "4: invalid principal 'é.member'"),
        (&deep, "97: gates are nested deeper than 32"),
    ] {
        let found = text.parse::<SignaturePolicy>().unwrap_err();
        assert_eq!(found.to_string(), format!("the policy cannot be read at character {error}"), "{text}");
    }
    let hint = "OR(A.member)".parse::<SignaturePolicy>().unwrap_err().hint();
    assert_eq!(
        hint.as_deref(),
        Some("a policy looks like AND('Org1MSP.peer', OR('Org2MSP.member', 'Org3MSP.admin'))")
    );
}

fn principal(name: &str) -> MspPrincipal {
    let role = MspRole { msp_identifier: name.to_owned(), role: 0 };
    MspPrincipal { principal_classification: 0, principal: role.encode_to_vec() }
}

fn signed_by(index: i32) -> common::SignaturePolicy {
    common::SignaturePolicy { r#type: Some(Type::SignedBy(index)) }
}

fn out_of(n: i32, rules: Vec<common::SignaturePolicy>) -> common::SignaturePolicy {
    common::SignaturePolicy { r#type: Some(Type::NOutOf(NOutOf { n, rules })) }
}

#[test]
fn principals_are_numbered_from_the_inner_gates_outwards_and_repeated() {
    let policy: SignaturePolicy = "OR('A.member', AND('B.member', 'A.member'), 'C.member')".parse().unwrap();
    let rule = out_of(1, vec![signed_by(2), out_of(2, vec![signed_by(0), signed_by(1)]), signed_by(3)]);
    let identities = ["B", "A", "A", "C"].map(principal).to_vec();
    let envelope = common::SignaturePolicyEnvelope { version: 0, rule: Some(rule), identities };
    assert_eq!(policy.to_envelope(), envelope);
    assert_eq!(SignaturePolicy::decode(&envelope.encode_to_vec()), Ok(policy));
}

#[test]
fn a_rule_that_is_a_principal_alone_is_written_as_a_gate() {
    let envelope = common::SignaturePolicyEnvelope {
        version: 0,
        rule: Some(signed_by(0)),
        identities: vec![principal("A")],
    };
    assert_eq!(SignaturePolicy::from_envelope(&envelope).unwrap().to_string(), "OR('A.member')");
}

#[test]
fn an_envelope_that_is_no_policy_says_why() {
    let envelope = |version, rule, identities| common::SignaturePolicyEnvelope { version, rule, identities };
    let mut deep = signed_by(0);
    for _ in 0..33 {
        deep = out_of(1, vec![deep]);
    }
    let mut no_role = principal("A");
    no_role.principal = MspRole { msp_identifier: "A".to_owned(), role: 9 }.encode_to_vec();
    let mut no_kind = principal("A");
    no_kind.principal_classification = 9;
    let empty = common::SignaturePolicy { r#type: None };
    for (envelope, error) in [
        (envelope(1, None, vec![]), "the signature policy has version 1; only version 0 is supported"),
        (envelope(0, None, vec![]), "a rule of the signature policy has no type"),
        (envelope(0, Some(empty), vec![]), "a rule of the signature policy has no type"),
        (
            envelope(0, Some(signed_by(0)), vec![]),
            "the signature policy refers to identity 0, but has only 0",
        ),
        (
            envelope(0, Some(signed_by(-1)), vec![principal("A")]),
            "the signature policy refers to identity -1, but has only 1",
        ),
        (
            envelope(0, Some(deep), vec![principal("A")]),
            "the signature policy's rules are nested deeper than 32",
        ),
        (
            envelope(0, None, vec![no_role]),
            "a principal of the signature policy cannot be read: unknown role 9",
        ),
        (
            envelope(0, None, vec![no_kind]),
            "a principal of the signature policy cannot be read: unknown kind 9",
        ),
    ] {
        assert_eq!(SignaturePolicy::from_envelope(&envelope).unwrap_err().to_string(), error);
    }
    let error = SignaturePolicy::decode(b"\xff").unwrap_err().to_string();
    assert!(error.starts_with("the signature policy cannot be decoded: "), "{error}");
}

fn rules() -> impl Strategy<Value = Rule> {
    let role = prop::sample::select(Role::ALL.to_vec());
    let leaf = ("[A-Za-z0-9.-]{1,8}", role)
        .prop_map(|(msp_id, role)| Rule::SignedBy(Principal::role(id(&msp_id), role)));
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop::collection::vec(inner, 1..5).prop_flat_map(|rules| {
            (0..=u32::try_from(rules.len()).unwrap() + 1, Just(rules))
                .prop_map(|(n, rules)| Rule::OutOf { n, rules })
        })
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(rule in rules()) {
        // The text has a gate around it, since a policy cannot be a single principal.
        let text = Rule::OutOf { n: 1, rules: vec![rule] }.to_string();
        let policy: SignaturePolicy = text.parse().unwrap();
        prop_assert_eq!(policy.to_string(), text);
        let again = SignaturePolicy::decode(&policy.to_envelope().encode_to_vec());
        prop_assert_eq!(again, Ok(policy));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[ANDORutof(),'\" 0-9A.member]{0,60}") {
        if let Err(error) = text.parse::<SignaturePolicy>() {
            prop_assert!(error.position() <= text.chars().count() + 1);
        }
    }

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes: Vec<u8>) {
        let _ = SignaturePolicy::decode(&bytes);
    }
}
