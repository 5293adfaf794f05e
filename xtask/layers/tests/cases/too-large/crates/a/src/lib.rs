//! Two lines here, and four in the file below: with the line of `mod below` and that of the test there are eight.
mod below;

/// Counts.
#[cfg(test)]
mod tests {
    // Nothing here counts.
}
