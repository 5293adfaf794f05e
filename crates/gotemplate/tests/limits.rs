//! Hostile templates result in an error that names the limit, quickly and on a small stack.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeMap;
use std::thread;

use ccs_gotemplate::{
    Limits, MAX_NODES, MAX_PARSE_DEPTH, MAX_RENDER_DEPTH, MAX_TEMPLATE_BYTES, ParseErrorKind, RenderError,
    Template, Value,
};

/// Runs on a stack of 1 MiB, half of the default of a Rust thread.
fn on_a_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap().join().unwrap()
}

fn render(text: &str, limits: &Limits) -> Result<String, RenderError> {
    let data = BTreeMap::from([
        ("t".to_string(), Value::Bool(true)),
        ("l".to_string(), Value::List(vec![Value::Number(1.0); 3])),
    ]);
    let bytes = Template::parse(text).unwrap().render(Some(&data), limits)?;
    Ok(String::from_utf8(bytes).unwrap())
}

fn nested(depth: usize, open: &str, middle: &str, close: &str) -> String {
    format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
}

/// Returns every kind of nesting, at a given depth.
fn nestings(depth: usize) -> [String; 5] {
    [
        nested(depth, "{{if .t}}", "x", "{{end}}"),
        nested(depth, "{{with $}}", "x", "{{end}}"),
        nested(depth, "{{range 1}}", "x", "{{end}}"),
        format!("{{{{{}}}}}", nested(depth, "(", "\"x\"", ")")),
        format!("{{{{{}}}}}", nested(depth, "(print ", "\"x\"", ")")),
    ]
}

#[test]
fn the_deepest_nesting_that_parses_also_renders() {
    for text in nestings(MAX_PARSE_DEPTH) {
        assert_eq!(on_a_small_stack(move || render(&text, &Limits::default())), Ok("x".to_string()));
    }
}

#[test]
fn deeper_nesting_is_refused_with_the_limit() {
    for depth in [MAX_PARSE_DEPTH + 1, 50_000] {
        for text in nestings(depth) {
            let error = on_a_small_stack(move || Template::parse(&text).unwrap_err());
            assert_eq!(error.kind, ParseErrorKind::Limit);
            assert_eq!(error.message, "nesting above the limit of 100");
        }
    }
}

#[test]
fn a_template_that_calls_itself_is_refused() {
    let deepest = Limits { depth: usize::MAX, ..Limits::default() };
    let body = nested(MAX_PARSE_DEPTH - 1, "{{if .t}}", "{{template \"r\" .}}", "{{end}}");
    for text in [
        "{{define \"r\"}}{{template \"r\" .}}{{end}}{{template \"r\" .}}".to_string(),
        "{{define \"r\"}}{{if (print (print .t))}}{{template \"r\" .}}{{end}}{{end}}{{template \"r\" .}}"
            .to_string(),
        format!("{{{{define \"r\"}}}}{body}{{{{end}}}}{{{{template \"r\" .}}}}"),
    ] {
        let limits = deepest.clone();
        let error = on_a_small_stack(move || render(&text, &limits).unwrap_err());
        assert_eq!(error.to_string(), format!("nesting above the limit of {MAX_RENDER_DEPTH} (line 1)"));
    }
}

#[test]
fn long_chains_are_no_deep_trees() {
    let chain = format!("{{{{if 0}}}}{}{{{{else}}}}x{{{{end}}}}", "{{else if 0}}".repeat(2_400));
    assert_eq!(on_a_small_stack(move || render(&chain, &Limits::default())), Ok("x".to_string()));
    let pipeline = format!("{{{{\"x\"{}}}}}", " | print".repeat(4_900));
    assert_eq!(on_a_small_stack(move || render(&pipeline, &Limits::default())), Ok("x".to_string()));
}

#[test]
fn endless_work_is_refused() {
    for text in [
        "{{range 1000000000}}{{end}}",
        "{{range 1000000}}{{end}}",
        "{{range 1000000}}{{range 1000000}}{{end}}{{end}}",
        "{{define \"r\"}}{{range 10}}{{template \"r\"}}{{end}}{{end}}{{range 1000000}}{{block \"b\" .}}{{end}}{{end}}",
    ] {
        let error = render(text, &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), "steps above the limit of 200000 (line 1)", "{text}");
    }
}

#[test]
fn work_on_long_texts_is_counted() {
    let doubling = "{{$x := \"aaaaaaaaaaaaaaaa\"}}{{range 12}}{{$x = print $x $x}}{{end}}";
    let text = format!("{doubling}{{{{range 1000000}}}}{{{{if eq $x \"b\"}}}}{{{{end}}}}{{{{end}}}}");
    let error = render(&text, &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "steps above the limit of 200000 (line 1)");
}

#[test]
fn output_is_bounded_wherever_it_is_made() {
    let limits = Limits { output_bytes: 10_000, ..Limits::default() };
    for text in [
        "{{range 10000}}xx{{end}}",
        "{{printf \"%20000d\" 1}}",
        "{{len (printf \"%9000d%9000d\" 1 1)}}",
        "{{$x := \"x\"}}{{range 30}}{{$x = print $x $x}}{{end}}",
        "{{html (printf \"%9000s\" \"\" | printf \"%q\")}}{{printf \"%9000s\" \"\"}}",
        "{{printf \"%.20000f\" 1.0}}",
        "{{printf \"%.*d\" 20000 1}}",
    ] {
        let error = render(text, &limits).unwrap_err();
        assert_eq!(error.to_string(), "bytes of output above the limit of 10000 (line 1)", "{text}");
    }
    assert_eq!(render("{{printf \"%10000d\" 1 | len}}", &limits), Ok("10000".to_string()));
}

#[test]
fn deep_values_are_not_printed() {
    let mut value = Value::Null;
    for _ in 0..400 {
        value = Value::List(vec![value]);
    }
    let data = BTreeMap::from([("deep".to_string(), value)]);
    let error = Template::parse("{{.deep}}").unwrap().render(Some(&data), &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "nesting of a printed value above the limit of 300 (line 1)");
}

#[test]
fn looking_up_variables_takes_no_quadratic_time() {
    let declared = "{{$x := 1}}".repeat(2_000);
    let text = format!("{{{{$a := 1}}}}{declared}{{{{range 2000}}}}{{{{$a}}}}{{{{end}}}}");
    let error = render(&text, &Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "steps above the limit of 200000 (line 1)");
}

#[test]
fn long_names_are_counted_as_long_texts_are() {
    let name = "n".repeat(100_000);
    for text in [
        format!("{{{{$a{name} := 1}}}}{{{{$b{name} := 1}}}}{{{{range 1000}}}}{{{{$a{name}}}}}{{{{end}}}}"),
        format!(
            "{{{{define \"{name}\"}}}}{{{{end}}}}{{{{range 1000}}}}{{{{template \"{name}\"}}}}{{{{end}}}}"
        ),
    ] {
        let error = render(&text, &Limits::default()).unwrap_err();
        assert_eq!(error.to_string(), "steps above the limit of 200000 (line 1)");
    }
}

/// Tests every kind of node with the number of nodes.
#[test]
fn a_template_of_too_many_parts_is_refused_before_it_takes_memory() {
    for (piece, parts) in [
        ("{{1}}", 3),
        ("x{{/**/}}", 1),
        ("{{.a.a.a}}", 5),
        ("{{$x := 1}}", 4),
        ("{{1 | print}}", 5),
        ("{{print 1 1}}", 5),
        ("{{if 1}}{{end}}", 5),
        ("{{define \"a\"}}{{end}}", 2),
    ] {
        let accepted = piece.repeat(MAX_NODES / parts);
        let refused = piece.repeat(MAX_NODES / parts + 1);
        assert!(Template::parse(&accepted).is_ok(), "{piece}");
        let error = Template::parse(&refused).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::Limit, "{piece}");
        assert_eq!(error.message, "parts of the template above the limit of 10000", "{piece}");
    }
}

#[test]
fn a_template_that_is_too_long_is_refused_and_a_long_text_is_none() {
    let text = "x".repeat(MAX_TEMPLATE_BYTES - 5);
    assert!(Template::parse(&format!("{text}{{{{1}}}}")).is_ok());
    let error = Template::parse(&format!("{text}x{{{{1}}}}")).unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::Limit);
    assert_eq!(error.message, "1048577 bytes of template above the limit of 1048576");
    assert!(Template::parse(&text.repeat(2)).is_ok());
}

/// Checking the blanks of the first definition at each of the others would take minutes.
#[test]
fn many_definitions_of_one_long_template_take_no_quadratic_time() {
    let blanks = " ".repeat(MAX_TEMPLATE_BYTES / 2);
    let others = "{{define \"a\"}}{{end}}".repeat(4_900);
    let text = format!("{{{{define \"a\"}}}}{blanks}{{{{1}}}}{{{{end}}}}{others}{{{{template \"a\"}}}}");
    assert_eq!(render(&text, &Limits::default()), Ok(format!("{blanks}1")));
}

/// Searching the missing bracket after each directive would take minutes.
#[test]
fn many_open_brackets_in_a_format_take_no_quadratic_time() {
    let format = "%[d".repeat(200_000);
    let limits = Limits { output_bytes: 64 << 20, steps: u64::MAX, ..Limits::default() };
    let text = render(&format!("{{{{printf `{format}` 1}}}}"), &limits).unwrap();
    assert!(text.starts_with("%!d(BADINDEX)%!d(BADINDEX)"), "{}", text.get(..40).unwrap_or_default());
}

#[test]
fn a_long_text_of_one_delimiter_takes_no_quadratic_time() {
    let pieces = [
        "{{",
        "}}",
        "{",
        "{{/*",
        "{{/**/}}",
        "{{- ",
        " -}}",
        "{{\"",
        "{{`",
        "{{'",
        "(",
        "{{(",
        "\n{{1}}",
        "{{1 -}} \n ",
        "{{$x := 1}}",
        "{{block \"a\" .}}{{end}}",
        "{{.a",
        ".a",
        "{{if 1}}{{end}}",
        "{{else}}",
        "{{range 1}}{{break}}{{end}}",
    ];
    for piece in pieces {
        for text in
            [piece.repeat(200_000 / piece.len()), format!("{{{{{}", piece.repeat(200_000 / piece.len()))]
        {
            if let Ok(template) = Template::parse(&text) {
                assert!(template.render(None, &Limits::default()).is_ok(), "{piece}");
            }
        }
    }
}
