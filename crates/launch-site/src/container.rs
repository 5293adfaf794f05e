//! The plan of a chaincode that the peer dials, on the platform `docker`.

use std::env;

use ccs_files::Connection;
use ccs_launch::Failure;
use ccs_launch::docker::{Server, ServerPlan, Surroundings};
use ccs_launch::image::Tls;
use ccs_launch::record::{DOCKER, Record};
use sha2::{Digest as _, Sha256};

use crate::service::Service;
use crate::{certificates, place};

/// A planned container.
#[derive(Clone, Debug)]
pub struct PlannedContainer {
    /// The container, and the ways to dial it.
    pub plan: ServerPlan,
    certificates_end: Option<String>,
}

/// Makes the plan of a service, with new certificates; `run` distinguishes this build from others.
pub fn plan(service: &Service<'_>, run: &str) -> Result<PlannedContainer, Failure> {
    plan_with(service, run, &|name| env::var(name).ok())
}

/// Like [`plan`], but with other variables than those of this process.
pub fn plan_with(
    service: &Service<'_>,
    run: &str,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<PlannedContainer, Failure> {
    let container = place::container();
    let is_contained = container.is_some();
    let host = container.or_else(place::host);
    let surroundings = Surroundings { variable, host: host.as_deref() };
    let server = Server {
        surroundings,
        is_contained,
        settings: service.settings,
        image: service.image,
        package_id: service.package_id,
        run,
    };
    let (certificates, certificates_end) = match service.image.tls {
        Tls::None => (None, None),
        Tls::Mutual | Tls::Server => {
            let hosts = server.hosts()?;
            let name = hosts.first().map_or("", String::as_str);
            Some(certificates::make(name, &hosts)?).unzip()
        }
    };
    Ok(PlannedContainer { plan: server.plan(&service.subject(), certificates)?, certificates_end })
}

impl PlannedContainer {
    /// Returns the connection.json with which the peer dials an address, and the content of launch.json.
    #[must_use]
    pub fn at(&self, address: &str) -> (Connection, Record) {
        let container = &self.plan.container;
        let record = Record {
            platform: DOCKER.to_owned(),
            namespace: String::new(),
            object: container.name.clone(),
            address: Some(address.to_owned()),
            image: container.image.reference(),
            port: container.image.port,
            tls: container.image.tls,
            settings: hex::encode(Sha256::digest(self.plan.settings_alone())),
            certificates_end: self.certificates_end.clone(),
            // Certificates and address of a container change together.
            checksum: None,
        };
        (self.plan.connection(address), record)
    }
}
