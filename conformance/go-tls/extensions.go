package main

import (
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"strconv"
	"strings"
)

func quote(text string) string { return strconv.QuoteToASCII(text) }

func sorted(cases []certificateCase) []certificateCase {
	slices.SortFunc(cases, func(a, b certificateCase) int { return strings.Compare(a.Name, b.Name) })
	return cases
}

type named struct {
	name string
	list []pkix.Extension
}

func extension(critical bool, value []byte, id ...int) pkix.Extension {
	return pkix.Extension{Id: id, Critical: critical, Value: value}
}

// values are used for every extension type that Go parses, and some others.
var values = map[string][]byte{
	"nothing":            {},
	"null":               {5, 0},
	"empty sequence":     {0x30, 0},
	"trailing byte":      {0x30, 0, 0},
	"integer":            {2, 1, 5},
	"negative":           {2, 1, 0xff},
	"padded integer":     {2, 2, 0, 5},
	"octets":             {4, 2, 1, 2},
	"bits":               {3, 2, 5, 0xa0},
	"dirty bits":         {3, 2, 5, 0xa1},
	"no bits":            {3, 1, 0},
	"no bits, 1 unused":  {3, 1, 1},
	"8 unused":           {3, 2, 8, 0},
	"ca":                 {0x30, 3, 1, 1, 0xff},
	"ca, 1":              {0x30, 3, 1, 1, 1},
	"ca, depth":          {0x30, 6, 1, 1, 0xff, 2, 1, 0},
	"ca, negative depth": {0x30, 6, 1, 1, 0xff, 2, 1, 0x80},
	"ca, huge depth":     {0x30, 14, 1, 1, 0xff, 2, 9, 0, 0x80, 0, 0, 0, 0, 0, 0, 0},
	"identifier":         {0x30, 4, 6, 2, 0x2a, 3},
	"identifier twice":   {0x30, 8, 6, 2, 0x2a, 3, 6, 2, 0x2a, 3},
	"nested identifier":  {0x30, 6, 0x30, 4, 6, 2, 0x2a, 3},
	"nested twice":       {0x30, 12, 0x30, 4, 6, 2, 0x2a, 3, 0x30, 4, 6, 2, 0x2a, 3},
	"nested pair":        {0x30, 10, 0x30, 8, 6, 2, 0x2a, 3, 6, 2, 0x2a, 4},
	"nested huge":        {0x30, 11, 0x30, 9, 6, 7, 0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
	"nested cut":         {0x30, 6, 0x30, 4, 6, 2, 0x2a, 0x83},
	"nested padded":      {0x30, 7, 0x30, 5, 6, 3, 0x2a, 0x80, 3},
	"access":             {0x30, 9, 0x30, 7, 6, 2, 0x2a, 3, 0x86, 1, 'u'},
	"access, directory":  {0x30, 9, 0x30, 7, 6, 2, 0x2a, 3, 0xa4, 1, 'u'},
	"access, cut":        {0x30, 9, 0x30, 7, 6, 2, 0x2a, 3, 0x86, 3, 'u'},
	"point":              {0x30, 9, 0x30, 7, 0xa0, 5, 0xa0, 3, 0x86, 1, 'u'},
	"point, relative":    {0x30, 9, 0x30, 7, 0xa0, 5, 0xa1, 3, 0x86, 1, 'u'},
	"point, directory":   {0x30, 9, 0x30, 7, 0xa0, 5, 0xa0, 3, 0xa4, 1, 'u'},
	"point, issuer":      {0x30, 4, 0x30, 2, 0x82, 0},
	"key identifier":     {0x30, 3, 0x80, 1, 7},
	"key identifier cut": {0x30, 3, 0x80, 2, 7},
	"policy limits":      {0x30, 6, 0x80, 1, 0, 0x81, 1, 0},
	"policy limit empty": {0x30, 2, 0x80, 0},
	"policy limit long":  {0x30, 11, 0x81, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9},
	"policy limit -1":    {0x30, 3, 0x81, 1, 0xff},
	"long length":        {0x30, 0x81, 3, 1, 1, 0xff},
}

func extensions() (all []named) {
	for name, value := range values {
		for _, number := range []int{9, 14, 15, 16, 17, 18, 19, 30, 31, 32, 33, 35, 36, 37, 46, 54} {
			label := "extension " + strconv.Itoa(number) + " " + name
			all = append(all, named{label, []pkix.Extension{extension(false, value, 2, 5, 29, number)}})
			if number == 14 || number == 35 {
				all = append(all, named{label + " critical", []pkix.Extension{extension(true, value, 2, 5, 29, number)}})
			}
		}
		access := []int{1, 3, 6, 1, 5, 5, 7, 1, 1}
		all = append(all,
			named{"access " + name, []pkix.Extension{extension(false, value, access...)}},
			named{"access critical " + name, []pkix.Extension{extension(true, value, access...)}})
	}
	unknown := extension(true, []byte{1}, 1, 2, 3)
	all = append(all, named{"unknown critical", []pkix.Extension{unknown}},
		named{"twice", []pkix.Extension{unknown, unknown}})
	for kind, texts := range map[byte][]string{0x81: emails, 0x82: domains, 0x86: uris, 0x87: addresses, 0x88: domains} {
		for _, text := range texts {
			value := tlv(0x30, tlv(kind, []byte(text)...)...)
			label := strconv.Itoa(int(kind&15)) + " " + quote(text)
			all = append(all, named{"name " + label, []pkix.Extension{extension(false, value, 2, 5, 29, 17)}})
			constraint := tlv(0x30, tlv(0xa0+kind&1, tlv(0x30, tlv(kind, []byte(text)...)...)...)...)
			all = append(all, named{"constraint " + label, []pkix.Extension{extension(true, constraint, 2, 5, 29, 30)}})
		}
	}
	return all
}

var domains = []string{
	"", ".", "..", "peer0", "peer0.", ".peer0", "a..b", "*.example.com", "a b", "a_b", "\x7f", "\x00", "caf\xc3\xa9", "127.0.0.1",
	"::1", strings.Repeat("a", 70), "a@b",
}

var emails = []string{
	"", "a@b", "a@", "@b", "a b@c", "a.b@c", ".a@c", "a.@c", "a..b@c", "a@.b", "a@b.", "\xff@b", "example.com", ".example.com",
	"a@b@c", "a+b!#$%&'*/=?^_`{|}~-@c",
}

var addresses = []string{
	"", "abc", "abcd", "abcde", "abcdefghijklmnop", "\x0a\x00\x00\x00\xff\x00\x00\x00", "\x0a\x00\x00\x00\xff\x80\x00\x00",
	"\x0a\x00\x00\x00\xff\x00\xff\x00", "\x0a\x00\x00\x00\xff\x81\x00\x00", "\x0a\x00\x00\x00\xff\xff\xff\xff",
	"\x0a\x00\x00\x00\x00\x00\x00\x00", "\x0a\x00\x00\x00\xff\x80\x80\x00", strings.Repeat("\xff", 32),
	strings.Repeat("\xff", 20) + strings.Repeat("\x00", 12),
}

var uris = []string{
	"", "*", "urn:x", "spiffe://org1/peer0", "http://a.b/c", "http://a..b", "http://a.", "http://.a", "//a/b", "///a", "a:b", ":a",
	"1a:b", "a/b:c", "a b", "http://a b", "http://a:80", "http://a:x", "http://a:1:2", "spiffe://a:1:2", "http://a:", "http://[::1]",
	"http://[::1]:80", "http://[::1", "http://[1.2.3.4]", "http://[::1%25en0]", "http://[::ffff:1.2.3.4]", "http://[::1]x", "http://u@a",
	"http://u:p@a", "http://u p@a", "http://u%zz@a", "http://a%20b", "http://a%25b", "http://a%41b", "http://a%c3%a9b", "http://a/%zz",
	"http://a/%", "http://a/%41", "http://a?%zz", "http://a#%zz", "http://a#x", "a#b:c", "\x01", "\x7f", "http://\xc3\xa9", "http://a_b",
	"http://a{b", "http://a\"b", "http://a<b>", "http:a", "http:/a/%zz", "http:a%zz", "%zz", "a%41", "http://*", "http://a?b?c", "?",
	"http://", "http:///a", "mailto:a@b", "HTTP://a:1:2", "http://a[b", "http://a]b", "http://[]", "http://[::1%25]", "127.0.0.1",
	"::1", "example.com", ".example.com", "http://a\\b", "http://a^b", "http://a|b", "http://a`b", "a?b:c", "http://@a", "http://a@b@c",
}

func publicKeys() map[string][]byte {
	p256 := must(x509.MarshalPKIXPublicKey(ecKey("p256", elliptic.P256()).Public()))
	point := p256[len(p256)-65:]
	ec, curve := []byte{6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1}, []byte{6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7}
	rsa, null := []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1}, []byte{5, 0}
	dsa := []byte{6, 7, 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1}
	ed, x := []byte{6, 3, 0x2b, 0x65, 0x70}, []byte{6, 3, 0x2b, 0x65, 0x6e}
	key := func(algorithm []byte, bits ...byte) []byte {
		return tlv(0x30, join(tlv(0x30, algorithm...), tlv(3, append([]byte{0}, bits...)...))...)
	}
	numbers := func(numbers ...byte) (der []byte) {
		for _, number := range numbers {
			der = append(der, 2, 1, number)
		}
		return der
	}
	compressed := append([]byte{2 + point[64]&1}, point[1:33]...)
	hybrid := append([]byte{6 + point[64]&1}, point[1:]...)
	bent := append(append([]byte{}, point[:64]...), point[64]^1)
	over := append([]byte{4}, ones(64)...)
	return map[string][]byte{
		"p256": p256, "p256 compressed": key(join(ec, curve), compressed...), "p256 hybrid": key(join(ec, curve), hybrid...),
		"p256 off the curve": key(join(ec, curve), bent...), "p256 short": key(join(ec, curve), point[:64]...),
		"p256 infinity": key(join(ec, curve), 0), "p256 above the field": key(join(ec, curve), over...),
		"p256 empty": key(join(ec, curve)), "ec without curve": key(ec, point...), "ec null curve": key(join(ec, null), point...),
		"secp256k1":                  key(join(ec, []byte{6, 5, 0x2b, 0x81, 4, 0, 10}), point...),
		"rsa":                        key(join(rsa, null), tlv(0x30, numbers(77, 3)...)...),
		"rsa without null":           key(rsa, tlv(0x30, numbers(77, 3)...)...),
		"rsa other parameter":        key(join(rsa, curve), tlv(0x30, numbers(77, 3)...)...),
		"rsa zero":                   key(join(rsa, null), tlv(0x30, numbers(0, 3)...)...),
		"rsa negative":               key(join(rsa, null), tlv(0x30, numbers(0x80, 3)...)...),
		"rsa negative exponent":      key(join(rsa, null), tlv(0x30, numbers(77, 0xff)...)...),
		"rsa zero exponent":          key(join(rsa, null), tlv(0x30, numbers(77, 0)...)...),
		"rsa long exponent":          key(join(rsa, null), tlv(0x30, 2, 1, 77, 2, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9)...),
		"rsa trailing":               key(join(rsa, null), append(tlv(0x30, numbers(77, 3, 9)...), 9)...),
		"rsa without exponent":       key(join(rsa, null), tlv(0x30, numbers(77)...)...),
		"ed25519":                    key(ed, ones(32)...),
		"ed25519 short":              key(ed, ones(31)...),
		"ed25519 null":               key(join(ed, null), ones(32)...),
		"x25519":                     key(x, ones(32)...),
		"x25519 long":                key(x, ones(33)...),
		"x25519 null":                key(join(x, null), ones(32)...),
		"dsa":                        key(join(dsa, tlv(0x30, numbers(7, 5, 3)...)), numbers(9)...),
		"dsa zero":                   key(join(dsa, tlv(0x30, numbers(7, 5, 0)...)), numbers(9)...),
		"dsa without parameters":     key(dsa, numbers(9)...),
		"unknown":                    key([]byte{6, 2, 0x2a, 3}, 1, 2, 3),
		"unknown without identifier": key(null, 1, 2, 3),
		"unused bits":                tlv(0x30, join(tlv(0x30, 6, 2, 0x2a, 3), []byte{3, 2, 4, 0x10})...),
		"dirty bits":                 tlv(0x30, join(tlv(0x30, 6, 2, 0x2a, 3), []byte{3, 2, 4, 0x11})...),
	}
}

// ones returns bytes of value one.
func ones(length int) []byte { return []byte(strings.Repeat("\xff", length)) }
