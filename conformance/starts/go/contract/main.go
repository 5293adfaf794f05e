// The program contract: runs contractapi, which either serves or connects, depending on the variables.
package main

import (
	"log"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"
)

// Values stores values under keys.
type Values struct {
	contractapi.Contract
}

// Put writes the value of a key.
func (*Values) Put(ctx contractapi.TransactionContextInterface, key string, value string) error {
	return ctx.GetStub().PutState(key, []byte(value))
}

// Get returns the value of a key.
func (*Values) Get(ctx contractapi.TransactionContextInterface, key string) (string, error) {
	value, err := ctx.GetStub().GetState(key)
	return string(value), err
}

func main() {
	chaincode, err := contractapi.NewChaincode(&Values{})
	if err != nil {
		log.Panicf("cannot create the chaincode: %v", err)
	}
	if err := chaincode.Start(); err != nil {
		log.Panicf("cannot start the chaincode: %v", err)
	}
}
