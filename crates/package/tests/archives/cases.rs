//! The packages for which `conformance/go-package/verdicts.tsv` records Go's results.

use super::{METADATA, empty, extended, file, gzip, header, large, package, package_of, record, tar};

/// A package and its name in the record.
pub(crate) type Case = (&'static str, Vec<u8>);

/// Returns all cases.
pub(crate) fn all() -> Vec<Case> {
    [
        written(),
        outer(),
        gzip_streams(),
        metadata(),
        code_names(),
        code_types(),
        headers(),
        extended_headers(),
        endings(),
    ]
    .concat()
}

fn written() -> Vec<Case> {
    let mut bytes = Vec::new();
    ccs_package::write(&large(), &mut bytes).unwrap();
    vec![("written-by-us", bytes)]
}

fn code() -> Vec<u8> {
    gzip(&tar(&[file("connection.json", "{}")]))
}

fn outer() -> Vec<Case> {
    let (metadata, code) = (file("metadata.json", METADATA), file("code.tar.gz", code()));
    let of = |entries: &[Vec<u8>]| gzip(&tar(entries));
    vec![
        ("plain", of(&[metadata.clone(), code.clone()])),
        ("code-first", of(&[code.clone(), metadata.clone()])),
        ("no-code", of(std::slice::from_ref(&metadata))),
        ("no-metadata", of(std::slice::from_ref(&code))),
        ("neither", of(&[])),
        ("dot-folder", of(&[empty("./", b'5'), metadata.clone(), code.clone()])),
        ("dot-names", of(&[file("./metadata.json", METADATA), file("./code.tar.gz", b"")])),
        ("readme", of(&[metadata.clone(), code.clone(), file("README", "x")])),
        ("link-at-top", of(&[metadata.clone(), code.clone(), empty("x", b'2')])),
        ("global-header", of(&[extended(b'g', record("comment", "0000")), metadata.clone(), code.clone()])),
        ("two-codes", of(&[metadata.clone(), code.clone(), file("code.tar.gz", gzip(&tar(&[])))])),
        ("two-codes-last-bad", of(&[metadata.clone(), code.clone(), file("code.tar.gz", "x")])),
        (
            "two-metadata",
            of(&[file("metadata.json", r#"{"label":"first"}"#), metadata.clone(), code.clone()]),
        ),
        ("old-style-file", of(&[metadata.clone(), header("code.tar.gz", 0, 5).with(b"hello")])),
        ("name-with-prefix", of(&[metadata, code, header("b", b'0', 0).field(345, b"a").with(b"")])),
    ]
}

fn gzip_streams() -> Vec<Case> {
    let whole = package(&[file("connection.json", "{}")]);
    let archive = tar(&[file("metadata.json", METADATA), file("code.tar.gz", code())]);
    let mut wrong_sum = gzip(&archive[..archive.len() - 1024]);
    let at = wrong_sum.len() - 8;
    wrong_sum[at] ^= 1;
    let unended = gzip(&archive[..archive.len() - 1024]);
    let with_header =
        |flags: u8, rest: &[u8]| [&[0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255], rest, &whole[10..]].concat();
    let text = |length: usize| [vec![b'n'; length], vec![0]].concat();
    vec![
        ("empty-file", Vec::new()),
        ("not-gzip", b"hello, world".to_vec()),
        ("half-a-gzip-header", whole[..5].to_vec()),
        ("truncated", whole[..whole.len() / 2].to_vec()),
        ("no-trailer", whole[..whole.len() - 8].to_vec()),
        ("wrong-checksum-unended-archive", wrong_sum),
        ("garbage-after-the-end", [whole.clone(), b"garbage".to_vec()].concat()),
        ("garbage-after-an-unended-archive", [unended.clone(), b"garbage and more".to_vec()].concat()),
        ("half-a-header-after-an-unended-archive", [unended, vec![0x1f, 0x8b]].concat()),
        ("two-members", [gzip(&archive[..700]), gzip(&archive[700..])].concat()),
        ("named-gzip", with_header(8, b"package.tar\0")),
        ("gzip-name-of-511-bytes", with_header(8, &text(511))),
        ("gzip-name-of-512-bytes", with_header(8, &text(512))),
        ("gzip-comment-of-512-bytes", with_header(16, &text(512))),
        ("gzip-extra-field", with_header(4, b"\x03\0abc")),
        ("gzip-wrong-header-checksum", with_header(2, b"\0\0")),
        ("gzip-reserved-flag", with_header(128, b"")),
        ("gzip-of-nothing", gzip(b"")),
        ("gzip-of-text", gzip(b"hello")),
    ]
}

fn metadata() -> Vec<Case> {
    let of = |metadata: &str| gzip(&tar(&[file("metadata.json", metadata), file("code.tar.gz", code())]));
    let bad_code = |metadata: &str| gzip(&tar(&[file("metadata.json", metadata), file("code.tar.gz", "x")]));
    vec![
        ("metadata-null", of("null")),
        ("metadata-array", of("[]")),
        ("metadata-empty", of("")),
        ("metadata-trailing", of(r#"{"label":"a"} x"#)),
        ("metadata-byte-order-mark", of("\u{feff}{\"label\":\"a\"}")),
        ("metadata-other-case", of(r#"{"LABEL":"a","Type":"ccaas"}"#)),
        ("label-empty", of(r#"{"label":""}"#)),
        ("label-start", of(r#"{"label":".a"}"#)),
        ("label-slash", of(r#"{"label":"a/b"}"#)),
        ("label-bad-and-code-bad", bad_code(r#"{"label":"a b"}"#)),
        ("code-bad", bad_code(METADATA)),
        ("code-empty", package_of(b"")),
    ]
}

fn code_names() -> Vec<Case> {
    let one = |name: &[u8]| package(&[file(name, "x")]);
    vec![
        ("name-dot", one(b"./connection.json")),
        ("name-inner-dots", one(b"a/../b//./c")),
        ("name-two-dots-and-more", one(b"..foo/...")),
        ("name-escaping", one(b"../x")),
        ("name-escaping-inside", one(b"a/../../x")),
        ("name-parent", one(b"..")),
        ("name-absolute", one(b"/etc/passwd")),
        ("name-empty", one(b"")),
        ("name-is-top", one(b"a/..")),
        ("name-with-slash-at-end", one(b"a/")),
        ("name-backslash", one(b"..\\x")),
        ("name-not-utf8", one(b"caf\xe9")),
        ("name-after-nul", one(b"a\0b")),
        ("name-100-bytes", one(&[b'n'; 100])),
        ("file-and-folder", package(&[file("a", "1"), file("a/b", "2")])),
        ("folder-and-file", package(&[file("a/b", "2"), file("a", "1")])),
        ("twice-longer", package(&[file("a", "1"), file("a", "22")])),
        ("twice-shorter", package(&[file("a", "333"), file("a", "1")])),
    ]
}

fn code_types() -> Vec<Case> {
    let mut cases: Vec<Case> = [
        ("type-hard-link", b'1'),
        ("type-symlink", b'2'),
        ("type-character-device", b'3'),
        ("type-block-device", b'4'),
        ("type-fifo", b'6'),
        ("type-contiguous", b'7'),
        ("type-unknown", b'Z'),
        ("type-gnu-sparse-ustar", b'S'),
    ]
    .map(|(name, flag)| (name, package(&[empty("x", flag)])))
    .to_vec();
    cases.push(("type-global-header", package(&[extended(b'g', record("comment", "0"))])));
    cases.push(("type-folder", package(&[empty("a/b/", b'5'), file("a/b/c", "x")])));
    cases.push(("type-top-folder", package(&[empty("./", b'5'), file("./c", "x")])));
    cases.push(("type-old-folder", package(&[empty("a/", 0), file("a/c", "x")])));
    cases.push(("symlink-then-damage", package_of(&gzip(&[empty("x", b'2'), vec![7; 512]].concat()))));
    // One reader treats the 512 bytes as content of the folder, another as the next header.
    let hidden = file("hidden", "");
    cases.push((
        "folder-with-size",
        package(&[header("d", b'5', 512).with(b""), hidden.clone(), file("c", "x")]),
    ));
    cases
}

fn headers() -> Vec<Case> {
    let with = |at: usize, bytes: &[u8]| package(&[header("a", b'0', 1).field(at, bytes).with(b"x")]);
    let gnu = |at: usize, bytes: &[u8]| {
        package(&[header("a", b'0', 1).field(257, b"ustar  \0").field(at, bytes).with(b"x")])
    };
    let mut damaged = file("a", "x");
    damaged[0] = b'b';
    let mut signed = header("\u{e9}", b'0', 1).with(b"x");
    // The sum of signed bytes: 256 less for each byte from 0x80 on.
    let sum = signed[..512].iter().map(|&byte| i32::from(byte)).sum::<i32>()
        - signed[148..156].iter().map(|&byte| i32::from(byte)).sum::<i32>()
        + 8 * 32
        - 512;
    signed[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    vec![
        ("header-checksum", package(&[damaged])),
        ("header-signed-checksum", package(&[signed])),
        ("size-base-256", with(124, b"\x80\0\0\0\0\0\0\0\0\0\0\x01")),
        ("size-base-256-negative", with(124, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")),
        ("size-base-256-huge", with(124, b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff")),
        ("size-octal-huge", with(124, b"777777777777")),
        ("size-spaces", with(124, b"          1 ")),
        ("size-empty", package(&[header("a", b'0', 0).field(124, &[0; 12]).with(b"")])),
        ("size-minus", with(124, b"-0000000001\0")),
        ("size-plus", with(124, b"+0000000001\0")),
        ("size-not-octal", with(124, b"00000000009\0")),
        ("mode-not-octal", with(100, b"rw-r--r-")),
        ("mode-setuid", with(100, b"0104755\0")),
        ("mode-zero", with(100, b"0000000\0")),
        ("owner-not-octal", with(108, b"zzzzzzz\0")),
        ("device-not-octal", with(329, b"zzzzzzz\0")),
        ("layout-v7", with(257, &[0; 8])),
        (
            "layout-v7-prefix",
            package(&[header("a", b'0', 1).field(257, &[0; 8]).field(345, b"p").with(b"x")]),
        ),
        (
            "layout-ustar-without-version",
            package(&[header("a", b'0', 1).field(263, b"  ").field(345, b"p").with(b"x")]),
        ),
        ("layout-gnu-time", gnu(345, b"00000000001\0")),
        ("layout-gnu-prefix", gnu(345, b"folder")),
        ("layout-star", with(508, b"tar\0")),
        ("prefix", with(345, b"some/folder")),
        ("prefix-escaping", with(345, b"..")),
    ]
}

fn extended_headers() -> Vec<Case> {
    let pax = |records: Vec<u8>| package(&[extended(b'x', records), file("a", "x")]);
    let sparse_map = [b"0\n".to_vec(), vec![0; 510]].concat();
    let sparse = [
        record("GNU.sparse.major", "1"),
        record("GNU.sparse.minor", "0"),
        record("GNU.sparse.realsize", "9"),
    ];
    let old_sparse = [record("GNU.sparse.offset", "0"), record("GNU.sparse.numbytes", "1")];
    vec![
        ("pax-path", pax(record("path", "long/name"))),
        ("pax-path-escaping", pax(record("path", "../name"))),
        ("pax-path-empty", pax(record("path", ""))),
        ("pax-path-nul", pax(record("path", "a\0b"))),
        ("pax-path-twice", pax([record("path", "b"), record("path", "c")].concat())),
        ("pax-size", package(&[extended(b'x', record("size", "3")), header("a", b'0', 0).with(b"xyz")])),
        (
            "pax-size-plus",
            package(&[extended(b'x', record("size", "+3")), header("a", b'0', 0).with(b"xyz")]),
        ),
        ("pax-size-negative", pax(record("size", "-1"))),
        ("pax-size-text", pax(record("size", "1x"))),
        ("pax-size-too-large", pax(record("size", "99999999999"))),
        (
            "pax-size-on-folder",
            package(&[extended(b'x', record("size", "512")), empty("d", b'5'), file("c", "x")]),
        ),
        ("pax-time", pax(record("mtime", "1.25"))),
        ("pax-time-text", pax(record("mtime", "1.2z"))),
        ("pax-owner-text", pax(record("uid", "root"))),
        ("pax-malformed", pax(b"99 path=x\n".to_vec())),
        ("pax-no-newline", pax(b"8 path=xy".to_vec())),
        (
            "pax-two-headers",
            package(&[
                extended(b'x', record("path", "b")),
                extended(b'x', record("mtime", "1")),
                file("a", "x"),
            ]),
        ),
        ("pax-at-the-end", package(&[file("a", "x"), extended(b'x', record("path", "b"))])),
        ("pax-sparse", package(&[extended(b'x', sparse.concat()), file("a", sparse_map)])),
        ("pax-sparse-old", pax([old_sparse.concat(), record("GNU.sparse.size", "1")].concat())),
        ("pax-sparse-old-order", pax(record("GNU.sparse.numbytes", "1"))),
        ("pax-sparse-unknown", pax(record("GNU.sparse.major", "7"))),
        ("gnu-long-name", package(&[extended(b'L', [&[b'n'; 180][..], b"\0"].concat()), file("a", "x")])),
        ("gnu-long-name-escaping", package(&[extended(b'L', "../x\0"), file("a", "x")])),
        (
            "gnu-long-name-and-pax",
            package(&[extended(b'L', "gnu\0"), extended(b'x', record("path", "pax")), file("a", "x")]),
        ),
        ("gnu-long-link", package(&[extended(b'K', "target\0"), file("a", "x")])),
        ("gnu-long-name-on-folder", package(&[extended(b'L', "long/\0"), header("a", 0, 0).with(b"")])),
        (
            "extended-too-large",
            package(&[extended(b'x', record("comment", vec![b'c'; 1 << 20])), file("a", "x")]),
        ),
    ]
}

fn endings() -> Vec<Case> {
    let one = file("a", "x");
    let of = |bytes: &[u8]| package_of(&gzip(bytes));
    vec![
        ("end-missing", of(&one)),
        ("end-one-block", of(&[one.clone(), vec![0; 512]].concat())),
        ("end-half-block", of(&[one.clone(), vec![0; 100]].concat())),
        ("end-then-header", of(&[one.clone(), vec![0; 512], file("b", "x")].concat())),
        ("end-then-more", of(&[tar(std::slice::from_ref(&one)), file("b", "x")].concat())),
        ("end-in-content", of(&header("a", b'0', 700).with(b"x")[..900])),
        ("end-in-padding", of(&one[..600])),
        ("end-after-content", of(&one[..513])),
        ("end-in-header", of(&one[..300])),
        ("code-gzip-of-nothing", of(b"")),
    ]
}
