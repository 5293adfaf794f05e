//! Templates are either rejected or rendered within the limits, with the same result each time; text without actions
//! does not change.
#![no_main]

use std::collections::BTreeMap;

use ccs_gotemplate::{Limits, Template, Value};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(template) = Template::parse(text) else { return };
    let limits = Limits { output_bytes: 1 << 16, steps: 100_000, ..Limits::default() };
    let data = data();
    for data in [None, Some(&data)] {
        let rendered = template.render(data, &limits);
        assert_eq!(rendered, template.render(data, &limits), "the second time differs");
        let Ok(rendered) = rendered else { continue };
        assert!(rendered.len() <= limits.output_bytes, "{} bytes of output", rendered.len());
        if !text.contains("{{") {
            assert_eq!(rendered, text.as_bytes());
        }
    }
});

/// Returns values of every kind, under keys of one letter that a fuzzer finds quickly.
fn data() -> BTreeMap<String, Value> {
    let text = |text: &str| Value::String(text.to_owned());
    let entries = [
        ("a", text("asset")),
        ("b", Value::Bool(true)),
        ("e", text("")),
        ("f", Value::Number(1.5e-7)),
        ("i", Value::Number(7052.0)),
        ("l", Value::List(vec![text("x"), Value::Number(12_345_678.0), Value::Null])),
        ("m", Value::Map(BTreeMap::from([("k".to_owned(), text("v")), ("n".to_owned(), Value::Null)]))),
        ("n", Value::Null),
        ("u", text("\u{e9}\u{1f600}<&>")),
    ];
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
