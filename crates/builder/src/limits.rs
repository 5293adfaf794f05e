//! Limits of a package that several modules share.

/// The limit for connection.json, in bytes: room for about five hundred certificates.
pub const MAX_CONNECTION: u64 = 1024 * 1024;

/// The maximum number of files and folders in META-INF.
pub const MAX_ENTRIES: usize = 1_000;

/// The maximum nesting depth of a configuration.
pub const MAX_CONFIGURATION_DEPTH: usize = 200;

/// The maximum number of values in a configuration, nested ones included. Each may take half a kilobyte of
/// memory.
pub const MAX_CONFIGURATION_VALUES: usize = 10_000;
