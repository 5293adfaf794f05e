//! Errors of a peer before it calls a builder, errors of the builder, and the warnings of both.

use ccs_builder::check::TlsError;
use ccs_builder::examine::Examination;
use ccs_builder::report::chain;
use ccs_builder::{Error, Warning};
use ccs_files::connection::Notice;
use ccs_package::{CodeFault, ReadError};

use super::finding::{Findings, hint};
use super::rule::Rule;
use crate::error::refusal;

/// Adds the peer's error for the package file.
pub(super) fn package_error(error: &ReadError, findings: &mut Findings) {
    let (rule, at) = match error {
        ReadError::Io(_) => (Rule::Unreadable, "package"),
        ReadError::NotGzip(_) => (Rule::PackageNotGzip, "package"),
        ReadError::Damaged { .. } => (Rule::PackageDamaged, "package"),
        ReadError::NotRegular { .. } => (Rule::PackageEntryKind, "package"),
        ReadError::Limit(_) => (Rule::PackageTooLarge, "package"),
        ReadError::NoMetadata { .. } => (Rule::MetadataMissing, "package"),
        ReadError::Metadata(_) => (Rule::MetadataInvalid, "metadata.json"),
        ReadError::Label { .. } => (Rule::LabelInvalid, "metadata.json"),
        ReadError::NoCode { .. } => (Rule::CodeMissing, "package"),
        ReadError::Code(CodeFault::Archive(_)) => (Rule::CodeDamaged, "code.tar.gz"),
        ReadError::Code(CodeFault::Kind { .. }) => (Rule::EntryKind, "code.tar.gz"),
        ReadError::Code(CodeFault::EscapingPath { .. } | CodeFault::Nameless { .. }) => {
            (Rule::EntryOutside, "code.tar.gz")
        }
        ReadError::Code(CodeFault::Conflict { .. }) => (Rule::EntryConflict, "code.tar.gz"),
    };
    let code = refusal(error).map_or(super::FAILED, ccs_builder::ExitCode::number);
    findings.refuse(rule, at, error.to_string(), error.hint(), code);
}

/// Adds parts of the package file that a peer accepts but the author probably did not intend.
pub(super) fn package_warning(warning: &ccs_package::Warning, findings: &mut Findings) {
    let (rule, advice) = match warning {
        ccs_package::Warning::Ignored { .. } => (Rule::PackageUnneededFile, "remove the file"),
        ccs_package::Warning::Duplicate { .. } => (Rule::PackageDuplicateFile, "keep one of them"),
    };
    findings.push(rule, "package", warning.to_string(), hint(advice));
}

/// Adds the builder's messages about the source; `relative` makes their paths relative to the source.
pub(super) fn builder(found: &Examination, relative: &dyn Fn(&str) -> String, findings: &mut Findings) {
    for error in &found.errors {
        builder_error(error, relative, findings);
    }
    for warning in &found.warnings {
        let (rule, at) = of_warning(warning);
        findings.push(rule, &at, warning.to_string(), warning.hint());
    }
    for missing in &found.missing {
        let advice = "set it in CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG and list that in propagateEnvironment, or write \
                      config.json beside the builder's bin folder; try it with ccs render --config";
        findings.push(Rule::ConfigurationNeeded, CONNECTION, missing.to_string(), hint(advice));
    }
}

/// Adds one error of the builder.
pub(super) fn builder_error(error: &Error, relative: &dyn Fn(&str) -> String, findings: &mut Findings) {
    let (rule, at) = of_error(error);
    let message = relative(&chain(error));
    findings.refuse(rule, &at, message, error.hint(), error.code().number());
}

const CONNECTION: &str = "connection.json";

fn of_error(error: &Error) -> (Rule, String) {
    let (rule, at) = match error {
        Error::MetadataUnreadable { .. } => (Rule::MetadataMissing, "metadata.json"),
        Error::Metadata { .. } => (Rule::MetadataInvalid, "metadata.json"),
        Error::ForeignType { .. } => (Rule::TypeForeign, "metadata.json"),
        Error::ConnectionUnreadable { .. } => (Rule::ConnectionMissing, CONNECTION),
        Error::Connection { .. } | Error::RenderedTooLarge { .. } => (Rule::ConnectionInvalid, CONNECTION),
        Error::Template { .. } => (Rule::TemplateInvalid, CONNECTION),
        Error::Address(_) => (Rule::AddressInvalid, CONNECTION),
        Error::DialTimeout(_) | Error::NegativeDialTimeout(_) => (Rule::DialTimeoutInvalid, CONNECTION),
        Error::Tls(error) => (of_tls(error), CONNECTION),
        Error::IndexPath { path, .. } => return (Rule::IndexMisplaced, format!("META-INF/{path}")),
        Error::Index { path, .. } => return (Rule::IndexInvalid, format!("META-INF/{path}")),
        Error::Kind { .. } => (Rule::EntryKind, "META-INF"),
        // The remaining errors concern the machine, not the package.
        _ => (Rule::Unreadable, "source"),
    };
    (rule, at.to_owned())
}

fn of_tls(error: &TlsError) -> Rule {
    match error {
        TlsError::NoRootCert => Rule::RootCertMissing,
        TlsError::NoClientKey => Rule::ClientKeyMissing,
        TlsError::NoClientCert => Rule::ClientCertMissing,
        TlsError::RootCert(_) => Rule::RootCertUnusable,
        TlsError::KeyPair(_) => Rule::KeyPairUnusable,
        TlsError::Expired { .. } => Rule::CertificateExpired,
    }
}

fn of_warning(warning: &Warning) -> (Rule, String) {
    let rule = match warning {
        Warning::Connection(Notice::StringBoolean { .. }) => Rule::BooleanInQuotes,
        Warning::Connection(Notice::UnknownKey { .. }) => Rule::UnknownKey,
        Warning::Connection(Notice::Duplicate { .. }) => Rule::DuplicateKey,
        Warning::UnusedTls { .. } => Rule::TlsFieldsUnused,
        Warning::UnusedDomain => Rule::DomainUnused,
        Warning::ShortDialTimeout(_) => Rule::DialTimeoutShort,
        Warning::SkippedBlock { .. } => Rule::PemBlockIgnored,
        Warning::UncheckedKey { .. } => Rule::KeyUnchecked,
        Warning::ExpiredRoot(_) => Rule::RootCertExpired,
        Warning::NotYetValid { .. } => Rule::CertificateNotYetValid,
        Warning::ExpiresSoon { .. } => Rule::CertificateExpiresSoon,
        Warning::TwoMetadataFolders => return (Rule::TwoMetadataFolders, "source".to_owned()),
        Warning::Hidden { path } => return (Rule::HiddenFile, format!("META-INF/{}", path.display())),
        Warning::OutsideStatedb { path } => {
            return (Rule::OutsideStatedb, format!("META-INF/{}", path.display()));
        }
        Warning::NotAnIndex { path } => return (Rule::NotAnIndex, format!("META-INF/{}", path.display())),
    };
    (rule, CONNECTION.to_owned())
}
