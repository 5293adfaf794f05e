package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

type stub = shim.ChaincodeStubInterface

// function takes the arguments after the function's name and returns the payload.
type function struct {
	arguments int
	run       func(stub stub, arguments []string) ([]byte, error)
}

var functions = map[string]function{}

func init() {
	for _, group := range []map[string]function{stateFunctions, queryFunctions, privateFunctions, contextFunctions, faultFunctions} {
		maps.Copy(functions, group)
	}
}

// everything is the contract, which uses only the shim.
type everything struct{}

// Init is called first for a definition with init_required: InitPut, InitPutPrivate or InitFail.
func (everything) Init(stub stub) *peer.Response {
	name, arguments := stub.GetFunctionAndParameters()
	switch {
	case name == "InitPut" && len(arguments) == 2:
		return answer(put(stub, arguments))
	case name == "InitPutPrivate" && len(arguments) == 3:
		return answer(putPrivate(stub, arguments))
	case name == "InitFail" && len(arguments) == 1:
		return shim.Error(arguments[0])
	}
	return shim.Error(fmt.Sprintf("there is no init function %s with %d arguments", name, len(arguments)))
}

// Invoke runs one function. Fail is the only one that chooses its status.
func (everything) Invoke(stub stub) *peer.Response {
	name, arguments := stub.GetFunctionAndParameters()
	if name == "Fail" && len(arguments) == 2 {
		return fail(arguments)
	}
	function, known := functions[name]
	if !known {
		return shim.Error(fmt.Sprintf("there is no function %s", name))
	}
	if len(arguments) != function.arguments {
		return shim.Error(fmt.Sprintf("%s takes %d arguments, not %d", name, function.arguments, len(arguments)))
	}
	return answer(function.run(stub, arguments))
}

func answer(payload []byte, err error) *peer.Response {
	if err != nil {
		return shim.Error(err.Error())
	}
	return shim.Success(payload)
}

// compact formats JSON like JavaScript: without spaces, and < > & unescaped. Fields of structs are in alphabetical order.
func compact(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}

func parseStrings(text string) (values []string, err error) {
	err = json.Unmarshal([]byte(text), &values)
	return values, err
}

func number(text string) (int, error) {
	return strconv.Atoi(text)
}

func decimal(number int) []byte {
	return []byte(strconv.Itoa(number))
}
