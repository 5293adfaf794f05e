package main

import (
	"crypto/tls"
	"encoding/pem"
	"strings"
)

// mutation is Go's result for one operation at each position of one file: one digit per position, the number of
// certificates for a bundle and 1 or 0 for a pair.
type mutation struct {
	// File is changed; Beside, for a pair, is the unchanged certificate.
	File   string `json:"file"`
	Beside string `json:"beside,omitempty"`
	// Target is "der" (the data of the first block is changed and encoded again) or "text".
	Target    string `json:"target"`
	Operation string `json:"operation"`
	Verdicts  string `json:"verdicts"`
}

// operations change one position; the Rust test has the same table.
var operations = map[string]map[string]func([]byte, int) []byte{
	"der": {
		"xor 1":    func(b []byte, i int) []byte { b[i] ^= 1; return b },
		"xor 128":  func(b []byte, i int) []byte { b[i] ^= 128; return b },
		"xor 32":   func(b []byte, i int) []byte { b[i] ^= 32; return b },
		"zero":     func(b []byte, i int) []byte { b[i] = 0; return b },
		"ones":     func(b []byte, i int) []byte { b[i] = 255; return b },
		"add 1":    func(b []byte, i int) []byte { b[i]++; return b },
		"truncate": func(b []byte, i int) []byte { return b[:i] },
		"remove":   func(b []byte, i int) []byte { return append(b[:i], b[i+1:]...) },
	},
	"text": {
		"newline":  func(b []byte, i int) []byte { b[i] = '\n'; return b },
		"return":   func(b []byte, i int) []byte { b[i] = '\r'; return b },
		"space":    func(b []byte, i int) []byte { b[i] = ' '; return b },
		"dash":     func(b []byte, i int) []byte { b[i] = '-'; return b },
		"colon":    func(b []byte, i int) []byte { b[i] = ':'; return b },
		"equals":   func(b []byte, i int) []byte { b[i] = '='; return b },
		"truncate": func(b []byte, i int) []byte { return b[:i] },
		"remove":   func(b []byte, i int) []byte { return append(b[:i], b[i+1:]...) },
	},
}

var operationNames = map[string][]string{
	"der":  {"xor 1", "xor 128", "xor 32", "zero", "ones", "add 1", "truncate", "remove"},
	"text": {"newline", "return", "space", "dash", "colon", "equals", "truncate", "remove"},
}

func mutations(files map[string]string) (all []mutation) {
	for _, file := range []string{"authority.crt", "wildcard.crt", "rsa.crt", "p521.crt", "ed25519.crt"} {
		all = append(all, mutate(files, file, "", "der")...)
	}
	for _, file := range []string{"chain.crt", "headers.crt", "garbage-first.crt", "trailing-blanks.crt"} {
		all = append(all, mutate(files, file, "", "text")...)
	}
	for _, pair := range [][2]string{
		{"p224.sec1.key", "p224.crt"}, {"p256.sec1.key", "p256.crt"}, {"p256.pkcs8.key", "p256.crt"},
		{"p384.pkcs8.key", "p384.crt"}, {"p521.sec1.key", "p521.crt"}, {"ed25519.pkcs8.key", "ed25519.crt"},
		{"rsa.pkcs1.key", "rsa.crt"}, {"rsa.pkcs8.key", "rsa.crt"},
	} {
		all = append(all, mutate(files, pair[0], pair[1], "der")...)
	}
	return append(all, mutate(files, "parameters-first.key", "p256.crt", "text")...)
}

func mutate(files map[string]string, file, beside, target string) (all []mutation) {
	original := []byte(files[file])
	label := ""
	if target == "der" {
		decoded, _ := pem.Decode(original)
		original, label = decoded.Bytes, decoded.Type
	}
	for _, operation := range operationNames[target] {
		var verdicts strings.Builder
		for place := range original {
			changed := operations[target][operation](append([]byte(nil), original...), place)
			text := string(changed)
			if target == "der" {
				text = block(label, changed)
			}
			verdicts.WriteByte(verdict(text, files[beside]))
		}
		all = append(all, mutation{file, beside, target, operation, verdicts.String()})
	}
	return all
}

func verdict(text, beside string) byte {
	if beside == "" {
		_, count := bundle(text)
		return '0' + byte(count)
	}
	if _, err := tls.X509KeyPair([]byte(beside), []byte(text)); err != nil {
		return '0'
	}
	return '1'
}
