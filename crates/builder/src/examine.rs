//! Reports all errors in a source. `build` stops at the first; this module also works without the peer's
//! configuration.
//!
//! It runs the checks of [`crate::stages::prepare`] in the same order. A field whose template reads an
//! undefined key is not checked: only a peer that defines the key can do that.

use std::collections::BTreeSet;
use std::path::Path;

use ccs_files::{Connection, PackageMetadata};
use ccs_gotemplate::RenderError;

use crate::configuration::Configuration;
use crate::context::Surroundings;
use crate::render::{self, TemplateError};
use crate::stages::read_connection;
use crate::{Error, Warning, check, meta_inf};

/// The findings of the builder for one source.
#[derive(Debug, Default)]
pub struct Examination {
    /// The connection as it is packaged, if it can be read.
    pub package: Option<Connection>,
    /// The connection as a peer would get it, if all templates can be rendered.
    pub rendered: Option<Connection>,
    /// The errors, in the builder's order; `build` would stop at the first.
    pub errors: Vec<Error>,
    /// The warnings.
    pub warnings: Vec<Warning>,
    /// Templates that read a key which only the peer's configuration can define.
    pub missing: Vec<MissingKey>,
}

/// A template that cannot be rendered here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer's configuration must define the keys that {field} uses: {error}")]
pub struct MissingKey {
    /// The field that holds the template.
    pub field: &'static str,
    /// The missing key.
    pub error: RenderError,
}

/// Examines a package's source.
#[must_use]
pub fn examine(source: &Path, metadata: &PackageMetadata, surroundings: &Surroundings) -> Examination {
    let mut found = Examination::default();
    if let Some(package) = found.read(source) {
        found.connection(package, source, metadata, surroundings);
    }
    found.meta_inf(source);
    found
}

/// Examines only the indexes of a package, for one without connection.json.
#[must_use]
pub fn examine_meta_inf(source: &Path) -> Examination {
    let mut found = Examination::default();
    found.meta_inf(source);
    found
}

impl Examination {
    fn read(&mut self, source: &Path) -> Option<Connection> {
        let read = read_connection(source, &mut self.warnings);
        let package = self.keep(read)?;
        self.package = Some(package.clone());
        Some(package)
    }

    fn connection(
        &mut self,
        package: Connection,
        source: &Path,
        metadata: &PackageMetadata,
        surroundings: &Surroundings,
    ) {
        let configuration = Configuration::gather(surroundings, source, &metadata.label);
        let Some(configuration) = self.keep(configuration) else { return };
        let mut unknown = BTreeSet::new();
        let rendered = render::render_with(package, |field, text| {
            let result = render::expand(&text, &configuration);
            Ok(result.unwrap_or_else(|error| {
                unknown.insert(field);
                self.template(field, error);
                String::new()
            }))
        });
        let Some(mut rendered) = self.keep(rendered) else { return };
        let is_known = |fields: &[&str]| !fields.iter().any(|field| unknown.contains(field));
        let (now, mut warnings) = (surroundings.now, Vec::new());
        if is_known(&["address"]) {
            self.keep(check::check_address(&rendered));
        }
        if is_known(&["dial_timeout"]) {
            self.keep(check::check_dial_timeout(&mut rendered, &mut warnings));
        }
        if is_known(&["root_cert"]) {
            self.keep(check::check_roots(&rendered, now, &mut warnings));
        }
        if is_known(&["client_key", "client_cert"]) {
            self.keep(check::check_client(&rendered, now, &mut warnings));
        }
        self.warnings.append(&mut warnings);
        if unknown.is_empty() {
            self.keep(check::check_size(&rendered));
        }
        self.rendered = unknown.is_empty().then_some(rendered);
    }

    fn template(&mut self, field: &'static str, error: TemplateError) {
        match error {
            TemplateError::MissingKey { error, .. } => self.missing.push(MissingKey { field, error }),
            error => self.errors.push(Error::Template { field, error }),
        }
    }

    fn meta_inf(&mut self, source: &Path) {
        let mut warnings = Vec::new();
        let tree = meta_inf::read_source(source, &mut warnings);
        for (path, content) in self.keep(tree).unwrap_or_default().files {
            self.keep(meta_inf::check_file(&path, &content, &mut warnings));
        }
        self.warnings.append(&mut warnings);
    }

    /// Records an error, or returns the value.
    fn keep<T>(&mut self, result: Result<T, Error>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }
}

/// Selects the files of a package's source that the builder reads, for a caller that unpacks them.
///
/// If there are too many files, it selects only enough of them to exceed the limit.
#[derive(Debug, Default)]
pub struct Inputs {
    chosen: usize,
}

impl Inputs {
    /// Returns whether the builder needs a file or folder; the path is relative to the source.
    pub fn needs(&mut self, path: &Path) -> bool {
        let is_read = ["connection.json", "META-INF", "metadata"].iter().any(|name| path.starts_with(name));
        self.chosen += usize::from(is_read);
        // Two folders with one entry too many each.
        is_read && self.chosen <= 2 * (meta_inf::MAX_ENTRIES + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chain;
    use crate::stages::prepare;
    use proptest::prelude::*;
    use std::time::SystemTime;

    fn surroundings() -> Surroundings {
        let peer = vec![("peer_id", "peer0".to_owned())];
        Surroundings { configuration: None, builder_folder: None, peer, now: SystemTime::now() }
    }

    fn source(connection: &str, index: Option<&str>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("connection.json"), connection).unwrap();
        if let Some(index) = index {
            let indexes = folder.path().join("META-INF/statedb/couchdb/indexes");
            std::fs::create_dir_all(&indexes).unwrap();
            std::fs::write(indexes.join("x.json"), index).unwrap();
        }
        folder
    }

    fn examined(connection: &str, index: Option<&str>) -> Examination {
        examine(source(connection, index).path(), &PackageMetadata::default(), &surroundings())
    }

    #[test]
    fn the_files_that_the_builder_reads_are_needed_and_not_more_than_it_takes() {
        let mut inputs = Inputs::default();
        for needed in ["connection.json", "META-INF", "META-INF/statedb/couchdb/indexes/x.json", "metadata/x"]
        {
            assert!(inputs.needs(Path::new(needed)), "{needed}");
        }
        for other in ["", "connection.json.bak", "src/connection.json", "meta-inf/x", "node_modules/a"] {
            assert!(!inputs.needs(Path::new(other)), "{other}");
        }
        let needed =
            (0..100_000).filter(|number| inputs.needs(&Path::new("META-INF").join(number.to_string())));
        assert_eq!(needed.count(), 2 * meta_inf::MAX_ENTRIES - 2);
    }

    #[test]
    fn every_error_is_found_in_the_builders_order() {
        let found = examined(r#"{"address":"a","dial_timeout":"x","tls_required":true}"#, Some("{}"));
        let errors: Vec<_> = found.errors.iter().map(|error| chain(error)).collect();
        assert_eq!(
            errors,
            [
                "connection.json: address \"a\" has no port",
                "connection.json: dial_timeout: \"x\" is not a duration",
                "connection.json: tls_required is true and root_cert is missing",
                "META-INF/statedb/couchdb/indexes/x.json: the key index is missing",
            ]
        );
    }

    #[test]
    fn a_key_of_the_peers_configuration_leaves_its_field_unchecked_and_no_other() {
        let found = examined(r#"{"address":"{{.host}}","dial_timeout":"-1s"}"#, None);
        assert_eq!(
            found.missing.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "the peer's configuration must define the keys that address uses: key \"host\" is not set (line 1)"
            ]
        );
        assert_eq!(
            found.errors.iter().map(|error| chain(error)).collect::<Vec<_>>(),
            ["connection.json: dial_timeout -1s is negative"]
        );
        assert!(found.rendered.is_none());
    }

    #[test]
    fn keys_that_are_not_checked_are_warned_about() {
        let pem = |text: &str| text.replace('\n', "\\n");
        let certificate = pem(include_str!("../../certificates/tests/fixtures/pem/p224.crt"));
        let key = pem(include_str!("../../certificates/tests/fixtures/pem/p224.sec1.key"));
        let found = examined(
            &format!(
                r#"{{"address":"a:1","tls_required":true,"client_auth_required":true,"root_cert":"{certificate}","client_cert":"{certificate}","client_key":"{key}"}}"#
            ),
            None,
        );
        assert!(found.errors.is_empty(), "{:?}", found.errors);
        assert_eq!(
            found.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "root_cert: keys on the curve P-224 are not checked",
                "client_key: keys on the curve P-224 are not checked",
                "client_cert: keys on the curve P-224 are not checked",
            ]
        );
    }

    #[test]
    fn each_error_is_a_sentence_that_holds_its_cause_once() {
        for (connection, message) in [
            ("{", "line 1, column 2: the document ends where a key or '}' should be"),
            (r#"{"address":"a"}"#, "connection.json: address \"a\" has no port"),
            (
                r#"{"address":"a:1","dial_timeout":"x"}"#,
                "connection.json: dial_timeout: \"x\" is not a duration",
            ),
            (
                r#"{"address":"a:1","tls_required":true}"#,
                "connection.json: tls_required is true and root_cert is missing",
            ),
            (
                r#"{"address":"{{"}"#,
                "connection.json: the template in address: unclosed action (line 1, column 3)",
            ),
        ] {
            let error = examined(connection, None).errors.remove(0);
            assert!(error.to_string().ends_with(message), "{error}");
            assert_eq!(error.to_string(), chain(&error));
        }
    }

    proptest! {
        #[test]
        fn the_first_error_is_the_one_that_build_ends_with(
            address in "a:1|a|\\{\\{\\.peer_id\\}\\}:1|\\{\\{\\.peer_id\\}\\}|\\{\\{",
            timeout in "10s|10|\\{\\{print\\}\\}|-1s",
            tls in any::<bool>(),
            index in prop::option::of(Just("{}").boxed().prop_union(Just(r#"{"index":{}}"#).boxed())),
        ) {
            let text = format!(r#"{{"address":"{address}","dial_timeout":"{timeout}","tls_required":{tls}}}"#);
            let folder = source(&text, index);
            let metadata = PackageMetadata::default();
            let found = examine(folder.path(), &metadata, &surroundings());
            let prepared = prepare(folder.path(), &metadata, &surroundings(), &mut Vec::new());
            prop_assert!(found.missing.is_empty());
            prop_assert_eq!(
                found.errors.first().map(|error| chain(error)),
                prepared.as_ref().err().map(|error| chain(error))
            );
            prop_assert_eq!(found.rendered.filter(|_| found.errors.is_empty()), prepared.ok().map(|built| built.connection));
        }
    }
}
