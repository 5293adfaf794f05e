//! Calls that read existing objects and the client's rights.

use ccs_launch::kubernetes::Right;
use kube::api::{Api, DynamicObject, ListParams, PostParams};
use serde_json::{Value, json};

use crate::cluster::{Cluster, Kind, resource_of, unwritable};
use crate::refusal::Refusal;

impl Cluster {
    /// Returns the version of the API server.
    pub(crate) async fn version(&self) -> Result<String, Refusal> {
        let version = self.answer("ask for the version".to_owned(), self.client.apiserver_version()).await?;
        Ok(version.git_version)
    }

    /// Asks whether this client has a right in this namespace.
    pub(crate) async fn may(&self, right: &Right, verb: &str) -> Result<bool, Refusal> {
        let (resource, part) = right.resource.split_once('/').unwrap_or((right.resource, ""));
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "metadata": {},
            "spec": {"resourceAttributes": {
                "namespace": self.namespace, "verb": verb, "group": right.group, "resource": resource, "subresource": part,
            }},
        });
        let attempt = || "ask for the rights".to_owned();
        let review: DynamicObject =
            serde_json::from_value(review).map_err(|error| unwritable(&attempt(), &error))?;
        let kind = resource_of("authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews");
        let (reviews, parameters) = (Api::all_with(self.client.clone(), &kind), PostParams::default());
        let answer = self.answer(attempt(), reviews.create(&parameters, &review)).await?;
        Ok(answer.data["status"]["allowed"] == true)
    }

    /// Lists the objects of a kind that have a label.
    pub(crate) async fn list(&self, kind: Kind, selector: &str) -> Result<Vec<Value>, Refusal> {
        self.listed(format!("list {}", kind.words()), self.of(kind), selector).await
    }

    /// Lists the pods that have a label.
    pub(crate) async fn list_pods(&self, selector: &str) -> Result<Vec<Value>, Refusal> {
        self.listed("list pods".to_owned(), self.pods(), selector).await
    }

    async fn listed(
        &self,
        attempt: String,
        objects: Api<DynamicObject>,
        selector: &str,
    ) -> Result<Vec<Value>, Refusal> {
        let parameters = ListParams::default().labels(selector);
        let list = self.answer(attempt, objects.list(&parameters)).await?;
        Ok(list.items.iter().filter_map(|object| serde_json::to_value(object).ok()).collect())
    }

    /// Returns the metadata of an object, if it exists.
    pub(crate) async fn metadata(&self, kind: Kind, name: &str) -> Result<Option<Value>, Refusal> {
        let objects = self.of(kind);
        let found =
            self.answer(format!("get {} {name}", kind.word()), objects.get_metadata_opt(name)).await?;
        Ok(found.and_then(|found| serde_json::to_value(found.metadata).ok()))
    }

    /// Returns an object, if it exists.
    pub(crate) async fn get(&self, kind: Kind, name: &str) -> Result<Option<Value>, Refusal> {
        let objects = self.of(kind);
        let found = self.answer(format!("get {} {name}", kind.word()), objects.get_opt(name)).await?;
        Ok(found.and_then(|found| serde_json::to_value(found).ok()))
    }
}
