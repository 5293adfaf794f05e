package main

import (
	"fmt"
	"strings"

	"github.com/hyperledger/fabric-admin-sdk/pkg/chaincode"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

func (p *proof) definition(sequence int64, version, id string) *chaincode.Definition {
	return &chaincode.Definition{ChannelName: channel, Name: name, Version: version, Sequence: sequence, PackageID: id}
}

// installed returns a line for each package: its ID, and the channels that use it.
func (p *proof) installed() string {
	result, err := p.admin.QueryInstalled(p.ctx)
	if err != nil {
		return err.Error()
	}
	var lines []string
	for _, installed := range result.GetInstalledChaincodes() {
		var uses []string
		for channel, references := range installed.GetReferences() {
			for _, used := range references.GetChaincodes() {
				uses = append(uses, channel+" "+used.GetName()+" "+used.GetVersion())
			}
		}
		lines = append(lines, installed.GetPackageId()+" "+strings.Join(uses, " "))
	}
	return strings.Join(lines, "\n")
}

// readiness returns the organizations that have approved a definition, and the differences for the others.
func (p *proof) readiness(definition *chaincode.Definition) string {
	result, err := p.adminGateway.CheckCommitReadiness(p.ctx, definition)
	if err != nil {
		return err.Error() + ": " + detail(err)
	}
	return fmt.Sprint(result.GetApprovals()) + " " + strings.Join(result.GetMismatches()[mspID].GetItems(), ", ")
}

// committed queries the only definition as a user, by name and in the list of all.
func (p *proof) committed() string {
	one, err := p.userGateway.QueryCommittedWithName(p.ctx, channel, name)
	if err != nil {
		return err.Error() + ": " + detail(err)
	}
	all, err := p.userGateway.QueryCommitted(p.ctx, channel)
	if err != nil {
		return err.Error() + ": " + detail(err)
	}
	if definitions := all.GetChaincodeDefinitions(); len(definitions) != 1 || definitions[0].GetSequence() != one.GetSequence() {
		return fmt.Sprintf("%d definitions", len(definitions))
	}
	return fmt.Sprint(name, " ", one.GetSequence(), " ", one.GetVersion(), " ", one.GetEndorsementPlugin(), " ",
		one.GetValidationPlugin(), " ", one.GetApprovals())
}

// collections makes one collection with all members of the organization.
func collections() *peer.CollectionConfigPackage {
	role := &msp.MSPRole{MspIdentifier: mspID, Role: msp.MSPRole_MEMBER}
	// A message with two valid fields can always be encoded.
	principal, _ := proto.Marshal(role)
	members := &common.SignaturePolicyEnvelope{
		Rule: &common.SignaturePolicy{Type: &common.SignaturePolicy_NOutOf_{NOutOf: &common.SignaturePolicy_NOutOf{
			N:     1,
			Rules: []*common.SignaturePolicy{{Type: &common.SignaturePolicy_SignedBy{SignedBy: 0}}},
		}}},
		Identities: []*msp.MSPPrincipal{{PrincipalClassification: msp.MSPPrincipal_ROLE, Principal: principal}},
	}
	collection := &peer.StaticCollectionConfig{
		Name:             "shared",
		MemberOrgsPolicy: &peer.CollectionPolicyConfig{Payload: &peer.CollectionPolicyConfig_SignaturePolicy{SignaturePolicy: members}},
		MaximumPeerCount: 1,
	}
	return &peer.CollectionConfigPackage{Config: []*peer.CollectionConfig{
		{Payload: &peer.CollectionConfig_StaticCollectionConfig{StaticCollectionConfig: collection}},
	}}
}
