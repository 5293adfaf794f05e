// Stand-in behaves like the programs of Fabric's ccaas_builder 3.1.5.
//
// It is not Fabric's code, nor derived from it: it implements the recorded behavior of those programs
// with several thousand inputs. It shows that the conformance suite finds the differences that differences.toml lists,
// all of them and no others. The numbers in comments are those of the record's facts, as README.md lists them.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	programs := map[string]struct {
		arguments int
		run       func([]string) error
	}{
		"detect":  {2, detect},
		"build":   {3, build},
		"release": {2, release},
	}
	name := filepath.Base(os.Args[0])
	program, known := programs[name]
	if !known {
		fmt.Fprintf(os.Stderr, "call this program detect, build or release, not %s\n", name)
		os.Exit(1)
	}
	// Too few arguments are an error, too many are ignored (1).
	if len(os.Args) < 1+program.arguments {
		fail(fmt.Errorf("expected %d arguments", program.arguments))
	}
	say("::" + name)
	if err := program.run(os.Args[1:]); err != nil {
		fail(err)
	}
	say("::" + name + " completed")
}

func say(line string) {
	fmt.Fprintln(os.Stderr, line)
}

func fail(err error) {
	say("::Error: " + err.Error())
	os.Exit(1)
}
