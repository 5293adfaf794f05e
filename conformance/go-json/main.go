// Records how Go's encoding/json and time.ParseDuration parse the inputs of crates/files, whose tests replay the record.
//
//	go run . > ../../crates/files/tests/go-json.json
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

// document is Go's result for one JSON text, parsed to a struct with a field of each type in connection.json.
type document struct {
	Input    string   `json:"input"` // base64
	Accepted bool     `json:"accepted"`
	Valid    bool     `json:"valid"` // grammar alone
	Text     string   `json:"text"`
	Flag     bool     `json:"flag"`
	Again    string   `json:"again"`  // the struct, written again
	Keys     []string `json:"keys"`   // of the document as a map, when it is one
	Number   string   `json:"number"` // the field number as float64, in Go's words
}

type duration struct {
	Input       string `json:"input"`
	Accepted    bool   `json:"accepted"`
	Nanoseconds string `json:"nanoseconds"`
	Written     string `json:"written"`
}

type fields struct {
	Text   string      `json:"link_text"`
	Flag   bool        `json:"task_flag"`
	Number interface{} `json:"number"`
}

func read(input []byte) document {
	record := document{Input: base64.StdEncoding.EncodeToString(input), Valid: json.Valid(input), Keys: []string{}}
	var read fields
	if err := json.Unmarshal(input, &read); err != nil {
		return record
	}
	record.Accepted, record.Text, record.Flag = true, read.Text, read.Flag
	if number, ok := read.Number.(float64); ok {
		record.Number = fmt.Sprintf("%v", number)
	}
	again, _ := json.Marshal(map[string]string{"t": read.Text})
	record.Again = string(again)
	var keys map[string]json.RawMessage
	if json.Unmarshal(input, &keys) == nil {
		for key := range keys {
			record.Keys = append(record.Keys, key)
		}
	}
	return record
}

var documents = []string{
	"", " ", "null", "true", "[]", "{}", "\"x\"", "1", " {} ", "{}\n", "{}{}", "{},", "{} x", "{}\x00", "{}\v", "{}\f",
	"\xef\xbb\xbf{}", "\xff\xfe{\x00}\x00", "{}\u00a0", "/*c*/{}", "{}//c", "{,}", "{\"a\":1,}", "[1,]", "[,1]",
	`{"link_text":"a"}`, `{"LINK_TEXT":"a"}`, `{"Link_Text":"a","link_text":"b"}`, `{"link_text":"a","LINK_TEXT":null}`,
	"{\"lin\u212a_text\":\"kelvin\"}", `{"lin\u212a_text":"kelvin"}`, "{\"ta\u017fk_flag\":true}", `{"ta\u017fk_flag":true}`,
	"{\"\uff4cink_text\":\"full width\"}", "{\"l\u0131nk_text\":\"dotless\"}", "{\"l\u0130nk_text\":\"dotted\"}",
	`{"link_text":1}`, `{"link_text":true}`, `{"link_text":[]}`, `{"link_text":{}}`, `{"link_text":null}`,
	`{"link_text":"a","link_text":5}`, `{"link_text":5,"link_text":"a"}`, `{"task_flag":"true"}`, `{"task_flag":1}`,
	`{"task_flag":true,"TASK_FLAG":null}`, `{"task_flag":true,"task_flag":false}`, `{"task_flag":null}`,
	`{"number":1e400}`, `{"other":1e400}`, `{"number":1e308}`, `{"number":0.1}`, `{"number":-0}`, `{"number":1E+2}`,
	`{"number":9007199254740993}`, `{"number":5e-324}`, `{"number":1e-400}`, `{"number":123456789012345678901234567890}`,
	`{"number":01}`, `{"number":+1}`, `{"number":.5}`, `{"number":1.}`, `{"number":1e}`, `{"number":-}`, `{"number":0x1}`,
	`{"number":NaN}`, `{"number":Infinity}`, `{"number":1_000}`, `{"number":00}`, `{"number":-01}`, `{"number":1.5e-3}`,
	`{"link_text":"\u0041\n\t\r\b\f\/\\\""}`, `{"link_text":"\q"}`, `{"link_text":"\u12"}`, `{"link_text":"\u12g4"}`,
	`{"link_text":"\ud83d\ude00"}`, `{"link_text":"\ud83d"}`, `{"link_text":"\ude00"}`, `{"link_text":"\ud83d\ud83d\ude00"}`,
	`{"link_text":"\ud83dx"}`, `{"link_text":"\ud83d\n"}`, `{"link_text":"\uDBFF\uDFFF"}`, `{"link_text":"\ud800\udbff"}`,
	"{\"link_text\":\"\xe2\x82\"}", "{\"link_text\":\"\xff\xfe\"}", "{\"link_text\":\"\xed\xa0\x80\"}", "{\"link_text\":\"\xf4\x90\x80\x80\"}",
	"{\"link_text\":\"\xc0\x80\"}", "{\"link_text\":\"\xe2\x28\xa1\"}", "{\"link_text\":\"\xf0\x9f\x98\"}", "{\"link_text\":\"a\xf0\x9f\x98b\"}",
	"{\"link_text\":\"\x7f\"}", "{\"link_text\":\"\x01\"}", "{\"link_text\":\"\n\"}", "{\"link_text\":\"\t\"}", "{\"link_text\":\"\u2028<&>\"}",
	"{\"\xff\":1}", "{\"\\ud800\":1}", `{"":1}`, `{"a":1,"a":2,"b":[{"c":"}"},"]",{}]}`, `{"a":[[[["x"]]]],"link_text":"z"}`,
	"{\r\n\t\"link_text\" : \"x\" ,\"q\" :[ ] , \"r\":{ } }", "{\"link_text\":\"x\"", "{\"link_text\":\"x", "{\"link_text\"", "{\"link_text\":",
	"{link_text:1}", "{'link_text':1}", "tru", "nul", "falsee", "True", "[1 2]", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "[", "]", "{", "}", "\"", "\\",
	strings.Repeat("[", 10000) + strings.Repeat("]", 10000), strings.Repeat("[", 10001) + strings.Repeat("]", 10001),
	`{"a":` + strings.Repeat("[", 9999) + strings.Repeat("]", 9999) + `}`, `{"a":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + `}`,
}

var durations = []string{
	"", "0", "+0", "-0", "00", "1", "10", "1s", "+1s", "-1s", "--1s", "1s1", "1ss", "s", ".s", "1.s", ".5s", "-.5s", "1.5.5s", "1e3s", "0x1s",
	"1ns", "1us", "1\u00b5s", "1\u03bcs", "1ms", "1m", "1h", "1d", "1S", "1H", " 1s", "1s ", "1 s", "1h30m", "30m1h", "1h1h", "1m0.5s",
	"0.000000001s", "0.0000000001s", "0.9999999999s", "0.99999999999999999999s", "1.0000000009s", "3.3333333333333333333h",
	"9223372036854775807ns", "9223372036854775808ns", "-9223372036854775808ns", "-9223372036854775809ns", "9223372036854775.807us",
	"2562047h47m16.854775807s", "2562047h47m16.854775808s", "-2562047h47m16.854775808s", "2562048h", "99999999999999999999999s",
	"0.100000000000000000000h", "0.9223372036854775807h", "0.9223372036854775808h", "0.3333333333333333333h", "\u0661s", "1\uff53",
	"1.s1.s", "1m-1s", "+", "-", "+-1s", "1_000s", "1,5s", "10S", "3s\n", "\x001s", "1n", "1u", "1s0", "0s0", "0.0", "0h0m0s",
}

// randomize makes variants of the inputs above; the seed is fixed, so that the record is reproducible.
func randomize(inputs []string, count int, alphabet string) []string {
	random := rand.New(rand.NewPCG(7, 2026))
	var made []string
	for len(made) < count {
		text := []byte(inputs[random.IntN(len(inputs))])
		if len(text) > 200 {
			continue
		}
		for edits := 1 + random.IntN(3); edits > 0 && len(text) > 0; edits-- {
			at := random.IntN(len(text))
			letter := alphabet[random.IntN(len(alphabet))]
			switch random.IntN(3) {
			case 0:
				text[at] = letter
			case 1:
				text = append(text[:at], text[at+1:]...)
			default:
				text = append(text[:at], append([]byte{letter}, text[at:]...)...)
			}
		}
		made = append(made, string(text))
	}
	return made
}

func main() {
	var record struct {
		Go        string     `json:"go"`
		Documents []document `json:"documents"`
		Durations []duration `json:"durations"`
	}
	record.Go = "encoding/json and time of Go 1.26"
	for _, input := range append(documents, randomize(documents, 1500, "{}[]\",:\\ntrue0-1.eE+ u\xff\xe2\x82")...) {
		record.Documents = append(record.Documents, read([]byte(input)))
	}
	for _, input := range append(durations, randomize(durations, 1500, "0123456789.-+nuµmsh ")...) {
		parsed, err := time.ParseDuration(input)
		// The Rust parser takes text, so inputs that are not UTF-8 cannot be tested.
		if !json.Valid([]byte(fmt.Sprintf("%q", input))) || strings.ToValidUTF8(input, "") != input {
			continue
		}
		record.Durations = append(record.Durations, duration{
			Input: input, Accepted: err == nil, Nanoseconds: fmt.Sprint(int64(parsed)), Written: parsed.String(),
		})
	}
	var out bytes.Buffer
	out.WriteString("{\"go\":\"" + record.Go + "\",\n\"documents\":[\n")
	lines(&out, record.Documents)
	out.WriteString("],\n\"durations\":[\n")
	lines(&out, record.Durations)
	out.WriteString("]}\n")
	os.Stdout.Write(out.Bytes())
}

// lines writes one record per line, so that changes of the record are readable.
func lines[T any](out *bytes.Buffer, records []T) {
	for at, record := range records {
		line, err := json.Marshal(record)
		if err != nil {
			panic(err)
		}
		out.Write(line)
		if at+1 < len(records) {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
	}
}
