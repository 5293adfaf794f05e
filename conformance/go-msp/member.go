package main

import (
	"fmt"
	"log"
	"sort"
	"strings"

	"github.com/golang/protobuf/proto"
	"github.com/hyperledger/fabric/msp"
	protos "github.com/hyperledger/fabric/protos/msp"
)

// member loads an MSP folder like a peer or its command, validates the identity, signs and verifies, and prints its
// roles. It uses a process for each folder, because the factory keeps the first keystore that it loads.
func member(folder string) {
	config, err := msp.GetLocalMspConfig(folder, nil, "Org1MSP")
	check(err)
	local, err := msp.New(&msp.BCCSPNewOpts{NewBaseOpts: msp.NewBaseOpts{Version: msp.MSPv1_4_3}})
	check(err)
	check(local.Setup(config))
	signer, err := local.GetDefaultSigningIdentity()
	check(err)
	check(signer.Validate())
	signature, err := signer.Sign([]byte("message"))
	check(err)
	check(signer.Verify([]byte("message"), signature))
	var found []string
	for number, name := range protos.MSPRole_MSPRoleType_name {
		role, err := proto.Marshal(&protos.MSPRole{MspIdentifier: "Org1MSP", Role: protos.MSPRole_MSPRoleType(number)})
		check(err)
		if signer.SatisfiesPrincipal(&protos.MSPPrincipal{Principal: role}) == nil {
			found = append(found, name)
		}
	}
	sort.Strings(found)
	fmt.Println(strings.Join(found, " "))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
