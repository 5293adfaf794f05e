package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// contextFunctions return the context of a transaction, or access things outside the chaincode.
var contextFunctions = map[string]function{
	"About":     {0, about},
	"Echo":      {1, echo},
	"Context":   {0, context},
	"Transient": {0, transient},
	"Call":      {3, call},
	"Event":     {2, event},
	"TwoEvents": {4, twoEvents},
}

func about(stub, []string) ([]byte, error) {
	return []byte(`{"language":"go"}`), nil
}

func echo(_ stub, arguments []string) ([]byte, error) {
	return []byte(arguments[0]), nil
}

type description struct {
	Binding   string `json:"binding"`
	Channel   string `json:"channel"`
	Identity  string `json:"identity"`
	MSPID     string `json:"mspId"`
	Signature string `json:"signature"`
	Timestamp string `json:"timestamp"`
	TxID      string `json:"txId"`
}

// context returns the SHA-256 of the certificate (PEM) as identity, and that of the proposal's signature.
func context(stub stub, _ []string) ([]byte, error) {
	creator, err := stub.GetCreator()
	if err != nil {
		return nil, err
	}
	identity := &msp.SerializedIdentity{}
	if err := proto.Unmarshal(creator, identity); err != nil {
		return nil, err
	}
	binding, err := stub.GetBinding()
	if err != nil {
		return nil, err
	}
	proposal, err := stub.GetSignedProposal()
	if err != nil {
		return nil, err
	}
	timestamp, err := stub.GetTxTimestamp()
	if err != nil {
		return nil, err
	}
	return compact(description{
		Binding:   hex.EncodeToString(binding),
		Channel:   stub.GetChannelID(),
		Identity:  digest(identity.GetIdBytes()),
		MSPID:     identity.GetMspid(),
		Signature: digest(proposal.GetSignature()),
		Timestamp: fmt.Sprintf("%d.%09d", timestamp.GetSeconds(), timestamp.GetNanos()),
		TxID:      stub.GetTxID(),
	})
}

func digest(bytes []byte) string {
	return fmt.Sprintf("%x", sha256.Sum256(bytes))
}

// transient returns the map as JSON, its names in alphabetical order.
func transient(stub stub, _ []string) ([]byte, error) {
	fields, err := stub.GetTransient()
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for name, value := range fields {
		texts[name] = string(value)
	}
	return compact(texts)
}

type callResult struct {
	Message string `json:"message"`
	Payload string `json:"payload"`
	Status  int32  `json:"status"`
}

// call invokes a function, given as a JSON array with its arguments, of another chaincode; no channel means this one.
func call(stub stub, arguments []string) ([]byte, error) {
	texts, err := parseStrings(arguments[2])
	if err != nil {
		return nil, err
	}
	input := [][]byte{}
	for _, text := range texts {
		input = append(input, []byte(text))
	}
	response := stub.InvokeChaincode(arguments[0], input, arguments[1])
	return compact(callResult{response.GetMessage(), string(response.GetPayload()), response.GetStatus()})
}

func event(stub stub, arguments []string) ([]byte, error) {
	return nil, stub.SetEvent(arguments[0], []byte(arguments[1]))
}

// twoEvents sets two events, of which the peer uses the last.
func twoEvents(stub stub, arguments []string) ([]byte, error) {
	if _, err := event(stub, arguments[:2]); err != nil {
		return nil, err
	}
	return event(stub, arguments[2:])
}
