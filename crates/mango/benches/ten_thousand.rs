//! Measures queries over 10,000 documents: parsing, comparing, and sorting.

use std::convert::Infallible;
use std::hint::black_box;

use ccs_mango::Query;
use criterion::{Criterion, criterion_group, criterion_main};

fn documents() -> Vec<(String, Vec<u8>)> {
    let document = |i: u32| {
        let value = serde_json::json!({
            "docType": "asset", "owner": format!("owner{}", i % 97), "color": format!("color{}", i % 3),
            "size": i % 50, "appraisedValue": i, "tags": ["a", "b", format!("t{}", i % 11)],
            "history": {"created": format!("2024-01-{:02}", i % 28 + 1), "by": "org1"},
        });
        (format!("asset{i:06}"), value.to_string().into_bytes())
    };
    (0..10_000).map(document).collect()
}

fn ten_thousand(criterion: &mut Criterion) {
    let documents = documents();
    let mut group = criterion.benchmark_group("10,000 documents");
    group.sample_size(20);
    for (name, query) in [
        ("equality", r#"{"selector": {"docType": "asset", "owner": "owner7"}}"#),
        (
            "range and elements",
            r#"{"selector": {"size": {"$gt": 40}, "tags": {"$elemMatch": {"$eq": "t3"}}}}"#,
        ),
        ("regex", r#"{"selector": {"history.created": {"$regex": "-1[0-9]$"}}}"#),
        ("sort", r#"{"selector": {"size": {"$gte": 0}}, "sort": ["owner", "size"], "fields": ["owner"]}"#),
    ] {
        let query = Query::parse(query);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let all = documents.iter().cloned().map(Ok::<_, Infallible>);
                query.as_ref().map(|query| query.run(all, "").map(|rows| black_box(rows.count())))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, ten_thousand);
criterion_main!(benches);
