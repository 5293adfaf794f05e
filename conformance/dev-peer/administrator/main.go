// The program administrator: installs, approves and commits with Fabric's administration SDK, and checks the answers.
//
//	administrator deploy PACKAGE     on an empty peer
//	administrator upgrade PACKAGE    on the same peer after a restart, with the next package
package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// patience is the time limit for everything.
const patience = 2 * time.Minute

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: administrator deploy|upgrade PACKAGE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

func run(phase, file string) error {
	pkg, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	network, err := connect()
	if err != nil {
		return err
	}
	defer network.connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	proof := &proof{network: network, ctx: ctx, pkg: pkg}
	switch phase {
	case "deploy":
		proof.deploy()
	case "upgrade":
		proof.upgrade()
	default:
		return fmt.Errorf("there is no phase %s", phase)
	}
	fmt.Printf("%d passed, %d failed, 0 skipped\n", proof.passed, proof.failed)
	if proof.failed > 0 {
		os.Exit(1)
	}
	return nil
}
