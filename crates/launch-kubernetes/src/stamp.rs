//! The time at which a launch last applied an object. Kubernetes only records its creation, but a build may take over an old object.

use std::time::SystemTime;

use serde_json::Value;

/// The annotation of a Service or a Deployment with the time of the last launch, as RFC 3339.
pub(crate) const APPLIED: &str = "fabric-ccs/applied";

/// Adds the time to an object, but not to the pods of a Deployment, which would restart.
pub(crate) fn stamped(object: &Value, now: SystemTime) -> Value {
    let mut object = object.clone();
    object["metadata"]["annotations"][APPLIED] = ccs_report::moment::timestamp(now).into();
    object
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_says_when_it_was_applied_and_its_pods_do_not() {
        let pod = json!({"metadata": {"annotations": {"a": "b"}}});
        let plain = json!({"metadata": {"name": "n", "annotations": {"a": "b"}}, "spec": {"template": pod}});
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(498_892);
        let expected = json!({
            "metadata": {"name": "n", "annotations": {"a": "b", "fabric-ccs/applied": "2026-11-30T04:00:00Z"}},
            "spec": {"template": pod},
        });
        assert_eq!(stamped(&plain, now), expected);
        let without = stamped(&json!({"metadata": {"name": "n"}}), now);
        assert_eq!(without["metadata"]["annotations"][APPLIED], "2026-11-30T04:00:00Z");
    }
}
