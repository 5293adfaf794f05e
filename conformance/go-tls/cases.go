package main

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"slices"
	"strings"
)

func pkcs1(key any) []byte { return x509.MarshalPKCS1PrivateKey(key.(*rsa.PrivateKey)) }

func sec1(key any) []byte { return must(x509.MarshalECPrivateKey(key.(*ecdsa.PrivateKey))) }

type bundleCase struct {
	File     string `json:"file"`
	Accepted bool   `json:"accepted"`
	Count    int    `json:"count"`
}

// bundle returns the result of AppendCertsFromPEM and the number of certificates that it added.
func bundle(text string) (bool, int) {
	pool := x509.NewCertPool()
	accepted := pool.AppendCertsFromPEM([]byte(text))
	//lint:ignore SA1019 there is no other way to count what a pool holds
	return accepted, len(pool.Subjects())
}

func bundleCases(files map[string]string) (cases []bundleCase) {
	for _, file := range slices.Sorted(maps.Keys(files)) {
		accepted, count := bundle(files[file])
		cases = append(cases, bundleCase{file, accepted, count})
	}
	return cases
}

type pairCase struct {
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
	Accepted    bool   `json:"accepted"`
	Error       string `json:"error,omitempty"`
}

// pairCases combines every file with the P-256 certificate and key, every key with every plain certificate, and
// some files in the wrong fields.
func pairCases(files map[string]string) (cases []pairCase) {
	add := func(certificate, key string) {
		_, err := tls.X509KeyPair([]byte(files[certificate]), []byte(files[key]))
		found := pairCase{Certificate: certificate, Key: key, Accepted: err == nil}
		if err != nil {
			found.Error = err.Error()
		}
		cases = append(cases, found)
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		add(file, "p256.sec1.key")
		add("p256.crt", file)
		if strings.HasSuffix(file, ".key") {
			for _, label := range []string{"rsa", "p224", "p384", "p521", "ed25519", "empty"} {
				add(label+".crt", file)
			}
			add(file, "p256.crt")
		}
	}
	return cases
}

type hostCase struct {
	File    string `json:"file"`
	Host    string `json:"host"`
	Matches bool   `json:"matches"`
}

func hostCases(files map[string]string) (cases []hostCase) {
	hosts := []string{
		"", ".", "*", "peer0", "PEER0", "peer0.", "peer0.org1.example.com", "peer0.org1.example.com.",
		"peer1.org1.example.com", "Peer1.ORG1.example.com", "a.peer1.org1.example.com", "org1.example.com",
		".org1.example.com", "*.org1.example.com", "peer_1.org1.example.com", "-peer.org1.example.com",
		"pe er.org1.example.com", "plain.example.com", "trailing.example.com", "trailing.example.com.", "not a name",
		"NOT A NAME", "127.0.0.1", "[127.0.0.1]", "::ffff:127.0.0.1", "127.0.0.2", "fd00::7", "[fd00::7]",
		"[fd00::8]", "fd00:0:0::7", "127.1", "127.0.0.01", "operator@example.com", "ca.org1.example.com", "[", "[]",
		"fd00::7%eth0", "пример.org1.example.com", "peer1.org1.example.com..", "127.0.0.1.",
	}
	for _, file := range []string{"p256.crt", "wildcard.crt", "authority.crt"} {
		decoded, _ := pem.Decode([]byte(files[file]))
		certificate := must(x509.ParseCertificate(decoded.Bytes))
		for _, host := range hosts {
			cases = append(cases, hostCase{file, host, certificate.VerifyHostname(host) == nil})
		}
	}
	return cases
}
