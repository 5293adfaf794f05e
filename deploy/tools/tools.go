// Package tools pins the programs that check the manifests: go.mod names them, go.sum their sums. There is no code.
package tools
