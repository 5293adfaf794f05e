//! Properties that hold for every text.

use std::collections::BTreeMap;

use ccs_gotemplate::{Limits, Template, Value};
use proptest::prelude::*;

/// Pieces of templates; joined at random, they cover much more of the parser than random characters.
const PIECES: [&str; 74] = [
    "{{",
    "}}",
    "{{- ",
    " -}}",
    "(",
    ")",
    "|",
    " | ",
    " ",
    ".",
    ".a",
    ".m",
    ".l",
    "$",
    "$x",
    "$x := ",
    "$x = ",
    "$i, $x := ",
    "if ",
    "else",
    "else if ",
    "with ",
    "range ",
    "end",
    "break",
    "continue",
    "define \"t\"",
    "block \"t\" ",
    "template \"t\" ",
    "template \"t\"",
    "and ",
    "or ",
    "not ",
    "eq ",
    "ne ",
    "lt ",
    "index ",
    "slice ",
    "len ",
    "print ",
    "printf ",
    "println ",
    "html ",
    "js ",
    "urlquery ",
    "call ",
    "\"%v\"",
    "\"%+#-0 12.3d|%[2]*[1]x\"",
    "\"%q%s%x%U%c%g%e%b%T\"",
    "\"é\\xff\"",
    "`raw`",
    "'x'",
    "nil",
    "true",
    "false",
    "1",
    "-2",
    "0x1F",
    "1.5e300",
    "08",
    "0x1p-1074",
    "1i",
    "99999999999999999999",
    "{{end}}",
    "{{else}}",
    "{{if .t}}",
    "{{range .l}}",
    "{{with .m}}",
    "{{/* c */}}",
    "text",
    "\n",
    ",",
    ":=",
    "\u{10ffff}",
];

fn template_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "\\PC{0,40}\\{\\{[ -~]{0,60}\\}\\}\\PC{0,20}",
        prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..40)
            .prop_map(|pieces| pieces.concat()),
        prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..12)
            .prop_map(|pieces| format!("{{{{{}}}}}", pieces.concat())),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>().prop_map(Value::Number),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            prop::collection::btree_map("[a-d]", inner, 0..4).prop_map(Value::Map),
        ]
    })
}

fn data() -> impl Strategy<Value = Option<BTreeMap<String, Value>>> {
    prop::option::of(prop::collection::btree_map("[almt]", value(), 0..5))
}

fn small() -> Limits {
    Limits { output_bytes: 4096, steps: 5000, depth: 50 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_parses_or_is_refused_in_few_words(text in template_text(), data in data()) {
        match Template::parse(&text) {
            Err(error) => {
                prop_assert!(error.to_string().len() < 1024);
                prop_assert!(error.offset <= text.len() && text.is_char_boundary(error.offset));
                prop_assert_eq!(error.line, text[..error.offset].matches('\n').count() + 1);
            }
            Ok(template) => match template.render(data.as_ref(), &small()) {
                Err(error) => prop_assert!(error.to_string().len() < 1024),
                Ok(output) => prop_assert!(output.len() <= 4096),
            },
        }
    }

    #[test]
    fn rendering_is_deterministic(text in template_text(), data in data()) {
        if let Ok(template) = Template::parse(&text) {
            let once = template.render(data.as_ref(), &small());
            let again = Template::parse(&text).unwrap().render(data.as_ref(), &small());
            prop_assert_eq!(once, again);
        }
    }

    #[test]
    fn text_without_actions_comes_back_as_it_is(text in any::<String>().prop_filter("no action", |text| !text.contains("{{"))) {
        let template = Template::parse(&text).unwrap();
        prop_assert_eq!(template.render(None, &Limits::default()).unwrap(), text.as_bytes());
        prop_assert!(template.keys().is_empty());
    }

    #[test]
    fn a_value_is_inserted_as_it_is(text in any::<String>()) {
        let data = BTreeMap::from([("key".to_string(), Value::String(text.clone()))]);
        let template = Template::parse("<{{.key}}>").unwrap();
        let output = template.render(Some(&data), &Limits::default()).unwrap();
        prop_assert_eq!(String::from_utf8(output).unwrap(), format!("<{text}>"));
    }

    #[test]
    fn a_printed_number_reads_back(number in any::<f64>().prop_filter("finite", |number| number.is_finite())) {
        let data = BTreeMap::from([("n".to_string(), Value::Number(number))]);
        let output = Template::parse("{{.n}} {{printf \"%x\" .n}}").unwrap().render(Some(&data), &Limits::default()).unwrap();
        let output = String::from_utf8(output).unwrap();
        let (decimal, hex) = output.split_once(' ').unwrap();
        prop_assert_eq!(decimal.parse::<f64>().unwrap().to_bits(), number.to_bits());
        let reread = Template::parse(&format!("{{{{eq .n {hex}}}}}")).unwrap().render(Some(&data), &Limits::default());
        prop_assert_eq!(reread.unwrap(), b"true");
    }
}
