package main

import (
	"fmt"
	"os"
	"sort"
	"strings"

	"github.com/golang/protobuf/proto"
	"github.com/hyperledger/fabric/common/channelconfig"
	"github.com/hyperledger/fabric/protos/common"
)

// channel parses block 0 of a channel like a peer, and prints the resulting configuration.
func channel(file string) {
	bytes, err := os.ReadFile(file)
	check(err)
	block := &common.Block{}
	check(proto.Unmarshal(bytes, block))
	envelope := &common.Envelope{}
	check(proto.Unmarshal(block.Data.Data[0], envelope))
	payload := &common.Payload{}
	check(proto.Unmarshal(envelope.Payload, payload))
	config := &common.ConfigEnvelope{}
	check(proto.Unmarshal(payload.Data, config))
	addKnownCapability(config.Config.ChannelGroup)
	header := &common.ChannelHeader{}
	check(proto.Unmarshal(payload.Header.ChannelHeader, header))
	bundle, err := channelconfig.NewBundle(header.ChannelId, config.Config)
	check(err)
	fmt.Println("channel", bundle.ConfigtxValidator().ChainID())
	fmt.Println("orderers", strings.Join(bundle.ChannelConfig().OrdererAddresses(), " "))
	application, _ := bundle.ApplicationConfig()
	for _, organization := range application.Organizations() {
		fmt.Println("organization", organization.MSPID())
	}
	orderer, _ := bundle.OrdererConfig()
	for _, organization := range orderer.Organizations() {
		fmt.Println("orderer", organization.MSPID(), strings.Join(organization.Endpoints(), " "))
	}
	fmt.Println("consensus", orderer.ConsensusType(), orderer.BatchTimeout(), orderer.BatchSize().MaxMessageCount)
	policies := []string{
		"/Channel/Readers", "/Channel/Writers", "/Channel/Admins", "/Channel/Orderer/BlockValidation",
		"/Channel/Application/Readers", "/Channel/Application/Writers", "/Channel/Application/Admins",
		"/Channel/Application/Endorsement", "/Channel/Application/LifecycleEndorsement",
	}
	sort.Strings(policies)
	for _, name := range policies {
		if _, found := bundle.PolicyManager().GetPolicy(name); found {
			fmt.Println("policy", name)
		}
	}
}

// addKnownCapability adds the newest capability that 1.4 knows, which treats V2_0 as lower than all others.
func addKnownCapability(group *common.ConfigGroup) {
	capabilities := &common.Capabilities{}
	check(proto.Unmarshal(group.Values["Capabilities"].Value, capabilities))
	capabilities.Capabilities["V1_4_3"] = &common.Capability{}
	bytes, err := proto.Marshal(capabilities)
	check(err)
	group.Values["Capabilities"].Value = bytes
}
