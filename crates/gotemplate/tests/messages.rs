//! Tests that errors of a template have the right text and position, and are short.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;

use ccs_gotemplate::{Limits, ParseErrorKind, RenderError, Template, Value};

fn data() -> BTreeMap<String, Value> {
    BTreeMap::from([
        ("host".to_string(), Value::String("h".to_string())),
        ("port".to_string(), Value::Number(7052.0)),
        ("null".to_string(), Value::Null),
        ("cc".to_string(), Value::Map(BTreeMap::new())),
    ])
}

fn parse_error(text: &str) -> String {
    Template::parse(text).unwrap_err().to_string()
}

fn render_error(text: &str) -> RenderError {
    Template::parse(text).unwrap().render(Some(&data()), &Limits::default()).unwrap_err()
}

#[test]
fn a_parse_error_says_what_and_where() {
    assert_eq!(parse_error("{{.host"), "unclosed action (line 1, column 8)");
    assert_eq!(parse_error("a\nbé{{.host | lower}}"), "function \"lower\" not defined (line 2, column 13)");
    assert_eq!(parse_error("{{if .a}}"), "unexpected end of text: an {{end}} is missing (line 1, column 10)");
    assert_eq!(parse_error("{{.a}}{{end}}"), "unexpected {{end}} (line 1, column 7)");
    assert_eq!(parse_error("{{.a-b}}"), "bad character \"-\" in a name (line 1, column 3)");
    assert_eq!(parse_error("{{$x}}"), "undefined variable \"$x\" (line 1, column 3)");
    assert_eq!(parse_error("{{}}"), "missing value for command (line 1, column 3)");
    assert_eq!(parse_error("{{08}}"), "integer overflow: \"08\" (line 1, column 3)");
    assert_eq!(parse_error("{{\"\\q\"}}"), "invalid escape in string \"\\\"\\\\q\\\"\" (line 1, column 3)");
    assert_eq!(
        parse_error("{{define \"a\"}}x{{end}}{{define \"a\"}}y{{end}}"),
        "multiple definition of template \"a\" (line 1, column 32)"
    );
}

#[test]
fn a_complex_number_is_called_unsupported() {
    let error = Template::parse("{{1i}}").unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::Unsupported);
    assert_eq!(error.to_string(), "complex number \"1i\" is not supported (line 1, column 3)");
}

#[test]
fn a_missing_key_is_named_with_its_line_and_a_way_out() {
    let error = render_error("{{.host}}\n{{.hots}}");
    assert_eq!(error, RenderError::MissingKey { key: "hots".to_string(), line: 2 });
    assert_eq!(error.to_string(), "key \"hots\" is not set (line 2)");
    assert_eq!(
        error.hint().unwrap(),
        "define \"hots\", or give a default: {{or (index . \"hots\") \"default\"}}"
    );
    assert_eq!(render_error("{{.cc.name}}"), RenderError::MissingKey { key: "name".to_string(), line: 1 });
}

#[test]
fn the_line_after_a_template_call_is_that_of_the_caller() {
    let error = render_error("{{define \"a\"}}\n\n\n{{.}}{{end}}\n\n{{template \"a\" 1}}{{template \"b\"}}");
    assert_eq!(error.to_string(), "template \"b\" not defined (line 6)");
}

#[test]
fn a_comparison_of_a_number_of_the_data_with_an_integer_has_a_hint() {
    let error = render_error("{{if eq .port 7052}}x{{end}}");
    assert_eq!(error.to_string(), "incompatible types for comparison: float64 and int (line 1)");
    let hint = "numbers of the data are float64: compare with 7052.0 instead of 7052";
    assert_eq!(error.hint().unwrap(), hint);
    assert_eq!(render_error("{{if lt 1024 .port}}x{{end}}").hint().unwrap(), hint);
}

#[test]
fn other_errors_name_the_operation_and_the_type() {
    assert_eq!(render_error("{{.host.x}}").to_string(), "can't take field \"x\" of a string (line 1)");
    assert_eq!(render_error("{{.null.x}}").to_string(), "can't take field \"x\" of nil (line 1)");
    assert_eq!(
        render_error("{{range .port}}{{end}}").to_string(),
        "range can't iterate over float64 (line 1)"
    );
    assert_eq!(render_error("{{len .port}}").to_string(), "len of a float64 (line 1)");
    assert_eq!(render_error("{{index .host 5}}").to_string(), "index out of range: 5 (line 1)");
    assert_eq!(render_error("{{len}}").to_string(), "wrong number of arguments for len: 0 (line 1)");
    assert_eq!(
        render_error("{{printf \"%p\" .cc}}").to_string(),
        "the address of a map or list (%p) is not supported (line 1)"
    );
}

#[test]
fn messages_stay_short_whatever_the_template_holds() {
    let long = "\u{10ffff}".repeat(100_000);
    let word = "a".repeat(100_000);
    let texts = [
        format!("{{{{{word}}}}}"),
        format!("{{{{\"{long}\\q\"}}}}"),
        format!("{{{{${word}}}}}"),
        format!("{{{{template \"{long}\"}}}}"),
        format!("{{{{.{word}}}}}"),
        format!("{{{{.host.{word}}}}}"),
        format!("{{{{{}}}}}", "9".repeat(100_000)),
        format!("{{{{define \"{long}\"}}}}x{{{{end}}}}{{{{define \"{long}\"}}}}y{{{{end}}}}"),
    ];
    for text in texts {
        let (message, hint) = match Template::parse(&text) {
            Err(error) => (error.to_string(), error.hint()),
            Ok(template) => {
                let error = template.render(Some(&data()), &Limits::default()).unwrap_err();
                (error.to_string(), error.hint())
            }
        };
        assert!(message.len() < 512, "{} bytes: {message:.200}", message.len());
        assert!(hint.unwrap_or_default().len() < 512);
    }
}
