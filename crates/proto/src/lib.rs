//! The messages and services of a Fabric peer: the chaincode stream, the gateway, deliver, endorser, orderer, read and
//! write sets, `_lifecycle`.
//!
//! All of them are generated from `protos/`, whose files hold the messages that this project uses, with the field numbers
//! of Fabric 3.1. Each package is a module of its name, except `protos`, which is [`peer`]. Services need the feature
//! `services`.
//!
//! After a change in `protos/`, `cargo xtask bless tests` writes `src/generated` anew.

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
    /// The service that clients of a network use.
    gateway, "gateway.rs", "gateway.rs"
);
package!(
    /// What a simulation read and wrote of one namespace.
    kvrwset, "kvrwset.rs"
);
package!(
    /// What the functions of `_lifecycle` take and give, and how it keeps definitions in the state.
    lifecycle, "lifecycle.rs"
);
package!(
    /// Serialized identities, and MSPs in the configuration of a channel.
    msp, "msp.rs"
);
package!(
    /// The ordering service, and which blocks a client wants.
    orderer, "orderer.rs", "orderer.rs"
);
package!(
    /// The chaincode stream, proposals, transactions, endorser and deliver.
    peer, "protos.rs", "protos.rs"
);
package!(
    /// The results of queries, as a chaincode reads them.
    queryresult, "queryresult.rs"
);
package!(
    /// The results of a simulation.
    rwset, "rwset.rs"
);

// What generated code of another package calls `peer`.
use peer as protos;
