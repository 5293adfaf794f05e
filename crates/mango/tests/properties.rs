//! Properties of every query and every document.

#![expect(clippy::unwrap_used, reason = "a panic here is a failed test")]

use std::cmp::Ordering;

use ccs_mango::{Document, Query, QueryError};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn scalar() -> impl Strategy<Value = Value> + Clone {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..4).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "[a-cA-C\u{e9}]{0,2}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> + Clone {
    scalar().prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[ab]", inner, 0..3).prop_map(|members| json!(members)),
        ]
    })
}

/// Generates documents that have every field that the selectors below name.
fn document() -> impl Strategy<Value = Document> {
    (value(), value(), value(), "[a-z]{0,2}").prop_map(|(a, b, c, key)| {
        let Value::Object(fields) = json!({"a": a, "b": b, "c": c}) else { unreachable!() };
        Document::new(key, fields)
    })
}

fn condition() -> impl Strategy<Value = Value> {
    let compare = prop_oneof![Just("$lt"), Just("$lte"), Just("$eq"), Just("$ne"), Just("$gte"), Just("$gt")];
    let list = prop_oneof![Just("$in"), Just("$nin"), Just("$all")];
    let kind = prop_oneof![
        Just("null"),
        Just("boolean"),
        Just("number"),
        Just("string"),
        Just("array"),
        Just("object")
    ];
    prop_oneof![
        (compare, value()).prop_map(|(operator, value)| json!({operator: value})),
        (list, prop::collection::vec(value(), 1..3)).prop_map(|(operator, list)| json!({operator: list})),
        kind.prop_map(|kind| json!({"$type": kind})),
        (0_u8..3).prop_map(|size| json!({"$size": size})),
        (1_i64..4, -1_i64..3).prop_map(|(divisor, remainder)| json!({"$mod": [divisor, remainder]})),
        "[a-c]".prop_map(|text| json!({"$regex": text})),
        "[a-c]".prop_map(|text| json!({"$beginsWith": text})),
        any::<bool>().prop_map(|exists| json!({"$exists": exists})),
        scalar().prop_map(|value| json!({"$elemMatch": {"$gt": value}})),
        scalar().prop_map(|value| json!({"$allMatch": {"$gt": value}})),
        "[ab]".prop_map(|name| json!({"$keyMapMatch": {"$eq": name}})),
    ]
}

fn selector() -> impl Strategy<Value = Value> {
    let field = ("[abc]", condition()).prop_map(|(name, condition)| json!({name: condition}));
    field.prop_recursive(3, 12, 3, |inner| {
        let parts = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            (prop_oneof![Just("$and"), Just("$or"), Just("$nor")], parts)
                .prop_map(|(operator, parts)| json!({operator: parts})),
            inner.prop_map(|part| json!({"$not": part})),
        ]
    })
}

fn query(selector: &Value) -> Query {
    Query::parse(&json!({"selector": selector}).to_string()).unwrap()
}

proptest! {
    #[test]
    fn not_matches_what_the_selector_does_not_when_all_fields_are_there(
        selector in selector(), document in document(),
    ) {
        let not = json!({"$not": selector});
        prop_assert_eq!(query(&not).matches(&document), !query(&selector).matches(&document), "{}", selector);
    }

    #[test]
    fn double_negation_changes_nothing(selector in selector(), document in document()) {
        let twice = json!({"$not": {"$not": selector}});
        prop_assert_eq!(query(&twice).matches(&document), query(&selector).matches(&document));
    }

    #[test]
    fn the_order_of_results_is_total(a in document(), b in document(), c in document(), down in any::<bool>()) {
        let direction = if down { "desc" } else { "asc" };
        let sort = json!({"selector": {}, "sort": [{"a": direction}, {"b": direction}]});
        let query = Query::parse(&sort.to_string()).unwrap();
        prop_assert_eq!(query.compare(&a, &b), query.compare(&b, &a).reverse());
        prop_assert_eq!(query.compare(&a, &a), Ordering::Equal);
        if query.compare(&a, &b).is_le() && query.compare(&b, &c).is_le() {
            prop_assert!(query.compare(&a, &c).is_le());
        }
    }

    #[test]
    fn pages_together_are_the_whole(
        values in prop::collection::btree_map("[a-z]{1,2}", value(), 0..12), size in 1_usize..5, sorted in any::<bool>(),
    ) {
        let text = if sorted { r#"{"selector": {}, "sort": ["v"]}"# } else { r#"{"selector": {}}"# };
        let query = Query::parse(text).unwrap();
        let state = || values.iter().map(|(key, value)| {
            Ok::<_, QueryError>((key.clone(), json!({"v": value}).to_string().into_bytes()))
        });
        let whole: Vec<_> = query.run(state(), "").unwrap().collect::<Result<_, _>>().unwrap();
        let mut rows = Vec::new();
        let mut bookmark = String::new();
        loop {
            let page = query.page(state(), size, &bookmark).unwrap();
            if page.rows.is_empty() {
                break;
            }
            rows.extend(page.rows);
            bookmark = page.bookmark;
        }
        prop_assert_eq!(rows, whole);
    }

    #[test]
    fn no_text_panics(text in r#"\{("(selector|fields|sort|\$and|\$or|\$not|a|\$in|\$mod|\$regex|a\.b)":|[\[\]{}", 0-9a-z\\.$])*"#) {
        drop(Query::parse(&text));
    }

    #[test]
    fn no_selector_panics(
        names in prop::collection::vec(r"\$?[a-zA-Z.\\]{0,10}", 1..4), argument in value(), document in document(),
    ) {
        let selector = names.into_iter().fold(argument, |inner, name| Value::Object(Map::from_iter([(name, inner)])));
        match Query::parse(&json!({"selector": selector}).to_string()) {
            Ok(query) => drop(query.matches(&document)),
            Err(error) => prop_assert!(!error.to_string().contains('\n'), "{}", error),
        }
    }
}
