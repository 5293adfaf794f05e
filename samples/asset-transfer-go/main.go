// The program asset-transfer: the sample contract as a chaincode server, configured by the environment.
package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

// serve runs the shim's server, which ends only with an error.
func serve() error {
	tls, err := tlsProperties()
	if err != nil {
		return err
	}
	server := &shim.ChaincodeServer{
		CCID:     os.Getenv("CHAINCODE_ID"),
		Address:  os.Getenv("CHAINCODE_SERVER_ADDRESS"),
		CC:       assetTransfer{},
		TLSProps: tls,
	}
	return server.Start()
}

// tlsProperties reads the PEM files that the variables name; TLS is off unless CHAINCODE_TLS_DISABLED is false.
func tlsProperties() (shim.TLSProperties, error) {
	if text := os.Getenv("CHAINCODE_TLS_DISABLED"); text == "" {
		return shim.TLSProperties{Disabled: true}, nil
	} else if disabled, err := strconv.ParseBool(text); err != nil {
		return shim.TLSProperties{}, fmt.Errorf("CHAINCODE_TLS_DISABLED is not a boolean: %q", text)
	} else if disabled {
		return shim.TLSProperties{Disabled: true}, nil
	}
	key, err := os.ReadFile(os.Getenv("CHAINCODE_TLS_KEY"))
	if err != nil {
		return shim.TLSProperties{}, fmt.Errorf("CHAINCODE_TLS_KEY: %w", err)
	}
	cert, err := os.ReadFile(os.Getenv("CHAINCODE_TLS_CERT"))
	if err != nil {
		return shim.TLSProperties{}, fmt.Errorf("CHAINCODE_TLS_CERT: %w", err)
	}
	properties := shim.TLSProperties{Key: key, Cert: cert}
	if file := os.Getenv("CHAINCODE_CLIENT_CA_CERT"); file != "" {
		if properties.ClientCACerts, err = os.ReadFile(file); err != nil {
			return shim.TLSProperties{}, fmt.Errorf("CHAINCODE_CLIENT_CA_CERT: %w", err)
		}
	}
	return properties, nil
}
