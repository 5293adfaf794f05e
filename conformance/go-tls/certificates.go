package main

import (
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
)

type certificateCase struct {
	Name     string `json:"name"`
	DER      string `json:"der"`
	Accepted bool   `json:"accepted"`
	Error    string `json:"error,omitempty"`
}

type signedPart struct {
	Version    int `asn1:"optional,explicit,default:0,tag:0"`
	Serial     *big.Int
	Algorithm  pkix.AlgorithmIdentifier
	Issuer     asn1.RawValue
	Validity   asn1.RawValue
	Subject    asn1.RawValue
	PublicKey  asn1.RawValue
	Extensions []pkix.Extension `asn1:"optional,explicit,omitempty,tag:3"`
}

type wholeCertificate struct {
	Signed    signedPart
	Algorithm pkix.AlgorithmIdentifier
	Signature asn1.BitString
}

func tlv(tag byte, content ...byte) []byte {
	switch n := len(content); {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, content...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, content...)
	default:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, content...)
	}
}

func join(parts ...[]byte) (all []byte) {
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

func raw(der []byte) asn1.RawValue { return asn1.RawValue{FullBytes: der} }

func subject(tag byte, value string) asn1.RawValue {
	attribute := tlv(0x30, join([]byte{6, 3, 0x55, 4, 3}, tlv(tag, []byte(value)...))...)
	return raw(tlv(0x30, tlv(0x31, attribute...)...))
}

func validity(tag byte, notBefore, notAfter string) asn1.RawValue {
	return raw(tlv(0x30, join(tlv(tag, []byte(notBefore)...), tlv(tag, []byte(notAfter)...))...))
}

// handmade returns an unsigned certificate that the library's own encoder would reject.
func handmade(change func(*wholeCertificate)) []byte {
	algorithm := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}
	key := ecKey("p256", elliptic.P256())
	certificate := &wholeCertificate{
		Signed: signedPart{
			Version: 2, Serial: big.NewInt(77), Algorithm: algorithm,
			Issuer: subject(0x0c, "ca"), Subject: subject(0x0c, "peer0"),
			Validity:  validity(0x17, "240101000000Z", "341231235959Z"),
			PublicKey: raw(must(x509.MarshalPKIXPublicKey(key.Public()))),
		},
		Algorithm: algorithm,
		Signature: asn1.BitString{Bytes: []byte{0}, BitLength: 8},
	}
	change(certificate)
	return must(asn1.Marshal(*certificate))
}

func certificateCases() (cases []certificateCase) {
	add := func(name string, change func(*wholeCertificate)) {
		der := handmade(change)
		found := certificateCase{Name: name, DER: base64.StdEncoding.EncodeToString(der), Accepted: true}
		if _, err := x509.ParseCertificate(der); err != nil {
			found.Accepted, found.Error = false, err.Error()
		}
		cases = append(cases, found)
	}
	for version := range 5 {
		add("version "+string(rune('1'+version)), func(c *wholeCertificate) { c.Signed.Version = version })
	}
	for name, serial := range serials {
		add("serial "+name, func(c *wholeCertificate) { c.Signed.Serial, _ = new(big.Int).SetString(serial, 16) })
	}
	for _, window := range windows {
		add("validity "+window, func(c *wholeCertificate) {
			c.Signed.Validity = validity(0x17, window, "341231235959Z")
		})
		add("general validity 20"+window, func(c *wholeCertificate) {
			c.Signed.Validity = validity(0x18, "20"+window, "20341231235959Z")
		})
	}
	for name, subject := range subjects() {
		add("subject "+name, func(c *wholeCertificate) { c.Signed.Subject = subject })
	}
	for name, key := range publicKeys() {
		add("public key "+name, func(c *wholeCertificate) { c.Signed.PublicKey = raw(key) })
	}
	for _, extension := range extensions() {
		add(extension.name, func(c *wholeCertificate) { c.Signed.Extensions = extension.list })
	}
	add("algorithms differ", func(c *wholeCertificate) { c.Algorithm.Algorithm = asn1.ObjectIdentifier{1, 2, 3} })
	return sorted(cases)
}

var serials = map[string]string{
	"zero": "0", "one": "1", "negative": "-1", "very negative": "-8000000000000000",
	"20 bytes":  "7fffffffffffffffffffffffffffffffffffffff",
	"21 bytes":  "ffffffffffffffffffffffffffffffffffffffff",
	"40 bytes":  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	"high byte": "80",
}

var windows = []string{
	"240101000000Z", "2401010000Z", "240229000000Z", "230229000000Z", "000229000000Z", "241301000000Z",
	"240132000000Z", "240001000000Z", "240100000000Z", "240101240000Z", "240101006000Z", "240101000060Z",
	"240101000000", "240101000000+0100", "240101000000-0100", "240101000000+0000", "240101000000-0000",
	"240101000000+2400", "240101000000+2500", "240101000000+0160", "240101000000+01", "240101000000z",
	"240101000000.5Z", "240101000000.0Z", "2401010000+0100", "24010100Z", "", "Z", "490101000000Z", "500101000000Z",
	"680101000000Z", "690101000000Z", "991231235959Z", "2401010000000Z", " 40101000000Z", "24010100000 Z",
	"520229000000Z", "510229000000Z", "240101000000Z ", "500101000000+0100", "500101003000+0100", "491231233000-0100",
}

func subjects() map[string]asn1.RawValue {
	all := map[string]asn1.RawValue{
		"empty":           raw([]byte{0x30, 0}),
		"empty set":       raw([]byte{0x30, 2, 0x31, 0}),
		"no value":        raw(tlv(0x30, tlv(0x31, tlv(0x30, 6, 3, 0x55, 4, 3)...)...)),
		"huge identifier": raw(tlv(0x30, tlv(0x31, tlv(0x30, join([]byte{6, 6, 0x2a, 0x88, 0x80, 0x80, 0x80, 0}, tlv(0x0c, 'x'))...)...)...)),
		"set in set":      raw(tlv(0x30, tlv(0x31, tlv(0x31, 0x0c, 0)...)...)),
	}
	for _, tag := range []byte{0x0c, 0x12, 0x13, 0x14, 0x16, 0x1a, 0x1b, 0x1c, 0x1e, 0x04, 0x02} {
		for _, value := range []string{
			"", "peer0", "peer 0", "01 2", "a&b*c", "a_b", "a@b", "a;b", "\x00\x41\x00\x42", "\x00\x41\x00", "\xd8\x00\xdc\x00",
			"\xff\xfe", "\x00\x41\x00\x00", "\xfd\xd0", "\xc3\xa9", "\xe9", "'()+,-./:=?", "\x7f", "\x1b[31m",
		} {
			all[string("0123456789abcdef"[tag>>4])+string("0123456789abcdef"[tag&15])+" "+quote(value)] = subject(tag, value)
		}
	}
	return all
}
