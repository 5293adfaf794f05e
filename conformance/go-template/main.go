// Command go-template records the results of Go's text/template, as the builder of
// Fabric uses it: option missingkey=error, data decoded by encoding/json.
//
//	go run . record DIR            writes the cases and Go's results, one file for each group
//	go run . fuzz COUNT SEED       writes random cases in the same form to standard output
//	go run . tables                writes the Unicode tables of the Rust engine to standard output
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"text/template"
	"unicode/utf8"
)

// Case is one template and its data: the JSON text of an object, or nil if
// the builder has no configuration.
type Case struct {
	ID       string  `json:"id"`
	Template string  `json:"template"`
	Data     *string `json:"-"`
}

// Record is a case with Go's result: output (base64 if it is not UTF-8), or
// the phase that failed and Go's message.
type Record struct {
	Case
	DataIndex    *int    `json:"data,omitempty"`
	Output       *string `json:"output,omitempty"`
	OutputBase64 *string `json:"output_base64,omitempty"`
	Error        string  `json:"error,omitempty"`
	Message      string  `json:"message,omitempty"`
}

// maxMessage keeps the record readable: Go repeats whole templates in some messages.
const maxMessage = 120

var errTooLong = errors.New("output above 1 MiB")

// limitedBuffer stops a template with unlimited output.
type limitedBuffer struct{ bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > 1<<20 {
		return 0, errTooLong
	}
	return b.Buffer.Write(p)
}

func (c Case) run() Record {
	record := Record{Case: c}
	fail := func(phase string, err error) Record {
		record.Error, record.Message = phase, err.Error()
		if len(record.Message) > maxMessage {
			record.Message = record.Message[:maxMessage]
		}
		return record
	}
	var data map[string]interface{}
	if c.Data != nil {
		if err := json.Unmarshal([]byte(*c.Data), &data); err != nil {
			fmt.Fprintf(os.Stderr, "%s: data: %v\n", c.ID, err)
			os.Exit(1)
		}
	}
	parsed, err := template.New("").Option("missingkey=error").Parse(c.Template)
	if err != nil {
		return fail("parse", err)
	}
	var out limitedBuffer
	if err := parsed.Execute(&out, data); err != nil {
		return fail("execute", err)
	}
	text := out.String()
	if utf8.ValidString(text) {
		record.Output = &text
	} else {
		encoded := base64.StdEncoding.EncodeToString([]byte(text))
		record.OutputBase64 = &encoded
	}
	return record
}

// writeRecords writes {"data": [...], "cases": [...]} with one item on each
// line; a case names its data by position, because many share one.
func writeRecords(w io.Writer, cases []Case) error {
	var data []any
	position := map[string]int{}
	var records []any
	for _, c := range cases {
		record := c.run()
		if c.Data != nil {
			index, known := position[*c.Data]
			if !known {
				index = len(data)
				position[*c.Data] = index
				data = append(data, *c.Data)
			}
			record.DataIndex = &index
		}
		records = append(records, record)
	}
	var text bytes.Buffer
	text.WriteString("{\"data\": [\n")
	if err := writeLines(&text, data); err != nil {
		return err
	}
	text.WriteString("], \"cases\": [\n")
	if err := writeLines(&text, records); err != nil {
		return err
	}
	text.WriteString("]}\n")
	_, err := w.Write(text.Bytes())
	return err
}

func writeLines(text *bytes.Buffer, items []any) error {
	for i, item := range items {
		var line bytes.Buffer
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(item); err != nil {
			return err
		}
		text.Write(bytes.TrimRight(line.Bytes(), "\n"))
		if i < len(items)-1 {
			text.WriteString(",")
		}
		text.WriteString("\n")
	}
	return nil
}

func record(dir string) error {
	for _, group := range groups() {
		file, err := os.Create(filepath.Join(dir, group.Name+".json"))
		if err != nil {
			return err
		}
		if err := writeRecords(file, group.Cases); err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
		fmt.Printf("%-10s %5d cases\n", group.Name, len(group.Cases))
	}
	return nil
}

func fuzz(count, seed string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	s, err := strconv.ParseInt(seed, 10, 64)
	if err != nil {
		return err
	}
	return writeRecords(os.Stdout, randomCases(n, s))
}

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "record":
		err = record(args[1])
	case len(args) == 3 && args[0] == "fuzz":
		err = fuzz(args[1], args[2])
	case len(args) == 1 && args[0] == "tables":
		err = writeTables(os.Stdout)
	default:
		err = errors.New("usage: go run . record DIR | fuzz COUNT SEED | tables")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
