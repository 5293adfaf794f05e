package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// detect reads only the metadata folder (2).
func detect(arguments []string) error {
	return checkType(arguments[1])
}

// checkType requires the type ccaas in any case, not trimmed (6). Empty folder names disappear from the path (4).
func checkType(folder string) error {
	content, err := os.ReadFile(filepath.Join(folder, "metadata.json"))
	if err != nil {
		return err
	}
	var metadata struct {
		Type  string `json:"type"`
		Label string `json:"label"`
	}
	if err := json.Unmarshal(content, &metadata); err != nil {
		return err
	}
	if strings.ToLower(metadata.Type) != "ccaas" {
		return fmt.Errorf("chaincode type %s is not supported", metadata.Type)
	}
	return nil
}
