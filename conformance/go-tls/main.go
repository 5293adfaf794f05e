// Command go-tls writes test files for crates/certificates and records Go's results for them.
//
//	go run . ../../crates/certificates/tests/fixtures
//
// The same Go release writes the same bytes: keys come from a fixed seed and signatures need no randomness.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go-tls FIXTURES")
		os.Exit(64)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "go-tls:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	files := pemFiles()
	for name, text := range files {
		if err := write(filepath.Join(folder, "pem", name), text); err != nil {
			return err
		}
	}
	for name, value := range map[string]any{
		"bundles.json":      bundleCases(files),
		"pairs.json":        pairCases(files),
		"certificates.json": certificateCases(),
		"mutations.json":    mutations(files),
		"hosts.json":        hostCases(files),
	} {
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", " ")
		if err := encoder.Encode(value); err != nil {
			return err
		}
		if err := write(filepath.Join(folder, name), text.String()); err != nil {
			return err
		}
	}
	return nil
}

func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}

// must is for calls that fail only if this program has a bug.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
