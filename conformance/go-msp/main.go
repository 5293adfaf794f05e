// Runs Fabric's own code on policies, MSP folders and the first block of a channel, and prints the results.
//
//	go run . policies > ../../crates/identity/tests/fixtures/policies.json
//	go run . member organizations/peerOrganizations/org1.example.com/users/User1@org1.example.com/msp
//	go run . channel genesis.block
//
// The release is 1.4.12, the last one that Go can download as a module; policydsl and the rules of NodeOUs are the same in
// 2.5 and 3.1, where cauthdsl.FromString is called policydsl.FromString.
package main

import (
	"log"
	"os"
)

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "policies":
		policies()
	case len(os.Args) == 3 && os.Args[1] == "member":
		member(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "channel":
		channel(os.Args[2])
	default:
		log.Fatal("usage: go run . policies | member FOLDER | channel FILE")
	}
}
