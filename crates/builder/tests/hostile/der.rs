//! Builds certificates and keys of any size byte by byte.

/// Makes an element with its length.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let digits: Vec<u8> = length.iter().copied().skip_while(|&byte| byte == 0).collect();
    let mut element = match content.len() {
        short @ 0..0x80 => vec![tag, short.to_le_bytes()[0]],
        _ => [&[tag, 0x80 | digits.len().to_le_bytes()[0]], digits.as_slice()].concat(),
    };
    element.extend_from_slice(content);
    element
}

/// Makes an element of equal parts.
pub(crate) fn repeated(tag: u8, part: &[u8], count: usize) -> Vec<u8> {
    element(tag, &part.repeat(count))
}

/// Makes an extension with a value.
pub(crate) fn extension(identifier: &[u8], value: &[u8]) -> Vec<u8> {
    element(0x30, &[element(6, identifier), element(4, value)].concat())
}

/// Makes an extension with an unknown identifier, a different one for each number.
pub(crate) fn unknown_extension(number: u32) -> Vec<u8> {
    extension(&identifier(number), &[])
}

/// Makes a certificate policy, a different one for each number.
pub(crate) fn policy(number: u32) -> Vec<u8> {
    element(0x30, &element(6, &identifier(number)))
}

fn identifier(number: u32) -> [u8; 4] {
    let digit = |shift: u32| (number >> shift & 0x7f).to_le_bytes()[0];
    [0x2a, 0x80 | digit(14) | 0x40, 0x80 | digit(7), digit(0)]
}

/// Makes a readable certificate with a subject (a whole name, or none), extensions and an RSA key.
pub(crate) fn certificate(subject: &[u8], extensions: &[u8], modulus: usize) -> Vec<u8> {
    let algorithm = element(0x30, &element(6, &[0x2a, 3]));
    let empty = element(0x30, &[]);
    let validity =
        element(0x30, &[element(0x17, b"200101000000Z"), element(0x17, b"490101000000Z")].concat());
    let key = element(0x30, &[number(modulus), vec![2, 1, 3]].concat());
    let rsa = [0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let key_info =
        element(0x30, &[element(0x30, &rsa), element(3, &[&[0], key.as_slice()].concat())].concat());
    let subject = if subject.is_empty() { empty.clone() } else { subject.to_vec() };
    let signed = [
        vec![0xa0, 3, 2, 1, 2, 2, 1, 1],
        algorithm.clone(),
        empty,
        validity,
        subject,
        key_info,
        element(0xa3, &element(0x30, extensions)),
    ];
    element(0x30, &[element(0x30, &signed.concat()), algorithm, vec![3, 1, 0]].concat())
}

/// Returns an odd positive number of `length` bytes.
fn number(length: usize) -> Vec<u8> {
    element(2, &[vec![0x7f; length - 1], vec![1]].concat())
}

/// Makes an RSA private key whose two primes are both `p = 2^(8 * length) + 1`, with `more_primes` further
/// primes.
///
/// All numbers are consistent except for the coefficient, which is checked last: `3 * d = 1` modulo `p -
/// 1`.
pub(crate) fn rsa_key(length: usize, coefficient: usize, more_primes: usize) -> Vec<u8> {
    let one_at_both_ends = |length: usize| [&[1], vec![0; length - 1].as_slice(), &[1]].concat();
    let prime = element(2, &one_at_both_ends(length));
    let mut modulus = one_at_both_ends(2 * length);
    modulus[length] = 2;
    let inverse = element(2, &[&[0], vec![0xaa; length - 1].as_slice(), &[0xab]].concat());
    let further = repeated(
        0x30,
        &element(0x30, &[prime_of_one_byte(), vec![2, 1, 1], vec![2, 1, 1]].concat()),
        more_primes,
    );
    let fields = [
        vec![2, 1, u8::from(more_primes > 0)],
        element(2, &modulus),
        vec![2, 1, 3],
        inverse.clone(),
        prime.clone(),
        prime,
        inverse.clone(),
        inverse,
        number(coefficient),
        if more_primes > 0 { further } else { Vec::new() },
    ];
    element(0x30, &fields.concat())
}

fn prime_of_one_byte() -> Vec<u8> {
    vec![2, 1, 3]
}

/// Writes a PEM block.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut body = String::with_capacity(der.len() * 4 / 3 + 4);
    for group in der.chunks(3) {
        let mut bytes = [0; 4];
        bytes[1..=group.len()].copy_from_slice(group);
        let word = u32::from_be_bytes(bytes);
        for (index, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let symbol = ALPHABET[(word >> shift & 63) as usize];
            body.push(if index <= group.len() { char::from(symbol) } else { '=' });
        }
    }
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}
