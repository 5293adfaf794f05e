//! The limits of a package that more than one file of this crate names.

/// The most that connection.json may hold, in bytes: room for some five hundred certificates.
pub const MAX_CONNECTION: u64 = 1024 * 1024;

/// The most files and folders that META-INF may hold.
pub const MAX_ENTRIES: usize = 1_000;

/// The deepest nesting of a configuration.
pub const MAX_CONFIGURATION_DEPTH: usize = 200;

/// The most values that a configuration may hold, inner ones included. Each may take half a kilobyte of memory.
pub const MAX_CONFIGURATION_VALUES: usize = 10_000;
