//! The rules by their stable names. `docs/lint.md` explains each.

use ccs_report::Severity;

/// Declares all rules in one table: variant, name, severity.
macro_rules! rules {
    ($($variant:ident $id:literal $severity:ident,)*) => {
        /// A rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Rule { $(#[doc = concat!("`", $id, "`")] $variant,)* }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Returns the name.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// Returns the severity.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }
        }
    };
}

rules! {
    Unreadable "unreadable" Error,
    NotAPackage "not-a-package" Error,
    PackageNotGzip "package-not-gzip" Error,
    PackageDamaged "package-damaged" Error,
    PackageEntryKind "package-entry-kind" Error,
    PackageTooLarge "package-too-large" Error,
    MetadataMissing "metadata-missing" Error,
    MetadataInvalid "metadata-invalid" Error,
    LabelInvalid "label-invalid" Error,
    TypeForeign "type-foreign" Error,
    CodeMissing "code-missing" Error,
    CodeDamaged "code-damaged" Error,
    EntryKind "entry-kind" Error,
    EntryOutside "entry-outside" Error,
    EntryConflict "entry-conflict" Error,
    ConnectionMissing "connection-missing" Error,
    ConnectionInvalid "connection-invalid" Error,
    TemplateInvalid "template-invalid" Error,
    AddressInvalid "address-invalid" Error,
    DialTimeoutInvalid "dial-timeout-invalid" Error,
    RootCertMissing "root-cert-missing" Error,
    RootCertUnusable "root-cert-unusable" Error,
    ClientCertMissing "client-cert-missing" Error,
    ClientKeyMissing "client-key-missing" Error,
    KeyPairUnusable "key-pair-unusable" Error,
    CertificateExpired "certificate-expired" Error,
    ImageInvalid "image-invalid" Error,
    BinaryInvalid "binary-invalid" Error,
    SourceInvalid "source-invalid" Error,
    IndexMisplaced "index-misplaced" Error,
    IndexInvalid "index-invalid" Error,
    PrivateKeyMisplaced "private-key-misplaced" Error,
    BooleanInQuotes "boolean-in-quotes" Warning,
    UnknownKey "unknown-key" Warning,
    DuplicateKey "duplicate-key" Warning,
    TlsFieldsUnused "tls-fields-unused" Warning,
    DomainUnused "domain-unused" Warning,
    DialTimeoutShort "dial-timeout-short" Warning,
    PemBlockIgnored "pem-block-ignored" Warning,
    KeyUnchecked "key-unchecked" Warning,
    RootCertExpired "root-cert-expired" Warning,
    CertificateNotYetValid "certificate-not-yet-valid" Warning,
    CertificateExpiresSoon "certificate-expires-soon" Warning,
    ClientCertUsage "client-cert-usage" Warning,
    PlaintextRemote "plaintext-remote" Warning,
    LabelInAddress "label-in-address" Warning,
    TwoMetadataFolders "two-metadata-folders" Warning,
    ImageTag "image-tag" Warning,
    ImageUnused "image-unused" Warning,
    HiddenFile "hidden-file" Warning,
    OutsideStatedb "outside-statedb" Warning,
    NotAnIndex "not-an-index" Warning,
    PackageUnneededFile "package-unneeded-file" Warning,
    PackageDuplicateFile "package-duplicate-file" Warning,
    EntryUnneeded "entry-unneeded" Warning,
    EntryDuplicate "entry-duplicate" Warning,
    EntryUnreadable "entry-unreadable" Warning,
    PackageReadable "package-readable" Warning,
    EntryMode "entry-mode" Note,
    EntryDotPath "entry-dot-path" Note,
    NotReproducible "not-reproducible" Note,
    LabelKubernetes "label-kubernetes" Note,
    TypeExternal "type-external" Note,
    LaunchNeeded "launch-needed" Note,
    AddressFixed "address-fixed" Note,
    AddressLoopback "address-loopback" Note,
    ConfigurationNeeded "configuration-needed" Note,
    PrivateKeyInside "private-key-inside" Note,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_has_a_row_in_the_documentation_and_no_other_has() {
        let page = include_str!("../../../../docs/lint.md");
        let documented: BTreeSet<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
        for rule in Rule::ALL {
            let row = format!("| `{}` | {} |", rule.id(), rule.severity().word());
            assert!(documented.iter().any(|line| line.starts_with(&row)), "docs/lint.md has no row {row}");
        }
        assert_eq!(documented.len(), Rule::ALL.len());
    }

    #[test]
    fn names_are_kebab_case_and_used_once() {
        let names: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        assert_eq!(names.len(), Rule::ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
    }
}
