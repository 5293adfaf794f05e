//! The validation code of a transaction in a block.

use std::fmt;

use ccs_proto::peer::TxValidationCode;

/// The validation code of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValidationCode(i32);

impl ValidationCode {
    /// The transaction is valid.
    pub const VALID: Self = Self(TxValidationCode::Valid as i32);

    /// Creates the code from the number in a message or block.
    #[must_use]
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Returns whether the transaction is valid.
    #[must_use]
    pub fn is_valid(self) -> bool {
        self == Self::VALID
    }

    /// Returns what to do about it.
    #[must_use]
    pub fn hint(self) -> Option<String> {
        let hint = match TxValidationCode::try_from(self.0).ok()? {
            TxValidationCode::MvccReadConflict => {
                "another transaction has written a key that this one read: submit it again"
            }
            TxValidationCode::PhantomReadConflict => {
                "another transaction has changed the keys of a range that this one read: submit it again"
            }
            TxValidationCode::EndorsementPolicyFailure => {
                "the endorsements do not satisfy the policy of the chaincode, a collection or a key: name the organizations that must endorse"
            }
            TxValidationCode::DuplicateTxid => "a transaction with this ID is already on the ledger",
            TxValidationCode::BadCreatorSignature => {
                "the channel does not accept the identity: check its MSP ID and its certificate"
            }
            TxValidationCode::InvalidChaincode => {
                "the chaincode's definition is not on the channel, or it wrote to another chaincode's namespace"
            }
            TxValidationCode::ExpiredChaincode | TxValidationCode::ChaincodeVersionConflict => {
                "the chaincode has been upgraded since: submit it again"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// Formats Fabric's name of the code, such as `MVCC_READ_CONFLICT`.
impl fmt::Display for ValidationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match TxValidationCode::try_from(self.0) {
            Ok(code) => f.pad(code.as_str_name()),
            Err(_) => write!(f, "code {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_fabrics_names_and_unknown_ones_their_number() {
        assert_eq!(ValidationCode::VALID.to_string(), "VALID");
        assert_eq!(ValidationCode::from_number(11).to_string(), "MVCC_READ_CONFLICT");
        assert!(ValidationCode::from_number(11).hint().unwrap().ends_with("submit it again"));
        assert_eq!(ValidationCode::from_number(77).to_string(), "code 77");
        assert_eq!(ValidationCode::from_number(77).hint(), None);
    }
}
