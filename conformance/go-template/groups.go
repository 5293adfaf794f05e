package main

import (
	"fmt"
	"strings"
)

// Group is a file of the record.
type Group struct {
	Name  string
	Cases []Case
}

// kinds contains values of each type that a template can use.
const kinds = `{"s":"abc","e":"","u":"h\u00e9\u00df\u65e5\ud83d\ude00","f":1.5,"i":7,"z":0,"n":-3.25,"t":true,"b":false,"x":null,"l":["a",1,null,[2.5],{"k":"v"}],"le":[],"m":{"a":1,"b":"two","c":null,"d":[true]},"me":{}}`

var operands = []string{`.s`, `.e`, `.u`, `.f`, `.i`, `.z`, `.t`, `.b`, `.x`, `.l`, `.le`, `.m`, `.me`, `1`, `-2`, `0`, `1.5`, `"a"`, `"abc"`, `'a'`, `nil`, `true`, `(index .s 0)`, `(slice .l 0 2)`, `(len .l)`}

var functions = []string{"and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "index", "slice", "len", "print", "printf", "println", "html", "js", "urlquery", "call"}

func groups() []Group {
	return []Group{
		{"everyday", everydayCases()},
		{"functions", functionCases()},
		{"printf", printfCases()},
		{"numbers", numberCases()},
		{"control", listed("control", controlTemplates)},
		{"lexical", listed("lexical", lexicalTemplates)},
		{"hostile", hostileCases()},
		{"random", randomCases(600, 20250101)},
	}
}

func listed(group string, templates []string) []Case {
	var cases []Case
	for i, t := range templates {
		cases = append(cases, Case{ID: fmt.Sprintf("%s-%03d", group, i), Template: t, Data: text(kinds)})
	}
	return cases
}

func functionCases() []Case {
	var templates []string
	for _, f := range functions {
		templates = append(templates, fmt.Sprintf(`{{%s}}`, f), fmt.Sprintf(`{{%s nil}}`, f), fmt.Sprintf(`{{%s.x}}`, f))
		for _, a := range operands {
			templates = append(templates, fmt.Sprintf(`{{%s %s}}`, f, a))
			if a != "nil" {
				templates = append(templates, fmt.Sprintf(`{{%s | %s}}`, a, f))
			}
		}
	}
	for _, f := range []string{"or", "eq", "lt", "index", "slice", "print"} {
		for _, a := range operands {
			for _, b := range operands {
				templates = append(templates, fmt.Sprintf(`{{%s %s %s}}`, f, a, b))
			}
		}
	}
	for _, f := range []string{"and", "ne", "le", "gt", "ge", "html", "println", "printf", "js", "urlquery", "not", "len", "call"} {
		for i, a := range operands {
			b := operands[(i*7+3)%len(operands)]
			templates = append(templates, fmt.Sprintf(`{{%s %s %s}}`, f, a, b), fmt.Sprintf(`{{%s %s | %s %s}}`, "print", a, f, b))
		}
	}
	for _, a := range operands {
		templates = append(templates, fmt.Sprintf(`{{%s}}`, a), fmt.Sprintf(`{{%s.k}}`, a), fmt.Sprintf(`{{if %s}}yes{{else}}no{{end}}`, a),
			fmt.Sprintf(`{{with %s}}<{{.}}>{{else}}no{{end}}`, a), fmt.Sprintf(`{{range %s}}<{{.}}>{{else}}no{{end}}`, a),
			fmt.Sprintf(`{{range $i, $e := %s}}<{{$i}}:{{$e}}>{{else}}no{{end}}`, a), fmt.Sprintf(`{{$v := %s}}{{$v}}{{printf "%%v %%T" $v $v}}`, a),
			fmt.Sprintf(`{{define "t"}}[{{.}}]{{end}}{{template "t" %s}}`, a), fmt.Sprintf(`{{eq %s nil}}{{eq nil %s}}`, a, a), fmt.Sprintf(`{{(%s).k}}`, a),
			fmt.Sprintf(`{{%s 1}}`, a), fmt.Sprintf(`{{1 | %s}}`, a))
	}
	templates = append(templates, `{{index .l 3 0}}`, `{{index .l 4 "k"}}`, `{{index .l 4 "q"}}`, `{{index .l 2 "q"}}`, `{{index .m "d" 0}}`, `{{index .s 5}}`, `{{index .s -1}}`, `{{index .s 3}}`, `{{index .l 5}}`,
		`{{slice .s 1 2 3}}`, `{{slice .s 2 1}}`, `{{slice .l 1 2 3}}`, `{{slice .l 1 2 9}}`, `{{slice .l 0 8}}`, `{{slice .l 0 9}}`, `{{slice .l 7}}`, `{{len (slice .l 0 8)}}`, `{{len (slice .l 2 3 3)}}`, `{{slice (slice .l 2 3 3) 0 2}}`,
		`{{slice (slice .l 1 2) 0 6}}`, `{{slice .u 1 3}}`, `{{slice .l 1 2 3 4}}`, `{{slice .s}}`, `{{index (slice .l 0 8) 7}}`, `{{range slice .l 0 7}}<{{.}}>{{end}}`, `{{eq 1 2 3 1}}`, `{{eq 1 2 "a"}}`, `{{eq "a" "b" .l}}`,
		`{{eq (index .s 0) 97}}`, `{{eq 97 (index .s 0)}}`, `{{lt (index .s 0) 98}}`, `{{lt 98 (index .s 0)}}`, `{{lt -1 (index .s 0)}}`, `{{eq -1 (index .s 0)}}`, `{{eq (index .s 0) -1}}`, `{{gt (index .s 0) (index .s 1)}}`,
		`{{and 1 0 .nope}}`, `{{and 1 2 .nope}}`, `{{or 0 "" .nope}}`, `{{1 | and 0}}`, `{{1 | and 2}}`, `{{0 | or 0 ""}}`, `{{and (or 0 1) (not 0)}}`, `{{.m | index | print}}`, `{{"a" | index .m}}`, `{{js "\x00\x1f<>&='\"\\/\u2028\u00ad\xff\U000e0001"}}`,
		`{{html "\x00<>&\"'\xff"}}`, `{{urlquery "\x00 +-_.~!*'()/?:@&=$,[]\xff"}}`, `{{urlquery .u 1 2 "a" 3}}`, `{{html .x .l}}`, `{{js .x}}`, `{{html nil 1 nil}}`, `{{print nil nil}}`, `{{println}}`, `{{print 1 "a" 2 3 "b" "c" nil nil 4.5 true}}`,
		`{{println 1 "a" nil}}`, `{{call .s 1}}`, `{{.s.call}}`, `{{index 1}}`, `{{index nil 1}}`, `{{print (print)}}`, `{{print print}}`, `{{len print}}`, `{{printf "%T" (index .m "nope")}}`, `{{index .l (len "ab")}}`)
	cases := listed("functions", templates)
	for i, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 65, 300} {
		data := `{"l":[` + strings.TrimSuffix(strings.Repeat("1,", n), ",") + `]}`
		for _, room := range []int{0, 1, 3, 17, 300} {
			cases = append(cases, Case{ID: fmt.Sprintf("functions-capacity-%d-%d", i, room), Data: &data,
				Template: fmt.Sprintf(`{{len (slice .l %d %d)}}`, n, n+room)})
		}
	}
	return cases
}

func printfCases() []Case {
	values := []string{`.s`, `.e`, `.u`, `.f`, `.i`, `.z`, `.n`, `.t`, `.x`, `.l`, `.m`, `.me`, `42`, `-42`, `0`, `1e30`, `"a\x00\xff\"'\\\u00e9\u2028"`, `'x'`, `128512`, `(index .s 1)`, `nil`}
	var templates []string
	for _, verb := range strings.Split(`v d s q x X o O b c U e E f F g G t T w z !`, " ") {
		for _, v := range values {
			if verb == "T" && v == ".z" {
				continue
			}
			for _, flags := range [][]string{
				{"", "+", "#", " ", "0", "-", "5", "-5", "05", "+05", "#5", "12", "-12", "012", "#012", "+#9"},
				{".0", ".1", ".3", "+.3", "#.3", " .3", "8.3", "-8.3", "08.3", "+08.3", "#8.3", ".9", ".", "6.", "+-# 012.5", "# x5"},
			} {
				format, args := "", ""
				for i, flag := range flags {
					format += fmt.Sprintf("%%[%d]%s%s|", i+1, flag, verb)
					if !strings.Contains(flag, ".") && len(flag) == 0 {
						format = strings.TrimSuffix(format, fmt.Sprintf("%%[%d]%s|", i+1, verb)) + "%" + verb + "|"
					}
					args += " " + v
				}
				templates = append(templates, fmt.Sprintf(`{{printf "%s"%s}}`, withoutIndexes(format), args))
			}
		}
	}
	for _, verb := range []string{"p"} {
		for _, v := range []string{`.s`, `1`, `.f`, `nil`, `.t`} {
			templates = append(templates, fmt.Sprintf(`{{printf "%%%s|%%10%s|%%#%s" %s %s %s}}`, verb, verb, verb, v, v, v))
		}
	}
	templates = append(templates, formatTemplates...)
	cases := listed("printf", templates)
	cases = append(cases, Case{ID: "printf-nil-map-p", Template: `{{printf "%p %v %+v %#v %d %T" . . . . . .}}`})
	return cases
}

// withoutIndexes removes "[n]" from a format: an index before flags is a bad verb.
func withoutIndexes(format string) string {
	for {
		open := strings.IndexByte(format, '[')
		if open < 0 {
			return format
		}
		shut := strings.IndexByte(format, ']')
		format = format[:open] + format[shut+1:]
	}
}

var formatTemplates = []string{
	`{{printf ""}}`, `{{printf "%"}}`, `{{printf "%%"}}`, `{{printf "%5%"}}`, `{{printf "%-5%|"}}`, `{{printf "100%"}}`, `{{printf "%!"}}`, `{{printf "%z"}}`, `{{printf "%d"}}`, `{{printf "%d %d" 1}}`, `{{printf "x" 1 nil "s" 2.5 .l .m}}`,
	`{{printf "%d" 1 2}}`, `{{printf "%*d|" 5 42}}`, `{{printf "%-*d|" 5 42}}`, `{{printf "%*d|" -5 42}}`, `{{printf "%0*d|" -5 42}}`, `{{printf "%.*f|" 2 3.14159}}`, `{{printf "%.*f|" -2 3.14159}}`, `{{printf "%*.*f|" 8 2 3.14159}}`,
	`{{printf "%*d" "x" 42}}`, `{{printf "%*d" 1.5 42}}`, `{{printf "%*d" .i 42}}`, `{{printf "%.*d" "x" 42}}`, `{{printf "%*d"}}`, `{{printf "%*d" 5}}`, `{{printf "%.*d"}}`, `{{printf "%*d" 10000000 1}}`, `{{printf "%.*d" 10000000 1}}`, `{{printf "%*d" (index .s 0) 1 | len}}`,
	`{{printf "%[1]d %[1]v %[1]x" 42}}`, `{{printf "%[2]d %[1]d" 1 2}}`, `{{printf "%[3]d" 1}}`, `{{printf "%[0]d" 1}}`, `{{printf "%[-1]d" 1}}`, `{{printf "%[x]d" 1}}`, `{{printf "%[]d" 1}}`, `{{printf "%[1d" 1}}`, `{{printf "%[1]" 1}}`, `{{printf "%["}}`, `{{printf "%[1"}}`,
	`{{printf "%[3]*.[2]*[1]f|" 12.0 2 6}}`, `{{printf "%6.2f|" 12.0}}`, `{{printf "%[1]*d" 5 6}}`, `{{printf "%[2]*[1]d|" 1 6}}`, `{{printf "%[3]2d" 1 2 3}}`, `{{printf "%[2].2d" 1 2 3}}`, `{{printf "%[2].[1]d" 1 2 3}}`, `{{printf "%.[2]*[1]f" 1.5 3}}`, `{{printf "%[1]d %d %d" 1 2 3}}`, `{{printf "%[2]d" 1 2 3}}`, `{{printf "%.[9]d" 1}}`, `{{printf "%[1][2]d" 1 2}}`,
	`{{printf "%[99999999999999999999]d" 1}}`, `{{printf "%99999999999999999999d" 1}}`, `{{printf "%.99999999999999999999d" 1}}`, `{{printf "%1000001d" 1}}`, `{{printf "%+-+-d" 1}}`, `{{printf "% +d" 1}}`, `{{printf "%+ d" 1}}`, `{{printf "%00005d" 1}}`, `{{printf "%-05d|" 1}}`, `{{printf "%0-5d|" 1}}`,
	`{{printf "%é" 1}}`, `{{printf "%日" "x"}}`, `{{printf "%\xff" 1}}`, `{{printf "%5é" 1}}`, `{{printf "日本%s語" "x"}}`, `{{printf "\xff%s\xfe" "x"}}`, `{{printf "%d%%" 50}}`, `{{printf "%s%s%s" "a" "b"}}`, `{{printf "%[1]s%[1]s" "a" "b"}}`,
	`{{printf "%v" 1e6}}`, `{{printf "%v" 123456789.0}}`, `{{printf "%v" 1e20}}`, `{{printf "%v" 1e21}}`, `{{printf "%#v" 1e21}}`, `{{printf "%#v" 1e6}}`, `{{printf "%#v" 1.0}}`, `{{printf "%#g %#.3g %#e %#f %#x" 1.0 1.0 1.0 1.0 1.0}}`, `{{printf "%#g" 0.0}}`, `{{printf "%#.4g" 0.00001}}`, `{{printf "%#g" 123456789.0}}`, `{{printf "%#g" 1e-10}}`,
	`{{printf "%.1000f" 0.1}}`, `{{printf "%.2000e" 0.1 | len}}`, `{{printf "%.70000f" 0.1 | len}}`, `{{printf "%.100g" 0.1}}`, `{{printf "%.40f" 1e22}}`, `{{printf "%.0f %.0f %.0f %.0f" 0.5 1.5 2.5 3.5}}`, `{{printf "%.1f %.1f %.2f" 0.25 0.35 1.005}}`, `{{printf "%.0e %.0e" 2.5 3.5}}`, `{{printf "%.1x %.2x %.0x" 1.96875 1.998 1.5}}`, `{{printf "%x %X %x" 0.1 -3.75 1e-320}}`, `{{printf "%b %b %b" 1.0 -0.1 5e-324}}`, `{{printf "%b" 0.0}}`,
	`{{printf "%6.3x|%-12x|%012x|%+x|% x" "hello" "hi" "hi" "hi" "hi"}}`, `{{printf "% x|%# x|%#x|%X|% X|%# X" "hello" "hello" "hello" "hello" "hello" "hello"}}`, `{{printf "%20x|%-20x|%020x" "hello" "hello" "hello"}}`, `{{printf "% 20x|%# 30x|%#20x" "hello" "hello" "hello"}}`, `{{printf "%.2x|%.9x|%5x|%05x" "hello" "hello" "" ""}}`,
	`{{printf "%q|%+q|%#q|%#+q|% q" .u .u .u .u .u}}`, "{{printf \"%#q %#q %#q\" \"a`b\" \"a\\nb\" \"a\\tb\"}}", `{{printf "%q" "\a\b\f\n\r\t\v\x00\x7f\u00a0\u200b\ufeff\U0010ffff\xc3\x28"}}`, `{{printf "%+q" "\a\b\f\n\r\t\v\x00\x7f\u00a0\u200b\ufeff\U0010ffff\xc3\x28"}}`, `{{printf "%#q" "\ufeff"}}`, `{{printf "%.3q|%8q|%-8q|%08q" "hello" "hi" "hi" "hi"}}`,
	`{{printf "%q %q %q %q %q %q" 0 10 39 34 92 127}}`, `{{printf "%q %+q %#q" 233 233 233}}`, `{{printf "%q %q %q" -1 1114112 55296}}`, `{{printf "%c%c%c%c" 65 233 128512 -1}}`, `{{printf "%c" 55296}}`, `{{printf "%5c|%-5c|%05c" 65 65 65}}`, `{{printf "%U %#U %U %#U" 65 65 128512 128512}}`, `{{printf "%U %#U" -1 -1}}`, `{{printf "%.8U|%12U|%-12U|%#12U|%#.8U" 65 65 65 65 65}}`, `{{printf "%#U %#U" 10 173}}`, `{{printf "%.70U" 65}}`, `{{printf "%.70d" 65}}`, `{{printf "%70d" 65}}`,
	`{{printf "%d" .l}}`, `{{printf "%s" .l}}`, `{{printf "%q" .m}}`, `{{printf "%5d|" .l}}`, `{{printf "%#v" .}}`, `{{printf "%+v" .m}}`, `{{printf "%#v" .l}}`, `{{printf "%x" .l}}`, `{{printf "%X" .m}}`, `{{printf "%t" .l}}`, `{{printf "%w" .l}}`, `{{printf "%#w" "x"}}`, `{{printf "%+w" 1}}`, `{{printf "%w" nil}}`, `{{printf "%T %T %T %T %T %T %T %T" 1 1.5 "s" true nil .l .m (index .s 0)}}`, `{{printf "%10T|%-10T|%.2T" 1 1 1}}`, `{{printf "%#v %#v %#v" (index .s 0) 'x' true}}`, `{{printf "%#x %#o %#b %O" 255 8 5 8}}`, `{{printf "%#x" -255}}`, `{{printf "%#o %#o %#.3o" 0 -8 8}}`, `{{printf "%x %X %o %b" -255 -255 -8 -5}}`, `{{printf "%d %x" -9223372036854775808 -9223372036854775808}}`,
}
