//! Rules about labels and types that work but cause problems.

use ccs_builder::examine::Examination;
use ccs_builder::render;
use ccs_files::PackageMetadata;

use super::finding::{Findings, hint};
use super::rule::Rule;

const AT: &str = "metadata.json";

/// The longest name of a Kubernetes service and of a part of a DNS name, in bytes.
const LONGEST_NAME: usize = 63;

/// Applies the rules.
pub(super) fn check(metadata: &PackageMetadata, found: &Examination, findings: &mut Findings) {
    if metadata.chaincode_type.eq_ignore_ascii_case("external") {
        let message = format!(
            "the type {:?} is accepted by ccs-builder and few other builders",
            metadata.chaincode_type
        );
        findings.push(
            Rule::TypeExternal,
            AT,
            message,
            hint("write ccaas, which Fabric's own builder accepts too"),
        );
    }
    label(&metadata.label, found, findings);
}

fn label(label: &str, found: &Examination, findings: &mut Findings) {
    let Some(reason) = not_a_dns_label(label) else { return };
    let message = format!("no Kubernetes object can have the name {label:?}: {reason}");
    let advice =
        "a name has up to 63 lower-case letters, digits and '-', and begins with a letter, such as basic-1-0";
    findings.push(Rule::LabelKubernetes, AT, message, hint(advice));
    let is_read = |field: &(&str, Result<_, _>)| {
        field.0 == "address"
            && matches!(&field.1, Ok(keys) if std::collections::BTreeSet::contains(keys, "package_label"))
    };
    if found.package.as_ref().is_some_and(|package| render::template_keys(package).iter().any(is_read)) {
        let message = format!(
            "the address is made of the label {label:?}, which cannot be the name of a host: {reason}"
        );
        findings.push(Rule::LabelInAddress, "connection.json", message, hint(advice));
    }
}

/// Returns why a label is not a valid DNS-1035 name (RFC 1035, as Kubernetes applies it to services).
fn not_a_dns_label(label: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if let Some(found) = label.chars().find(|c| !allowed(*c)) {
        Some(format!("it contains {found:?}"))
    } else if !label.starts_with(|c: char| c.is_ascii_lowercase()) {
        Some("it does not begin with a letter".to_owned())
    } else if label.ends_with('-') {
        Some("it ends with '-'".to_owned())
    } else if label.len() > LONGEST_NAME {
        Some(format!("it has {} characters, more than {LONGEST_NAME}", label.len()))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_services_follow_dns_1035() {
        for good in ["basic", "basic-1-0", "b", &"b".repeat(63)] {
            assert_eq!(not_a_dns_label(good), None, "{good}");
        }
        for (bad, reason) in [
            ("basic_1", "it contains '_'"),
            ("Basic", "it contains 'B'"),
            ("1basic", "it does not begin with a letter"),
            ("basic-", "it ends with '-'"),
            (&"b".repeat(64), "it has 64 characters, more than 63"),
        ] {
            assert_eq!(not_a_dns_label(bad).as_deref(), Some(reason), "{bad}");
        }
    }
}
