//! The elliptic curves of Go's `crypto/elliptic`, with two operations.

use std::fmt;

use p256::elliptic_curve::{
    AffinePoint, CurveArithmetic, FieldBytesSize, PublicKey, SecretKey,
    sec1::{FromSec1Point, ModulusSize, ToSec1Point},
};

/// A NIST curve. There is no arithmetic for P-224, because such keys do not occur in practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// P-224, secp224r1.
    P224,
    /// P-256, secp256r1, prime256v1.
    P256,
    /// P-384, secp384r1.
    P384,
    /// P-521, secp521r1.
    P521,
}

impl Curve {
    pub(crate) fn from_identifier(identifier: &[u8]) -> Option<Self> {
        match identifier {
            [0x2b, 0x81, 0x04, 0x00, 0x21] => Some(Self::P224),
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => Some(Self::P256),
            [0x2b, 0x81, 0x04, 0x00, 0x22] => Some(Self::P384),
            [0x2b, 0x81, 0x04, 0x00, 0x23] => Some(Self::P521),
            _ => None,
        }
    }

    /// Returns the length of a private key in bytes.
    pub(crate) fn scalar_length(self) -> usize {
        match self {
            Self::P224 => 28,
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// Returns whether `point` is an uncompressed point on the curve. For P-224, only the length is checked.
    pub(crate) fn holds(self, point: &[u8]) -> bool {
        point.first() == Some(&4)
            && match self {
                Self::P224 => point.len() == 1 + 2 * self.scalar_length(),
                Self::P256 => PublicKey::<p256::NistP256>::from_sec1_bytes(point).is_ok(),
                Self::P384 => PublicKey::<p384::NistP384>::from_sec1_bytes(point).is_ok(),
                Self::P521 => PublicKey::<p521::NistP521>::from_sec1_bytes(point).is_ok(),
            }
    }

    /// Derives the uncompressed public point of a private key, which must be above zero and below the order of the
    /// curve. Returns [`None`] for other keys, and for P-224.
    pub(crate) fn public_point(self, scalar: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::P224 => None,
            Self::P256 => derive::<p256::NistP256>(scalar),
            Self::P384 => derive::<p384::NistP384>(scalar),
            Self::P521 => derive::<p521::NistP521>(scalar),
        }
    }
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P224 => "P-224",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        })
    }
}

fn derive<C>(scalar: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let public = SecretKey::<C>::from_slice(scalar).ok()?.public_key();
    Some(public.as_affine().to_sec1_point(false).as_bytes().to_vec())
}
