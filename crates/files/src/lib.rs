//! The files of the external builder contract, as types.
