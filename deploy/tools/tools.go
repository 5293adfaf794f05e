// Package tools pins the programs that check the manifests: go.mod lists them, go.sum their checksums. It contains no code.
package tools
