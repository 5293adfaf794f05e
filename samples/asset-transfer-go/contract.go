package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// asset is JSON with its keys in alphabetical order, so that every peer endorses the same bytes.
type asset struct {
	AppraisedValue uint32
	Color          string
	ID             string
	Owner          string
	Size           uint32
}

var initialAssets = []asset{
	{ID: "asset1", Color: "blue", Size: 5, Owner: "Tomoko", AppraisedValue: 300},
	{ID: "asset2", Color: "red", Size: 5, Owner: "Brad", AppraisedValue: 400},
	{ID: "asset3", Color: "green", Size: 10, Owner: "Jin Soo", AppraisedValue: 500},
	{ID: "asset4", Color: "yellow", Size: 10, Owner: "Max", AppraisedValue: 600},
	{ID: "asset5", Color: "black", Size: 15, Owner: "Adriana", AppraisedValue: 700},
	{ID: "asset6", Color: "white", Size: 15, Owner: "Michel", AppraisedValue: 800},
}

// assetTransfer is the contract, on the shim alone.
type assetTransfer struct{}

// transaction takes the arguments after the function's name.
type transaction struct {
	arguments int
	run       func(stub shim.ChaincodeStubInterface, arguments []string) ([]byte, error)
}

var transactions = map[string]transaction{
	"InitLedger":   {0, initLedger},
	"CreateAsset":  {5, createAsset},
	"ReadAsset":    {1, readAsset},
	"DeleteAsset":  {1, deleteAsset},
	"GetAllAssets": {0, getAllAssets},
}

// Init does nothing.
func (assetTransfer) Init(shim.ChaincodeStubInterface) *peer.Response {
	return shim.Success(nil)
}

// Invoke runs one transaction.
func (assetTransfer) Invoke(stub shim.ChaincodeStubInterface) *peer.Response {
	name, arguments := stub.GetFunctionAndParameters()
	transaction, known := transactions[name]
	if !known {
		return shim.Error(fmt.Sprintf("there is no function %s", name))
	}
	if len(arguments) != transaction.arguments {
		return shim.Error(fmt.Sprintf("%s takes %d arguments, not %d", name, transaction.arguments, len(arguments)))
	}
	payload, err := transaction.run(stub, arguments)
	if err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(payload)
}

func initLedger(stub shim.ChaincodeStubInterface, _ []string) ([]byte, error) {
	for _, asset := range initialAssets {
		if err := put(stub, asset); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func createAsset(stub shim.ChaincodeStubInterface, arguments []string) ([]byte, error) {
	size, err := wholeNumber("Size", arguments[2])
	if err != nil {
		return nil, err
	}
	value, err := wholeNumber("AppraisedValue", arguments[4])
	if err != nil {
		return nil, err
	}
	id := arguments[0]
	if found, err := stub.GetState(id); err != nil {
		return nil, err
	} else if len(found) > 0 {
		return nil, fmt.Errorf("the asset %s already exists", id)
	}
	return nil, put(stub, asset{ID: id, Color: arguments[1], Size: size, Owner: arguments[3], AppraisedValue: value})
}

func readAsset(stub shim.ChaincodeStubInterface, arguments []string) ([]byte, error) {
	found, err := stub.GetState(arguments[0])
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("the asset %s does not exist", arguments[0])
	}
	return found, err
}

func deleteAsset(stub shim.ChaincodeStubInterface, arguments []string) ([]byte, error) {
	if _, err := readAsset(stub, arguments); err != nil {
		return nil, err
	}
	return nil, stub.DelState(arguments[0])
}

// getAllAssets gives a JSON array in the order of the keys.
func getAllAssets(stub shim.ChaincodeStubInterface, _ []string) ([]byte, error) {
	results, err := stub.GetStateByRange("", "")
	if err != nil {
		return nil, err
	}
	defer results.Close()
	assets := []json.RawMessage{}
	for results.HasNext() {
		result, err := results.Next()
		if err != nil {
			return nil, err
		}
		assets = append(assets, result.Value)
	}
	return json.Marshal(assets)
}

func put(stub shim.ChaincodeStubInterface, asset asset) error {
	bytes, err := json.Marshal(asset)
	if err != nil {
		return err
	}
	return stub.PutState(asset.ID, bytes)
}

func wholeNumber(name, text string) (uint32, error) {
	number, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s must be a whole number from 0 to %d, got %q", name, uint32(math.MaxUint32), text)
	}
	return uint32(number), nil
}
