package main

import (
	"bytes"
	"errors"
	"os"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// faultFunctions fail, return large results, or are slow.
var faultFunctions = map[string]function{
	"Throw":        {1, throw},
	"Panic":        {1, panicking},
	"Exit":         {1, exit},
	"EventAndFail": {2, eventAndFail},
	"Sleep":        {1, sleep},
	"Bytes":        {1, fill},
}

// fail answers with the given status and message, and the payload "details".
func fail(arguments []string) *peer.Response {
	status, err := number(arguments[0])
	if err != nil {
		return shim.Error(err.Error())
	}
	return &peer.Response{Status: int32(status), Message: arguments[1], Payload: []byte("details")}
}

func throw(_ stub, arguments []string) ([]byte, error) {
	return nil, errors.New(arguments[0])
}

// panicking ends the process, because the shim does not recover from panics.
func panicking(_ stub, arguments []string) ([]byte, error) {
	panic(arguments[0])
}

func exit(_ stub, arguments []string) ([]byte, error) {
	code, err := number(arguments[0])
	if err != nil {
		return nil, err
	}
	os.Exit(code)
	return nil, nil
}

func eventAndFail(stub stub, arguments []string) ([]byte, error) {
	if _, err := event(stub, arguments); err != nil {
		return nil, err
	}
	return nil, errors.New("failed after the event")
}

// sleep takes milliseconds.
func sleep(_ stub, arguments []string) ([]byte, error) {
	milliseconds, err := number(arguments[0])
	if err != nil {
		return nil, err
	}
	time.Sleep(time.Duration(milliseconds) * time.Millisecond)
	return []byte("slept"), nil
}

// fill returns a text of letters x.
func fill(_ stub, arguments []string) ([]byte, error) {
	size, err := number(arguments[0])
	if err != nil {
		return nil, err
	}
	return bytes.Repeat([]byte("x"), size), nil
}
