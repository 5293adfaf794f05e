//! The proposed definition: checks of name and version, and default values.

use std::fmt;

use ccs_channel::{Approval, Definition};
use ccs_proto::common::ApplicationPolicy;
use ccs_proto::common::application_policy::Type as Policy;
use ccs_proto::lifecycle::{ApproveChaincodeDefinitionForMyOrgArgs as Arguments, chaincode_source};
use prost::Message;

/// Policy of a definition that does not set one.
const ENDORSEMENT: &str = "/Channel/Application/Endorsement";

/// Names reserved for system chaincodes.
const SYSTEM_CHAINCODES: [&str; 5] = ["cscc", "escc", "lscc", "qscc", "vscc"];

/// Invalid name or version of a chaincode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NameError {
    #[error(
        "invalid chaincode name '{0}'. Names can only consist of alphanumerics, '_', and '-' and can only begin with alphanumerics"
    )]
    Name(String),
    #[error("chaincode name '{0}' is the name of a system chaincode")]
    System(String),
    #[error(
        "invalid chaincode version '{0}'. Versions can only consist of alphanumerics, '_', '-', '+', and '.'"
    )]
    Version(String),
}

/// Checks the name and the version of a chaincode.
pub(super) fn check_names(name: &str, version: &str) -> Result<(), NameError> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !name.split(['-', '_']).all(is_word) {
        return Err(NameError::Name(name.to_owned()));
    }
    if SYSTEM_CHAINCODES.contains(&name) {
        return Err(NameError::System(name.to_owned()));
    }
    let is_version = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte);
    if version.is_empty() || !version.bytes().all(is_version) {
        return Err(NameError::Version(version.to_owned()));
    }
    Ok(())
}

/// Reads a definition and its source, and fills in the defaults.
pub(super) fn read(arguments: Arguments) -> Approval {
    let source = arguments.source.and_then(|source| source.r#type);
    let package_id = match source {
        Some(chaincode_source::Type::LocalPackage(local)) => local.package_id,
        Some(chaincode_source::Type::Unavailable(_)) | None => String::new(),
    };
    let or = |given: String, default: &str| if given.is_empty() { default.to_owned() } else { given };
    let definition = Definition {
        sequence: arguments.sequence,
        version: arguments.version,
        init_required: arguments.init_required,
        endorsement_plugin: or(arguments.endorsement_plugin, "escc"),
        validation_plugin: or(arguments.validation_plugin, "vscc"),
        validation_parameter: if arguments.validation_parameter.is_empty() {
            default_policy()
        } else {
            arguments.validation_parameter
        },
        collections: arguments.collections.unwrap_or_default(),
    };
    Approval { definition, package_id }
}

fn default_policy() -> Vec<u8> {
    let policy = Policy::ChannelConfigPolicyReference(ENDORSEMENT.to_owned());
    ApplicationPolicy { r#type: Some(policy) }.encode_to_vec()
}

/// Returns the peer's error text for an invalid definition.
pub(super) fn invalid(reason: &dyn fmt::Display) -> String {
    format!("error validating chaincode definition: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_are_those_of_a_peer() {
        for name in ["basic", "a", "0", "asset-transfer_basic", "A1-b2_c3"] {
            assert_eq!(check_names(name, "1.0+a_b-c"), Ok(()), "{name}");
        }
        for name in ["", "-a", "a-", "a__b", "a.b", "a b", "é", "_lifecycle"] {
            assert_eq!(
                check_names(name, "1").unwrap_err().to_string(),
                format!(
                    "invalid chaincode name '{name}'. Names can only consist of alphanumerics, '_', and '-' and can only begin with alphanumerics"
                )
            );
        }
        for name in SYSTEM_CHAINCODES {
            let text = format!("chaincode name '{name}' is the name of a system chaincode");
            assert_eq!(check_names(name, "1").unwrap_err().to_string(), text);
        }
        for version in ["", "1:0", "1 0", "$"] {
            let text = format!(
                "invalid chaincode version '{version}'. Versions can only consist of alphanumerics, '_', '-', '+', and '.'"
            );
            assert_eq!(check_names("basic", version).unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn what_is_not_said_is_filled_in_and_the_rest_stays() {
        let approval = read(Arguments { sequence: 1, version: "1".to_owned(), ..Arguments::default() });
        let Definition { endorsement_plugin, validation_plugin, validation_parameter, .. } =
            approval.definition;
        assert_eq!((endorsement_plugin.as_str(), validation_plugin.as_str()), ("escc", "vscc"));
        assert_eq!(validation_parameter, [b"\x12\x20".as_slice(), ENDORSEMENT.as_bytes()].concat());
        assert_eq!(approval.package_id, "");

        let local = chaincode_source::Local { package_id: "p".to_owned() };
        let source = Some(chaincode_source::Type::LocalPackage(local));
        let approval = read(Arguments {
            endorsement_plugin: "e".to_owned(),
            validation_plugin: "v".to_owned(),
            validation_parameter: vec![1],
            source: Some(ccs_proto::lifecycle::ChaincodeSource { r#type: source }),
            ..Arguments::default()
        });
        let Definition { endorsement_plugin, validation_plugin, validation_parameter, .. } =
            approval.definition;
        assert_eq!((endorsement_plugin.as_str(), validation_plugin.as_str()), ("e", "v"));
        assert_eq!((validation_parameter.as_slice(), approval.package_id.as_str()), (&[1][..], "p"));
    }
}
