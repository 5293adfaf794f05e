package main

import (
	"fmt"
	"slices"

	"github.com/hyperledger/fabric-chaincode-go/v2/pkg/statebased"
)

// stateFunctions read and write single public keys.
var stateFunctions = map[string]function{
	"Put":        {2, put},
	"Get":        {1, get},
	"Delete":     {1, remove},
	"PutThenGet": {2, putThenGet},
	"PutTwice":   {3, putTwice},
	"Increment":  {1, increment},
	"PutMany":    {2, putMany},
	"PutBatch":   {2, putBatch},
	"GetMany":    {1, getMany},
	"PutBytes":   {2, putBytes},
	"SetPolicy":  {2, setPolicy},
	"GetPolicy":  {1, getPolicy},
}

func put(stub stub, arguments []string) ([]byte, error) {
	return nil, stub.PutState(arguments[0], []byte(arguments[1]))
}

func get(stub stub, arguments []string) ([]byte, error) {
	return stub.GetState(arguments[0])
}

func remove(stub stub, arguments []string) ([]byte, error) {
	return nil, stub.DelState(arguments[0])
}

// putThenGet returns the earlier value, because a transaction does not see its own writes.
func putThenGet(stub stub, arguments []string) ([]byte, error) {
	if _, err := put(stub, arguments); err != nil {
		return nil, err
	}
	return get(stub, arguments)
}

func putTwice(stub stub, arguments []string) ([]byte, error) {
	if err := stub.PutState(arguments[0], []byte(arguments[1])); err != nil {
		return nil, err
	}
	return nil, stub.PutState(arguments[0], []byte(arguments[2]))
}

// increment returns the new number.
func increment(stub stub, arguments []string) ([]byte, error) {
	value, err := stub.GetState(arguments[0])
	if err != nil {
		return nil, err
	}
	count, err := successor(value)
	if err != nil {
		return nil, err
	}
	return count, stub.PutState(arguments[0], count)
}

// successor counts an absent value as 0.
func successor(value []byte) ([]byte, error) {
	if len(value) == 0 {
		return decimal(1), nil
	}
	count, err := number(string(value))
	return decimal(count + 1), err
}

// putMany writes the keys PREFIX0000, PREFIX0001, ..., and returns their number.
func putMany(stub stub, arguments []string) ([]byte, error) {
	count, err := number(arguments[1])
	if err != nil {
		return nil, err
	}
	for index := range count {
		group := []string{"even", "odd"}[index%2]
		value := fmt.Sprintf(`{"group":"%s","number":%d}`, group, index)
		if err := stub.PutState(fmt.Sprintf("%s%04d", arguments[0], index), []byte(value)); err != nil {
			return nil, err
		}
	}
	return decimal(count), nil
}

// putBatch is putMany in one message, if the peer supports write batches.
func putBatch(stub stub, arguments []string) ([]byte, error) {
	stub.StartWriteBatch()
	count, err := putMany(stub, arguments)
	if err != nil {
		return nil, err
	}
	return count, stub.FinishWriteBatch()
}

// getMany returns a JSON array of values, "" for an absent key.
func getMany(stub stub, arguments []string) ([]byte, error) {
	keys, err := parseStrings(arguments[0])
	if err != nil {
		return nil, err
	}
	values, err := stub.GetMultipleStates(keys...)
	if err != nil {
		return nil, err
	}
	return compact(texts(values))
}

func texts(values [][]byte) []string {
	texts := []string{}
	for _, value := range values {
		texts = append(texts, string(value))
	}
	return texts
}

func putBytes(stub stub, arguments []string) ([]byte, error) {
	value, err := fill(stub, arguments[1:])
	if err != nil {
		return nil, err
	}
	return nil, stub.PutState(arguments[0], value)
}

// setPolicy requires endorsements of all given organizations for later writes to the key.
func setPolicy(stub stub, arguments []string) ([]byte, error) {
	policy, err := policyOf(arguments[1])
	if err != nil {
		return nil, err
	}
	return nil, stub.SetStateValidationParameter(arguments[0], policy)
}

func getPolicy(stub stub, arguments []string) ([]byte, error) {
	policy, err := stub.GetStateValidationParameter(arguments[0])
	if err != nil {
		return nil, err
	}
	return organizationsOf(policy)
}

func policyOf(organizations string) ([]byte, error) {
	names, err := parseStrings(organizations)
	if err != nil {
		return nil, err
	}
	policy, err := statebased.NewStateEP(nil)
	if err != nil {
		return nil, err
	}
	if err := policy.AddOrgs(statebased.RoleTypePeer, names...); err != nil {
		return nil, err
	}
	return policy.Policy()
}

// organizationsOf returns a sorted JSON array.
func organizationsOf(bytes []byte) ([]byte, error) {
	policy, err := statebased.NewStateEP(bytes)
	if err != nil {
		return nil, err
	}
	organizations := append([]string{}, policy.ListOrgs()...)
	slices.Sort(organizations)
	return compact(organizations)
}
