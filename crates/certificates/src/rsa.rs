//! RSA private keys: the structure of PKCS #1, and the checks of Go's `rsa.PrivateKey.Validate`.

use crypto_bigint::{BoxedUint, ConcatenatingMul, Integer, NonZero};

use crate::{
    der::{self, Reader},
    public_half::{PublicHalf, UncheckedKey},
    public_key::PublicKey,
};

/// The limit for a modulus, in bytes. It is eight times the limit of Go's TLS for a peer's key (8192 bits), and low
/// enough that hostile input takes only milliseconds.
const MODULUS_LIMIT: usize = 8192;

/// The numbers of a key, big-endian without leading zeros.
struct Numbers<'a> {
    modulus: &'a [u8],
    exponent: i64,
    private_exponent: &'a [u8],
    prime1: &'a [u8],
    prime2: &'a [u8],
    /// The exponents modulo the primes less one, and the coefficient; Go computes them if they are missing.
    remainders: [Option<&'a [u8]>; 3],
    /// The primes after the second, in keys of a kind that is no longer generated.
    more_primes: Vec<&'a [u8]>,
}

/// Parses a PKCS #1 private key and returns its public half. Returns `None` where Go fails: for a wrong structure,
/// trailing bytes, or inconsistent numbers of a key with two primes.
pub(crate) fn public_half(bytes: &[u8]) -> Option<PublicHalf> {
    let numbers = read(bytes)?;
    let has_two_primes = numbers.more_primes.is_empty();
    let is_consistent = is_public_half_sound(&numbers)
        && if has_two_primes { is_key(&numbers) } else { is_multi_prime_key(&numbers) };
    is_consistent.then_some(())?;
    let key = PublicKey::Rsa { modulus: numbers.modulus.to_vec(), exponent: numbers.exponent };
    Some(PublicHalf { key, unchecked: (!has_two_primes).then_some(UncheckedKey::MultiPrimeRsa) })
}

fn read(bytes: &[u8]) -> Option<Numbers<'_>> {
    let mut input = Reader::new(bytes);
    let mut key = input.enter(der::SEQUENCE)?;
    key.small_integer().filter(|version| *version <= 1)?;
    let modulus = key.positive_integer()?;
    let exponent = key.small_integer()?;
    let private_exponent = key.positive_integer()?;
    let prime1 = key.positive_integer()?;
    let prime2 = key.positive_integer()?;
    let mut remainders = [None; 3];
    for remainder in &mut remainders {
        if key.is_next(der::INTEGER)? {
            *remainder = Some(key.positive_integer()?);
        }
    }
    let mut more_primes = Vec::new();
    if key.is_next(der::SEQUENCE)? {
        let mut list = key.enter(der::SEQUENCE)?;
        while !list.is_empty() {
            let mut prime = list.enter(der::SEQUENCE)?;
            more_primes.push(prime.positive_integer()?);
            prime.integer()?;
            prime.integer()?;
        }
    }
    input.is_empty().then_some(Numbers {
        modulus,
        exponent,
        private_exponent,
        prime1,
        prime2,
        remainders,
        more_primes,
    })
}

fn is_public_half_sound(numbers: &Numbers<'_>) -> bool {
    let is_odd = numbers.modulus.last().is_some_and(|last| last & 1 == 1);
    let exponent = numbers.exponent;
    is_odd
        && numbers.modulus.len() <= MODULUS_LIMIT
        && (2..=i64::from(i32::MAX)).contains(&exponent)
        && exponent % 2 == 1
        && number(numbers.private_exponent) < number(numbers.modulus)
}

/// Returns whether the numbers of a key with two primes are consistent.
fn is_key(numbers: &Numbers<'_>) -> bool {
    checked(numbers).is_some()
}

fn checked(numbers: &Numbers<'_>) -> Option<()> {
    let (modulus, private) = (number(numbers.modulus), number(numbers.private_exponent));
    let (prime1, prime2) = (number(numbers.prime1), number(numbers.prime2));
    let public = number(&numbers.exponent.to_be_bytes());
    let are_factors = prime1 < modulus && prime2 < modulus;
    (are_factors && is_zero(&product_modulo(&prime1, &prime2, &modulus)?)).then_some(())?;

    // A complete set is checked as it is; missing values are derived from the others and need no check.
    let complete = match numbers.remainders {
        [Some(exponent1), Some(exponent2), Some(coefficient)] => Some((exponent1, exponent2, coefficient)),
        _ => None,
    };
    for (prime, given) in [(&prime1, complete.map(|set| set.0)), (&prime2, complete.map(|set| set.1))] {
        let order = less_one(prime);
        let exponent = modulo(&private, &order)?;
        given.is_none_or(|given| number(given) == exponent).then_some(())?;
        is_one(&product_modulo(&public, &exponent, &order)?).then_some(())?;
    }
    match complete {
        Some((_, _, coefficient)) => {
            // Check the size before multiplying: the number may be as long as the whole document.
            let coefficient = Some(number(coefficient)).filter(|coefficient| *coefficient < prime1)?;
            is_one(&product_modulo(&prime2, &coefficient, &prime1)?).then_some(())?;
        }
        None => is_odd(&prime1).then_some(())?,
    }

    let half = modulus.bits_vartime() / 2;
    let distance = if prime1 > prime2 { difference(&prime1, &prime2) } else { difference(&prime2, &prime1) };
    (distance.bits_vartime() + 100 > half && private.bits_vartime() > half).then_some(())
}

/// Go checks little more than coprime factors here (`precomputeLegacy`); the primes after the second must only be
/// greater than one.
fn is_multi_prime_key(numbers: &Numbers<'_>) -> bool {
    let primes = [numbers.prime1, numbers.prime2];
    primes.into_iter().chain(numbers.more_primes.iter().copied()).all(|prime| prime != [1])
        && numbers.prime1 != numbers.prime2
}

fn number(bytes: &[u8]) -> BoxedUint {
    BoxedUint::from_be_slice_vartime(bytes)
}

fn modulo(value: &BoxedUint, modulus: &BoxedUint) -> Option<BoxedUint> {
    let modulus: NonZero<BoxedUint> = Option::from(NonZero::new(modulus.clone()))?;
    Some(value.rem_vartime(&modulus))
}

fn product_modulo(left: &BoxedUint, right: &BoxedUint, modulus: &BoxedUint) -> Option<BoxedUint> {
    modulo(&left.concatenating_mul(right), modulus)
}

/// Subtracts one from a positive number.
fn less_one(value: &BoxedUint) -> BoxedUint {
    value.wrapping_sub(BoxedUint::one())
}

fn difference(larger: &BoxedUint, smaller: &BoxedUint) -> BoxedUint {
    larger.wrapping_sub(smaller)
}

fn is_zero(value: &BoxedUint) -> bool {
    value.bits_vartime() == 0
}

fn is_one(value: &BoxedUint) -> bool {
    *value == BoxedUint::one()
}

fn is_odd(value: &BoxedUint) -> bool {
    value.is_odd().into()
}
