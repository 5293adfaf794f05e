package main

import (
	"bytes"
	"fmt"
	"io"
	"unicode"
)

// writeTables writes the classes of characters that text/template, strconv and
// fmt use. Each table lists, in ascending order, the code points at which
// membership changes.
func writeTables(w io.Writer) error {
	tables := []struct {
		name, doc string
		contains  func(rune) bool
	}{
		{"ALPHANUMERIC", "`unicode.IsLetter` or `unicode.IsDigit`: what an identifier may hold, besides `_`.",
			func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }},
		{"PRINTABLE", "`unicode.IsPrint`: what `%q` and `js` show as it is.", unicode.IsPrint},
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "//! Character classes of Go (Unicode %s); written by `go run . tables` in `conformance/go-template`.\n", unicode.Version)
	for _, table := range tables {
		fmt.Fprintf(&text, "\n/// %s\npub(crate) static %s: &[u32] = &[", table.doc, table.name)
		inside, column := false, 1000
		for r := rune(0); r <= unicode.MaxRune+1; r++ {
			if now := r <= unicode.MaxRune && table.contains(r); now != inside {
				inside = now
				item := fmt.Sprintf("0x%x,", r)
				if column+1+len(item) > 110 {
					text.WriteString("\n   ")
					column = 3
				}
				column += 1 + len(item)
				text.WriteString(" " + item)
			}
		}
		text.WriteString("\n];\n")
	}
	_, err := w.Write(text.Bytes())
	return err
}
