//! The folder `organizations`, in the layout of cryptogen and Fabric's test network.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ccs_identity::MspId;
use serde::Deserialize;

/// The data in the folder of an organization.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Organization {
    /// Its MSP, if there is a connection profile.
    pub(super) msp: Option<MspId>,
    /// Its folder of users.
    pub(super) users: PathBuf,
    /// The MSP folder of its user User1.
    pub(super) user: PathBuf,
    /// The CA certificate of its peer's TLS certificate.
    pub(super) tls_ca: Option<PathBuf>,
    /// The address of its peer in the connection profile.
    pub(super) endpoint: Option<String>,
}

impl Organization {
    /// Finds the first organization with a user, or the one with this MSP, under `organizations/peerOrganizations`.
    pub(super) fn find(working: &Path, msp: Option<&MspId>) -> Option<Self> {
        let all = entries(&working.join("organizations/peerOrganizations"));
        let mut found: Vec<Self> = all.iter().filter_map(|folder| Self::read(folder)).collect();
        if let Some(msp) = msp {
            // An organization without an MSP ID may be the right one.
            found.retain(|organization| organization.msp.as_ref().is_none_or(|its| its == msp));
        }
        found.into_iter().next()
    }

    /// Returns the MSP folder of a user.
    pub(super) fn user(&self, name: &str) -> Option<PathBuf> {
        msp_folder(&self.users, name)
    }

    fn read(folder: &Path) -> Option<Self> {
        let users = folder.join("users");
        let user = msp_folder(&users, "User1")?;
        let peer = entries(&folder.join("peers")).into_iter().find(|peer| has_prefix(peer, "peer0."));
        let tls_ca = peer.map(|peer| peer.join("tls/ca.crt")).filter(|path| path.is_file());
        let profile = Profile::read(folder).unwrap_or_default();
        Some(Self { msp: profile.msp(), users, user, tls_ca, endpoint: profile.endpoint() })
    }
}

/// Finds the MSP folder of a user in a folder of users.
fn msp_folder(users: &Path, name: &str) -> Option<PathBuf> {
    let user = entries(users).into_iter().find(|user| has_prefix(user, &format!("{name}@")))?;
    Some(user.join("msp"))
}

/// Returns the MSP of an identity's folder, if it is in the folder of an organization with a connection profile.
pub(crate) fn msp_of(identity: &Path) -> Option<MspId> {
    // ORGANIZATION/users/USER/msp
    let identity = identity.canonicalize().ok()?;
    Profile::read(identity.ancestors().nth(3)?)?.msp()
}

/// Lists a folder, sorted by name; a missing folder counts as empty.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn has_prefix(path: &Path, prefix: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
}

/// The relevant part of a connection profile.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Profile {
    client: Client,
    organizations: BTreeMap<String, Member>,
    peers: BTreeMap<String, Peer>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Client {
    organization: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Member {
    mspid: String,
    peers: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Peer {
    url: String,
}

impl Profile {
    /// Reads the first readable `connection-*.json` of a folder.
    fn read(folder: &Path) -> Option<Self> {
        let is_json = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
        let profiles = entries(folder).into_iter().filter(|path| has_prefix(path, "connection-"));
        profiles.filter(is_json).find_map(|path| serde_json::from_slice(&fs::read(path).ok()?).ok())
    }

    fn member(&self) -> Option<&Member> {
        self.organizations.get(&self.client.organization).or_else(|| self.organizations.values().next())
    }

    fn msp(&self) -> Option<MspId> {
        self.member()?.mspid.parse().ok()
    }

    fn endpoint(&self) -> Option<String> {
        let url = &self.peers.get(self.member()?.peers.first()?)?.url;
        url.split_once("://").map(|(_, endpoint)| endpoint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Creates the folder of an organization without certificates.
    fn make(root: &Path, domain: &str, profile: Option<&str>) -> PathBuf {
        let folder = root.join("organizations/peerOrganizations").join(domain);
        let tls = folder.join(format!("peers/peer0.{domain}/tls"));
        fs::create_dir_all(&tls).unwrap();
        fs::write(tls.join("ca.crt"), "").unwrap();
        fs::create_dir_all(folder.join(format!("users/Admin@{domain}/msp"))).unwrap();
        fs::create_dir_all(folder.join(format!("users/User1@{domain}/msp"))).unwrap();
        if let Some(profile) = profile {
            fs::write(folder.join("connection-org.json"), profile).unwrap();
        }
        folder
    }

    const PROFILE: &str = r#"{"name":"n","client":{"organization":"B"},
        "organizations":{"A":{"mspid":"AMSP"},"B":{"mspid":"BMSP","peers":["peer0.b"]}},
        "peers":{"peer0.b":{"url":"grpcs://localhost:9051","grpcOptions":{}}}}"#;

    #[test]
    fn the_first_organization_or_the_one_with_the_msp_is_taken() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(Organization::find(root.path(), None), None);
        let plain = make(root.path(), "a.example.com", None);
        let profiled = make(root.path(), "b.example.com", Some(PROFILE));

        let first = Organization::find(root.path(), None).unwrap();
        assert_eq!(first.user, plain.join("users/User1@a.example.com/msp"));
        assert_eq!((first.msp, first.endpoint), (None, None));

        fs::remove_dir_all(plain).unwrap();
        let msp = "BMSP".parse().unwrap();
        let found = Organization::find(root.path(), Some(&msp)).unwrap();
        assert_eq!(found.msp, Some(msp));
        assert_eq!(found.endpoint.as_deref(), Some("localhost:9051"));
        assert_eq!(found.tls_ca, Some(profiled.join("peers/peer0.b.example.com/tls/ca.crt")));
        assert_eq!(msp_of(&found.user), found.msp);
        assert_eq!(found.user("Admin"), Some(profiled.join("users/Admin@b.example.com/msp")));
        assert_eq!(found.user("alice"), None);
        assert_eq!(Organization::find(root.path(), Some(&"CMSP".parse().unwrap())), None);
    }
}
