package main

import (
	"fmt"
	"math"
	"math/rand"
	"strconv"
)

var literals = []string{
	`0`, `-0`, `+0`, `00`, `007`, `017`, `08`, `09`, `019`, `0o17`, `0O17`, `0o`, `0o8`, `0b101`, `0B11`, `0b`, `0b2`, `0x1F`, `0X1f`, `0x`, `0xg`, `-0x10`, `-0xe`, `+0x1E`, `-017`, `+5`, `--5`, `+-5`, `-`, `+`, `.`, `.5`, `-.5`, `5.`, `1.5.2`, `1..2`,
	`1_000`, `1__000`, `_1`, `1_`, `0_7`, `0x_1F`, `0x1_F`, `0_x1`, `0b_1`, `1_0.5`, `1.5_0`, `1_.5`, `1e1_0`, `0x_1p4`, `0x1_0p1_0`, `1_000.5e3`, `0_1.5`,
	`1e3`, `1E3`, `1e+3`, `1e-3`, `1e`, `1e+`, `1ee3`, `1e3.5`, `1e308`, `1e309`, `1e-400`, `-1e-400`, `4.9e-324`, `2.4e-324`, `1e400`, `08.5`, `08e1`, `0e0`, `-0.0`, `-0e5`, `00.5`,
	`0x1p4`, `0x1P-2`, `0x1.8p1`, `0x.8p0`, `0x1.p1`, `0x1p`, `0x1p+`, `0x1.8`, `0x.p1`, `-0x1p4`, `0x1p1024`, `0x1p1023`, `0x1p-1074`, `0x1p-1075`, `0x1.8p-1074`, `0x1.fffffffffffff8p0`, `0x1.fffffffffffff7p0`, `0x1.00000000000008p0`, `0x1.000000000000081p0`, `0x123456789abcdef01234p0`, `0x0p0`, `0x1p99999`, `0x1p-99999`, `0x1e5`, `0x1e+5`, `0x0.2`,
	`9223372036854775807`, `9223372036854775808`, `-9223372036854775808`, `-9223372036854775809`, `18446744073709551615`, `18446744073709551616`, `0xffffffffffffffff`, `0x10000000000000000`, `0xeeeeeeeeeeeeeeee`, `-0xeeeeeeeeeeeeeeee`, `99999999999999999999`, `99999999999999999999.0`, `01777777777777777777777`, `02000000000000000000000`, `0b1111111111111111111111111111111111111111111111111111111111111111`,
	`'a'`, `''`, `'ab'`, `'\''`, `'"'`, `'\"'`, `'\n'`, `'\x41'`, `'\xff'`, `'\101'`, `'\400'`, `'\u00e9'`, `'\U0001F600'`, `'\ud800'`, `'\q'`, `'é'`, `'日'`, `'\`, `'a`, `'\\'`, `'\0'`, `'\00'`, `'\000'`, `'e'`, `'.'`, `-'a'`, `'�'`,
	`1i`, `0i`, `1+2i`, `1-2i`, `1+2`, `1.5i`, `0x1p1i`, `1+0i`, `-1i`, `017i`, `1+2i3`, `i`, `1ii`,
	`1a`, `0x1g`, `1.x`, `0b12`, `1é`, `1"a"`, `1(2)`, `1)`, `1|print`, `1,2`, `1:2`, `1=2`, `1-1`, `1+1`, `1 -1`, `1 +1`,
}

func numberCases() []Case {
	var cases []Case
	for i, l := range literals {
		cases = append(cases,
			Case{ID: fmt.Sprintf("numbers-literal-%03d", i), Template: fmt.Sprintf(`{{%s}}`, l)},
			Case{ID: fmt.Sprintf("numbers-literal-%03d-print", i), Template: fmt.Sprintf(`{{printf "%%v %%T" %s %s}}`, l, l)},
			Case{ID: fmt.Sprintf("numbers-literal-%03d-skipped", i), Template: fmt.Sprintf(`{{if false}}{{%s}}{{end}}`, l)})
	}
	random := rand.New(rand.NewSource(7))
	for i := 0; i < 300; i++ {
		var f float64
		switch i % 5 {
		case 0:
			f = math.Float64frombits(random.Uint64())
		case 1:
			f = float64(random.Intn(20000000)) / math.Pow(10, float64(random.Intn(8)))
		case 2:
			f = math.Pow(10, float64(random.Intn(40)-20)) * float64(random.Intn(100))
		case 3:
			f = math.Ldexp(1, random.Intn(2098)-1074)
		case 4:
			f = float64(random.Int63n(1<<60)) + 0.5
		}
		if math.IsNaN(f) || math.IsInf(f, 0) {
			f = 0.1
		}
		literal := strconv.FormatFloat(f, 'e', -1, 64)
		if i%2 == 0 {
			literal = strconv.FormatFloat(f, 'x', -1, 64)
		}
		data := `{"f":` + strconv.FormatFloat(f, 'e', -1, 64) + `}`
		cases = append(cases, Case{ID: fmt.Sprintf("numbers-float-%03d", i), Data: &data,
			Template: fmt.Sprintf(`{{.f}} {{eq .f %s}} {{printf "%%g %%e %%f %%.3g %%.10g %%.17g %%.20e %%.1f %%.3f %%x %%.3x %%b %%G %%#g %%+010.2f" .f .f .f .f .f .f .f .f .f .f .f .f .f .f .f}}`, literal)})
	}
	// Halfway between two shortest texts, Go chooses the even digit.
	for i := 0; i < 60; i++ {
		f := math.Ldexp(float64(random.Int63n(1<<52)|1<<52), -random.Intn(8)-1)
		if i < 20 {
			f = math.Ldexp(1, -17-i)
		}
		data := `{"f":` + strconv.FormatFloat(f, 'e', -1, 64) + `}`
		cases = append(cases, Case{ID: fmt.Sprintf("numbers-tie-%02d", i), Data: &data, Template: `{{.f}} {{printf "%G %#v" .f .f}}`})
	}
	return cases
}
