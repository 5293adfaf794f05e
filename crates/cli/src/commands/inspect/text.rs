//! The text of `ccs inspect`.

use ccs_launch::image::Tls;
use ccs_launch::settings::Role;
use ccs_package_tools::inspect::{Certificate, ConnectionShown, Document, ImageShown, Pem};

use crate::style::{self, safe};
use crate::table::Table;

/// Writes all sections that are not empty.
pub(super) fn of(document: &Document) -> String {
    let mut text = heading(&document.label);
    text.push_str(&package(document).text());
    let mut section = |title: &str, table: Option<Table>| {
        if let Some(table) = table {
            text.push('\n');
            text.push_str(&heading(title));
            text.push_str(&table.text());
        }
    };
    let some = |is_there: bool, table: fn(&Document) -> Table| is_there.then(|| table(document));
    section("Connection", document.connection.as_ref().map(|it| connection(it, &document.certificates)));
    section("Image", document.image.as_ref().map(image));
    section("Programs", some(!document.programs.is_empty(), programs));
    section("Template keys", some(!document.template_keys.is_empty(), template_keys));
    section("Certificates", some(!document.certificates.is_empty(), certificates));
    section("Indexes", some(!document.indexes.is_empty(), indexes));
    section("code.tar.gz", some(true, entries));
    text
}

fn heading(title: &str) -> String {
    let name = style::NAME;
    format!("{name}{}{name:#}\n", safe(title))
}

fn package(document: &Document) -> Table {
    let mut table = Table::default();
    table.row(["package ID", &document.package_id]);
    table.row(["type", &document.chaincode_type]);
    table.row(["file", &format!("{}, {} bytes", document.file, document.bytes)]);
    table
}

fn connection(connection: &ConnectionShown, certificates: &[Certificate]) -> Table {
    let mut table = Table::default();
    let mut row = |name: &str, value: &str| table.row([name, value]);
    row("address", &connection.address);
    row("domain", connection.domain.as_deref().unwrap_or("-"));
    row("dial_timeout", connection.dial_timeout.as_deref().unwrap_or("- (3s, the peer's default)"));
    row("tls_required", &connection.tls_required.to_string());
    row("client_auth_required", &connection.client_auth_required.to_string());
    row("root_cert", &pem(connection.root_cert, &counted("root_cert", certificates)));
    row("client_cert", &pem(connection.client_cert, &counted("client_cert", certificates)));
    row("client_key", &pem(connection.client_key, "[redacted]"));
    for key in &connection.other_keys {
        row(key, "[not shown: no peer reads it]");
    }
    table
}

fn pem(pem: Pem, given: &str) -> String {
    match pem {
        Pem::Absent => "-",
        Pem::Template => "a template",
        Pem::Given => given,
    }
    .to_owned()
}

fn counted(field: &str, certificates: &[Certificate]) -> String {
    match certificates.iter().filter(|certificate| certificate.field == field).count() {
        0 => "unreadable".to_owned(),
        1 => "1 certificate".to_owned(),
        count => format!("{count} certificates"),
    }
}

fn image(image: &ImageShown) -> Table {
    let mut table = Table::default();
    table.row(["name", &image.name]);
    table.row(["digest", image.digest.as_deref().unwrap_or("-")]);
    match image.role {
        Role::Client => table.row(["role", "client: the chaincode dials the peer"]),
        Role::Server => {
            let tls = match image.tls {
                Tls::Mutual => "over mutual TLS",
                Tls::Server => "over TLS",
                Tls::None => "in plaintext",
            };
            table.row(["role", &format!("server: the peer dials port {} {tls}", image.port)]);
        }
    }
    table
}

fn programs(document: &Document) -> Table {
    let mut table = Table::default();
    for program in &document.programs {
        let platform = program.platform.as_deref().unwrap_or("any platform");
        let size = program.size.map_or_else(|| "not there".to_owned(), |size| format!("{size} bytes"));
        let sha256 = program.sha256.as_deref().unwrap_or("-");
        table.row([platform, &program.file, &size, sha256]);
    }
    table
}

fn template_keys(document: &Document) -> Table {
    let mut table = Table::default();
    for (key, fields) in &document.template_keys {
        table.row([key.clone(), format!("for {}", fields.join(", "))]);
    }
    table
}

fn certificates(document: &Document) -> Table {
    let mut table = Table::default();
    for certificate in &document.certificates {
        let mut row = |name: &str, value: &str| table.row([name, value]);
        row(certificate.field, &certificate.subject);
        row("  names", &list(&certificate.names));
        row("  issuer", if certificate.self_issued { "itself" } else { &certificate.issuer });
        row("  key", &certificate.key);
        row("  valid until", &validity(certificate));
    }
    table
}

fn validity(certificate: &Certificate) -> String {
    match certificate.days_left {
        Some(1) => format!("{} (1 day left)", certificate.until),
        Some(days) => format!("{} ({days} days left)", certificate.until),
        None => format!("{} ({})", certificate.until, certificate.state),
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

fn indexes(document: &Document) -> Table {
    let mut table = Table::default();
    for index in &document.indexes {
        let of = index.collection.as_ref().map_or_else(
            || "of the chaincode".to_owned(),
            |collection| format!("of the collection {collection}"),
        );
        table.row([index.name.clone(), of]);
    }
    table
}

fn entries(document: &Document) -> Table {
    let mut table = Table::default();
    let width = document.entries.iter().map(|entry| entry.size.to_string().len()).max().unwrap_or_default();
    for entry in &document.entries {
        let size = if entry.kind == "folder" { "-".to_owned() } else { entry.size.to_string() };
        table.row([entry.mode.clone(), format!("{size:>width$}"), entry.path.clone()]);
    }
    table
}
