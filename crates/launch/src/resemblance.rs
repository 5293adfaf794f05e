//! Which known word an unknown one resembles.

/// Returns the known word that was probably meant.
pub(crate) fn meant<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let plain = |text: &str| text.replace(['_', '-'], "").to_lowercase();
    let word = plain(&word.chars().take(64).collect::<String>());
    known
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&word, &plain(candidate)), candidate))
        // If more than a third of the letters differ, it is another word.
        .filter(|(distance, candidate)| distance * 3 <= candidate.len().max(3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Returns the hint for an unknown key.
pub(crate) fn hint(word: &str, known: &[&'static str]) -> String {
    match meant(word, known.iter().copied()) {
        Some(meant) => format!("did you mean {meant}?"),
        None => format!("the keys here are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_offered_and_others_are_not() {
        let known = ["platform", "peer_id", "env"];
        assert_eq!(meant("plattform", known), Some("platform"));
        assert_eq!(meant("peerId", known), Some("peer_id"));
        assert_eq!(meant("evn", known), Some("env"));
        assert_eq!(meant("docker", known), None);
    }
}
