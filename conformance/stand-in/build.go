package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// connection has the seven keys that are always written, in this order (8); domain is not among them.
type connection struct {
	Address            string `json:"address"`
	DialTimeout        string `json:"dial_timeout"`
	TLSRequired        bool   `json:"tls_required"`
	ClientAuthRequired bool   `json:"client_auth_required"`
	RootCert           string `json:"root_cert"`
	ClientKey          string `json:"client_key"`
	ClientCert         string `json:"client_cert"`
}

// build checks the type, copies metadata and META-INF, and only then reads connection.json (5).
func build(arguments []string) error {
	source, metadata, out := arguments[0], arguments[1], arguments[2]
	if err := checkType(metadata); err != nil {
		return err
	}
	if err := copyTree(filepath.Clean(metadata), filepath.Clean(out)); err != nil {
		return err
	}
	metaInf := filepath.Join(source, "META-INF")
	// A dangling link counts as absent (14).
	if _, err := os.Stat(metaInf); err == nil {
		if err := copyTree(metaInf, filepath.Join(out, "META-INF")); err != nil {
			return err
		}
	}
	file := filepath.Join(source, "connection.json")
	information, err := os.Stat(file)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	rendered, err := render(content)
	if err != nil {
		return err
	}
	// The mode of the source, unless the file already exists (10).
	return os.WriteFile(filepath.Join(out, "connection.json"), rendered, information.Mode().Perm())
}

func render(content []byte) ([]byte, error) {
	var c connection
	if err := json.Unmarshal(content, &c); err != nil {
		return nil, err
	}
	data, err := configuration()
	if err != nil {
		return nil, err
	}
	fields := []*string{&c.Address, &c.DialTimeout}
	tls := []*string{&c.RootCert, &c.ClientKey, &c.ClientCert}
	if c.TLSRequired {
		fields = append(fields, tls...)
	} else {
		// Without TLS its fields are emptied and their templates not parsed (9).
		c.ClientAuthRequired = false
		for _, field := range tls {
			*field = ""
		}
	}
	for _, field := range fields {
		if *field, err = execute(*field, data); err != nil {
			return nil, err
		}
	}
	return json.Marshal(c)
}

// configuration is parsed even if no field contains a template; unset and empty mean none (7).
func configuration() (map[string]any, error) {
	var data map[string]any
	text := os.Getenv("CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG")
	if text == "" {
		return data, nil
	}
	err := json.Unmarshal([]byte(text), &data)
	return data, err
}

func execute(text string, data map[string]any) (string, error) {
	parsed, err := template.New("").Option("missingkey=error").Parse(text)
	if err != nil {
		// The details also go to stdout, which the peer ignores (3).
		os.Stdout.WriteString(err.Error() + "\n")
		return "", err
	}
	var rendered strings.Builder
	err = parsed.Execute(&rendered, data)
	return rendered.String(), err
}
