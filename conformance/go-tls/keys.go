package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/pem"
	"io"
	"math/big"
)

// stream returns endless bytes that depend only on the name.
func stream(name string, length int) []byte {
	var out []byte
	for counter := uint64(0); len(out) < length; counter++ {
		block := sha512.Sum512(binary.BigEndian.AppendUint64([]byte("go-tls "+name), counter))
		out = append(out, block[:]...)
	}
	return out[:length]
}

func ecKey(name string, curve elliptic.Curve) *ecdsa.PrivateKey {
	size := (curve.Params().BitSize + 7) / 8
	scalar := new(big.Int).SetBytes(stream(name, size+8))
	scalar.Mod(scalar, new(big.Int).Sub(curve.Params().N, big.NewInt(1)))
	scalar.Add(scalar, big.NewInt(1))
	return must(ecdsa.ParseRawPrivateKey(curve, scalar.FillBytes(make([]byte, size))))
}

func edKey(name string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(stream(name, ed25519.SeedSize))
}

// rsaKey makes a key of 2048 bits with e = 65537.
func rsaKey(name string) *rsa.PrivateKey {
	p, q := prime(name+" p"), prime(name+" q")
	one, e := big.NewInt(1), big.NewInt(65537)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537},
		D:         new(big.Int).ModInverse(e, phi),
		Primes:    []*big.Int{p, q},
	}
	key.Precompute()
	if err := key.Validate(); err != nil {
		panic(err)
	}
	return key
}

func prime(name string) *big.Int {
	candidate := new(big.Int).SetBytes(stream(name, 128))
	candidate.SetBit(candidate, 1023, 1).SetBit(candidate, 1022, 1).SetBit(candidate, 0, 1)
	for !candidate.ProbablyPrime(32) {
		candidate.Add(candidate, big.NewInt(2))
	}
	return candidate
}

// steady signs deterministically: ECDSA by RFC 6979.
type steady struct{ crypto.Signer }

func (s steady) Sign(_ io.Reader, digest []byte, options crypto.SignerOpts) ([]byte, error) {
	return s.Signer.Sign(nil, digest, options)
}

func block(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}

func keyID(der []byte) []byte {
	sum := sha256.Sum256(der)
	return bytes.Clone(sum[:])
}
