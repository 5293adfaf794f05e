package main

import (
	"fmt"
	"math/rand"
	"strings"
)

// generator writes random templates that mostly parse and often run.
type generator struct {
	*rand.Rand
	depth int
}

func (g *generator) pick(choices ...string) string { return choices[g.Intn(len(choices))] }

func (g *generator) operand() string {
	if g.depth < 3 && g.Intn(6) == 0 {
		g.depth++
		defer func() { g.depth-- }()
		return "(" + g.command() + ")"
	}
	if g.Intn(25) == 0 {
		return g.pick(".nope", "nil", "$w", "(nil)", "$x", "(.m).a", "(index .l 4).k", ".x.y", "print", "1_0", "9223372036854775808")
	}
	return g.pick("$.s", "$.e", "$.u", "$.f", "$.i", "$.z", "$.n", "$.t", "$.b", "$.x", "$.l", "$.le", "$.m", "$.me", "$.m.a", "$.m.d", "$", ".", "$v", "$v", "true", "false",
		"0", "1", "2", "-1", "3", "1.5", "7.0", "-0.0", "1e6", "0x1F", "017", "'a'", "'\\n'", `""`, `"abc"`, `"a"`, `"k"`, `"\xff"`, `"%v"`, "`raw`", `"`+g.format()+`"`, "0xeE", "-0xe")
}

func (g *generator) format() string {
	var b strings.Builder
	for n := g.Intn(4); n >= 0; n-- {
		b.WriteString(g.pick("", "x", "é", "%%"))
		b.WriteString("%")
		for f := g.Intn(3); f > 0; f-- {
			b.WriteString(g.pick("+", "-", "#", " ", "0"))
		}
		b.WriteString(g.pick("", "", "", "", "[1]", "[2]", "[9]", "[", "[x]"))
		b.WriteString(g.pick("", "", "3", "12", "*", "1"))
		b.WriteString(g.pick("", "", ".", ".0", ".3", ".*", ".[1]*", ".15"))
		b.WriteString(g.pick("", "", "", "", "[1]", "[2]"))
		b.WriteString(g.pick("v", "d", "s", "q", "x", "X", "o", "O", "b", "c", "U", "e", "E", "f", "F", "g", "G", "t", "T", "w", "y", "v", "v", "s", "d"))
	}
	return b.String()
}

func (g *generator) words(name string, count int) string {
	words := []string{name}
	for ; count > 0; count-- {
		words = append(words, g.operand())
	}
	return strings.Join(words, " ")
}

func (g *generator) command() string {
	switch g.Intn(12) {
	case 0, 1:
		return g.operand()
	case 2, 3:
		return g.words(`printf "`+g.format()+`"`, g.Intn(5))
	case 4:
		return g.words(g.pick("print", "println", "html", "js", "urlquery"), g.Intn(4))
	case 5:
		return g.words(g.pick("and", "or"), 1+g.Intn(3))
	case 6:
		return g.words("not", 1)
	case 7:
		return "len " + g.pick("$.s", "$.l", "$.m", "$.u", `"é"`, "(print "+g.operand()+")", "$.me", g.operand())
	case 8:
		return g.pick("index $.l "+g.pick("0", "1", "4", "2", "(len $.me)"), "index $.m "+g.pick("$.s", `"a"`, `"d"`, `"zz"`), "index $.s "+g.pick("0", "1", "2"), `index $.l 4 "k"`, g.words("index "+g.pick("$.l", "$.m", "$.s", g.operand()), g.Intn(3)))
	case 9:
		return g.pick("slice $.l 1", "slice $.l 0 8", "slice $.u 1 3", "slice $.s 1", "slice $.l 1 2 4", g.words("slice "+g.pick("$.l", "$.u", "$.s", g.operand()), g.Intn(4)))
	case 10:
		return g.pick("eq", "ne", "lt", "le", "gt", "ge") + " " + g.pick(g.words("$.s", 1), "$.i $.f", "1 2", "2 (len $.s)", `"a" $.s`, "'a' (index $.s 0)", g.words("$v", 1), g.words("eq", 2)[3:])
	default:
		if g.Intn(8) == 0 {
			return g.words(g.operand(), 1)
		}
		return g.words("print", 2)
	}
}

func (g *generator) pipeline() string {
	pipe := g.pick("", "", "", "", "", "$v := ", "$v = ", "$w := ") + g.command()
	for g.Intn(5) == 0 {
		pipe += g.pick(" | ", "|", " |") + g.pick("print", "len", "html", `printf "%v"`, `printf "`+g.format()+`"`, "index .l", "index .m", "eq 1", "and 1", "or 0", "not", "js", "slice .s", "$v", ".s")
	}
	return pipe
}

func (g *generator) body() string {
	var b strings.Builder
	for n := g.Intn(2); n >= 0; n-- {
		b.WriteString(g.node())
	}
	return b.String()
}

func (g *generator) node() string {
	open, shut := g.pick("{{", "{{", "{{- ", "{{ "), g.pick("}}", "}}", " -}}", " }}")
	action := func(s string) string { return open + s + shut }
	kind := g.Intn(10)
	if g.depth > 3 && kind > 4 {
		kind = 0
	}
	g.depth++
	defer func() { g.depth-- }()
	switch kind {
	case 0, 1, 2, 3:
		return action(g.pipeline())
	case 4:
		return g.pick(" ", "text", "\n", " x ", "{", "}", "{{/* c */}}", "{{- /* c */ -}}")
	case 5:
		return action("if "+g.pipeline()) + g.body() + g.pick("", "{{else}}"+g.body(), "{{else if "+g.pipeline()+"}}"+g.body()) + "{{end}}"
	case 6:
		return action("with "+g.pipeline()) + g.body() + g.pick("", "{{else}}"+g.body(), "{{else with "+g.pipeline()+"}}"+g.body()+"{{else}}"+g.body()) + "{{end}}"
	case 7:
		head := "range " + g.pick("", "$v := ", "$v, $w := ", "$i, $e := ", "$v = ", "$w, $v = ") + g.pick("$.l", "$.m", "$.le", "$.s", "3", "2", "$.l", "$v", g.command())
		return action(head) + g.body() + g.pick("", "{{break}}", "{{continue}}", "{{if .}}{{break}}{{end}}"+g.body()) + g.pick("", "{{else}}"+g.body()) + "{{end}}"
	case 8:
		return action(fmt.Sprintf(`template "t%d" %s`, g.Intn(3), g.pick("", ".", "$", ".m", g.pipeline())))
	default:
		return action(fmt.Sprintf(`block "b%d" %s`, g.Intn(100), g.pipeline())) + g.body() + "{{end}}"
	}
}

const damages = "{}().$|\"'`- \t1ax%:=,é"

// damage changes a byte or two, to cover the parser's errors as well.
func (g *generator) damage(s string) string {
	b := []rune(s)
	for n := g.Intn(3); n >= 0 && len(b) > 1; n-- {
		i := g.Intn(len(b))
		switch g.Intn(3) {
		case 0:
			b = append(b[:i], b[i+1:]...)
		case 1:
			b[i] = []rune(damages)[g.Intn(len([]rune(damages)))]
		default:
			b = append(b[:i], append([]rune{[]rune(damages)[g.Intn(len([]rune(damages)))]}, b[i:]...)...)
		}
	}
	return string(b)
}

// whole writes a template with all constructs.
func (g *generator) whole() string {
	var b strings.Builder
	if g.Intn(3) > 0 {
		b.WriteString(`{{$v := .i}}{{$w := .s}}`)
	}
	b.WriteString(g.body())
	for t := 0; t < 3; t++ {
		if g.Intn(4) > 0 {
			fmt.Fprintf(&b, `{{define "t%d"}}{{.}}{{end}}`, t)
		}
	}
	if g.Intn(5) == 0 {
		return g.damage(b.String())
	}
	return b.String()
}

func randomCases(count int, seed int64) []Case {
	g := &generator{Rand: rand.New(rand.NewSource(seed))}
	var cases []Case
	for i := 0; i < count; i++ {
		c := Case{ID: fmt.Sprintf("random-%d-%d", seed, i)}
		if g.Intn(3) == 0 {
			c.Template = g.formatted()
		} else {
			c.Template = g.whole()
		}
		if g.Intn(20) > 0 {
			c.Data = text(kinds)
		}
		cases = append(cases, c)
	}
	return cases
}

// formatted writes one printf with a random format and random arguments of every type.
func (g *generator) formatted() string {
	var b strings.Builder
	for n := g.Intn(5); n >= 0; n-- {
		b.WriteString("%")
		for f := g.Intn(4); f > 0; f-- {
			b.WriteString(g.pick("+", "-", "#", " ", "0"))
		}
		if g.Intn(8) == 0 {
			b.WriteString(g.pick("[1]", "[2]", "[3]", "[0]", "[9]", "[", "[x]", "[]"))
		}
		b.WriteString(g.pick("", "", "", "1", "5", "15", "30", "*", "0", "100"))
		b.WriteString(g.pick("", "", "", ".", ".0", ".1", ".2", ".5", ".17", ".20", ".*", ".[1]*", ".[2]3", ".60"))
		if g.Intn(10) == 0 {
			b.WriteString(g.pick("[1]", "[2]", "[", "]"))
		}
		b.WriteString(g.pick("v", "v", "d", "s", "q", "x", "X", "o", "O", "b", "c", "U", "e", "E", "f", "F", "g", "G", "t", "T", "w", "y", "%", "é", "!", "Z"))
		b.WriteString("|")
	}
	call := `printf "` + b.String() + `"`
	for n := g.Intn(7); n > 0; n-- {
		call += " " + g.pick(".s", ".e", ".u", ".f", ".i", ".z", ".n", ".t", ".x", ".l", ".le", ".m", ".me", "1", "-7", "0", "12", "3", "1.5", "-0.0", "1e6", "123456.789", "1e-7", `"ab\xffc\n"`,
			"'é'", "55296", "1114112", "-1", "(index .s 0)", "nil", "true", "(slice .l 1 3)", "9007199254740993.0", "0.1", "2.5", "1e100", "1e23")
	}
	return "{{" + call + "}}"
}
