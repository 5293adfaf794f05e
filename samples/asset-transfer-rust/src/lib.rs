//! The asset-transfer sample.
