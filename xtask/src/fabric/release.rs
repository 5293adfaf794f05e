//! The releases of Fabric that are built.

/// A release, and how its module names it.
pub(crate) struct Release {
    /// The version that its programs print.
    pub(crate) version: &'static str,
    /// The folder of its go.mod in `conformance/fabric`.
    pub(crate) module: &'static str,
    /// The newest capability of a channel that it has.
    pub(crate) channel_capability: &'static str,
    /// Whether its peer reads `domain` in connection.json, which came with 3.0.
    pub(crate) reads_domain: bool,
}

/// The newest release, and that of the branch with long-term support.
pub(crate) const RELEASES: [Release; 2] = [
    Release { version: "3.1.0", module: "3.1", channel_capability: "V3_0", reads_domain: true },
    Release { version: "2.5.0", module: "2.5", channel_capability: "V2_0", reads_domain: false },
];
