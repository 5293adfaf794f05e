//! Object identifiers in their encoded form.

pub(crate) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
pub(crate) const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
pub(crate) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
pub(crate) const X25519: &[u8] = &[0x2b, 0x65, 0x6e];
pub(crate) const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];
pub(crate) const AUTHORITY_INFO_ACCESS: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x01];
/// 1.2.3.4.5.6.7.8.1, which Fabric CA uses for attributes.
pub(crate) const FABRIC_ATTRIBUTES: &[u8] = &[0x2a, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x01];

/// Returns whether every component is complete, minimal and below 2^31, as Go requires.
pub(crate) fn is_valid(encoded: &[u8]) -> bool {
    components(encoded).is_some_and(|components| !components.is_empty())
}

/// Returns whether every component is complete and minimal, without a limit for its size.
pub(crate) fn is_minimal(encoded: &[u8]) -> bool {
    let ends_whole = encoded.last().is_some_and(|last| last & 0x80 == 0);
    let mut starts = std::iter::once(&0).chain(encoded).zip(encoded);
    ends_whole && starts.all(|(before, &byte)| before & 0x80 != 0 || byte != 0x80)
}

/// Returns the dotted form, `2.5.29.17`.
pub(crate) fn dotted(encoded: &[u8]) -> String {
    let components = components(encoded).unwrap_or_default();
    let Some((&first, others)) = components.split_first() else { return String::from("(unreadable)") };
    // The first number encodes two components; the first component is 0, 1 or 2.
    let root = (first / 40).min(2);
    let mut dotted = format!("{root}.{}", first - 40 * root);
    for component in others {
        dotted.push('.');
        dotted.push_str(&component.to_string());
    }
    dotted
}

fn components(encoded: &[u8]) -> Option<Vec<u32>> {
    let mut components = Vec::new();
    let mut value = None;
    for &byte in encoded {
        let so_far = match value {
            None if byte == 0x80 => return None,
            None => 0,
            Some(value) if value >= 1_u32 << 24 => return None,
            Some(value) => value,
        };
        let next = so_far << 7 | u32::from(byte & 0x7f);
        value = Some(next);
        if byte & 0x80 == 0 {
            components.push(next);
            value = None;
        }
    }
    value.is_none().then_some(components)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_forms_are_the_usual_ones() {
        assert_eq!(dotted(RSA), "1.2.840.113549.1.1.1");
        assert_eq!(dotted(ED25519), "1.3.101.112");
        assert_eq!(dotted(&[0x55, 0x1d, 0x11]), "2.5.29.17");
        assert_eq!(dotted(&[0x88, 0x37]), "2.999");
    }

    #[test]
    fn truncated_padded_and_huge_components_are_invalid() {
        assert!(!is_valid(&[]));
        assert!(!is_valid(&[0x2a, 0x86]));
        assert!(!is_valid(&[0x2a, 0x80, 0x01]));
        assert!(!is_valid(&[0x2a, 0x88, 0x80, 0x80, 0x80, 0x00]));
        assert!(is_valid(&[0x2a, 0x87, 0xff, 0xff, 0xff, 0x7f]));
    }
}
