//! Tests the reported keys of a template.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use ccs_gotemplate::Template;

fn keys(text: &str) -> Vec<String> {
    Template::parse(text).unwrap().keys().into_iter().collect()
}

#[test]
fn fields_of_the_data_are_keys() {
    assert_eq!(keys("{{.b.x}}:{{$.a.y}}{{print .c (len .d)}}{{.b | printf .f}}"), ["a", "b", "c", "d", "f"]);
    assert_eq!(keys("plain"), [""; 0]);
}

#[test]
fn index_with_a_literal_is_a_key() {
    assert_eq!(
        keys("{{or (index . \"a\") \"x\"}}{{index $ \"b\" \"no\"}}{{index .c \"no\"}}{{index (.) \"d\"}}"),
        ["a", "b", "c", "d"]
    );
}

#[test]
fn fields_of_another_dot_are_no_keys() {
    assert_eq!(
        keys("{{with .a}}{{.no}}{{$.b}}{{else}}{{.c}}{{end}}{{range .d}}{{.no}}{{else}}{{.e}}{{end}}"),
        ["a", "b", "c", "d", "e"]
    );
    assert_eq!(
        keys("{{with .}}{{.a}}{{end}}{{with $}}{{.b}}{{end}}{{(.).c}}{{($).d.e}}"),
        ["a", "b", "c", "d"]
    );
}

#[test]
fn called_templates_count_when_they_get_the_whole_data() {
    let defined = "{{define \"t\"}}{{.a}}{{$.b}}{{template \"t\" .}}{{end}}";
    assert_eq!(keys(&format!("{defined}{{{{template \"t\" .}}}}")), ["a", "b"]);
    assert_eq!(
        keys(&format!("{defined}{{{{with .x}}}}{{{{template \"t\" $}}}}{{{{end}}}}")),
        ["a", "b", "x"]
    );
    assert_eq!(keys(&format!("{defined}{{{{template \"t\" .x}}}}")), ["x"]);
    assert_eq!(keys(defined), [""; 0]);
}
