package main

import (
	"fmt"
	"strings"
)

// hostileCases are templates that exhaust a careless engine: nesting,
// recursion, long chains, large output.
func hostileCases() []Case {
	var templates []string
	for _, n := range []int{10, 100, 1000} {
		templates = append(templates,
			`{{`+strings.Repeat("(", n)+`.s`+strings.Repeat(")", n)+`}}`,
			strings.Repeat(`{{if .t}}`, n)+`x`+strings.Repeat(`{{end}}`, n),
			`{{if .b}}`+strings.Repeat(`{{else if .b}}`, n)+`{{else}}x{{end}}`,
			strings.Repeat(`{{with .}}`, n)+`x`+strings.Repeat(`{{end}}`, n),
			`{{.s`+strings.Repeat(` | print`, n)+`}}`,
			`{{print`+strings.Repeat(` 1`, n)+` | len}}`,
			strings.Repeat(`{{$x := 1}}`, n)+`{{$x}}`,
			`{{.m`+strings.Repeat(`.a`, n)+`}}`,
			strings.Repeat(`(`, n), strings.Repeat(`{{(`, n), strings.Repeat(`{{if .t}}`, n), strings.Repeat(`{{range .l}}`, n), strings.Repeat(`}}`, n), strings.Repeat(`{`, n), strings.Repeat(`{{`, n), strings.Repeat(`{{/*`, n),
			fmt.Sprintf(`{{$n := %d}}{{define "r"}}{{if .}}{{template "r" (slice . 1)}}{{end}}{{end}}{{template "r" (printf "%%%dd" 1)}}done`, n, n),
		)
	}
	for _, n := range []int{10000, 10001} {
		templates = append(templates, `{{`+strings.Repeat("(", n)+`.s`+strings.Repeat(")", n)+`}}`)
	}
	templates = append(templates,
		`{{define "r"}}{{template "r" .}}{{end}}{{template "r" .}}`, `{{define "a"}}{{template "b"}}{{end}}{{define "b"}}{{template "a"}}{{end}}{{template "a"}}`, `{{define "r"}}x{{template "r"}}{{end}}{{template "r"}}`, `{{template "" .}}`,
		`{{range 1000000}}xxxxxxxxxx{{end}}`, `{{printf "%1000000d%1000000d" 1 2}}`, `{{$x := "aaaaaaaaaa"}}{{range 17}}{{$x = printf "%s%s" $x $x}}{{end}}{{$x}}`, `{{range 100000}}{{end}}done`, `{{$x := 0}}{{range $i := 1000}}{{$x = $i}}{{end}}{{$x}}`,
		`{{printf "%[1]*[1]*d" 5}}`, "{{\"\ufffd\"}}", "{{`\ufffd`}}", "\x00{{.s}}\x00", strings.Repeat("\n", 1000)+"{{end}}", `{{`+strings.Repeat("a", 5000)+`}}`, `{{.`+strings.Repeat("a", 5000)+`}}`, `{{$`+strings.Repeat("é", 5000)+`}}`, `{{"`+strings.Repeat("a", 5000)+`}}`, `{{template "`+strings.Repeat("a", 5000)+`"}}`, `{{`+strings.Repeat("9", 5000)+`}}`, `{{0.`+strings.Repeat("0", 5000)+`1}}`, `{{1`+strings.Repeat("0", 400)+`.0}}`, `{{0x`+strings.Repeat("0", 5000)+`1}}`, `{{0x`+strings.Repeat("f", 500)+`p-2000}}`, `{{0.1`+strings.Repeat("0", 800)+`1}}`,
	)
	cases := listed("hostile", templates)
	nested := strings.Repeat("[", 100) + strings.Repeat("]", 100)
	cases = append(cases, Case{ID: "hostile-nested-list", Template: `{{.l}} {{printf "%#v" .l}}`, Data: text(`{"l":` + nested + `}`)})
	cases = append(cases, Case{ID: "hostile-keys", Template: `{{index . ""}}{{index . "a.b"}}{{range $k, $v := .}}<{{$k}}>{{end}}`, Data: text(`{"":1,"a.b":2,"\u0000":3,"é":4,"z":5,"Z":6,"\ud83d\ude00":7,"\uffff":8}`)})
	return cases
}
