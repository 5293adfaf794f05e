package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// release copies statedb before it detects that connection.json is missing (5), and never parses it (11).
func release(arguments []string) error {
	out, released := arguments[0], arguments[1]
	statedb := filepath.Join(out, "META-INF", "statedb")
	if _, err := os.Stat(statedb); err == nil {
		if err := copyTree(statedb, filepath.Join(released, "statedb")); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		// META-INF is a file (14).
		return err
	}
	server := filepath.Join(released, "chaincode", "server")
	if err := os.MkdirAll(server, 0o750); err != nil {
		return err
	}
	content, err := os.ReadFile(filepath.Join(out, "connection.json"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(server, "connection.json"), content, 0o666)
}
