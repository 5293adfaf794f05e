// The program everything: a contract that uses every chaincode API, in either role of the protocol.
package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

// run serves peers if there is an address to listen on, and otherwise dials the peer at -peer.address.
func run() error {
	address := os.Getenv("CHAINCODE_SERVER_ADDRESS")
	if address == "" {
		return shim.Start(everything{})
	}
	tls, err := tlsProperties()
	if err != nil {
		return err
	}
	server := &shim.ChaincodeServer{CCID: os.Getenv("CHAINCODE_ID"), Address: address, CC: everything{}, TLSProps: tls}
	return server.Start()
}

// tlsProperties reads the PEM files that the variables name; TLS is off unless CHAINCODE_TLS_DISABLED is false.
func tlsProperties() (properties shim.TLSProperties, err error) {
	text := os.Getenv("CHAINCODE_TLS_DISABLED")
	if text == "" {
		text = "true"
	}
	if properties.Disabled, err = strconv.ParseBool(text); err != nil || properties.Disabled {
		return properties, err
	}
	if properties.Key, err = os.ReadFile(os.Getenv("CHAINCODE_TLS_KEY")); err != nil {
		return properties, fmt.Errorf("CHAINCODE_TLS_KEY: %w", err)
	}
	if properties.Cert, err = os.ReadFile(os.Getenv("CHAINCODE_TLS_CERT")); err != nil {
		return properties, fmt.Errorf("CHAINCODE_TLS_CERT: %w", err)
	}
	if file := os.Getenv("CHAINCODE_CLIENT_CA_CERT"); file != "" {
		if properties.ClientCACerts, err = os.ReadFile(file); err != nil {
			return properties, fmt.Errorf("CHAINCODE_CLIENT_CA_CERT: %w", err)
		}
	}
	return properties, nil
}
