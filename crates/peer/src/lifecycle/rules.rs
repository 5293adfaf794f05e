//! Decides which sequence numbers may be approved and committed, and rejects approvals that change nothing.
//!
//! Fabric 3.1 `core/chaincode/lifecycle/lifecycle.go`.

use ccs_channel::{Approval, Definition};

/// Reason why a definition cannot be approved or committed now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RuleError {
    #[error("requested sequence is 0, but first definable sequence number is 1")]
    Zero,
    #[error("currently defined sequence {current} is larger than requested sequence {requested}")]
    Past { current: i64, requested: i64 },
    #[error("requested sequence {requested} is larger than the next available sequence number {next}")]
    Future { next: i64, requested: i64 },
    #[error(
        "attempted to redefine the current committed sequence ({sequence}) for namespace {chaincode} with different parameters: {difference}"
    )]
    Different { sequence: i64, chaincode: String, difference: String },
    #[error("attempted to redefine the current committed sequence ({sequence}) for namespace {chaincode}")]
    Committed { sequence: i64, chaincode: String },
    #[error(
        "attempted to redefine uncommitted sequence ({sequence}) for namespace {chaincode} with unchanged content"
    )]
    Unchanged { sequence: i64, chaincode: String },
    #[error("requested sequence is {requested}, but new definition must be sequence {next}")]
    NotNext { next: i64, requested: i64 },
    #[error("chaincode definition not agreed to by this org ({0})")]
    NotAgreed(String),
}

/// Checks an approval. `committed` is the channel's definition, `before` the organization's earlier approval for the
/// same sequence number.
pub(super) fn check_approval(
    chaincode: &str,
    approval: &Approval,
    committed: Option<&Definition>,
    before: Option<&Approval>,
) -> Result<(), RuleError> {
    let current = committed.map_or(0, |committed| committed.sequence);
    let requested = approval.definition.sequence;
    if requested == 0 && current == 0 {
        return Err(RuleError::Zero);
    }
    if requested < current {
        return Err(RuleError::Past { current, requested });
    }
    let next = current.saturating_add(1);
    if requested > next {
        return Err(RuleError::Future { next, requested });
    }
    let (sequence, chaincode) = (requested, chaincode.to_owned());
    let is_known = before.is_some_and(|before| {
        before.package_id == approval.package_id
            && difference(&before.definition, &approval.definition).is_none()
    });
    match committed.filter(|_| requested == current) {
        Some(committed) => match difference(committed, &approval.definition) {
            Some(difference) => Err(RuleError::Different { sequence, chaincode, difference }),
            None if is_known => Err(RuleError::Committed { sequence, chaincode }),
            None => Ok(()),
        },
        None if is_known => Err(RuleError::Unchanged { sequence, chaincode }),
        None => Ok(()),
    }
}

/// Checks that a sequence number is the next one to commit.
pub(super) fn check_next(requested: i64, committed: Option<&Definition>) -> Result<(), RuleError> {
    let next = committed.map_or(0, |committed| committed.sequence).saturating_add(1);
    if requested == next { Ok(()) } else { Err(RuleError::NotNext { next, requested }) }
}

/// Describes the first difference of the parameters, in a peer's words; [`None`] if they are equal.
fn difference(expected: &Definition, passed: &Definition) -> Option<String> {
    let texts = |name: &str, expected: &dyn std::fmt::Display, passed: &dyn std::fmt::Display| {
        let (expected, passed) = (expected.to_string(), passed.to_string());
        let text = format!("expected {name} '{expected}' does not match passed {name} '{passed}'");
        (expected != passed).then_some(text)
    };
    texts("Version", &expected.version, &passed.version)
        .or_else(|| texts("EndorsementPlugin", &expected.endorsement_plugin, &passed.endorsement_plugin))
        .or_else(|| texts("InitRequired", &expected.init_required, &passed.init_required))
        .or_else(|| texts("ValidationPlugin", &expected.validation_plugin, &passed.validation_plugin))
        .or_else(|| {
            let hex = |definition: &Definition| hex::encode(&definition.validation_parameter);
            texts("ValidationParameter", &hex(expected), &hex(passed))
        })
        .or_else(|| {
            (expected.collections != passed.collections).then(|| "Collections do not match".to_owned())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(sequence: i64, version: &str) -> Definition {
        Definition {
            sequence,
            version: version.to_owned(),
            endorsement_plugin: "escc".to_owned(),
            validation_plugin: "vscc".to_owned(),
            validation_parameter: vec![0xab],
            ..Definition::default()
        }
    }

    fn approval(sequence: i64, version: &str, package_id: &str) -> Approval {
        Approval { definition: definition(sequence, version), package_id: package_id.to_owned() }
    }

    /// Checks an approval and returns the text of the error.
    fn decide(
        approval: &Approval,
        committed: Option<&Definition>,
        before: Option<&Approval>,
    ) -> Result<(), String> {
        check_approval("basic", approval, committed, before).map_err(|error| error.to_string())
    }

    #[test]
    fn a_definition_is_approved_for_the_current_sequence_or_the_next() {
        let committed = definition(3, "1");
        for (sequence, current, expected) in [
            (0, None, Err("requested sequence is 0, but first definable sequence number is 1")),
            (-1, None, Err("currently defined sequence 0 is larger than requested sequence -1")),
            (1, None, Ok(())),
            (2, None, Err("requested sequence 2 is larger than the next available sequence number 1")),
            (0, Some(&committed), Err("currently defined sequence 3 is larger than requested sequence 0")),
            (2, Some(&committed), Err("currently defined sequence 3 is larger than requested sequence 2")),
            (3, Some(&committed), Ok(())),
            (4, Some(&committed), Ok(())),
            (
                5,
                Some(&committed),
                Err("requested sequence 5 is larger than the next available sequence number 4"),
            ),
            (
                i64::MAX,
                Some(&committed),
                Err(
                    "requested sequence 9223372036854775807 is larger than the next available sequence number 4",
                ),
            ),
        ] {
            let decided = decide(&approval(sequence, "1", "p"), current, None);
            assert_eq!(decided, expected.map_err(str::to_owned), "{sequence} after {current:?}");
        }
    }

    #[test]
    fn what_is_not_committed_is_approved_again_with_other_content_only() {
        let before = approval(1, "1", "p");
        assert_eq!(decide(&approval(1, "2", "p"), None, Some(&before)), Ok(()));
        assert_eq!(decide(&approval(1, "1", "q"), None, Some(&before)), Ok(()));
        assert_eq!(
            decide(&before, None, Some(&before)).unwrap_err(),
            "attempted to redefine uncommitted sequence (1) for namespace basic with unchanged content"
        );
    }

    #[test]
    fn what_is_committed_is_approved_again_with_another_package_only() {
        let committed = definition(1, "1");
        let before = approval(1, "1", "p");
        assert_eq!(decide(&approval(1, "1", "q"), Some(&committed), Some(&before)), Ok(()));
        assert_eq!(decide(&approval(1, "1", "p"), Some(&committed), None), Ok(()));
        assert_eq!(
            decide(&before, Some(&committed), Some(&before)).unwrap_err(),
            "attempted to redefine the current committed sequence (1) for namespace basic"
        );
        let changed = |change: fn(&mut Definition)| {
            let mut changed = before.clone();
            change(&mut changed.definition);
            let text = decide(&changed, Some(&committed), Some(&before)).unwrap_err();
            let prefix = "attempted to redefine the current committed sequence (1) for namespace basic with different parameters: ";
            text.strip_prefix(prefix).unwrap().to_owned()
        };
        assert_eq!(
            changed(|it| it.version = "2".to_owned()),
            "expected Version '1' does not match passed Version '2'"
        );
        assert_eq!(
            changed(|it| it.endorsement_plugin = "x".to_owned()),
            "expected EndorsementPlugin 'escc' does not match passed EndorsementPlugin 'x'"
        );
        assert_eq!(
            changed(|it| it.init_required = true),
            "expected InitRequired 'false' does not match passed InitRequired 'true'"
        );
        assert_eq!(
            changed(|it| it.validation_plugin = "x".to_owned()),
            "expected ValidationPlugin 'vscc' does not match passed ValidationPlugin 'x'"
        );
        assert_eq!(
            changed(|it| it.validation_parameter = vec![1]),
            "expected ValidationParameter 'ab' does not match passed ValidationParameter '01'"
        );
        assert_eq!(changed(|it| it.collections.config.push(<_>::default())), "Collections do not match");
    }

    #[test]
    fn the_next_sequence_is_committed() {
        let committed = definition(3, "1");
        let check =
            |requested, committed| check_next(requested, committed).map_err(|error| error.to_string());
        assert_eq!((check(1, None), check(4, Some(&committed))), (Ok(()), Ok(())));
        assert_eq!(
            check(2, None).unwrap_err(),
            "requested sequence is 2, but new definition must be sequence 1"
        );
        assert_eq!(
            check(3, Some(&committed)).unwrap_err(),
            "requested sequence is 3, but new definition must be sequence 4"
        );
        assert_eq!(
            RuleError::NotAgreed("Org1MSP".to_owned()).to_string(),
            "chaincode definition not agreed to by this org (Org1MSP)"
        );
    }
}
