//! The messages and services of a Fabric peer: the chaincode stream, the gateway, deliver, endorser, orderer,
//! discovery, read and write sets, and `_lifecycle`.
//!
//! All of them are generated from `protos/`, whose files contain the messages that this project uses, with the field
//! numbers of Fabric 3.1. Each package is a module with its name, except for `protos`, which is [`peer`]. Services
//! require the feature `services`.
//!
//! After a change in `protos/`, run `cargo xtask bless tests` to regenerate `src/generated`.

pub mod limits;
mod transaction_id;

pub use transaction_id::transaction_id;

macro_rules! package {
    ($(#[$doc:meta])* $name:ident, $messages:literal $(, $services:literal)?) => {
        $(#[$doc])*
        #[allow(missing_docs, clippy::all, clippy::pedantic, reason = "generated code")]
        pub mod $name {
            include!(concat!("generated/", $messages));
            $(
                #[cfg(feature = "services")]
                include!(concat!("generated/services/", $services));
            )?
        }
    };
}

package!(
    /// Blocks, envelopes, headers, policies, the configuration of a channel.
    common, "common.rs"
);
package!(
    /// The service that tells clients about the organizations, orderers and peers of a channel.
    discovery, "discovery.rs", "discovery.rs"
);
package!(
    /// The consenters in the configuration of a channel.
    etcdraft, "etcdraft.rs"
);
package!(
    /// The service that clients of a network use.
    gateway, "gateway.rs", "gateway.rs"
);
package!(
    /// What a peer announces of itself, as the discovery service passes it on.
    gossip, "gossip.rs"
);
package!(
    /// The reads and writes of a simulation in one namespace.
    kvrwset, "kvrwset.rs"
);
package!(
    /// The arguments and results of the functions of `_lifecycle`, and its definitions in the state.
    lifecycle, "lifecycle.rs"
);
package!(
    /// Serialized identities, and MSPs in the configuration of a channel.
    msp, "msp.rs"
);
package!(
    /// The ordering service, and the range of blocks that a client requests.
    orderer, "orderer.rs", "orderer.rs"
);
package!(
    /// The chaincode stream, proposals, transactions, endorser and deliver.
    peer, "protos.rs", "protos.rs"
);
package!(
    /// The results of queries, as sent to a chaincode.
    queryresult, "queryresult.rs"
);
package!(
    /// The results of a simulation.
    rwset, "rwset.rs"
);

// The name of `peer` in generated code of other packages.
use peer as protos;
