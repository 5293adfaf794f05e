use super::*;
use proptest::prelude::*;

fn parsed(document: &str) -> (Connection, Vec<Notice>) {
    Connection::parse(document.as_bytes()).unwrap()
}

#[test]
fn every_field_is_read_and_written_in_order() {
    let document = concat!(
        r#"{"address":"a:1","domain":"d","dial_timeout":"10s","tls_required":true,"client_auth_required":true,"#,
        r#""root_cert":"R","client_key":"K","client_cert":"C"}"#
    );
    let (connection, notices) = parsed(document);
    assert_eq!(notices, []);
    assert_eq!(connection.domain, "d");
    assert_eq!(String::from_utf8(connection.to_json()).unwrap(), document);
}

#[test]
fn what_is_absent_null_or_empty_is_left_out() {
    for document in [
        r#"{"address":"a:1"}"#,
        r#"{"address":"a:1","dial_timeout":"","root_cert":"","tls_required":null}"#,
        r#"{"address":"a:1","dial_timeout":null,"domain":null}"#,
    ] {
        let written = String::from_utf8(parsed(document).0.to_json()).unwrap();
        assert_eq!(written, r#"{"address":"a:1","tls_required":false,"client_auth_required":false}"#);
    }
}

#[test]
fn a_number_is_a_dial_timeout_in_nanoseconds() {
    let (connection, _) = parsed(r#"{"dial_timeout":1.0e10}"#);
    assert_eq!(connection.dial_timeout.as_ref().unwrap().duration().unwrap().to_string(), "10s");
    assert!(String::from_utf8(connection.to_json()).unwrap().contains(r#""dial_timeout":"10s""#));
    let error = Connection::parse(br#"{"dial_timeout":true}"#).unwrap_err().to_string();
    assert_eq!(
        error,
        "key dial_timeout holds a boolean, not a duration such as \"10s\" or a number of nanoseconds"
    );
}

fn with_unknown_keys(count: usize) -> String {
    let keys: Vec<String> = (0..count).map(|number| format!(r#""k{number}":{number}"#)).collect();
    format!("{{{}}}", keys.join(","))
}

#[test]
fn a_thousand_keys_are_read_and_one_more_is_refused() {
    let (connection, notices) = parsed(&with_unknown_keys(MAX_KEYS));
    assert_eq!((connection.extra.len(), notices.len()), (MAX_KEYS, MAX_KEYS));
    // The output of build has all of the peer's keys, and release parses it.
    assert_eq!(Connection::parse(&connection.to_json()).unwrap().0, connection);
    assert_eq!(connection.extra[999], ("k999".to_owned(), b"999".to_vec()));
    let error = Connection::parse(with_unknown_keys(MAX_KEYS + 1).as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "the document has more than 1000 keys that no peer reads");
    assert_eq!(error.hint().unwrap(), "remove the keys that no peer reads");
    let repeated = format!("{{{}\"k\":1}}", "\"k\":0,".repeat(MAX_KEYS));
    assert_eq!(Connection::parse(repeated.as_bytes()), Err(ConnectionError::TooManyKeys));
}

#[test]
fn a_repeated_unknown_key_keeps_its_place_and_its_last_value() {
    let (connection, _) = parsed(r#"{"x":1,"y":2,"x":[3]}"#);
    assert_eq!(connection.extra, [("x".to_owned(), b"[3]".to_vec()), ("y".to_owned(), b"2".to_vec())]);
}

#[test]
fn booleans_in_quotes_are_read_and_noticed() {
    let (connection, notices) = parsed(r#"{"tls_required":"true","client_auth_required":"False"}"#);
    assert!(connection.tls_required && !connection.client_auth_required);
    assert_eq!(
        notices.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "tls_required is a string; write true or false without quotes",
            "client_auth_required is a string; write true or false without quotes"
        ]
    );
    let error = Connection::parse(br#"{"tls_required":"yes"}"#).unwrap_err().to_string();
    assert_eq!(error, "key tls_required holds a string, not a boolean");
}

#[test]
fn unknown_keys_are_kept_and_the_near_misses_named() {
    for (key, meant) in [
        ("tls_enabled", Some("tls_required")),
        ("tlsRequired", Some("tls_required")),
        ("adress", Some("address")),
        ("root_certs", Some("root_cert")),
        ("clientCert", Some("client_cert")),
        ("dialtimeout", Some("dial_timeout")),
        ("mtls", Some("client_auth_required")),
        ("note", None),
        ("dom", None),
        ("", None),
    ] {
        let (connection, notices) = parsed(&format!(r#"{{"{key}": [1, 2]}}"#));
        assert_eq!(connection.extra, [(key.to_owned(), b"[1,2]".to_vec())]);
        assert_eq!(notices, [Notice::UnknownKey { key: key.to_owned(), meant }]);
    }
}

#[test]
fn duplicates_are_noticed_and_the_last_one_counts() {
    let (connection, notices) = parsed(r#"{"address":"a:1","ADDRESS":"b:2","x":1,"x":2}"#);
    assert_eq!(connection.address, "b:2");
    assert_eq!(connection.extra, [("x".to_owned(), b"2".to_vec())]);
    assert_eq!(notices[0].to_string(), "address is given more than once; the last value counts");
}

#[test]
fn null_and_other_kinds_are_refused() {
    for (document, message) in [
        ("null", "the document is null, not an object"),
        ("[]", "the document is an array, not an object"),
        (r#"{"address":7052}"#, "key address holds a number, not a string"),
        (r#"{"client_cert":[],"tls_required":false}"#, "key client_cert holds an array, not a string"),
    ] {
        assert_eq!(Connection::parse(document.as_bytes()).unwrap_err().to_string(), message);
    }
}

#[test]
fn debug_output_never_shows_the_key() {
    let (connection, _) = parsed(r#"{"client_key":"SECRET"}"#);
    assert!(!format!("{connection:?}").contains("SECRET"));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        texts in proptest::array::uniform6(any::<String>()),
        flags in any::<(bool, bool)>(),
        extra in "[x-z]{0,3}",
    ) {
        let [address, domain, timeout, root_cert, client_key, client_cert] = texts;
        let connection = Connection {
            address, domain, root_cert, client_key, client_cert,
            dial_timeout: (!timeout.is_empty()).then_some(DialTimeout::Text(timeout)),
            tls_required: flags.0,
            client_auth_required: flags.1,
            extra: vec![(extra, b"{\"a\":null}".to_vec())],
        };
        prop_assert_eq!(Connection::parse(&connection.to_json()).unwrap().0, connection);
    }
}
