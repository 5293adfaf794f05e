package main

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"strings"
	"time"
)

var (
	begin = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	end   = time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC)
)

type issuer struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

var authority = makeAuthority()

func makeAuthority() issuer {
	key := ecKey("authority", elliptic.P256())
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(append([]byte{0x7f}, stream("serial", 19)...)),
		Subject:               name("ca.org1.example.com", ""),
		NotBefore:             begin,
		NotAfter:              end,
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	template.SubjectKeyId = keyID(stream("authority key identifier", 8))
	der := must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), steady{key}))
	return issuer{must(x509.ParseCertificate(der)), key}
}

func name(common, unit string) pkix.Name {
	name := pkix.Name{
		Country: []string{"US"}, Province: []string{"California"}, Locality: []string{"San Francisco"},
		Organization: []string{"org1.example.com"}, CommonName: common,
	}
	if unit != "" {
		name.OrganizationalUnit = []string{unit}
	}
	return name
}

// leaf makes a certificate for a key, with one change to the usual template.
func leaf(serial int64, public crypto.PublicKey, change func(*x509.Certificate)) string {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      name("peer0.org1.example.com", "peer"),
		NotBefore:    begin,
		NotAfter:     end,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"peer0.org1.example.com", "peer0"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1).To4(), net.ParseIP("fd00::7")},
		SubjectKeyId: keyID(stream("leaf key identifier", 8)),
	}
	if change != nil {
		change(template)
	}
	der := must(x509.CreateCertificate(rand.Reader, template, authority.certificate, public, steady{authority.key}))
	return block("CERTIFICATE", der)
}

// pemFiles makes all files of the cases.
func pemFiles() map[string]string {
	p256, other := ecKey("p256", elliptic.P256()), ecKey("other", elliptic.P256())
	files := map[string]string{
		"authority.crt": block("CERTIFICATE", authority.certificate.Raw),
		"p256.crt":      leaf(2, p256.Public(), nil),
		"other.crt":     leaf(3, other.Public(), nil),
		"wildcard.crt": leaf(4, p256.Public(), func(c *x509.Certificate) {
			c.DNSNames = []string{"*.org1.example.com", "Plain.Example.COM", "trailing.example.com.", "not a name"}
			c.EmailAddresses = []string{"operator@example.com"}
			c.URIs = []*url.URL{must(url.Parse("spiffe://org1.example.com/peer0"))}
		}),
		"expired.crt": leaf(5, p256.Public(), func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = begin.AddDate(-10, 0, 0), begin.AddDate(-9, 0, 0)
		}),
		"not-yet-valid.crt": leaf(6, p256.Public(), func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = begin.AddDate(70, 0, 0), begin.AddDate(80, 0, 0)
		}),
	}
	for label, key := range map[string]crypto.Signer{
		"rsa":     rsaKey("rsa"),
		"p224":    ecKey("p224", elliptic.P224()),
		"p384":    ecKey("p384", elliptic.P384()),
		"p521":    ecKey("p521", elliptic.P521()),
		"ed25519": edKey("ed25519"),
	} {
		files[label+".crt"] = leaf(7, key.Public(), nil)
		addKeys(files, label, key)
	}
	addKeys(files, "p256", p256)
	addKeys(files, "other", other)
	other2 := rsaKey("rsa other")
	files["rsa-other.pkcs1.key"] = block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(other2))
	exchange := must(ecdh.X25519().NewPrivateKey(stream("x25519", 32)))
	files["x25519.pkcs8.key"] = block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(exchange)))
	addVariants(files)
	return files
}

func addKeys(files map[string]string, label string, key crypto.Signer) {
	pkcs8 := must(x509.MarshalPKCS8PrivateKey(key))
	files[label+".pkcs8.key"] = block("PRIVATE KEY", pkcs8)
	switch key := key.(type) {
	case ed25519.PrivateKey:
	case interface{ Validate() error }:
		files[label+".pkcs1.key"] = block("RSA PRIVATE KEY", pkcs1(key))
		files[label+".pkcs8-labelled-rsa.key"] = block("RSA PRIVATE KEY", pkcs8)
		files[label+".pkcs1-labelled-pkcs8.key"] = block("PRIVATE KEY", pkcs1(key))
	default:
		sec1 := sec1(key)
		files[label+".sec1.key"] = block("EC PRIVATE KEY", sec1)
		files[label+".pkcs8-labelled-ec.key"] = block("EC PRIVATE KEY", pkcs8)
		files[label+".sec1-labelled-pkcs8.key"] = block("PRIVATE KEY", sec1)
	}
}

// addVariants makes the same certificates and keys in other encodings.
func addVariants(files map[string]string) {
	crt, key := files["p256.crt"], files["p256.sec1.key"]
	decoded, _ := pem.Decode([]byte(crt))
	chain := crt + files["authority.crt"]
	parameters := "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
	headers := "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
	garbage := "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"
	for name, text := range map[string]string{
		"chain.crt":             chain,
		"crlf.crt":              strings.ReplaceAll(chain, "\n", "\r\n"),
		"no-final-newline.crt":  strings.TrimSuffix(crt, "\n"),
		"leading-text.crt":      "Certificate:\n    Data: text that openssl prints\n" + crt,
		"text-between.crt":      crt + "\nsome words\n\n" + files["authority.crt"] + "the end",
		"trailing-blanks.crt":   strings.ReplaceAll(crt, "\n", " \t\n"),
		"indented.crt":          "  " + strings.ReplaceAll(crt, "\n", "\n  "),
		"one-line.crt":          strings.ReplaceAll(crt, "\n", " "),
		"escaped-newlines.crt":  strings.ReplaceAll(crt, "\n", `\n`),
		"odd-lines.crt":         rewrap(crt, 7),
		"long-line.crt":         rewrap(crt, 100000),
		"headers.crt":           strings.Replace(crt, "-----\n", "-----\nSubject: peer0\n\n", 1),
		"garbage-first.crt":     garbage + crt,
		"garbage-last.crt":      crt + garbage,
		"garbage-only.crt":      garbage + garbage,
		"broken-begin.crt":      "-----BEGIN CERTIFICATE----\nAAAA\n-----END CERTIFICATE-----\n" + crt,
		"begin-twice.crt":       "-----BEGIN CERTIFICATE-----\n" + crt,
		"glued.crt":             strings.TrimSuffix(crt, "\n") + files["authority.crt"],
		"other-end.crt":         strings.Replace(crt, "END CERTIFICATE", "END CERTIFICATES", 1),
		"trusted-label.crt":     strings.ReplaceAll(crt, "CERTIFICATE", "TRUSTED CERTIFICATE"),
		"x509-label.crt":        strings.ReplaceAll(crt, "CERTIFICATE", "X509 CERTIFICATE"),
		"truncated.crt":         crt[:len(crt)/2],
		"truncated-der.crt":     block("CERTIFICATE", decoded.Bytes[:len(decoded.Bytes)-7]),
		"trailing-data.crt":     block("CERTIFICATE", append(decoded.Bytes, 0, 0)),
		"wrong-base64.crt":      strings.Replace(crt, "M", "*", 1),
		"lost-character.crt":    crt[:100] + crt[101:],
		"empty-block.crt":       block("CERTIFICATE", nil),
		"empty.crt":             "",
		"words.crt":             "/etc/hyperledger/fabric/tls/ca.crt",
		"byte-order-mark.crt":   "\ufeff" + crt,
		"colon-in-end.crt":      "-----BEGIN A:-----\nx: y\n-----END A:-----\n" + crt,
		"parameters-first.key":  parameters + key,
		"parameters-only.key":   parameters,
		"certificate-first.key": crt + key,
		"two-keys.key":          files["other.sec1.key"] + key,
		"legacy-encrypted.key":  headers + "bm90IGEga2V5LCBidXQgYnl0ZXMgdW5kZXIgQUVT\n-----END EC PRIVATE KEY-----\n",
		"headers.key":           headers + strings.SplitN(key, "\n", 2)[1],
		"encrypted.key":         block("ENCRYPTED PRIVATE KEY", stream("encrypted", 160)),
		"encrypted-label.key":   strings.ReplaceAll(files["p256.pkcs8.key"], "PRIVATE", "ENCRYPTED PRIVATE"),
		"glued-label.key":       strings.ReplaceAll(files["p256.pkcs8.key"], "PRIVATE", "XPRIVATE"),
		"truncated.key":         key[:len(key)/2],
		"garbage.key":           block("PRIVATE KEY", []byte("not a key")),
		"crlf.key":              strings.ReplaceAll(key, "\n", "\r\n"),
	} {
		files[name] = text
	}
}

// rewrap writes the base64 of a single block in lines of another length.
func rewrap(text string, width int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	body := strings.Join(lines[1:len(lines)-1], "")
	out := lines[0] + "\n"
	for len(body) > width {
		out, body = out+body[:width]+"\n", body[width:]
	}
	return out + body + "\n" + lines[len(lines)-1] + "\n"
}
