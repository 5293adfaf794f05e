//! Patterns of labels: `*` stands for any text, `?` for one character.

/// Tells whether a pattern matches the whole text, in time proportional to the product of both lengths at most.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut read) = (0, 0);
    // The position of the last star, and how much of the text it has matched.
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(&character) if character == '?' || character == text[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                (at, read) = (place + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|character| *character == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stars_and_question_marks_fit() {
        for (pattern, text, expected) in [
            ("basic_*", "basic_1.0", true),
            ("basic_*", "basic", false),
            ("*", "", true),
            ("?", "", false),
            ("a?c", "abc", true),
            ("*_1.?", "basic_1.0", true),
            ("*a*b", "xaab", true),
            ("*a*b", "xaabc", false),
            ("basic.1", "basic_1", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_fits_itself_and_itself_with_stars(text in "[a-z_.+-]{0,20}", at in 0..20_usize) {
            prop_assert!(fits(&text, &text));
            let (before, after) = text.split_at(at.min(text.len()));
            let pattern = format!("{before}*{after}");
            prop_assert!(fits(&pattern, &text));
        }
    }
}
