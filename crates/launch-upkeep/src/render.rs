//! Renders the objects that the launch of a package would create.

mod container;
mod process;

use ccs_launch::docker::{self, may_have_tags};
use ccs_launch::image::{Image, Tls};
use ccs_launch::kind::{Claim, Kind};
use ccs_launch::kubernetes;
use ccs_launch::server::Certificates;
use ccs_launch::settings::{Platform, Role, Subject};
use ccs_launch::{Chaincode, ExitCode, Failure};
use ccs_launch_site::service::{Planned, Service};
use ccs_launch_site::{claim, place};
use serde::Serialize;
use serde_json::Value;

use crate::package::Package;
use crate::site::Site;

/// The placeholder for a secret.
const REDACTED: &str = "[redacted]";

/// The first line of manifests, which a cluster cannot use without the keys.
const NOTE: &str = "# For kubectl diff and kubectl apply --dry-run=server. Keys and certificates are omitted, so applying this breaks the chaincode.";

/// The input of a rendering.
#[derive(Clone, Copy, Debug)]
pub struct Render<'a> {
    /// The package.
    pub package: &'a Package,
    /// The peer.
    pub site: &'a Site,
    /// The address on which the peer listens for chaincode, as host:port.
    pub peer_address: Option<&'a str>,
    /// Whether the peer uses TLS.
    pub peer_has_tls: bool,
}

/// The document of `ccs launch render --json`. Its shape is in `docs/json.md`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Document {
    /// The package ID.
    pub package_id: String,
    /// The type in metadata.json.
    #[serde(rename = "type")]
    pub chaincode_type: String,
    /// The role: `client` if the chaincode dials the peer, `server` if the peer dials it; [`None`] if nothing is launched.
    pub role: Option<&'static str>,
    /// The platform; [`None`] if nothing is launched.
    pub platform: Option<&'static str>,
    /// The objects on Kubernetes, in the order of their creation.
    pub objects: Vec<Value>,
    /// The container.
    pub container: Option<Value>,
    /// The process.
    pub process: Option<Value>,
    /// Why nothing is launched.
    pub reason: Option<String>,
    /// The hint.
    pub hint: Option<String>,
    /// The exit code of the command: 0 if the package is launched, 1 if it is left to other builders, or the code of the launch.
    pub exit_code: u8,
}

/// The rendered objects.
enum Made {
    Objects(Role, Vec<Value>),
    Container(Role, Value),
    Process(Value),
}

impl Document {
    /// Writes the objects as YAML: manifests for kubectl to compare, or the settings of a container or process.
    pub fn yaml(&self) -> Result<String, Failure> {
        let others = self.container.iter().chain(&self.process);
        let documents: Vec<&Value> = self.objects.iter().chain(others).collect();
        // The name of an image with its digest stays on the line of its key, where a reader looks for it.
        let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
        let yaml = serde_saphyr::to_string_multiple_with_options(&documents, options)
            .map_err(|error| Failure::new(ExitCode::InputOutput, format!("cannot write YAML: {error}")))?;
        Ok(if self.objects.is_empty() { yaml } else { format!("{NOTE}\n{yaml}") })
    }
}

impl Render<'_> {
    /// Renders a package; for a package that is not launched, returns the reason.
    #[must_use]
    pub fn document(&self) -> Document {
        let mut document = Document {
            package_id: self.package.id.clone(),
            chaincode_type: self.package.metadata.chaincode_type.clone(),
            role: None,
            platform: None,
            objects: Vec::new(),
            container: None,
            process: None,
            reason: None,
            hint: None,
            exit_code: 0,
        };
        match self.made() {
            Ok(Made::Objects(role, objects)) => {
                document.role = Some(word(role));
                document.platform = Some("kubernetes");
                document.objects = objects;
            }
            Ok(Made::Container(role, container)) => {
                document.role = Some(word(role));
                document.platform = Some("docker");
                document.container = Some(container);
            }
            Ok(Made::Process(process)) => {
                document.role = Some(word(Role::Client));
                document.platform = Some("process");
                document.process = Some(process);
            }
            Err(Refused { failure, exit_code }) => {
                document.reason = Some(failure.to_string());
                document.hint = failure.hint().map(str::to_owned);
                document.exit_code = exit_code;
            }
        }
        document
    }

    fn made(&self) -> Result<Made, Refused> {
        let chaincode_type = &self.package.metadata.chaincode_type;
        let Claim { kind, platform } = claim(&self.site.settings, chaincode_type).map_err(left)?;
        Ok(match kind {
            Kind::Binary => Made::Process(process::of_binary(self)?),
            Kind::Prebuilt => Made::Process(process::of_prebuilt(self)?),
            Kind::Source(language) => Made::Process(process::of_source(self, language)?),
            Kind::Image | Kind::Service => {
                let image = self.image(kind)?;
                let role = image.role_in(chaincode_type);
                match (kind, role, platform) {
                    (Kind::Service, Role::Client, _) => {
                        return Err(left(Failure::new(
                            ExitCode::ImageJson,
                            "image.json: role is client, so the peer dials the address in connection.json",
                        )));
                    }
                    (_, Role::Client, Platform::Docker) => {
                        Made::Container(role, container::of_client(self, &image)?)
                    }
                    (_, Role::Server, Platform::Docker) => {
                        Made::Container(role, container::of_server(self, &image)?)
                    }
                    (_, Role::Server, _) => Made::Objects(role, self.service(&image)?),
                    (_, Role::Client, _) => Made::Objects(role, self.job(&image)?),
                }
            }
        })
    }

    fn image(&self, kind: Kind) -> Result<Image, Refused> {
        let missing = || Failure::new(ExitCode::ImageJson, "the package holds no image.json");
        let content = match (&self.package.image, kind) {
            (Some(content), _) => content,
            (None, Kind::Service) => {
                return Err(left(
                    missing().with_hint("without image.json, the peer dials the address in connection.json"),
                ));
            }
            (None, _) => return Err(missing().with_hint("put it at the top of code.tar.gz").into()),
        };
        let settings = &self.site.settings;
        let is_docker = settings.platform == Some(Platform::Docker);
        let image = if is_docker && may_have_tags(settings) {
            Image::parse_with_tags(content)
        } else {
            Image::parse(content)
        }?;
        Ok(settings.images.admit(image)?)
    }

    fn service(&self, image: &Image) -> Result<Vec<Value>, Refused> {
        let (package_id, mspid) = (&self.package.id, self.site.mspid());
        let chaincode_type = &self.package.metadata.chaincode_type;
        let settings = &self.site.settings;
        let service = Service { package_id, chaincode_type, image, mspid: &mspid, settings };
        let target = self.site.target(&service.subject())?;
        let Planned { plan, .. } = service.plan_with(&target, certificates(image).as_ref(), None)?;
        Ok(plan.secret.map(redacted).into_iter().chain([plan.service, plan.deployment]).collect())
    }

    fn job(&self, image: &Image) -> Result<Vec<Value>, Refused> {
        let chaincode = self.chaincode()?;
        let subject = self.subject();
        let target = self.site.target(&subject)?;
        let settings = &self.site.settings;
        let planned = kubernetes::Launch { target: &target, settings, image, chaincode: &chaincode };
        // The random part of a launch.
        let plan = planned.plan(&subject, &"x".repeat(kubernetes::SUFFIX))?;
        Ok(vec![redacted(plan.secret), plan.job])
    }

    /// Returns the chaincode for which rules are selected, for chaincode that dials the peer.
    fn subject(&self) -> Subject<'_> {
        Subject {
            package: &self.package.id,
            chaincode_type: &self.package.metadata.chaincode_type,
            role: Role::Client,
        }
    }

    /// Returns the chaincode.json that the peer would write.
    fn chaincode(&self) -> Result<Chaincode, Failure> {
        let peer_address = self.peer_address.ok_or_else(|| {
            Failure::new(ExitCode::Usage, "the address of the peer is not known, and this chaincode dials it")
                .with_hint(
                    "add --peer-address with the peer's chaincodeAddress, such as peer0.example.com:7052",
                )
        })?;
        let certificate = if self.peer_has_tls { REDACTED } else { "" };
        Ok(Chaincode {
            chaincode_id: self.package.id.clone(),
            peer_address: peer_address.to_owned(),
            client_cert: certificate.to_owned(),
            client_key: certificate.to_owned(),
            root_cert: certificate.to_owned(),
            mspid: self.site.mspid(),
        })
    }

    /// Returns the environment for the plan of a container.
    fn docker<T>(&self, made: impl FnOnce(docker::Surroundings<'_>) -> T) -> T {
        let host = place::container().or_else(place::host);
        made(docker::Surroundings { variable: &|name| self.site.variable(name), host: host.as_deref() })
    }
}

/// Returns placeholders for the certificates of a server; [`None`] without TLS.
fn certificates(image: &Image) -> Option<Certificates> {
    let text = || REDACTED.to_owned();
    (image.tls != Tls::None).then(|| Certificates {
        ca: text(),
        server: (text(), text()),
        client: (text(), text()),
        checksum: "of-the-certificates".to_owned(),
    })
}

/// Why a package is not launched.
struct Refused {
    failure: Failure,
    exit_code: u8,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { exit_code: failure.code().number(), failure }
    }
}

/// The result for a package that is left to another builder or to the peer.
fn left(failure: Failure) -> Refused {
    Refused { failure, exit_code: 1 }
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Client => "client",
        Role::Server => "server",
    }
}

/// Hides the values of a Secret.
fn redacted(mut secret: Value) -> Value {
    for (_, value) in secret["stringData"].as_object_mut().into_iter().flatten() {
        *value = REDACTED.into();
    }
    secret
}
