package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-gateway/pkg/client"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/gateway"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// decode decodes a message; an error contains its name.
func decode(bytes []byte, message proto.Message) error {
	if err := proto.Unmarshal(bytes, message); err != nil {
		return fmt.Errorf("cannot read a %s: %w", message.ProtoReflect().Descriptor().Name(), err)
	}
	return nil
}

// withInit returns the same proposal with is_init set. The transaction ID depends only on the nonce and the creator.
func (scene *scene) withInit(original *client.Proposal) (*client.Proposal, error) {
	client, err := scene.gateway()
	if err != nil {
		return nil, err
	}
	proposed, proposal := &gateway.ProposedTransaction{}, &peer.Proposal{}
	payload, invocation := &peer.ChaincodeProposalPayload{}, &peer.ChaincodeInvocationSpec{}
	bytes, err := original.Bytes()
	if err != nil {
		return nil, err
	}
	if err := decode(bytes, proposed); err != nil {
		return nil, err
	}
	if err := decode(proposed.GetProposal().GetProposalBytes(), proposal); err != nil {
		return nil, err
	}
	if err := decode(proposal.GetPayload(), payload); err != nil {
		return nil, err
	}
	if err := decode(payload.GetInput(), invocation); err != nil {
		return nil, err
	}
	invocation.ChaincodeSpec.Input.IsInit = true
	if payload.Input, err = proto.Marshal(invocation); err != nil {
		return nil, err
	}
	if proposal.Payload, err = proto.Marshal(payload); err != nil {
		return nil, err
	}
	if proposed.Proposal.ProposalBytes, err = proto.Marshal(proposal); err != nil {
		return nil, err
	}
	if bytes, err = proto.Marshal(proposed); err != nil {
		return nil, err
	}
	return client.NewProposal(bytes)
}

// compareContext compares the transaction's context in the contract with the proposal.
func (scene *scene) compareContext() error {
	proposal, err := scene.propose()
	if err != nil {
		return err
	}
	payload, err := proposal.Evaluate()
	if err != nil {
		return err
	}
	bytes, err := proposal.Bytes()
	if err != nil {
		return err
	}
	expected, err := contextOf(bytes)
	if err != nil {
		return err
	}
	return expectText("context", expected, string(payload))
}

// contextOf is the expected answer of the contract's function Context to this proposal with a signature.
func contextOf(bytes []byte) (string, error) {
	proposed, proposal, header := &gateway.ProposedTransaction{}, &peer.Proposal{}, &common.Header{}
	channel, signature, creator := &common.ChannelHeader{}, &common.SignatureHeader{}, &msp.SerializedIdentity{}
	if err := decode(bytes, proposed); err != nil {
		return "", err
	}
	if err := decode(proposed.GetProposal().GetProposalBytes(), proposal); err != nil {
		return "", err
	}
	if err := decode(proposal.GetHeader(), header); err != nil {
		return "", err
	}
	if err := decode(header.GetChannelHeader(), channel); err != nil {
		return "", err
	}
	if err := decode(header.GetSignatureHeader(), signature); err != nil {
		return "", err
	}
	if err := decode(signature.GetCreator(), creator); err != nil {
		return "", err
	}
	epoch := make([]byte, 8)
	timestamp := channel.GetTimestamp()
	// Maps are formatted with their keys in alphabetical order, as in the contract.
	text, err := json.Marshal(map[string]string{
		"binding":   digest(slices.Concat(signature.GetNonce(), signature.GetCreator(), epoch)),
		"channel":   channel.GetChannelId(),
		"identity":  digest(creator.GetIdBytes()),
		"mspId":     creator.GetMspid(),
		"signature": digest(proposed.GetProposal().GetSignature()),
		"timestamp": fmt.Sprintf("%d.%09d", timestamp.GetSeconds(), timestamp.GetNanos()),
		"txId":      channel.GetTxId(),
	})
	return string(text), err
}

func digest(bytes []byte) string {
	return fmt.Sprintf("%x", sha256.Sum256(bytes))
}
