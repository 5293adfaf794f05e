// The program chaincode: runs shim.Start, which connects to the peer in its flag.
package main

import (
	"log"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// values stores values under keys.
type values struct{}

// Init does nothing.
func (values) Init(shim.ChaincodeStubInterface) *peer.Response {
	return shim.Success(nil)
}

// Invoke writes or reads the value of a key.
func (values) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	function, parameters := stub.GetFunctionAndParameters()
	switch {
	case function == "Put" && len(parameters) == 2:
		if err := stub.PutState(parameters[0], []byte(parameters[1])); err != nil {
			return shim.Error(err.Error())
		}
		return shim.Success(nil)
	case function == "Get" && len(parameters) == 1:
		value, err := stub.GetState(parameters[0])
		if err != nil {
			return shim.Error(err.Error())
		}
		return shim.Success(value)
	default:
		return shim.Error("unknown function: " + function)
	}
}

func main() {
	if err := shim.Start(values{}); err != nil {
		log.Fatalf("cannot start the chaincode: %v", err)
	}
}
