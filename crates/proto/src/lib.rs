//! The messages and services of a Fabric peer: the chaincode stream, the gateway, deliver, endorser, orderer, read and
//! write sets, `_lifecycle`.
//!
//! What shims need comes from `fabric-shim-protos` and is shown here again; the rest is generated from `protos/`, whose
//! files hold the messages that this project uses, with the field numbers of Fabric 3.1. So every message has one type,
//! and one place to find it: the module that is called as its package is, but for `protos`, which is [`peer`].
//!
//! After a change in `protos/`, `CCS_UPDATE_GENERATED=1 cargo test -p ccs-proto` writes `src/generated` anew.

macro_rules! package {
    ($(#[$doc:meta])* $name:ident, $file:literal $(, $shim:path)?) => {
        $(#[$doc])*
        #[allow(missing_docs, clippy::all, clippy::pedantic, reason = "generated code")]
        pub mod $name {
            $(pub use $shim::*;)?
            include!(concat!("generated/", $file, ".rs"));
        }
    };
}

package!(
    /// Blocks, envelopes, headers, policies, the configuration of a channel.
    common, "common", fabric_shim_protos::common
);
package!(
    /// The service that clients of a network use.
    gateway, "gateway"
);
package!(
    /// What a simulation read and wrote of one namespace.
    kvrwset, "kvrwset"
);
package!(
    /// What the functions of `_lifecycle` take and give, and how it keeps definitions in the state.
    lifecycle, "lifecycle"
);
package!(
    /// Serialized identities, and MSPs in the configuration of a channel.
    msp, "msp", fabric_shim_protos::msp
);
package!(
    /// The ordering service, and which blocks a client wants.
    orderer, "orderer"
);
package!(
    /// The chaincode stream, proposals, transactions, endorser and deliver.
    peer, "protos", fabric_shim_protos::peer
);
package!(
    /// The results of a simulation.
    rwset, "rwset"
);

pub use fabric_shim_protos::queryresult;
// What generated code of another package calls `peer`.
use peer as protos;
